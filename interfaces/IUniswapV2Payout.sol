// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRedemptionReceiver} from "./IRedemptionReceiver.sol";

/// @title A redemption paid out in another token, through Uniswap V2
/// @notice Certificates are redeemed into this contract; the currency goes to a Uniswap V2 router in the same transaction, and
/// the payee gets at least the minimum of another token, or nothing has happened.
/// @dev The redemption's data is the ABI encoding of a `Conversion`, which the holders of the cards signed.
///
/// A pool is what anybody makes of it, so that a payee must have agreed to the conversion itself: there is an order number
/// (GiftCertificates then takes the payee's own call or its signed request, which cover the data), or the payee is the holder of
/// every card and the cards are of open series. Otherwise a holder could pay a merchant of a named series in a worthless token
/// and take the currency out of the worthless token's pool.
///
/// Nothing stays here: what is converted is all that arrived, measured, and the router's allowance ends with the call.
///
/// Warning: the minimum is the only protection against who trades before. Set it from the pool's reserves less a small slippage.
/// Warning: who signs a conversion trusts its router and the tokens of its path. What arrives at the payee meanwhile counts as
/// received, wherever it comes from; a router of the payee's own choice can only cheat the payee.
interface IUniswapV2Payout is IRedemptionReceiver {
    /// @notice How a redemption is converted.
    /// @param router a Uniswap V2 router (`swapExactTokensForTokens`)
    /// @param path the currency first, the payee's token last
    /// @param minimum base units of the last token that the payee gets at least
    /// @param deadline Unix time; void from then on
    struct Conversion {
        address router;
        address[] path;
        uint256 minimum;
        uint40 deadline;
    }

    /// @param token what the payee was paid in
    /// @param paid base units of the currency
    /// @param received base units of `token` that arrived at the payee
    event PaidOut(address indexed payee, address indexed token, uint256 paid, uint256 received);

    error Payout_ZeroAddress();
    error Payout_NotCertificates(address caller);
    error Payout_NoConsent(address payee);
    error Payout_Path(address first, address expected);
    error Payout_DeadlinePassed(uint256 deadline, uint256 time);
    error Payout_TooLittle(uint256 received, uint256 minimum);
    error Payout_LeftDiffers(uint256 expected, uint256 left);

    /// @notice The GiftCertificates whose redemptions are converted here.
    function certificates() external view returns (address);

    /// @notice The currency that those certificates are in.
    function currency() external view returns (address);
}
