// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateTypes} from "./ICertificateTypes.sol";

/// @title Resale of one currency's certificates
/// @notice Sellers sign offers, buyers fill them, in parts where the seller allows it. Money goes from buyer to seller and the
/// certificate from seller to buyer in one transaction, or nothing happens: whoever redeems first what he offered leaves an
/// offer that can't be filled, and a buyer with his money. This contract holds nothing, earns nothing and has no owner.
/// @dev Sellers approve it for their certificates (`setApprovalForAll`), buyers for the currency. Amounts are base units of the
/// currency: `amount` of face, `price` of money. Times are Unix seconds, windows half-open.
///
/// What is signed is
/// `Offer(address seller,uint256 seriesId,uint96 amount,uint96 price,uint96 minimum,address referrer,uint96 referrerShare,uint64 nonce,uint64 epoch,uint40 expiresAt)`
/// under this contract's domain. For a part of it the buyer pays that part of price and share, each rounded up: a seller has
/// never less than the price per unit that was signed, a buyer pays less than one unit more for each fill.
///
/// Warning: an offer stands until it is filled, cancelled or expired, whatever the certificate is worth by then. Warning: what
/// is bought is face and nothing else: the rights that hang on what its seller had spent don't follow.
/// Warning: a certificate of a named series stays one: it is spent with its merchants, and refunded by its terms.
interface ICertificateMarket {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice What a seller signs.
    /// @param amount face that is offered in all
    /// @param price of the whole `amount`, for the seller
    /// @param minimum face that a fill takes at least; what is left at the end may be less and is then taken whole
    /// @param referrer who brought the buyer; zero for nobody
    /// @param referrerShare what the buyer pays the referrer for the whole `amount`, on top of the price
    /// @param nonce tells the seller's offers apart; counted one by one they are cheapest to fill. Offers with one nonce share
    /// what was filled, and are over when one of them is: a seller who asks for another price signs the same nonce again, and
    /// never sells twice
    /// @param epoch the seller's `epoch`; an offer of an earlier one is void
    struct Offer {
        address seller;
        uint256 seriesId;
        uint96 amount;
        uint96 price;
        uint96 minimum;
        address referrer;
        uint96 referrerShare;
        uint64 nonce;
        uint64 epoch;
        uint40 expiresAt;
    }

    /// @notice An offer with its signature.
    /// @param signature 65 bytes ECDSA (or 64, EIP-2098), or what the seller's ERC-1271 wallet accepts
    struct SignedOffer {
        Offer offer;
        bytes signature;
    }

    /// @notice What a buyer takes out of many offers.
    /// @param most face wanted
    /// @param least face without which nothing is bought
    /// @param limitPrice with `limitAmount`: an offer that costs more than `limitPrice` for `limitAmount` of face, referrer's share
    /// and rounding included, is passed over
    struct Purchase {
        uint256 seriesId;
        uint96 most;
        uint96 least;
        uint96 limitPrice;
        uint96 limitAmount;
    }

    /// @notice Of the offers with one nonce.
    enum Status {
        Untouched,
        Started, // sold in part
        Sold,
        Cancelled
    }

    // ------------------------------------------------------------------------------------------------------ events

    /// @dev Which series, and what the referrer got, say the certificates' and the currency's own events.
    /// @param row `nonce 64 | amount 96 | price 96`: of the offer, of face, and what the seller got
    event OfferFilled(address indexed seller, address indexed buyer, uint256 row);
    /// @param row its position in the call
    /// @param failure selector of the error that it would have reverted with, 0 where it failed without one
    event OfferSkipped(uint256 indexed row, bytes4 failure, uint256 value, uint256 bound);
    event OfferCancelled(address indexed seller, uint256 nonce);
    /// @param epoch the one that begins
    event AllOffersCancelled(address indexed seller, uint256 epoch);

    // ------------------------------------------------------------------------------------------------------ errors

    error Market_ZeroAddress();
    error Market_ZeroAmount();
    /// @dev A price of nothing is a slip of the seller's.
    error Market_ZeroPrice();
    error Market_OwnOffer(address seller);
    error Market_OfferExpired(uint256 expiresAt, uint256 time);
    error Market_SeriesExpired(uint256 seriesId, uint256 expiresAt);
    error Market_SeriesDiffers(uint256 seriesId, uint256 wanted);
    error Market_Cancelled(address seller, uint256 nonce);
    error Market_EpochDiffers(uint256 epoch, uint256 current);
    error Market_OverRest(uint256 amount, uint256 rest);
    error Market_UnderMinimum(uint256 amount, uint256 minimum);
    error Market_OverLimit(uint256 cost, uint256 most);
    error Market_InvalidSignature(address signer, bytes32 digest);
    error Market_DeadlinePassed(uint256 deadline, uint256 time);
    error Market_TooLittle(uint256 amount, uint256 least);
    error Market_NotBuyersCard(address holder, address buyer);
    error Market_PaymentFailed(address payee, uint256 amount);
    error Market_ArrivedDiffers(uint256 expected, uint256 arrived);
    error Market_NoBalance(address currency);
    error Market_GasFloor(uint256 gasLeft, uint256 floor);
    error Market_NotItself(address caller);

    // --------------------------------------------------------------------------------------------------------- buy

    /// @notice Buys `amount` of face out of one offer, for the caller.
    /// @dev Reverts from the offer's and from the series' expiry on, for an offer that was cancelled or has less left, below the
    /// minimum, and where seller or buyer lack balance or approval. A seller that the currency refuses to pay sells nothing.
    /// A buyer that is the referrer keeps the share, and so does one where that is this contract.
    /// @return cost what the caller paid: price and referrer's share
    function fill(Offer calldata offer, uint96 amount, bytes calldata signature)
        external
        returns (uint256 cost);

    /// @notice Buys out of many offers of one series, in the order given (best first), until the caller has what it wants.
    /// @dev An offer that fails for whatever reason, or costs more than the limit, is skipped and reported (`OfferSkipped`); of
    /// one whose seller has less than is left of it, what the seller has is taken. All or nothing by `least = most`.
    /// Each row needs 600,000 gas left at its start, of which it takes about 90,000: with less a good offer could be judged bad.
    /// @return amount of face
    /// @return cost what the caller paid in all, at most `limitPrice` for `limitAmount` of face
    function fillMany(SignedOffer[] calldata offers, Purchase calldata purchase)
        external
        returns (uint256 amount, uint256 cost);

    /// @notice The same, and pays with what was bought, and with what the caller had, in the same transaction: into a service, say
    /// a prepaid account, or to a merchant.
    /// @dev `GiftCertificates.pay`, to which each card's holder is the caller. It comes through this contract, so the cards are
    /// signed.
    /// Warning: whoever sees the signed cards can submit them alone where the caller has the balance already: then they
    /// have paid what they say, and this reverts having bought nothing.
    function fillAndPay(
        SignedOffer[] calldata offers,
        Purchase calldata purchase,
        ICertificateTypes.Payment calldata payment,
        ICertificateTypes.Redemption[] calldata cards
    ) external returns (uint256 amount, uint256 cost);

    /// @notice Uses an ERC-2612 permit of the currency's over the caller's money; for `multicall`, before a fill.
    /// @dev Never reverts because of the permit: somebody who saw it may have used it first, and then the allowance is there.
    function permit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice One row of `fillMany`; only by this contract itself, so that what fails leaves nothing behind.
    function fillRow(SignedOffer calldata row, Purchase calldata purchase, address buyer, uint256 wanted)
        external
        returns (uint256 amount, uint256 cost);

    // ------------------------------------------------------------------------------------------------------ cancel

    /// @notice Voids the caller's offers with these nonces, for good, signed already or not.
    function cancel(uint64[] calldata nonces) external;

    /// @notice The same by the seller's signature over `CancelOffer(address seller,uint64 nonce,uint40 deadline)`.
    function cancelSigned(address seller, uint64 nonce, uint40 deadline, bytes calldata signature) external;

    /// @notice Voids every offer that the caller has signed so far.
    function cancelAll() external;

    /// @notice The same by the seller's signature over `CancelAllOffers(address seller,uint64 epoch,uint40 deadline)`, the epoch
    /// being the one that ends.
    function cancelAllSigned(address seller, uint64 epoch, uint40 deadline, bytes calldata signature) external;

    // ------------------------------------------------------------------------------------------------------- views

    /// @return status of the seller's offers with this nonce
    /// @return filled face that was sold of them; only of `Started`, else 0
    function status(address seller, uint64 nonce) external view returns (Status status, uint256 filled);

    /// @notice The epoch that the seller's offers must carry.
    function epoch(address seller) external view returns (uint256);

    /// @notice The GiftCertificates that are traded here.
    function certificates() external view returns (address);

    /// @notice The ERC-20 that prices are in: that of the certificates.
    function currency() external view returns (address);

    function DOMAIN_SEPARATOR() external view returns (bytes32);
}
