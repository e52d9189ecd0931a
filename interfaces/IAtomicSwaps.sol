// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {ICustody} from "./ICustody.sol";

/// @title Atomic swaps: one hash, two chains, both or neither
/// @notice A lock holds currency or certificates for one recipient until a time. Before it, whoever shows the 32 bytes whose
/// SHA-256 is the lock's hash has them paid to the recipient; from it on, anybody has them paid back. Two people who lock for
/// each other under one hash, here and on another chain, both get what they swapped for or both get back what they had.
/// @dev Who knows the preimage locks first and for longer: the other's lock must end so much earlier that there is time to use
/// the preimage, which the claim of it has shown, on this chain. Windows are half-open: a claim in the second of `expiresAt`
/// is too late, a refund in it is in time.
///
/// A lock's id is the keccak256 of its ABI encoding, and an id is used once: the same lock can't be made again.
///
/// Warning: a preimage that is shown is shown to everybody: use a new one for each swap. Warning: certificates that are locked
/// count as nobody's purchase; rights that hang on use or purchase don't follow them.
///
/// Conservation: currency held ≥ Σ locked currency + totalOwed, face of each series held ≥ Σ locked face of it; equal but for
/// currency sent here by mistake. Certificates sent by mistake are refused.
interface IAtomicSwaps is ICustody, IERC1155Receiver {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice What is locked for whom.
    /// @param from whose it is, and to whom it goes back
    /// @param to who gets it for the preimage
    /// @param seriesId of the certificates that are locked; 0 for currency
    /// @param amount face, or currency, in base units
    /// @param hash SHA-256 of the 32 bytes that open it
    /// @param expiresAt Unix time: claimable before, refundable from then on; before the series' expiry
    struct Lock {
        address from;
        address to;
        uint256 seriesId;
        uint96 amount;
        bytes32 hash;
        uint40 expiresAt;
    }

    enum Status {
        None,
        Locked,
        Claimed,
        Refunded
    }

    // ------------------------------------------------------------------------------------------------------ events

    event Locked(bytes32 indexed id, address indexed from, address indexed to, Lock lock);
    event Claimed(bytes32 indexed id, address indexed receiver, bytes32 preimage);
    event Refunded(bytes32 indexed id, address indexed receiver);

    // ------------------------------------------------------------------------------------------------------ errors

    error Swaps_ZeroAmount();
    error Swaps_EndsAt(uint256 expiresAt, uint256 earliest, uint256 latest);
    error Swaps_Exists(bytes32 id);
    error Swaps_NotLocked(bytes32 id, Status status);
    error Swaps_WrongPreimage(bytes32 hash, bytes32 expected);
    error Swaps_TooLate(uint256 expiresAt, uint256 time);
    error Swaps_TooEarly(uint256 expiresAt, uint256 time);
    error Swaps_NotTaken(address operator);

    // ---------------------------------------------------------------------------------------------------- functions

    /// @notice Locks `what.from`'s currency or certificates.
    /// @dev By `from` itself, or by its consent over
    /// `Lock(address from,address to,uint256 seriesId,uint96 amount,bytes32 hash,uint40 expiresAt,uint64 nonce,uint40 deadline)`.
    /// Currency comes from an allowance or with the consent (EIP-3009); certificates from an approval for all.
    /// @return id of the lock
    function lock(Lock calldata what, Consent calldata consent) external returns (bytes32 id);

    /// @notice Pays a lock to its recipient for the preimage.
    /// @dev Anybody may send it. A certificate that the recipient refuses (`onERC1155Received`) reverts the claim; currency that
    /// the recipient can't be paid is owed to it.
    function claim(Lock calldata what, bytes32 preimage) external;

    /// @notice Pays a lock for the preimage to whomever its recipient names.
    /// @dev By the recipient itself, or by its consent over
    /// `ClaimTo(bytes32 id,address receiver,uint64 nonce,uint40 deadline)`. Warning: whoever sees the preimage may send
    /// `claim` first, and then the recipient has it.
    function claimTo(Lock calldata what, bytes32 preimage, address receiver, Consent calldata consent) external;

    /// @notice Pays a lock back that nobody claimed in time.
    /// @dev Anybody may send it.
    function refund(Lock calldata what) external;

    /// @notice Pays a lock that nobody claimed in time to whomever its sender names.
    /// @dev By the sender itself, or by its consent over
    /// `RefundTo(bytes32 id,address receiver,uint64 nonce,uint40 deadline)`.
    function refundTo(Lock calldata what, address receiver, Consent calldata consent) external;

    // ------------------------------------------------------------------------------------------------------- views

    function idOf(Lock calldata what) external pure returns (bytes32);

    function status(bytes32 id) external view returns (Status);

    function certificates() external view returns (address);
}
