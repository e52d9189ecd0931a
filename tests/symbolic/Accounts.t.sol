// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PrepaidAccounts} from "../../contracts/PrepaidAccounts.sol";
import {IPrepaidAccounts} from "../../interfaces/IPrepaidAccounts.sol";
import {World} from "./World.sol";

/// @notice Invariants 12 and 13 for every amount and every signature: the accounts hold what was put down and not paid;
/// nothing pays more than the deposit, and what was paid never falls.
contract AccountsSymbolic is World {
    IPrepaidAccounts private accounts;
    IPrepaidAccounts.AccountKey private key;
    address private constant SIGNER = address(0x1004);

    function setUp() public {
        _found(6);
        accounts = IPrepaidAccounts(address(new PrepaidAccounts(address(certificates))));
        key = IPrepaidAccounts.AccountKey(MERCHANT, accounts.indexOf(HOLDER, 1));
    }

    function _open(uint96 amount) private {
        _fund(HOLDER, amount, address(accounts));
        PROVER.prank(HOLDER);
        accounts.open(IPrepaidAccounts.Opening(MERCHANT, 1, SIGNER, 1 days, uint40(NOW + 365 days)), amount);
    }

    function _checkHeld() private view returns (uint256 deposit, uint256 paid) {
        IPrepaidAccounts.AccountView memory found = accounts.account(MERCHANT, key.index);
        (deposit, paid) = (found.deposit, found.paid);
        assert(paid <= deposit);
        assert(money.balanceOf(address(accounts)) == deposit - paid);
    }

    function check_open(uint96 amount) external {
        _open(amount);
        (uint256 deposit, uint256 paid) = _checkHeld();
        assert(deposit == amount && paid == 0);
    }

    function check_topUp(uint96 amount, uint96 more) external {
        _open(amount);
        _fund(OTHER, more, address(accounts));
        PROVER.prank(OTHER);
        accounts.topUp(key, more);
        (uint256 deposit,) = _checkHeld();
        assert(deposit == uint256(amount) + more);
    }

    /// @notice Whatever is signed: a settlement pays what the voucher adds, to the seller, and only forwards.
    function check_settle(uint96 amount, uint48 first, uint48 second, bytes32 r, bytes32 s, bool odd)
        external
    {
        _open(amount);
        bytes memory signature = abi.encodePacked(r, s, odd ? uint8(27) : uint8(28));
        accounts.settleOne(key, first, signature);
        (, uint256 before) = _checkHeld();
        assert(before == first && money.balanceOf(MERCHANT) == first);
        (bool done,) = address(accounts).call(abi.encodeCall(accounts.settleOne, (key, second, signature)));
        (uint256 deposit, uint256 paid) = _checkHeld();
        assert(paid >= before && paid <= deposit);
        assert(done ? paid == second : paid == before);
        assert(money.balanceOf(MERCHANT) == paid);
    }

    /// @notice A withdrawal leaves nothing owed and takes nothing that a voucher had paid.
    function check_withdraw(uint96 amount, uint48 settled, bytes32 r, bytes32 s) external {
        _open(amount);
        accounts.settleOne(key, settled, abi.encodePacked(r, s, uint8(27)));
        PROVER.prank(HOLDER);
        accounts.requestWithdrawal(key, _own());
        PROVER.warp(NOW + 1 days);
        PROVER.prank(HOLDER);
        uint256 out = accounts.withdraw(key, _own());
        assert(out == amount - settled);
        assert(money.balanceOf(HOLDER) == out && money.balanceOf(MERCHANT) == settled);
        (, uint256 paid) = _checkHeld();
        assert(paid == settled);
    }
}
