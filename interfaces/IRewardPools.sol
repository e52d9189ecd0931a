// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICustody} from "./ICustody.sol";

/// @title Rewards for reading: a sponsor's pool pays reader and author of each attested read
/// @notice A sponsor puts money into a pool and names an attester. The attester signs that somebody has read something and what
/// that is worth; the reader says which share of it is its own, the rest is the author's. A read pays once.
/// @dev Amounts are base units, times Unix seconds, windows half-open. A day is a day of the chain's clock, from midnight UTC.
///
/// What an attester signs is
/// `Attestation(bytes32 poolId,address reader,address author,uint64 readId,uint96 amount,uint40 deadline)`, under this contract's
/// domain. The reader signs `Choice(Attestation attestation,uint16 readerBps)` over that very attestation, or submits the read
/// itself; an attester that submits a read itself need not sign. `readId` is unique within a pool, whoever attests; numbers that
/// count up are the cheapest (256 of them share a slot).
///
/// The reader has `amount × readerBps / 10,000`, rounded down; the author has the rest, dust included. Both are credited, so
/// that no payee and no currency can hold up a read, and anybody can have a credit paid out to whom it belongs.
///
/// A cap counts whole amounts, what went to the author included: a ratio of 0 is no way around it. A read that a cap leaves out
/// can be paid on a later day before its deadline: the day that counts is the one on which it is paid.
///
/// Warning: whoever adds money trusts sponsor and attester with it. An attester, or a thief of its key, can have a day's cap of
/// the pool paid to whom it likes, every day until a new attester's notice is over. What nobody has earned goes to the sponsor.
///
/// Warning: a reader who has signed two choices for one read has let whoever submits it choose between them.
///
/// Conservation: currency held ≥ Σ pools (funded − spent) + Σ credits + totalOwed, with equality but for money sent here by
/// mistake. What a read adds to `spent` is what it adds to the credits of its reader and its author.
interface IRewardPools is ICustody {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice A new pool. Nothing in it but the attester ever changes.
    /// @param salt any number that the sponsor has not opened a pool with
    /// @param attester whose attestations count: a key or a contract wallet
    /// @param minReaderBps the least that a reader may take, in basis points of a read's amount
    /// @param maxReaderBps the most, at most 10,000
    /// @param readerCap what reads of one reader may cost the pool in a day
    /// @param poolCap what all reads may cost it in a day, at least `readerCap`
    /// @param noticeSeconds that closing and a new attester wait: from a day to 180 days
    struct Opening {
        uint96 salt;
        address attester;
        uint16 minReaderBps;
        uint16 maxReaderBps;
        uint96 readerCap;
        uint96 poolCap;
        uint24 noticeSeconds;
    }

    /// @notice An attested read, with the reader's choice.
    /// @param amount that the read is worth
    /// @param deadline the attestation is void from then on
    /// @param readerBps the reader's share, in basis points
    /// @param attested the attester's signature (as `Consent.signature`); empty where the attester submits the read
    /// @param chosen the reader's; empty where the reader submits it
    struct Read {
        address reader;
        address author;
        uint64 readId;
        uint96 amount;
        uint40 deadline;
        uint16 readerBps;
        bytes attested;
        bytes chosen;
    }

    /// @notice Why a read was not paid.
    enum Fault {
        None,
        ZeroAmount,
        Expired,
        /// @dev Reader or author is the zero address or this contract.
        NoPayee,
        RatioOutOfBounds,
        AlreadyPaid,
        OverReaderCap,
        OverPoolCap,
        OverBudget,
        NotAttested,
        NotChosen
    }

    /// @notice A pool as it stands.
    /// @param funded put in, in all; once closed, what it had spent
    /// @param spent on reads, in all
    /// @param spentToday on reads that were paid today
    /// @param attester whose attestations count now
    /// @param newAttester whose count from `newAttesterAt` on; zero for none
    /// @param closesAt no read is paid from then on; 0 where no closing was announced
    struct PoolView {
        address sponsor;
        address attester;
        uint256 minReaderBps;
        uint256 maxReaderBps;
        uint256 readerCap;
        uint256 poolCap;
        uint256 noticeSeconds;
        uint256 funded;
        uint256 spent;
        uint256 spentToday;
        address newAttester;
        uint256 newAttesterAt;
        uint256 closesAt;
    }

    // ------------------------------------------------------------------------------------------------------ events

    event PoolOpened(
        bytes32 indexed poolId,
        address indexed sponsor,
        address indexed attester,
        uint256 minReaderBps,
        uint256 maxReaderBps,
        uint256 readerCap,
        uint256 poolCap,
        uint256 noticeSeconds
    );
    /// @dev Whose money it was, the currency's own event says.
    event PoolFunded(bytes32 indexed poolId, uint256 amount);
    /// @param amount of all reads that were paid
    /// @param rows for each read paid, `readId 64 | reader 160 | author 160 | amount 96 | reader's share 96`: 72 bytes
    /// @param skipped for each read skipped, `place among those given 32 | Fault 8`: 5 bytes
    event ReadsPaid(bytes32 indexed poolId, uint256 amount, bytes rows, bytes skipped);
    event RewardCollected(bytes32 indexed poolId, address indexed payee, uint256 amount);
    event AttesterAnnounced(bytes32 indexed poolId, address indexed attester, uint256 fromTime);
    event AttesterKept(bytes32 indexed poolId, address indexed attester);
    event ClosingAnnounced(bytes32 indexed poolId, uint256 closesAt);
    event ClosingCancelled(bytes32 indexed poolId);
    /// @param amount that went to the sponsor
    event PoolClosed(bytes32 indexed poolId, uint256 amount);

    // ------------------------------------------------------------------------------------------------------ errors

    error Pools_Exists(bytes32 poolId);
    error Pools_Unknown(bytes32 poolId);
    error Pools_ZeroAttester();
    error Pools_ZeroAmount();
    error Pools_RatioBounds(uint256 minReaderBps, uint256 maxReaderBps, uint256 most);
    error Pools_CapBounds(uint256 readerCap, uint256 poolCap);
    error Pools_NoticeOutOfRange(uint256 noticeSeconds, uint256 least, uint256 most);
    /// @dev Money that came now would be the sponsor's after what is left of the notice.
    error Pools_Closing(bytes32 poolId, uint256 closesAt);
    error Pools_Closed(bytes32 poolId, uint256 closedAt);
    error Pools_NotClosing(bytes32 poolId);
    error Pools_NotYet(uint256 closesAt, uint256 time);
    error Pools_NothingLeft(bytes32 poolId);
    error Pools_NoNewAttester(bytes32 poolId);
    error Pools_NotPaid(uint256 readId, Fault fault);
    error Pools_NothingToCollect(address payee);

    // ---------------------------------------------------------------------------------------------------- sponsors

    /// @notice Opens a pool of the caller's with its first money.
    /// @dev The id is known before, and nobody but the sponsor can open it.
    function open(Opening calldata opening, uint96 amount) external returns (bytes32 poolId);

    /// @notice The same by the sponsor's signature over
    /// `OpenPool(address sponsor,uint96 salt,address attester,uint16 minReaderBps,uint16 maxReaderBps,uint96 readerCap,uint96 poolCap,uint24 noticeSeconds,uint96 amount,uint64 nonce,uint40 deadline)`.
    function openSigned(address sponsor, Opening calldata opening, uint96 amount, Consent calldata consent)
        external
        returns (bytes32 poolId);

    /// @notice Adds money of the caller's to anybody's pool: it is the pool's from then on, and the sponsor's when it closes.
    /// @dev Refused from the announcement of a closing on, so that nobody gives to a pool that is about to end.
    function fund(bytes32 poolId, uint96 amount) external;

    /// @notice The same by the giver's signature over
    /// `FundPool(address from,bytes32 poolId,uint96 amount,uint64 nonce,uint40 deadline)`.
    function fundSigned(bytes32 poolId, address from, uint96 amount, Consent calldata consent) external;

    /// @notice Names another attester: from the end of the notice on only its attestations count, and until then only the
    /// present one's.
    /// @dev By the sponsor, or its signature over
    /// `ChangeAttester(address sponsor,bytes32 poolId,address attester,uint64 nonce,uint40 deadline)`. The zero address takes an
    /// announcement back; another one begins the notice anew.
    /// @return fromTime 0 for an announcement taken back
    function changeAttester(bytes32 poolId, address attester, Consent calldata consent)
        external
        returns (uint256 fromTime);

    /// @notice Announces that the pool ends after its notice. Reads are paid until then.
    /// @dev By the sponsor, or its signature over
    /// `AnnounceClosing(address sponsor,bytes32 poolId,uint64 nonce,uint40 deadline)`.
    function announceClosing(bytes32 poolId, Consent calldata consent) external returns (uint256 closesAt);

    /// @notice Takes the announcement back, before the notice is over.
    /// @dev By the sponsor, or its signature over
    /// `CancelClosing(address sponsor,bytes32 poolId,uint64 nonce,uint40 deadline)`.
    function cancelClosing(bytes32 poolId, Consent calldata consent) external;

    /// @notice Pays the sponsor what no read has taken, once the notice is over; anybody may ask for it.
    function close(bytes32 poolId) external returns (uint256 amount);

    // ------------------------------------------------------------------------------------------------------- reads

    /// @notice Pays reads of one pool to the credit of their readers and authors; anybody may submit them.
    /// @dev A read with a fault is skipped and reported, and is as good as before. Reverts `Signatures_GasFloor` rather than
    /// judge a contract wallet's signature with too little gas.
    /// @return amount of all reads that were paid
    function pay(bytes32 poolId, Read[] calldata reads) external returns (uint256 amount);

    /// @notice Pays one read; reverts `Pools_NotPaid` where `pay` skips.
    /// @return toReader the reader's share; the author has the rest
    function payOne(bytes32 poolId, Read calldata read) external returns (uint256 toReader);

    /// @notice Pays `payee` all its credits in these pools, at once; anybody may ask for it.
    /// @dev What the currency refuses is owed (`withdrawOwed`). With `payOne` in one `multicall`, a reader has its share at once.
    function collect(address payee, bytes32[] calldata poolIds) external returns (uint256 amount);

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice A pool; all zero for one that nobody opened.
    function pool(bytes32 poolId) external view returns (PoolView memory);

    /// @notice What a payee can collect of a pool.
    function credit(bytes32 poolId, address payee) external view returns (uint256);

    /// @notice What a reader's reads have cost a pool today.
    function spentToday(bytes32 poolId, address reader) external view returns (uint256);

    /// @notice Whether a read was paid.
    function isPaid(bytes32 poolId, uint64 readId) external view returns (bool);

    /// @notice The id of the pool that `sponsor` opens with `salt`: keccak256(sponsor ‖ salt), 32 bytes.
    function poolIdOf(address sponsor, uint96 salt) external pure returns (bytes32);

    /// @notice The GiftCertificates of the same currency.
    function certificates() external view returns (address);
}
