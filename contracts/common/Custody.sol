// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "solady/src/utils/EIP712.sol";
import {ICurrency} from "../../interfaces/ICurrency.sol";
import {ICustodyTypes} from "../../interfaces/ICustodyTypes.sol";
import {Signatures} from "../libraries/Signatures.sol";

/// @notice Money comes in only in full and by consent, and leaves only to whom it is owed.
abstract contract Custody is ICustodyTypes, ReentrancyGuardTransient, EIP712 {
    using SafeERC20 for IERC20;

    /// @dev How far a nonce may lie above the watermark: room to count in seconds or at random, too little to burn the nonce
    /// space with one careless signature.
    uint256 private constant NONCE_WINDOW = 1 << 32;
    /// @dev A payout that fails with less gas than this behind it may have been starved: it reverts instead of being owed.
    uint256 private constant PAYOUT_GAS = 150_000;
    IERC20 internal immutable _currency;

    mapping(address payee => uint256) internal _owed;
    uint256 internal _totalOwed;
    mapping(address signer => uint256) internal _watermark;

    constructor(address currency_) {
        require(currency_.code.length != 0, Custody_ZeroAddress());
        _currency = IERC20(currency_);
    }

    // --------------------------------------------------------------------------------------------------- internal

    /// @dev Check: `account` acts itself. False: there is a signature to check, by `_checkConsent` or `_pullByConsent`.
    function _isOwnCall(address account, Consent calldata consent) internal view returns (bool) {
        uint256 signed;
        assembly ("memory-safe") {
            // The signature's length. An offset that leads out of the calldata reads as no signature: then only the account itself
            // acts; a path that uses the signature decodes it with every check.
            signed := calldataload(add(consent, calldataload(add(consent, 0x60))))
        }
        if (signed != 0) return false;
        require(account == msg.sender, Custody_NotItself(account, msg.sender));
        return true;
    }

    /// @dev Check: `account` signed an action that moves no money of its own. The struct hash contains nonce and deadline.
    function _checkConsent(address account, bytes32 structHash, Consent calldata consent) internal {
        require(!consent.moves, Custody_NothingMoves());
        _checkSigned(account, structHash, consent);
    }

    /// @dev Check: `account` signed an action that takes `amount` of it; the amount has come afterwards.
    function _pullByConsent(address account, uint256 amount, bytes32 structHash, Consent calldata consent)
        internal
    {
        if (consent.moves) {
            _receive(account, amount, _hashTypedData(structHash), consent);
        } else {
            _checkSigned(account, structHash, consent);
            _pull(account, amount);
        }
    }

    /// @dev What arrived is measured: a currency that keeps a fee is refused.
    function _pull(address from, uint256 amount) internal {
        uint256 before = _balance();
        _currency.safeTransferFrom(from, address(this), amount);
        _checkArrived(before, amount);
    }

    /// @dev Pay, or owe when the currency refuses (a blacklisted payee, a pause): a payee can't block anybody else.
    function _payOut(address payee, uint256 amount) internal {
        if (amount == 0 || _tryPay(payee, amount)) return;
        // The refused call had 63/64 of the gas, this is the rest.
        uint256 floor = PAYOUT_GAS / 63;
        require(gasleft() > floor, Custody_GasFloor(gasleft(), floor));
        _owe(payee, amount);
    }

    /// @dev What left is measured: a currency that says yes and moves nothing has not paid; one that takes more than it was
    /// told to would eat what others are owed and is refused.
    function _tryPay(address payee, uint256 amount) internal returns (bool) {
        uint256 before = _balance();
        if (!_currency.trySafeTransfer(payee, amount)) return false;
        uint256 left;
        unchecked {
            left = before - _balance(); // a balance that rose wraps, and differs from any amount
        }
        if (left == 0) return false;
        require(left == amount, Custody_LeftDiffers(amount, left));
        return true;
    }

    /// @dev At most `amount` left since `before` was held. Whoever was handed a card meanwhile may have given money: no error.
    function _checkLeft(uint256 before, uint256 amount) internal view {
        uint256 held = _balance();
        uint256 left = before > held ? before - held : 0; // an error's values are reckoned even where it is not raised
        require(left <= amount, Custody_LeftDiffers(amount, left));
    }

    function _owe(address payee, uint256 amount) internal {
        _owed[payee] += amount;
        _totalOwed += amount;
        emit PayoutOwed(payee, amount);
    }

    function _checkDeadline(uint256 deadline) internal view {
        require(block.timestamp < deadline, Custody_DeadlinePassed(deadline, block.timestamp));
    }

    function _checkSignature(address signer, bytes32 structHash, bytes calldata signature) internal view {
        bytes32 digest = _hashTypedData(structHash);
        require(Signatures.isValid(signer, digest, signature), Custody_InvalidSignature(signer, digest));
    }

    function _useNonce(address signer, uint256 nonce) internal {
        uint256 last = _watermark[signer];
        require(nonce > last, Custody_NonceTooLow(nonce, last));
        require(nonce <= last + NONCE_WINDOW, Custody_NonceTooHigh(nonce, last + NONCE_WINDOW));
        _watermark[signer] = nonce;
        emit ConsentUsed(signer, nonce);
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _checkSigned(address account, bytes32 structHash, Consent calldata consent) private {
        _checkDeadline(consent.deadline);
        _useNonce(account, consent.nonce);
        _checkSignature(account, structHash, consent.signature);
    }

    /// @dev The currency checks the signature, its dates and its nonce (EIP-3009); only this contract can use it, and only for
    /// the action whose digest is the nonce.
    function _receive(address from, uint256 amount, bytes32 digest, Consent calldata consent) private {
        uint256 before = _balance();
        bytes calldata signature = consent.signature;
        ICurrency token = ICurrency(address(_currency));
        if (signature.length == 65) {
            token.receiveWithAuthorization(
                from,
                address(this),
                amount,
                0,
                consent.deadline,
                digest,
                uint8(signature[64]),
                bytes32(signature[:32]),
                bytes32(signature[32:64])
            );
        } else {
            token.receiveWithAuthorization(
                from, address(this), amount, 0, consent.deadline, digest, signature
            );
        }
        _checkArrived(before, amount);
    }

    function _checkArrived(uint256 before, uint256 amount) private view {
        uint256 arrived = _balance() - before;
        require(arrived == amount, Custody_ArrivedDiffers(amount, arrived));
    }

    /// @dev `balanceOf(this)`; a currency that has no answer is no currency.
    function _balance() internal view returns (uint256 held) {
        IERC20 token = _currency;
        bytes4 selector = IERC20.balanceOf.selector;
        bool answered;
        assembly ("memory-safe") {
            mstore(0x00, selector)
            mstore(0x04, address())
            answered := and(gt(returndatasize(), 0x1f), staticcall(gas(), token, 0x00, 0x24, 0x00, 0x20))
            held := mload(0x00)
        }
        require(answered, Custody_NoBalance(address(token)));
    }
}
