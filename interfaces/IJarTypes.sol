// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICustodyTypes} from "./ICustodyTypes.sol";

/// @title The words of StreamingTipEscrow: types, events, errors
/// @dev A *jar* holds what a creator earns: `jarId = version << 160 | creator`. Version 0 is the creator's own jar; versions
/// from 1 on are shared jars, whose split never changes.
///
/// *Scaled units* are base units of the currency times `scale()`, which is 10^(18 − decimals), at most 10⁹ and at least 1.
/// Rates are scaled units per second, so that a cent a month is still a rate. Times are Unix seconds, days are times
/// divided by 86,400, windows are half-open: a stream that ends at `t` earns nothing in the second from `t` on.
interface IJarTypes is ICustodyTypes {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice Which stream: any number of them can run between the same two.
    /// @param payer who gets back what was not earned
    /// @param jarId whose tips these are
    /// @param index chosen by the payer; an ended stream's can be used again, which costs less than a new one
    struct StreamKey {
        address payer;
        uint256 jarId;
        uint256 index;
    }

    /// @notice A stream as it stands.
    /// @param rate scaled units per second
    /// @param startedAt when it began, was resumed or got its present rate; 0 while paused
    /// @param endsAt earns nothing from then on; while paused, the seconds that are left
    /// @param seriesId the named series that the money came from; 0 for plain money
    struct StreamView {
        uint256 rate;
        uint256 startedAt;
        uint256 endsAt;
        uint256 seriesId;
    }

    /// @notice What a creator's tier costs.
    /// @param rate scaled units per second; 0 for no such tier
    /// @param version of the jar that it fills
    struct Tier {
        uint80 rate;
        uint16 version;
    }

    /// @notice Somebody's membership in a tier.
    /// @param payer who can end it and gets back what was not earned; zero for a gift
    /// @param since when it began without a break
    /// @param until over from then on
    /// @param version of the jar that it fills
    struct Membership {
        address payer;
        uint40 since;
        uint40 until;
        uint16 version;
    }

    /// @notice Who subscribes whom to what.
    /// @param version of the jar that the payer agreed to fill; must be the tier's
    /// @param rate what the payer agreed to; must be the tier's
    struct Subscription {
        address payer;
        address account;
        address creator;
        uint32 tier;
        uint16 version;
        uint80 rate;
        uint96 amount;
    }

    /// @notice Gift subscriptions that were paid for, to be claimed one by one.
    /// @param payer gets back, from `reclaimAt` on, what was not claimed
    /// @param version of the jar that they fill
    /// @param rate of each, scaled units per second: the tier's when they were given
    /// @param amountEach of each, base units; it lasts `amountEach × scale / rate` seconds from its claim on
    /// @param reclaimAt claims end and the payer's right begins
    /// @param root of a Merkle tree over `keccak256(keccak256(abi.encode(uint256 index, address key, address account)))`
    /// with sorted pairs: index below `count`, each once; an `account` for a named gift, else the `key` whose signature names
    /// the account
    /// @param salt tells equal batches apart
    struct GiftSubscriptions {
        address payer;
        address creator;
        uint32 tier;
        uint16 version;
        uint80 rate;
        uint16 count;
        uint96 amountEach;
        uint40 reclaimAt;
        bytes32 root;
        uint64 salt;
    }

    /// @notice A tip to somebody known by a handle, who may not have an account yet.
    /// @param handle keccak256 of the handle's text, as the attestor writes it ("github:anna")
    /// @param attestor whom the tipper trusts to say whose handle it is
    /// @param reclaimAt claims end and the payer's right begins
    /// @param salt tells equal tips apart
    struct HandleTip {
        address payer;
        bytes32 handle;
        address attestor;
        uint96 amount;
        uint40 reclaimAt;
        uint64 salt;
    }

    /// @notice What a redemption into the escrow does: the first word of its data; the rest is what the function takes.
    /// @dev Tip: (string message). Open: (uint256 index, uint256 rate). TopUp: (uint256 index). Subscribe: (address account,
    /// uint32 tier, uint16 version, uint80 rate). The payee is the creator; tips come from anybody, the others from one holder's cards.
    enum Use {
        Tip,
        Open,
        TopUp,
        Subscribe
    }

    // ------------------------------------------------------------------------------------------------------ events

    event StreamOpened(
        address indexed payer,
        uint256 indexed jarId,
        uint256 indexed index,
        uint256 rate,
        uint256 amount,
        uint256 endsAt
    );
    /// @param from who paid
    event StreamToppedUp(
        address indexed payer,
        uint256 indexed jarId,
        uint256 indexed index,
        address from,
        uint256 amount,
        uint256 endsAt
    );
    event StreamCancelled(
        address indexed payer, uint256 indexed jarId, uint256 indexed index, uint256 refund
    );
    event StreamRateChanged(
        address indexed payer, uint256 indexed jarId, uint256 indexed index, uint256 rate, uint256 endsAt
    );
    event StreamPaused(
        address indexed payer, uint256 indexed jarId, uint256 indexed index, uint256 secondsLeft
    );
    event StreamResumed(address indexed payer, uint256 indexed jarId, uint256 indexed index, uint256 endsAt);
    event Tipped(address indexed from, uint256 indexed jarId, uint256 amount, string message);
    /// @param day the jar is settled up to its start
    event Collected(uint256 indexed jarId, uint256 amount, uint256 day);
    event SharedJarCreated(uint256 indexed jarId, address[] payees, uint16[] sharesBps);
    event TierSet(address indexed creator, uint32 indexed tier, uint256 rate, uint256 version);
    event Subscribed(
        address indexed creator,
        address indexed account,
        uint32 indexed tier,
        address payer,
        uint256 jarId,
        uint256 rate,
        uint256 amount,
        uint256 until
    );
    event SubscriptionExtended(
        address indexed creator,
        address indexed account,
        uint32 indexed tier,
        address payer,
        uint256 amount,
        uint256 until
    );
    event Unsubscribed(
        address indexed creator, address indexed account, uint32 indexed tier, address payer, uint256 refund
    );
    event SubscriptionsGiven(bytes32 indexed batchId, GiftSubscriptions gifts);
    event GiftSubscriptionClaimed(
        bytes32 indexed batchId,
        address indexed creator,
        address indexed account,
        uint32 tier,
        uint256 index,
        uint256 until
    );
    event GiftSubscriptionsReclaimed(bytes32 indexed batchId, address indexed payer, uint256 amount);
    event HandleTipped(bytes32 indexed tipId, bytes32 indexed handle, HandleTip tip, string message);
    event HandleTipsClaimed(bytes32[] tipIds, address indexed recipient, uint256 amount);
    event HandleTipSkipped(bytes32 indexed tipId);
    event HandleTipReclaimed(bytes32 indexed tipId, address indexed payer, uint256 amount);
    /// @param limit base units from the first second of `month` on; type(uint96).max for none
    /// @param month months since January 1970
    event MonthlyCapSet(address indexed payer, uint256 limit, uint256 month);

    // ------------------------------------------------------------------------------------------------------ errors

    /// @dev Nobody's, the escrow's own, or a shared one that was not made.
    error Jar_UnknownJar(uint256 jarId);
    error Jar_ZeroAmount();
    error Jar_RateOutOfRange(uint256 rate, uint256 most);
    /// @dev The amount must last a second at least.
    error Jar_AmountBelowOneSecond(uint256 scaledAmount, uint256 rate);
    error Jar_EndTooLate(uint256 endsAt, uint256 latest);
    /// @dev A jar takes rates below 2⁸⁸ and holds scaled amounts below 2¹⁴², far beyond any currency's supply.
    error Jar_Full(uint256 jarId, uint256 value, uint256 most);
    error Jar_StreamExists(bytes32 streamId, uint256 endsAt);
    error Jar_StreamNotRunning(bytes32 streamId, uint256 endsAt);
    error Jar_StreamNotPaused(bytes32 streamId);
    /// @dev Money of a named series and other money never share a stream.
    error Jar_SeriesDiffers(bytes32 streamId, uint256 seriesId, uint256 paidWith);
    /// @dev A stream from a named series ends before the series expires.
    error Jar_EndsAfterSeries(uint256 endsAt, uint256 expiresAt);
    /// @dev A pause has no end, and a named series has one.
    error Jar_SeriesBarsPause(uint256 seriesId);
    /// @dev A shared jar pays accounts that the issuer of a named series did not admit.
    error Jar_SeriesBarsSharedJar(uint256 seriesId, uint256 jarId);
    error Jar_PayeeCount(uint256 payees, uint256 shares, uint256 most);
    error Jar_BadPayee(address payee, uint256 shareBps);
    error Jar_SharesDiffer(uint256 sumBps, uint256 expectedBps);
    error Jar_TooManyVersions(address creator, uint256 most);
    error Jar_TierRateDiffers(uint32 tier, uint256 rate, uint256 agreed);
    error Jar_TierVersionDiffers(uint32 tier, uint256 version, uint256 agreed);
    error Jar_AlreadyMember(address account, uint256 until);
    error Jar_NotMember(address account, uint32 tier);
    error Jar_BatchExists(bytes32 batchId);
    error Jar_NothingLeft(bytes32 id);
    error Jar_BadReclaimDate(uint256 reclaimAt, uint256 time);
    error Jar_ClaimsOver(uint256 reclaimAt, uint256 time);
    error Jar_NotReclaimable(uint256 reclaimAt, uint256 time);
    error Jar_GiftClaimed(bytes32 batchId, uint256 index);
    error Jar_IndexOutOfRange(uint256 index, uint256 count);
    error Jar_NotInTree(bytes32 batchId, bytes32 leaf);
    error Jar_WrongAccount(address account, address named);
    error Jar_TipExists(bytes32 tipId);
    error Jar_AttestorDiffers(address attestor, address first);
    error Jar_OverMonthlyCap(address payer, uint256 used, uint256 amount, uint256 cap);
    error Jar_NotCertificates(address caller);
    /// @dev A stream or subscription is paid by one holder, with one named series or with open ones.
    error Jar_MixedCards(address holder, address first, uint256 seriesId, uint256 firstSeriesId);
    /// @dev The second piece of code holds nothing and does nothing by itself.
    error Jar_BackOfficeByItself();
}
