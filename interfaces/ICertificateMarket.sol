// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateTypes} from "./ICertificateTypes.sol";

/// @title The secondary market: signed offers of certificates, filled in whole or in part
/// @notice A seller signs what it sells and for how much; whoever submits the offer buys. Certificate and money change hands in
/// one transaction: full face, or nothing is paid. The market holds nothing, keeps no fee, and nobody rules it.
/// @dev An offer is the EIP-712 message
/// `Offer(address seller,uint256 seriesId,uint96 amount,uint96 price,uint96 minimum,address referrer,uint96 referral,uint64 nonce,uint40 expiresAt)`
/// under this contract's domain. The seller has approved this contract for its certificates (`setApprovalForAll`), the buyer
/// for its currency (`approve`, or a permit before).
///
/// A part of the amount costs its part of the price and of the referral, each rounded up: against the buyer, by at most one
/// base unit each.
///
/// Warning: offers of one seller with one nonce share what was filled: signing a nonce again at another price replaces the
/// price and never sells twice. Warning: an offer promises nothing before it is filled; the seller may spend the certificate
/// meanwhile, and then the fill reverts and costs its gas. Warning: rights that hang on use or purchase don't follow a
/// certificate to its buyer.
interface ICertificateMarket {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice What a seller signs.
    /// @param amount face for sale, in base units of the currency
    /// @param price of all of it, to the seller
    /// @param minimum face that a fill takes at least, unless it takes all that is left
    /// @param referrer gets `referral` (of the whole amount) on top of the price, from the buyer
    /// @param nonce the seller's number for this offer: what was filled, and what was cancelled, is kept by it
    /// @param expiresAt Unix time; void from then on. No offer outlives its series
    /// @param signature 65 bytes ECDSA (or 64, EIP-2098), or what the seller's ERC-1271 wallet accepts
    struct Offer {
        address seller;
        uint256 seriesId;
        uint96 amount;
        uint96 price;
        uint96 minimum;
        address referrer;
        uint96 referral;
        uint64 nonce;
        uint40 expiresAt;
        bytes signature;
    }

    // ------------------------------------------------------------------------------------------------------ events

    /// @param price what the seller got, in base units
    /// @param referral what the referrer got
    event Filled(
        address indexed seller,
        address indexed buyer,
        uint256 indexed seriesId,
        uint256 nonce,
        uint256 amount,
        uint256 price,
        address referrer,
        uint256 referral
    );
    /// @param row its position in the call
    /// @param failure selector of the error that filling it alone would have reverted with; 0 where there was no error's data
    event FillSkipped(uint256 indexed row, bytes4 failure);
    event OfferCancelled(address indexed seller, uint256 nonce);
    /// @param nonce all offers with lower ones are void
    event OffersCancelled(address indexed seller, uint256 nonce);

    // ------------------------------------------------------------------------------------------------------ errors

    error Market_ZeroAddress();
    error Market_ZeroAmount();
    error Market_OfferExpired(uint256 expiresAt, uint256 time);
    error Market_SeriesExpired(uint256 seriesId, uint256 expiresAt);
    error Market_Cancelled(address seller, uint256 nonce);
    error Market_OverRest(uint256 amount, uint256 rest);
    error Market_UnderMinimum(uint256 amount, uint256 minimum);
    error Market_InvalidSignature(address seller, bytes32 digest);
    error Market_OwnOffer(address seller);
    error Market_OverLimit(uint256 cost, uint256 most);
    error Market_TooLittle(uint256 bought, uint256 least);
    error Market_ArrivedDiffers(address payee, uint256 expected, uint256 arrived);
    error Market_DeadlinePassed(uint256 deadline, uint256 time);
    error Market_NonceTooLow(uint256 nonce, uint256 lowest);
    error Market_NotByItself(address caller);
    error Market_GasFloor(uint256 gasLeft, uint256 floor);

    // --------------------------------------------------------------------------------------------------------- buy

    /// @notice Buys `amount` of an offer for the caller.
    /// @dev Takes `costOf(offer, amount)` of the currency from the caller. The certificate arrives last: a contract is asked
    /// (`onERC1155Received`) when all is paid.
    /// @return cost price and referral, in base units
    function fill(Offer calldata offer, uint96 amount) external returns (uint256 cost);

    /// @notice Buys up to `want` from offers in the order given, best first; bad ones are skipped and reported.
    /// @dev Of each offer as much as it has left and `want` still lacks. An offer is skipped with `Market_OverLimit` where it
    /// costs more than `want` for `most`, pro rata. Reverts `Market_TooLittle` when less than `least` was bought, and
    /// `Market_GasFloor` rather than skip an offer for want of gas.
    /// @return bought face, in base units
    /// @return cost price and referral, in base units
    function fillMany(Offer[] calldata offers, uint96 want, uint96 most, uint96 least)
        external
        returns (uint256 bought, uint256 cost);

    /// @notice Buys `want` as `fillMany` does, or nothing, and pays with the buyer's cards in the same transaction: a certificate
    /// bought below face becomes a balance, a stream or an order at full face.
    /// @dev `payment` and `cards` are handed to `GiftCertificates.pay`: each card is signed by its holder. The buyer signs its
    /// own card before it has it.
    function fillAndPay(
        Offer[] calldata offers,
        uint96 want,
        uint96 most,
        ICertificateTypes.Payment calldata payment,
        ICertificateTypes.Redemption[] calldata cards
    ) external returns (uint256 cost);

    /// @notice Uses an ERC-2612 permit of the currency's for the caller; for `multicall`, before a fill.
    /// @dev Never reverts because of the permit: somebody who saw it may have used it first.
    function permit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    // ------------------------------------------------------------------------------------------------------ cancel

    /// @notice Voids the caller's offers with this nonce.
    function cancel(uint64 nonce) external;

    /// @notice Voids all the caller's offers with a nonce below `nonce`.
    function cancelAll(uint64 nonce) external;

    /// @notice The same by the seller's signature over
    /// `Cancellation(address seller,uint64 nonce,bool all,uint40 deadline)`; anybody may submit it, as often as they like.
    function cancelSigned(address seller, uint64 nonce, bool all, uint40 deadline, bytes calldata signature)
        external;

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice What `amount` of an offer costs.
    /// @return price to the seller, rounded up
    /// @return referral to the referrer, rounded up
    function costOf(Offer calldata offer, uint256 amount) external pure returns (uint256 price, uint256 referral);

    /// @notice Face that a nonce's offers have sold, in base units; `type(uint256).max` once cancelled.
    function filled(address seller, uint64 nonce) external view returns (uint256);

    /// @notice Offers with a nonce below this are void.
    function lowestNonce(address seller) external view returns (uint256);

    /// @notice What a seller signs for an offer.
    function digestOf(Offer calldata offer) external view returns (bytes32);

    /// @notice The certificates that are traded here.
    function certificates() external view returns (address);

    function DOMAIN_SEPARATOR() external view returns (bytes32);
}
