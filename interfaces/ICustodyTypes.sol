// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The words of what holds a currency: consent, events, errors
interface ICustodyTypes {
    /// @notice Somebody's consent to an action that somebody else may submit.
    /// @dev With `moves`, the signature is the currency's own EIP-3009 `ReceiveWithAuthorization` from the payer to this
    /// contract over the action's amount, valid from 0 until `deadline`, whose 32-byte nonce is the EIP-712 digest of the
    /// action: one signature that consents and pays, used up in the currency. Without it, the signature is over the action
    /// itself, used up by `nonce`, and money comes from an allowance.
    /// @param nonce above the signer's watermark and at most 2³² above it; using it cancels all lower ones. With `moves` any
    /// number: it only tells actions apart
    /// @param deadline Unix time; void from then on
    /// @param moves whether the signature is the currency's
    /// @param signature empty for the signer's own call; 65 bytes ECDSA (or 64, EIP-2098), or what the signer's ERC-1271
    /// wallet accepts
    struct Consent {
        uint64 nonce;
        uint40 deadline;
        bool moves;
        bytes signature;
    }

    event ConsentUsed(address indexed signer, uint256 nonce);
    event PayoutOwed(address indexed payee, uint256 amount);
    event OwedPaid(address indexed payee, address indexed to, uint256 amount);

    error Custody_ZeroAddress();
    error Custody_NotItself(address account, address caller);
    error Custody_DeadlinePassed(uint256 deadline, uint256 time);
    error Custody_NonceTooLow(uint256 nonce, uint256 watermark);
    error Custody_NonceTooHigh(uint256 nonce, uint256 highest);
    error Custody_InvalidSignature(address signer, bytes32 digest);
    /// @dev The action moves no money, so the currency's signature says nothing about it.
    error Custody_NothingMoves();
    error Custody_NothingOwed(address payee);
    error Custody_AmountTooLarge(uint256 amount, uint256 most);
    error Custody_ArrivedDiffers(uint256 expected, uint256 arrived);
    error Custody_LeftDiffers(uint256 expected, uint256 left);
    error Custody_GasFloor(uint256 gasLeft, uint256 floor);
    error Custody_NoBalance(address currency);
}
