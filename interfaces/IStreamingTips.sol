// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJarTypes} from "./IJarTypes.sol";

/// @title Tips by the second: what happens often
/// @notice Every stream is paid in full beforehand: it has a rate and an exact end. Nobody is ever in debt, nobody liquidates,
/// nothing renews by itself. Collecting costs the same for one tipper and for 100,000.
/// @dev Who acts for whom: what a payer does, the payer calls or signs (`Consent`; the struct hash of each function's EIP-712
/// type stands with it; `nonce` and `deadline` are the consent's). Functions that take money take it from the consenting
/// account by allowance, or by its own signature with `moves`.
///
/// Rounding: an amount is `rate × seconds + dust` with `dust < rate`; the dust is the creator's. A refund is rounded down to
/// base units; the rest is the creator's.
interface IStreamingTips is IJarTypes {
    /// @notice Opens a stream of `rate` to `key.jarId` that lasts `amount × scale / rate` seconds.
    /// @dev `OpenStream(address payer,uint256 jarId,uint256 index,uint80 rate,uint96 amount,uint64 nonce,uint40 deadline)`.
    /// Reverts `Jar_StreamExists` while that index runs or is paused, `Jar_RateOutOfRange`, `Jar_AmountBelowOneSecond`,
    /// `Jar_EndTooLate`, `Jar_UnknownJar`, `Jar_Full`, `Jar_OverMonthlyCap`.
    /// @param rate scaled units per second, from 1 to 2⁸⁰ − 1
    /// @param amount base units
    /// @return endsAt the first second that earns nothing
    function open(StreamKey calldata key, uint80 rate, uint96 amount, Consent calldata consent)
        external
        returns (uint256 endsAt);

    /// @notice Makes a running stream last longer, with money of `from`, who may be anybody.
    /// @dev `TopUpStream(address from,address payer,uint256 jarId,uint256 index,uint96 amount,uint64 nonce,uint40 deadline)`.
    /// What is not earned is refunded to the payer, not to `from`. Reverts `Jar_StreamNotRunning` from its end on and while
    /// paused, `Jar_SeriesDiffers` where it runs on a named series.
    /// @param amount base units; must last a second at least
    /// @return endsAt the new end
    function topUp(StreamKey calldata key, address from, uint96 amount, Consent calldata consent)
        external
        returns (uint256 endsAt);

    /// @notice Ends a running or paused stream and refunds `rate × seconds left`, rounded down to base units.
    /// @dev `CancelStream(address payer,uint256 jarId,uint256 index,uint64 nonce,uint40 deadline)`. Money of a named series is
    /// restored to the payer's card, other money is paid, or owed where the currency refuses the payer.
    /// @return refund base units
    function cancel(StreamKey calldata key, Consent calldata consent) external returns (uint256 refund);

    /// @notice Gives a running stream another rate; what is left lasts accordingly longer or shorter.
    /// @dev `ChangeStreamRate(address payer,uint256 jarId,uint256 index,uint80 rate,uint64 nonce,uint40 deadline)`.
    /// @return endsAt the new end
    function changeRate(StreamKey calldata key, uint80 rate, Consent calldata consent)
        external
        returns (uint256 endsAt);

    /// @notice Stops a running stream and keeps what is left for later.
    /// @dev `PauseStream(address payer,uint256 jarId,uint256 index,uint64 nonce,uint40 deadline)`. Not for money of a named
    /// series (`Jar_SeriesBarsPause`).
    function pause(StreamKey calldata key, Consent calldata consent) external;

    /// @notice Goes on with a paused stream.
    /// @dev `ResumeStream(address payer,uint256 jarId,uint256 index,uint64 nonce,uint40 deadline)`.
    /// @return endsAt the new end
    function resume(StreamKey calldata key, Consent calldata consent) external returns (uint256 endsAt);

    /// @notice Gives `amount` at once; it can be collected in the next second.
    /// @dev `Tip(address from,uint256 jarId,uint96 amount,string message,uint64 nonce,uint40 deadline)`. The message is in the
    /// event only.
    function tip(
        address from,
        uint256 jarId,
        uint96 amount,
        string calldata message,
        Consent calldata consent
    ) external;

    /// @notice Pays a jar's owner what was earned since the last time: a creator at once, the payees of a shared jar into what
    /// is owed to each, for `withdrawOwed`. Of all that a shared jar ever collected, each payee has its share, rounded
    /// down; fewer base units than there are payees wait for the next time.
    /// @dev By anybody. What a stream that ends today earned is credited along a straight line to its day's end (it is never
    /// more than was earned), everything else by the second. Folds at most `maxDays` days on which streams ended, about 2,700
    /// gas each; where there are more, it stops at the start of the next and pays what was due then. Nothing to pay is no
    /// error. A payee that the currency refuses is owed.
    /// @return amount base units, rounded down; the rest stays
    function collect(uint256 jarId, uint256 maxDays) external returns (uint256 amount);

    /// @notice Makes a jar whose earnings are split among `payees`, for good.
    /// @dev By the creator itself. Shares in basis points, each at least 1, sum exactly 10,000; payees differ, at most 20.
    /// @return jarId the caller's next version
    function createSharedJar(address[] calldata payees, uint16[] calldata sharesBps)
        external
        returns (uint256 jarId);
}
