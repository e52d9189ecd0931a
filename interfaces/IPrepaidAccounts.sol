// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICustody} from "./ICustody.sol";
import {IRedemptionReceiver} from "./IRedemptionReceiver.sol";

/// @title Micropayments: money put down once, spent by signatures, settled by the hundred
/// @notice An account is a deposit for one counterparty (a seller, or a hub), so that vouchers for one deposit never compete.
/// Its signer, a session key, signs *vouchers*: the sum that the counterparty may have taken in all. The counterparty keeps
/// the latest and settles when it pays.
/// @dev Sums of accounts are *micro-units*: 10⁻⁶ of a currency with 6 decimals or more, base units of one with fewer
/// (`unit()` base units each), below 2⁴⁷. Times are Unix seconds, windows half-open.
///
/// A voucher is `Voucher(address counterparty,address currency,uint64 index,uint48 amount)`, `amount` cumulative, under this
/// contract's domain. A locked one is
/// `LockedVoucher(address counterparty,address currency,uint64 index,uint48 amount,bytes32 lock,uint40 expiresAt)`: good before
/// `expiresAt` for whoever shows the 32 bytes whose SHA-256 is `lock`. A hub that is promised `a` more under a lock by a payer
/// and promises it on to a seller under the same lock has both or neither: the payer's lock must expire later than the
/// seller's, by the time that settling takes.
///
/// Warning: a voucher is worth something only until its account's `expiresAt`, and while no withdrawal and no change of signer
/// is due: whoever serves against vouchers refuses an account where one of these comes before it can settle, and settles
/// in time. A lock must expire before all three.
///
/// Warning: `settleLocked` shows the preimage to everybody, before it is mined: whoever is promised money under the same lock
/// can take it then, as routing wants it. Nobody but the counterparty gets an account's money by it.
///
/// Conservation, in base units: currency held ≥ Σ (deposit − paid) × unit + totalOwed, with equality but for money sent here by
/// mistake. `paid` never falls and never exceeds `deposit`; what a settlement pays out is what it adds to `paid`.
interface IPrepaidAccounts is ICustody, IRedemptionReceiver {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice A new account.
    /// @param counterparty whom vouchers pay
    /// @param salt any number that the owner has not opened an account of this counterparty with: `indexOf(owner, salt)` is the
    /// account's index
    /// @param signer whose vouchers count: a key, or (slower) a contract wallet
    /// @param delaySeconds that a withdrawal or a new signer waits: from an hour to 180 days. Warning: it is not compared with the
    /// dates of a named series that pays; what is left at its limitation is its beneficiary's
    /// @param expiresAt from then on the owner may withdraw at once; 0 for never
    struct Opening {
        address counterparty;
        uint96 salt;
        address signer;
        uint24 delaySeconds;
        uint40 expiresAt;
    }

    /// @notice Which account.
    struct AccountKey {
        address counterparty;
        uint64 index;
    }

    /// @notice An account as it stands.
    /// @param deposit micro-units put down in all, less what was withdrawn
    /// @param paid micro-units that the counterparty has taken in all
    /// @param seriesId the named series that the money came from; 0 for plain money
    /// @param withdrawableAt a withdrawal that was asked for can be made from then on; 0 for none
    /// @param newSigner a signer that was asked for; zero for none
    /// @param newSignerAt it can be put in from then on
    struct AccountView {
        address owner;
        address signer;
        uint256 deposit;
        uint256 paid;
        uint256 delaySeconds;
        uint256 expiresAt;
        uint256 seriesId;
        uint256 withdrawableAt;
        address newSigner;
        uint256 newSignerAt;
    }

    /// @notice What a redemption into this contract does: the first word of its data; the rest is what follows it. The payee is
    /// the counterparty.
    /// @dev Open: (uint96 salt, address signer, uint24 delaySeconds, uint40 expiresAt), owned by the one holder of all cards.
    /// TopUp: (uint64 index).
    enum Use {
        Open,
        TopUp
    }

    // ------------------------------------------------------------------------------------------------------ events

    /// @param deposit micro-units
    event AccountOpened(
        address indexed owner,
        address indexed counterparty,
        uint256 indexed index,
        address signer,
        uint256 delaySeconds,
        uint256 expiresAt,
        uint256 seriesId,
        uint256 deposit
    );
    /// @dev Whose money it was, the currency's own event says.
    /// @param amount base units
    /// @param deposit micro-units, in all
    event Deposited(address indexed counterparty, uint256 indexed index, uint256 amount, uint256 deposit);
    /// @param payout base units
    /// @param rows for each row settled, `index 64 | amount 48`: 14 bytes
    /// @param skipped a bit for each row given, the first in the highest bit of the first byte; empty where none was skipped
    event Settled(address indexed counterparty, uint256 payout, bytes rows, bytes skipped);
    event WithdrawalRequested(address indexed counterparty, uint256 indexed index, uint256 availableAt);
    event WithdrawalCancelled(address indexed counterparty, uint256 indexed index);
    /// @param amount base units: to the owner, or to the card or the beneficiary of the account's series
    event Withdrawn(address indexed counterparty, uint256 indexed index, uint256 amount);
    event SignerRequested(
        address indexed counterparty, uint256 indexed index, address signer, uint256 availableAt
    );
    event SignerRequestCancelled(address indexed counterparty, uint256 indexed index);
    event SignerChanged(address indexed counterparty, uint256 indexed index, address signer);

    // ------------------------------------------------------------------------------------------------------ errors

    error Accounts_Exists(address counterparty, uint256 index);
    error Accounts_Unknown(address counterparty, uint256 index);
    error Accounts_ZeroSigner();
    error Accounts_DelayOutOfRange(uint256 delaySeconds, uint256 least, uint256 most);
    error Accounts_ExpiryPassed(uint256 expiresAt, uint256 time);
    /// @dev A sum of money that is no whole number of micro-units.
    error Accounts_Dust(uint256 amount, uint256 unit);
    error Accounts_ZeroAmount();
    error Accounts_DepositTooLarge(uint256 deposit, uint256 most);
    /// @dev Money of a named series and other money never share an account.
    error Accounts_SeriesDiffers(uint256 seriesId, uint256 paidWith);
    error Accounts_SeriesTooHigh(uint256 seriesId, uint256 most);
    error Accounts_NotOfSeries(address counterparty, uint256 index);
    error Accounts_NothingLeft(address counterparty, uint256 index);
    error Accounts_NotRequested(address counterparty, uint256 index);
    error Accounts_NotYet(uint256 availableAt, uint256 time);
    /// @dev What was asked for and not done within one more delay must be asked for again.
    error Accounts_Lapsed(uint256 lapsedAt, uint256 time);
    error Accounts_RowBytes(uint256 length, uint256 row);
    /// @dev Less would have good rows judged bad.
    error Accounts_GasFloor(uint256 gasLeft, uint256 floor);
    error Accounts_StaleVoucher(uint256 amount, uint256 paid);
    error Accounts_OverDeposit(uint256 amount, uint256 deposit);
    error Accounts_VoucherExpired(uint256 expiresAt, uint256 time);
    error Accounts_NotCertificates(address caller);
    /// @dev Cards of several holders, or of a named series and of others.
    error Accounts_MixedCards(address holder, address firstHolder, uint256 seriesId, uint256 firstSeriesId);
    /// @dev Money of a named series is restored to the account's owner, so only the owner's own cards pay.
    error Accounts_NotOwnersCard(address owner, address holder);

    // ----------------------------------------------------------------------------------------------------- payers

    /// @notice Opens an account of the caller's with its first deposit.
    /// @dev The index is known before, and nobody but the owner can open it: money that is on its way to an account that is just
    /// being opened can't land in somebody else's.
    /// @param amount base units, whole micro-units
    function open(Opening calldata opening, uint96 amount) external returns (uint64 index);

    /// @notice The same by the owner's signature over
    /// `OpenAccount(address owner,address counterparty,uint96 salt,address signer,uint24 delaySeconds,uint40 expiresAt,uint96 amount,uint64 nonce,uint40 deadline)`.
    function openSigned(address owner, Opening calldata opening, uint96 amount, Consent calldata consent)
        external
        returns (uint64 index);

    /// @notice Adds money of the caller's to an account, anybody's: it is the owner's from then on.
    /// @dev Changes neither a pending withdrawal nor a pending signer.
    /// @param amount base units, whole micro-units
    function topUp(AccountKey calldata key, uint96 amount) external;

    /// @notice The same by the payer's signature over
    /// `TopUpAccount(address from,address counterparty,uint64 index,uint96 amount,uint64 nonce,uint40 deadline)`.
    function topUpSigned(AccountKey calldata key, address from, uint96 amount, Consent calldata consent) external;

    // ----------------------------------------------------------------------------------------------------- owners

    /// @notice Asks for what is left: after the delay, and within one more, `withdraw` pays it.
    /// @dev `RequestWithdrawal(address owner,address counterparty,uint64 index,uint64 nonce,uint40 deadline)`. Asking again begins
    /// anew.
    function requestWithdrawal(AccountKey calldata key, Consent calldata consent)
        external
        returns (uint256 availableAt);

    /// @notice Takes a request for withdrawal back.
    /// @dev `CancelWithdrawal(address owner,address counterparty,uint64 index,uint64 nonce,uint40 deadline)`.
    function cancelWithdrawal(AccountKey calldata key, Consent calldata consent) external;

    /// @notice Pays the owner what no voucher has taken: after a request's delay, or once the account has expired.
    /// @dev `Withdraw(address owner,address counterparty,uint64 index,uint64 nonce,uint40 deadline)`. Money of a named series
    /// is restored to the owner's card; from the series' limitation on it goes to the beneficiary that its terms name.
    /// A voucher that was not settled stays signed: money that is put down later is good for it.
    /// @return amount base units
    function withdraw(AccountKey calldata key, Consent calldata consent) external returns (uint256 amount);

    /// @notice Pays what is left in an account of a named series to the series' beneficiary; anybody may, one delay after
    /// limitation, in which vouchers are settled.
    /// @return amount base units
    function forfeit(AccountKey calldata key) external returns (uint256 amount);

    /// @notice Asks for another signer: after the delay, and within one more, `changeSigner` puts it in.
    /// @dev `RequestSigner(address owner,address counterparty,uint64 index,address signer,uint64 nonce,uint40 deadline)`. The
    /// zero address takes the request back; asking again begins anew.
    /// @return availableAt 0 for a request taken back
    function requestSigner(AccountKey calldata key, address signer, Consent calldata consent)
        external
        returns (uint256 availableAt);

    /// @notice Puts the signer in that was asked for; from then on only its vouchers count.
    /// @dev `ChangeSigner(address owner,address counterparty,uint64 index,uint64 nonce,uint40 deadline)`.
    function changeSigner(AccountKey calldata key, Consent calldata consent) external;

    // ------------------------------------------------------------------------------------------------ counterparties

    /// @notice Settles vouchers of any number of one counterparty's accounts, and pays it once; anybody may submit them.
    /// @dev A row is `index 64 | amount 48 | r 256 | vs 256` (EIP-2098): 78 bytes. A row that is stale, above the deposit or not
    /// its signer's is skipped and reported. Reverts `Accounts_RowBytes`, and `Accounts_GasFloor` rather than judge a row with
    /// too little gas.
    /// @return payout base units
    function settle(address counterparty, bytes calldata rows) external returns (uint256 payout);

    /// @notice The same for locked vouchers.
    /// @dev A row is `index 64 | amount 48 | r 256 | vs 256 | expiresAt 40 | preimage 256`: 115 bytes. An expired row is skipped.
    /// @return payout base units
    function settleLocked(address counterparty, bytes calldata rows) external returns (uint256 payout);

    /// @notice Settles one voucher whose signer is a contract wallet (ERC-1271), or not; reverts where `settle` skips.
    /// @return payout base units
    function settleOne(AccountKey calldata key, uint48 amount, bytes calldata signature)
        external
        returns (uint256 payout);

    /// @notice The same for a locked voucher.
    /// @return payout base units
    function settleOneLocked(
        AccountKey calldata key,
        uint48 amount,
        uint40 expiresAt,
        bytes32 preimage,
        bytes calldata signature
    ) external returns (uint256 payout);

    /// @notice Has what counterparties took of accounts of named series count as used (`IGiftCertificates.countUsed`), for their
    /// owners' refund rights; anybody may ask. Until then it counts as what may still come back. Passes over all other accounts.
    function countUsed(AccountKey[] calldata keys) external;

    // ------------------------------------------------------------------------------------------------------ views

    /// @notice An account; all zero for one that nobody opened.
    function account(address counterparty, uint64 index) external view returns (AccountView memory);

    /// @notice The index of the account that `owner` opens with `salt`: the first 64 bits of keccak256(owner ‖ salt), 32 bytes.
    function indexOf(address owner, uint96 salt) external pure returns (uint64);

    /// @notice Base units in a micro-unit.
    function unit() external view returns (uint256);

    /// @notice The GiftCertificates whose redemptions this contract takes.
    function certificates() external view returns (address);
}
