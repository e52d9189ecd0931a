// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJarTypes} from "./IJarTypes.sol";

/// @title Tips by the second: memberships, gifts, handles and caps
/// @notice What StreamingTipEscrow does through the second piece of its code.
interface IJarBackOffice is IJarTypes {
    // ------------------------------------------------------------------------------------------------- memberships

    /// @notice Sets what a tier of the caller's costs from now on, or closes it with 0; who is in keeps its rate to its end.
    /// @param pricePerMonth base units for 30 days; the rate is rounded down
    /// @param version of the jar that it fills: 0 or a shared one
    function setTier(uint32 tier, uint96 pricePerMonth, uint16 version) external;

    /// @notice Makes `account` a member for `amount × scale / rate` seconds, or, while it is one at the same rate by the same
    /// payer, for so much longer.
    /// @dev `Subscribe(address payer,address account,address creator,uint32 tier,uint16 version,uint80 rate,uint96 amount,uint64 nonce,uint40 deadline)`.
    /// Reverts `Jar_TierRateDiffers` or `Jar_TierVersionDiffers` where the tier is not what was agreed, `Jar_AlreadyMember` while somebody else,
    /// or a gift, pays for this membership.
    /// @return until over from then on
    function subscribe(Subscription calldata subscription, Consent calldata consent)
        external
        returns (uint256 until);

    /// @notice Ends a membership and refunds its payer what was not earned, as `cancel` does.
    /// @dev By the payer: `Unsubscribe(address payer,address account,address creator,uint32 tier,uint64 nonce,uint40 deadline)`.
    /// @return refund base units
    function unsubscribe(address creator, uint32 tier, address account, Consent calldata consent)
        external
        returns (uint256 refund);

    // ------------------------------------------------------------------------------------------ gift subscriptions

    /// @notice Pays for `count` gift subscriptions at once.
    /// @dev `GiveSubscriptions(address payer,bytes32 batchId,uint64 nonce,uint40 deadline)`; the batch's id is keccak256 of
    /// `abi.encode(gifts)`. `gifts.rate` and `gifts.version` must be the tier's. Once given, a gift is the recipient's from
    /// its claim on: only what is unclaimed at `reclaimAt` returns. Warning: a tree that names an index twice, or promises
    /// more than `count`, is its maker's mistake; the money of others is not touched.
    function giveSubscriptions(GiftSubscriptions calldata gifts, Consent calldata consent)
        external
        returns (bytes32 batchId);

    /// @notice Starts one gift subscription for `account`; anybody may submit it.
    /// @dev Reverts `Jar_AlreadyMember` while the account is a member: the gift waits.
    /// @param key for a named gift zero or, so that nobody can guess who is named, random
    /// @param named the account it is for; zero for a gift by link
    /// @param signature the key's over `GiftSubscriptionClaim(bytes32 batchId,uint256 index,address account)`; empty for a
    /// named gift
    function claimSubscription(
        GiftSubscriptions calldata gifts,
        uint256 index,
        address key,
        address named,
        bytes32[] calldata proof,
        address account,
        bytes calldata signature
    ) external returns (uint256 until);

    /// @notice Returns to the payer, from `reclaimAt` on, what was not claimed; anybody may submit it.
    function reclaimSubscriptions(GiftSubscriptions calldata gifts) external returns (uint256 amount);

    // ---------------------------------------------------------------------------------------------------- handles

    /// @notice Tips somebody by handle.
    /// @dev `TipHandle(address payer,bytes32 tipId,string message,uint64 nonce,uint40 deadline)`; the tip's id is keccak256 of
    /// `abi.encode(tip)`.
    function tipHandle(HandleTip calldata tip, string calldata message, Consent calldata consent)
        external
        returns (bytes32 tipId);

    /// @notice Puts tips to one handle into `recipient`'s own jar; anybody may submit it.
    /// @dev The attestor of all of them signed `HandleClaim(bytes32[] tipIds,address recipient,uint40 deadline)`. Tips that are
    /// gone or past their reclaim date are skipped and reported; reverts when none is left.
    /// @return amount base units
    function claimHandleTips(
        HandleTip[] calldata tips,
        address recipient,
        uint40 deadline,
        bytes calldata attestation
    ) external returns (uint256 amount);

    /// @notice Returns an unclaimed tip to its payer, from its reclaim date on; anybody may submit it.
    function reclaimHandleTip(HandleTip calldata tip) external;

    // ------------------------------------------------------------------------------------------ named series

    /// @notice Has what streams from a named series have earned so far count as used (`IGiftCertificates.countUsed`), for their
    /// holders' refund rights. By anybody, as often as it is wanted; ending a stream, or reusing its index, does it too.
    /// @dev Streams of other money are passed over. Tips count as used at once.
    /// @param streamIds keccak256 of the `StreamKey`'s ABI encoding, or of `abi.encode(payer, jarId, uint256(tier), account)`
    /// for a membership
    function countUsed(bytes32[] calldata streamIds) external;

    // -------------------------------------------------------------------------------------------------------- caps

    /// @notice Limits what `payer` can pay into this escrow in a calendar month (UTC), refunds not counted back.
    /// @dev `SetMonthlyCap(address payer,uint96 limit,uint64 nonce,uint40 deadline)`. The first cap and a lower one take effect
    /// at once, a higher one on the first of next month. What was paid before the first cap was set does not count.
    /// @param limit base units; type(uint96).max for none
    function setMonthlyCap(address payer, uint96 limit, Consent calldata consent) external;
}
