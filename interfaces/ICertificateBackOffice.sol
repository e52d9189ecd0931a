// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateTypes} from "./ICertificateTypes.sol";

/// @title What happens seldom: series and merchants, refunds and restores, gifts taken back, and the views of terms
interface ICertificateBackOffice is ICertificateTypes {
    // ------------------------------------------------------------------------------ series and their issuers

    /// @notice Open a new series with terms that never change. Anybody may; the caller is its issuer.
    /// @dev Requirements: sales close in the future, expiry ≥ sales close, limitation ≥ expiry; fee ≤ 20 %; rights that
    /// depend on face need a denomination; an open series has no such rights and no merchants; a named one at least one.
    /// @param art_ what `CardArt.check` accepts
    /// @return seriesId counted from 1
    function createSeries(Terms calldata terms_, address[] calldata merchants, bytes calldata art_)
        external
        returns (uint256 seriesId);

    /// @notice Let more merchants redeem a named series, at once.
    function addMerchants(uint256 seriesId, address[] calldata merchants) external;

    /// @notice Let contracts that implement `IRedemptionReceiver` be paid into with a named series, free of the fee.
    /// @dev A service is no merchant: it can't be paid directly, and a merchant that grows such code is no service, so no
    /// merchant dodges the fee. The service may be its own payee; else the payee must be a merchant.
    function addServices(uint256 seriesId, address[] calldata services) external;

    /// @notice Give notice to a merchant or service: it redeems for 30 more days; then every holder may have full face back, until
    /// limitation. Warning: admitting the merchant again does not close that right.
    /// @dev Only where the terms have `refundOnRemoval`; never the last merchant.
    function removeMerchant(uint256 seriesId, address merchant) external;

    /// @notice Let `operator` issue at full face, up to `dailyLimit` per UTC day; 0 takes the power away,
    /// `type(uint96).max` is no limit.
    function setOperator(uint256 seriesId, address operator, uint96 dailyLimit) external;

    /// @notice Stop the sale for good and open full refunds until limitation. Redemption goes on until expiry.
    function windDown(uint256 seriesId) external;

    /// @notice Pay the accrued redemption fees to the issuer. Anybody may trigger it.
    function collectFees(uint256 seriesId) external;

    /// @notice After limitation, burn the series at once and pay what it held to its beneficiary. Anybody may trigger it.
    /// @dev The one departure from ERC-1155's letter: balances read 0 from here on without an event for each.
    function forfeit(uint256 seriesId) external;

    /// @notice Issue to many in one payment. A recipient contract that refuses is skipped (`IssuanceSkipped`) and not paid
    /// for; any other fault reverts the whole batch.
    /// @return issued face created, in base units
    function issueBatch(uint256 seriesId, IssueRow[] calldata rows) external returns (uint256 issued);

    // ------------------------------------------------------------------------------------ restore and refund

    /// @notice Hand `amount` back to a card: the caller, a merchant, pays it; with the holder's signature over
    /// `Restoration` (none is needed from a caller that is the holder). The holder's `spent` falls by it.
    /// @dev At most what the holder has spent and does not lie with services, and was not used already when the remainder or
    /// the rest of a certificate was last paid out; before limitation; sale dates and denomination don't matter.
    function restore(address holder, uint256 seriesId, uint96 amount, Authorization calldata authorization) external;

    /// @notice A service hands back what a holder placed with it, as the same series.
    /// @dev The caller pays it. For a named series at most what this holder's cards paid into this service.
    function restoreFromService(address holder, uint256 seriesId, uint96 amount) external;

    /// @notice A service says that `amount` of what a holder placed with it was used and will not be handed back.
    /// @dev What can be handed back is spent, but counts as used for no refund right. For a named series at most what is
    /// placed; says nothing of other series. A service may call it from within `onRedemption`.
    function countUsed(address holder, uint256 seriesId, uint96 amount) external;

    /// @notice Pay back `amount` of face to its holder as the terms grant it. Where that is the remainder or a small rest, what
    /// was used stays used: it can't be restored any more.
    /// @param minPayout reverts below it (after expiry the payout is a share)
    /// @param authorization the holder's signature over `Refund`; empty when the holder is the caller
    /// @return payout paid or owed to the holder, in base units
    function refund(
        address holder,
        uint256 seriesId,
        uint96 amount,
        uint256 minPayout,
        Authorization calldata authorization
    ) external returns (uint256 payout);

    /// @notice Between expiry and limitation, turn face into face of a live named series of the same issuer, at 100 %.
    /// @dev The target's sale is open and it grants no right to cash that the source did not: no full refund open or
    /// announced, no cash for unused certificates, no higher post-expiry share, no lower use threshold, no larger small rest
    /// (nor of a smaller denomination). Credit stays credit.
    /// @param authorization the holder's signature over `Conversion`; empty when the holder is the caller
    function convertExpired(
        address holder,
        uint256 fromSeriesId,
        uint256 toSeriesId,
        uint96 amount,
        Authorization calldata authorization
    ) external;

    /// @notice Pay what a failed payout left owed, or an expired refund left to a beneficiary, to any address.
    /// @param authorization the payee's signature over `OwedWithdrawal` (nonces of series 0); empty when it is the caller
    /// @return amount paid, in base units
    function withdrawOwed(address payee, address to, Authorization calldata authorization)
        external
        returns (uint256 amount);

    /// @notice Void every authorisation of the holder's in this series with a nonce up to the authorisation's.
    /// @param authorization its nonce is the new watermark; the holder's signature over `Cancellation`, or empty when the
    /// holder is the caller
    function cancelAuthorizations(address holder, uint256 seriesId, Authorization calldata authorization) external;

    // -------------------------------------------------------------------------------------- gifts taken back

    /// @notice Take a gift back: before delivery (freeze a lost card), or from the reclaim date on.
    /// @param authorization the giver's signature over `Recall`; empty when the giver is the caller
    function recall(Gift calldata gift, Authorization calldata authorization) external;

    /// @notice Take one gift of a batch back before its delivery.
    /// @param authorization as of `recall`, over keccak256(batchId, leaf.index): of the giver's own tree, where it may be the
    /// index of several gifts, it takes one of them back
    function recallFromBatch(
        GiftBatch calldata batch,
        GiftLeaf calldata leaf,
        uint256[] calldata proof,
        Authorization calldata authorization
    ) external;

    /// @notice Take everything unclaimed of a batch back, from its reclaim date on.
    function reclaimBatch(GiftBatch calldata batch, Authorization calldata authorization) external;

    // ------------------------------------------------------------------------------------------------- views

    /// @notice Metadata of a series as a `data:` URI: a JSON document with the card as SVG (ERC-1155 metadata).
    function uri(uint256 seriesId) external view returns (string memory);

    function seriesCount() external view returns (uint256);

    function terms(uint256 seriesId) external view returns (Terms memory);

    function state(uint256 seriesId) external view returns (State memory);

    function art(uint256 seriesId) external view returns (bytes memory);

    /// @dev status: 0 live, 1 sales closed, 2 wound down, 3 expired, 4 past limitation, 5 forfeited
    function cardFacts(uint256 seriesId)
        external
        view
        returns (
            uint256 denomination,
            uint256 expiresAt,
            uint256 limitationAt,
            bool named,
            bytes32 termsHash,
            uint8 status
        );

    /// @return until 0 never was one; `type(uint40).max` is one; else when its removal takes or took effect
    function merchantUntil(uint256 seriesId, address merchant) external view returns (uint256 until);

    /// @return dailyLimit in base units
    /// @return issuedToday by this operator on the current UTC day
    function operatorLimit(uint256 seriesId, address operator)
        external
        view
        returns (uint256 dailyLimit, uint256 issuedToday);

    /// @notice What a holder may have back now.
    /// @return right on which it rests
    /// @return amount largest face that can be given up for it
    /// @return payout for that amount
    function refundable(uint256 seriesId, address holder)
        external
        view
        returns (Right right, uint256 amount, uint256 payout);

    /// @notice What of a holder's cards of a named series a service can still hand back.
    function placed(uint256 seriesId, address service, address holder) external view returns (uint256);

    /// @notice The sum of what all services can still hand back to a holder: spent, and not counted as used.
    function returnable(uint256 seriesId, address holder) external view returns (uint256);

    function owed(address payee) external view returns (uint256);

    function totalOwed() external view returns (uint256);
}
