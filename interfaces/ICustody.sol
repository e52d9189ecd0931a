// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICustodyTypes} from "./ICustodyTypes.sol";

/// @title Money of one currency in a contract's keeping, and consent to move it
/// @notice What every contract that holds a currency answers beside its own functions. What a payer can do, a payer can sign;
/// what a payee can't be paid is owed to it.
interface ICustody is ICustodyTypes {
    /// @notice Uses an ERC-2612 permit of the currency's; for `multicall`, before an action that takes money.
    /// @dev Never reverts because of the permit: somebody who saw it may have used it first, and then the allowance is there.
    function permit(address owner, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Voids every consent of the caller's with a nonce of at most `nonce`.
    function cancelConsents(uint64 nonce) external;

    /// @notice Pays out all that is owed to `payee`, to an address of its choice.
    /// @dev By the payee, or by its signature over `OwedWithdrawal(address payee,address to,uint64 nonce,uint40 deadline)`.
    /// Reverts when the currency refuses again.
    /// @return amount in base units of the currency
    function withdrawOwed(address payee, address to, Consent calldata consent)
        external
        returns (uint256 amount);

    /// @notice What a payout that the currency refused left to `payee`, in base units.
    function owed(address payee) external view returns (uint256);

    /// @notice Sum of all that is owed, in base units.
    function totalOwed() external view returns (uint256);

    /// @notice The highest nonce that `signer` has used.
    function watermark(address signer) external view returns (uint256);

    /// @notice The ERC-20 that this contract holds.
    function currency() external view returns (address);

    function DOMAIN_SEPARATOR() external view returns (bytes32);
}
