// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";

/// @notice The currency side: money comes in only in full, and leaves only to whom it is owed.
abstract contract Reserve is ICertificateTypes {
    using SafeERC20 for IERC20;

    /// @dev A payout that fails with less gas than this behind it may have been starved: it reverts instead of being owed.
    uint256 internal constant PAYOUT_GAS = 150_000;

    IERC20 internal immutable _currency;

    mapping(address payee => uint256) internal _owed;
    uint256 internal _totalOwed;
    /// @dev The one lock of both pieces of code. Transient, in a transaction's own storage: no slot of the ledger.
    uint256 private transient _locked;

    modifier nonReentrant() {
        require(_locked == 0, ReentrancyGuardTransient.ReentrancyGuardReentrantCall());
        _locked = 1;
        _;
        _locked = 0;
    }

    constructor(address currency_) {
        require(currency_.code.length != 0, GiftCertificates_ZeroAddress());
        _currency = IERC20(currency_);
    }

    /// @dev What arrived is measured: a currency that keeps a fee is refused.
    function _pull(address from, uint256 amount) internal {
        uint256 before = _balanceOf(address(this));
        _currency.safeTransferFrom(from, address(this), amount);
        uint256 arrived = _balanceOf(address(this)) - before;
        require(arrived == amount, GiftCertificates_ArrivedDiffers(amount, arrived));
    }

    /// @dev Pay, or owe when the currency refuses (a blacklisted payee, a pause): a payee can't block anybody else.
    function _payOut(address payee, uint256 amount) internal {
        if (amount == 0) return;
        if (_tryPay(payee, amount)) return;
        // The refused call had 63/64 of the gas, this is the rest.
        uint256 floor = PAYOUT_GAS / 63;
        require(gasleft() > floor, GiftCertificates_GasFloor(gasleft(), floor));
        _owe(payee, amount);
    }

    /// @dev Pay or revert.
    function _payNow(address payee, uint256 amount) internal {
        require(_tryPay(payee, amount), GiftCertificates_LeftDiffers(amount, 0));
    }

    /// @dev Pay in full or revert: a service acts on the money in the same transaction, so what it got is measured too.
    function _payInto(address service, uint256 amount) internal {
        uint256 before = _balanceOf(service);
        _payNow(service, amount);
        uint256 arrived = _balanceOf(service) - before;
        require(arrived == amount, GiftCertificates_ArrivedDiffers(amount, arrived));
    }

    function _owe(address payee, uint256 amount) internal {
        if (amount == 0) return;
        _owed[payee] += amount;
        _totalOwed += amount;
        emit PayoutOwed(payee, amount);
    }

    /// @dev What left is measured: a currency that says yes and moves nothing has not paid; one that takes more than it
    /// was told to would eat the reserve and is refused.
    function _tryPay(address payee, uint256 amount) private returns (bool) {
        IERC20 token = _currency;
        bytes4 balanceOf = IERC20.balanceOf.selector;
        bytes4 transfer = IERC20.transfer.selector;
        (bool answered, bool moved, uint256 left) = (false, false, 0);
        assembly ("memory-safe") {
            let free := mload(0x40) // the second argument of `transfer` reaches into it: put back below
            mstore(0x00, balanceOf)
            mstore(0x04, address())
            answered := and(gt(returndatasize(), 0x1f), staticcall(gas(), token, 0x00, 0x24, 0x00, 0x20))
            if answered {
                left := mload(0x00)
                mstore(0x00, transfer)
                mstore(0x04, payee)
                mstore(0x24, amount)
                moved := call(gas(), token, 0, 0x00, 0x44, 0x00, 0x20)
                // It says true, or nothing (it has code: it has answered); never more than a word of it is looked at.
                moved := and(
                    moved,
                    or(iszero(returndatasize()), and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1)))
                )
                mstore(0x40, free)
            }
            if moved {
                mstore(0x00, balanceOf)
                mstore(0x04, address())
                answered := and(gt(returndatasize(), 0x1f), staticcall(gas(), token, 0x00, 0x24, 0x00, 0x20))
                left := sub(left, mload(0x00)) // a balance that rose wraps, and differs from any amount
            }
        }
        require(answered, GiftCertificates_NoBalance(address(token)));
        if (!moved) return false;
        if (left == 0) return false;
        require(left == amount, GiftCertificates_LeftDiffers(amount, left));
        return true;
    }

    /// @dev A currency that has no answer is no currency.
    function _balanceOf(address account) private view returns (uint256 held) {
        IERC20 token = _currency;
        bytes4 selector = IERC20.balanceOf.selector;
        bool answered;
        assembly ("memory-safe") {
            mstore(0x00, selector)
            mstore(0x04, account)
            answered := and(gt(returndatasize(), 0x1f), staticcall(gas(), token, 0x00, 0x24, 0x00, 0x20))
            held := mload(0x00)
        }
        require(answered, GiftCertificates_NoBalance(address(token)));
    }
}
