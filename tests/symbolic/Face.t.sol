// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICardArt} from "../../interfaces/ICardArt.sol";
import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";
import {World} from "./World.sol";

/// @notice Invariants 1 and 3 for every amount: the reserve covers face and fees; face comes with money and goes with it.
contract FaceSymbolic is World {
    uint256 private constant SERIES = 1;
    uint256 private constant WITH_FEE = 2;

    function setUp() public {
        _found(6);
        ICertificateTypes.Terms memory terms;
        terms.beneficiary = OTHER;
        terms.salesCloseAt = uint40(NOW + 100 days);
        terms.expiresAt = uint40(NOW + 200 days);
        terms.limitationAt = uint40(NOW + 300 days);
        terms.postExpiryBps = 9_000;
        certificates.createSeries(terms, new address[](0), _art());
        terms.feeBps = 300;
        certificates.createSeries(terms, new address[](0), _art());
    }

    function _art() private pure returns (bytes memory art) {
        art = abi.encode(ICardArt.Art("Card", "Books", "", 0, 0x123456, 0xFFCC00, 0xFFFFFF));
        // Without the offset that stands before a tuple.
        assembly ("memory-safe") {
            let length := sub(mload(art), 0x20)
            art := add(art, 0x20)
            mstore(art, length)
        }
    }

    function _issue(uint256 seriesId, uint96 amount) private {
        _fund(address(this), amount, address(certificates));
        certificates.issue(seriesId, HOLDER, amount);
    }

    function _checkCovered(uint256 seriesId) private view {
        ICertificateTypes.State memory state = certificates.state(seriesId);
        uint256 balances = certificates.balanceOf(HOLDER, seriesId) + certificates.balanceOf(OTHER, seriesId);
        assert(state.outstanding == balances);
        assert(money.balanceOf(address(certificates)) == balances + state.feesAccrued);
    }

    /// @notice Face is what arrived, to the unit.
    function check_issue(uint96 amount) external {
        _issue(SERIES, amount);
        assert(certificates.balanceOf(HOLDER, SERIES) == amount);
        assert(money.balanceOf(address(certificates)) == amount);
        _checkCovered(SERIES);
    }

    /// @notice A redemption pays what it burns.
    function check_redeem(uint96 issued, uint96 amount) external {
        _issue(SERIES, issued);
        PROVER.prank(HOLDER);
        certificates.redeem(SERIES, amount, MERCHANT);
        assert(amount <= issued);
        assert(money.balanceOf(MERCHANT) == amount);
        assert(certificates.balanceOf(HOLDER, SERIES) == issued - amount);
        _checkCovered(SERIES);
    }

    /// @notice Less the fee, which is kept. Few bits: the prover has to divide.
    function check_redeem_with_fee(uint16 issued, uint16 amount) external {
        _issue(WITH_FEE, issued);
        PROVER.prank(HOLDER);
        certificates.redeem(WITH_FEE, amount, MERCHANT);
        uint256 payout = money.balanceOf(MERCHANT);
        assert(payout <= amount);
        assert(payout + certificates.state(WITH_FEE).feesAccrued == amount);
        _checkCovered(WITH_FEE);
    }

    /// @notice A transfer makes no face and no money.
    function check_transfer(uint96 issued, uint96 amount) external {
        _issue(SERIES, issued);
        PROVER.prank(HOLDER);
        certificates.safeTransferFrom(HOLDER, OTHER, SERIES, amount, "");
        assert(certificates.balanceOf(HOLDER, SERIES) == issued - amount);
        assert(certificates.balanceOf(OTHER, SERIES) == amount);
        _checkCovered(SERIES);
    }

    /// @notice Nobody but the holder spends without a signature.
    function check_strangers_redeem_nothing(uint96 issued, uint96 amount, address stranger) external {
        PROVER.assume(stranger != HOLDER);
        _issue(SERIES, issued);
        PROVER.prank(stranger);
        (bool done,) =
            address(certificates).call(abi.encodeCall(certificates.redeem, (SERIES, amount, MERCHANT)));
        assert(!done);
        assert(certificates.balanceOf(HOLDER, SERIES) == issued);
        _checkCovered(SERIES);
    }
}
