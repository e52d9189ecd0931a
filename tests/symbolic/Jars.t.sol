// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StreamingTipEscrow} from "../../contracts/StreamingTipEscrow.sol";
import {IStreamingTipEscrow} from "../../interfaces/IStreamingTipEscrow.sol";
import {IJarTypes} from "../../interfaces/IJarTypes.sol";
import {World} from "./World.sol";

/// @notice Invariant 8 for every amount: what the escrow holds is what was paid in, less refunds and collections.
contract JarsSymbolic is World {
    IStreamingTipEscrow private escrow;
    uint256 private constant JAR = uint256(uint160(MERCHANT));
    uint80 private constant RATE = 1 << 20;

    function setUp() public {
        _found(18); // scaled units are base units: the prover is spared a multiplication
        escrow = IStreamingTipEscrow(address(new StreamingTipEscrow(address(certificates))));
    }

    function _stream(uint96 amount) private returns (IJarTypes.StreamKey memory key) {
        _fund(HOLDER, amount, address(escrow));
        key = IJarTypes.StreamKey(HOLDER, JAR, 0);
        PROVER.prank(HOLDER);
        escrow.open(key, RATE, amount, _own());
    }

    /// @notice A tip is the creator's, whole and at once.
    function check_tip(uint96 amount) external {
        _fund(HOLDER, amount, address(escrow));
        PROVER.prank(HOLDER);
        escrow.tip(HOLDER, JAR, amount, "", _own());
        assert(money.balanceOf(address(escrow)) == amount);
        assert(escrow.claimable(JAR) == amount);
        escrow.collect(JAR, 1);
        assert(money.balanceOf(MERCHANT) == amount);
        assert(money.balanceOf(address(escrow)) == 0);
    }

    /// @notice A stream that is opened and ended in the same second gives back all but the dust of less than a second.
    function check_open_and_cancel(uint96 amount) external {
        IJarTypes.StreamKey memory key = _stream(amount);
        assert(money.balanceOf(address(escrow)) == amount);
        PROVER.prank(HOLDER);
        uint256 refund = escrow.cancel(key, _own());
        assert(refund <= amount && amount - refund < RATE);
        assert(money.balanceOf(HOLDER) == refund);
        assert(money.balanceOf(address(escrow)) == amount - refund);
    }
}
