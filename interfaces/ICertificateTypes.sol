// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The words of GiftCertificates: types, events, errors
/// @dev Times are Unix seconds and windows half-open: something that ends at `t` is over from `t` on.
interface ICertificateTypes {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice What an issuer promises for a series. Never changes.
    /// @param beneficiary gets what holders leave: the rest of a post-expiry refund, and all after limitation
    /// @param salesCloseAt no issue from then on
    /// @param expiresAt no redemption from then on; `type(uint40).max` for never
    /// @param limitationAt no refund from then on, the rest can be forfeited; `type(uint40).max` for never
    /// @param feeBps of each redemption, out of the merchant's payout, rounded down
    /// @param named true: only the issuer's merchants redeem; false: anybody does, the series is cash-equivalent
    /// @param convertible after expiry, face converts at 100 % into a live named series of the same issuer
    /// @param refundOnRemoval merchants may be removed, and a removal that took effect opens full refunds
    /// @param cashOutUnused the small-rest right also holds for a certificate that was not used yet
    /// @param denomination of one certificate: face is issued in whole multiples of it; 0 for any amount
    /// @param useThresholdBps share of a certificate that must be used before its remainder refunds; 0 for no such right
    /// @param postExpiryBps share of face paid back between expiry and limitation, rounded down
    /// @param cashOutFrom smallest rest of a certificate that is paid out
    /// @param cashOutBelow rests from this on are not paid out; 0 for no such right
    /// @param withdrawalSeconds how long a buyer may withdraw from a purchase
    /// @param termsHash keccak256 of the text that the buyer is shown
    struct Terms {
        address beneficiary;
        uint40 salesCloseAt;
        uint40 expiresAt;
        uint40 limitationAt;
        uint16 feeBps;
        bool named;
        bool convertible;
        bool refundOnRemoval;
        bool cashOutUnused;
        uint96 denomination;
        uint16 useThresholdBps;
        uint16 postExpiryBps;
        uint96 cashOutFrom;
        uint96 cashOutBelow;
        uint32 withdrawalSeconds;
        bytes32 termsHash;
    }

    /// @notice What of a series changes.
    /// @param issuer who rules its sale
    /// @param outstanding face in balances and unclaimed links
    /// @param feesAccrued fees the issuer has not collected
    /// @param fullRefundFrom time from which every holder gets full face back, until limitation; 0 for never
    /// @param merchants that are in the set for good; removed ones don't count from their notice on
    /// @param woundDown sales stopped for good
    /// @param forfeited burnt after limitation
    struct State {
        address issuer;
        uint96 outstanding;
        uint96 feesAccrued;
        uint40 fullRefundFrom;
        uint32 merchants;
        bool woundDown;
        bool forfeited;
    }

    /// @notice A holder's signature that somebody else may submit.
    /// @param nonce above the account's watermark in that series, at most 2³² above; using it cancels all lower ones
    /// @param deadline the signature is void from then on
    /// @param signature 65 bytes ECDSA (or 64, EIP-2098), or what the signer's ERC-1271 wallet accepts
    struct Authorization {
        uint64 nonce;
        uint40 deadline;
        bytes signature;
    }

    /// @notice One certificate in a payment. Without a signature the holder must be the caller.
    struct Redemption {
        address holder;
        uint256 seriesId;
        uint96 amount;
        uint64 order;
        uint64 nonce;
        uint40 deadline;
        bytes signature;
    }

    /// @notice Where a payment goes.
    /// @param merchant who receives the currency: a merchant, or a service (`IRedemptionReceiver`)
    /// @param payee zero: `merchant` itself; else `merchant` is a service and the payment is for `payee`
    /// @param order number of the payee's (or merchant's) order, used once; 0 for none
    /// @param total what the cards must add up to when there is an order
    /// @param least the least of it that must be paid out, in base units, after the fees of all cards' series: what the
    /// payee accepts; without an order neither this nor `total` is looked at
    /// @param deadline until when the request is valid (only read with `signature`)
    /// @param data the service's parameters
    /// @param signature the payee's (or merchant's) over `PaymentRequest`; empty when it is the caller or `order` is 0
    struct Payment {
        address merchant;
        address payee;
        uint64 order;
        uint96 total;
        uint96 least;
        uint40 deadline;
        bytes data;
        bytes signature;
    }

    /// @notice Who gets how much in a batch issue.
    struct IssueRow {
        address to;
        uint96 amount;
    }

    /// @notice A gift as its giver orders it.
    /// @param key address of the one-time key that signs the recipient; zero only when a recipient is named
    /// @param recipient the only account that may receive it; zero for a bearer link
    /// @param deliverAt not claimable before; until then the giver can take it back
    /// @param reclaimAt from then on the giver can take it back again; 0 for never
    /// @param messageHash keccak256 of the encrypted message; 0 for none
    struct GiftOrder {
        uint256 seriesId;
        uint96 amount;
        address key;
        address recipient;
        uint40 deliverAt;
        uint40 reclaimAt;
        bytes32 messageHash;
    }

    /// @notice A gift as it stands committed; `giftId` of a single link is the keccak256 of its ABI encoding.
    struct Gift {
        address giver;
        address key;
        address recipient;
        uint256 seriesId;
        uint256 amount;
        uint256 deliverAt;
        uint256 reclaimAt;
        uint256 createdAt;
        uint256 limitationAt;
        bytes32 messageHash;
    }

    /// @notice Many gifts funded at once; `batchId` is the keccak256 of its ABI encoding.
    /// @param root of the Merkle sum tree, `hash 160 | total 96`
    struct GiftBatch {
        address giver;
        uint256 seriesId;
        uint256 root;
        uint256 reclaimAt;
        uint256 createdAt;
        uint256 limitationAt;
    }

    /// @notice One gift of a batch. Its leaf is `hash 160 | amount 96`, the hash the low bits of keccak256 over the ABI
    /// encoding of this struct.
    /// @param index from the left, of the places at the leaf's depth; its bits, lowest first, say on which side each sibling is
    struct GiftLeaf {
        uint256 index;
        address key;
        address recipient;
        uint256 amount;
        uint256 deliverAt;
        bytes32 messageHash;
    }

    /// @notice Which right a refund rests on.
    enum Right {
        None,
        Full, // wound down, or a merchant's removal took effect
        Remainder, // enough of the certificate in use was spent
        SmallRest, // what is left of the certificate in use is small enough
        PostExpiry
    }

    // ------------------------------------------------------------------------------------------------------ events

    event SeriesCreated(uint256 indexed seriesId, address indexed issuer, bytes32 indexed termsHash, Terms terms, bytes art);
    /// @param removedAt `type(uint40).max` when added; else when the removal takes effect
    event MerchantSet(uint256 indexed seriesId, address indexed merchant, uint40 removedAt);
    /// @dev A service is removed as a merchant is, with `MerchantSet`.
    event ServiceAdmitted(uint256 indexed seriesId, address indexed service);
    event OperatorSet(uint256 indexed seriesId, address indexed operator, uint96 dailyLimit);
    event WoundDown(uint256 indexed seriesId);
    event SeriesForfeited(uint256 indexed seriesId, address indexed beneficiary, uint256 amount);

    /// @dev A redemption is a TransferSingle to the zero address whose operator is the merchant (or service) that was paid;
    /// a burn that is none is followed by the event that says what it was (Refunded, Converted, GiftGiven, GiftBatchGiven).
    /// The holder's own `redeem` has neither order nor nonce to report and adds no event.
    /// @param row `order 64 | nonce 64` of one signed redemption; follows its TransferSingle
    event Redeemed(uint256 row);
    /// @param rows 16 bytes, `order 64 | nonce 64`, for each of the call's redemptions, in the order of their TransferSingle
    /// events; nonce 0 where the holder sent the transaction itself or a gift paid
    event RedeemedMany(bytes rows);
    event RedeemedInto(address indexed service, address indexed payee, bytes data);
    /// @param row its position in the batch
    /// @param failure selector of the error that it would have reverted with
    event RedemptionSkipped(uint256 indexed row, bytes4 failure, uint256 value, uint256 bound);
    event IssuanceSkipped(uint256 indexed row, address to, uint256 amount);
    event Restored(uint256 indexed seriesId, address indexed holder, address indexed merchant, uint256 amount);
    event CountedUsed(
        uint256 indexed seriesId, address indexed holder, address indexed service, uint256 amount
    );
    event Refunded(uint256 indexed seriesId, address indexed holder, Right right, uint256 amount, uint256 payout);
    event Converted(uint256 indexed fromSeriesId, uint256 indexed toSeriesId, address indexed holder, uint256 amount);
    event FeesCollected(uint256 indexed seriesId, address indexed issuer, uint256 amount);

    /// @dev The giver, series and amount are in the TransferSingle event before it, the creation time is the block's.
    /// @param dates `limitationAt 40 | reclaimAt 40 | deliverAt 40`
    event GiftGiven(address indexed key, uint256 dates);
    /// @dev Only where there is a message or a named recipient; follows `GiftGiven`.
    event GiftAddressed(address indexed recipient, bytes32 messageHash);
    event GiftBatchGiven(bytes32 indexed batchId, uint256 root, uint256 reclaimAt, uint256 limitationAt);
    event GiftClaimed(bytes32 indexed giftId);
    /// @dev Its amount is in the TransferSingle before it. The index alone tells no gift of a lopsided tree: `isClaimedFromBatch`.
    event GiftClaimedFromBatch(bytes32 indexed batchId, uint256 index);
    /// @dev Taken back by the giver, before delivery or from the reclaim date on.
    event GiftRecalled(bytes32 indexed giftId);
    event GiftRecalledFromBatch(bytes32 indexed batchId, uint256 index);
    event GiftBatchReclaimed(bytes32 indexed batchId, uint256 amount);

    event AuthorizationUsed(address indexed holder, uint256 indexed seriesId, uint256 nonce);
    event PayoutOwed(address indexed payee, uint256 amount);
    event OwedPaid(address indexed payee, address indexed to, uint256 amount);

    // ------------------------------------------------------------------------------------------------------ errors

    error GiftCertificates_ZeroAddress();
    error GiftCertificates_NotByItself(address backOffice);
    error GiftCertificates_ZeroAmount(uint256 seriesId);
    error GiftCertificates_UnknownSeries(uint256 seriesId);
    error GiftCertificates_InvalidTerms(bytes32 rule, uint256 value, uint256 bound);
    error GiftCertificates_NotIssuer(uint256 seriesId, address caller);
    error GiftCertificates_NotOperator(uint256 seriesId, address caller);
    error GiftCertificates_OverDailyLimit(uint256 amount, uint256 left);
    error GiftCertificates_SalesClosed(uint256 seriesId, uint256 closedAt);
    error GiftCertificates_AlreadyWoundDown(uint256 seriesId);
    error GiftCertificates_NotWholeCertificates(uint256 amount, uint256 denomination);
    error GiftCertificates_NoBalance(address currency);
    error GiftCertificates_Overflow(uint256 value, uint256 amount);
    error GiftCertificates_ArrivedDiffers(uint256 expected, uint256 arrived);
    error GiftCertificates_LeftDiffers(uint256 expected, uint256 left);
    error GiftCertificates_GasFloor(uint256 gasLeft, uint256 floor);

    error GiftCertificates_OpenSeries(uint256 seriesId);
    error GiftCertificates_MerchantKnown(uint256 seriesId, address merchant);
    error GiftCertificates_RemovalBarred(uint256 seriesId);
    error GiftCertificates_LastMerchant(uint256 seriesId, address merchant);
    error GiftCertificates_NotMerchant(uint256 seriesId, address merchant);
    error GiftCertificates_NotService(uint256 seriesId, address service);

    error GiftCertificates_Expired(uint256 seriesId, uint256 expiresAt);
    error GiftCertificates_NotExpired(uint256 seriesId, uint256 expiresAt);
    error GiftCertificates_AfterLimitation(uint256 seriesId, uint256 limitationAt);
    error GiftCertificates_BeforeLimitation(uint256 seriesId, uint256 limitationAt);
    error GiftCertificates_Forfeited(uint256 seriesId);
    error GiftCertificates_InsufficientBalance(uint256 balance, uint256 amount);
    error GiftCertificates_InvalidSignature(address signer, bytes32 digest);
    error GiftCertificates_DeadlinePassed(uint256 deadline, uint256 time);
    error GiftCertificates_NonceTooLow(uint256 nonce, uint256 watermark);
    error GiftCertificates_NonceTooHigh(uint256 nonce, uint256 highest);

    error GiftCertificates_NoCards();
    error GiftCertificates_NotYourCard(address holder, address caller);
    error GiftCertificates_OrderUsed(address merchant, uint256 order);
    error GiftCertificates_OrderDiffers(uint256 order, uint256 expected);
    error GiftCertificates_TotalDiffers(uint256 sum, uint256 total);
    error GiftCertificates_PayoutBelowLeast(uint256 payout, uint256 least);
    error GiftCertificates_FeeBarsService(uint256 seriesId, uint256 feeBps);
    error GiftCertificates_ServiceRefused(address service, bytes4 answer);
    error GiftCertificates_OverSpent(uint256 amount, uint256 spent);
    error GiftCertificates_OverPlaced(uint256 amount, uint256 placed);

    error GiftCertificates_OverEntitlement(uint256 amount, uint256 entitlement);
    error GiftCertificates_UnderMinimum(uint256 payout, uint256 minimum);
    error GiftCertificates_NotConvertible(uint256 fromSeriesId, uint256 toSeriesId);
    error GiftCertificates_NothingOwed(address account);

    error GiftCertificates_GiftDates(uint256 deliverAt, uint256 reclaimAt, uint256 expiresAt, uint256 limitationAt);
    error GiftCertificates_GiftExists(bytes32 giftId);
    error GiftCertificates_NoSuchGift(bytes32 giftId);
    error GiftCertificates_NotYetDelivered(uint256 deliverAt, uint256 time);
    error GiftCertificates_WrongRecipient(address recipient, address named);
    error GiftCertificates_NotRecallable(uint256 deliverAt, uint256 reclaimAt, uint256 time);
    error GiftCertificates_MalformedProof(uint256 root, uint256 expected);
    error GiftCertificates_AlreadyClaimed(bytes32 batchId, uint256 index);
}
