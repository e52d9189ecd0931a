// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICustody} from "./ICustody.sol";
import {IRedemptionReceiver} from "./IRedemptionReceiver.sol";

/// @title Pay on delivery: money that waits for one seller until the buyer confirms
/// @notice The buyer pays an order when it is placed, and the money lies here. The buyer's *confirmation* pays the seller, the
/// seller's *refund* gives it back, each in whole or in parts; what is left at the order's end goes to the side that was
/// agreed when it was opened, and anybody may send it there. Nobody decides between the two, and neither can be kept waiting
/// beyond the end.
/// @dev An order is named by buyer, seller and a number that the buyer gives it (the shop's own order number, say), once for
/// good: nobody else can open, or use up, a buyer's orders. Amounts are base units of the currency, times Unix seconds,
/// windows half-open: confirmed or refunded before `endsAt`, ended from then on.
///
/// Money of a named series (certificates that only the issuer's merchants take) ends before the series expires. What goes
/// back of it is restored to the buyer's card, and from the series' limitation on it goes to the beneficiary that its terms
/// name; what the seller gets counts as used for the buyer's refund rights from then on.
///
/// Warning, to sellers: read `order` before you deliver. What counts is the amount that is held, the side that the end favours,
/// and that the end leaves the time that delivery takes.
///
/// Warning, to buyers: an order that ends in the seller's favour is lost to whoever forgets it. A buyer that is a contract
/// must take ERC-1155 tokens to have money of a named series back.
///
/// Conservation, in base units: currency held ≥ Σ held + totalOwed, with equality but for money sent here by mistake. For each
/// order opened = held + confirmed + refunded + ended.
interface IHeldOrders is ICustody, IRedemptionReceiver {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice A new order.
    /// @param seller whom it pays
    /// @param number that the buyer has not given to an order with this seller
    /// @param endsAt from then on what is left can only go to the side that `toSeller` says; at most two years ahead
    /// @param toSeller whom the end favours: false gives back, true pays
    struct Opening {
        address seller;
        uint64 number;
        uint40 endsAt;
        bool toSeller;
    }

    /// @notice Which order.
    struct OrderKey {
        address buyer;
        address seller;
        uint64 number;
    }

    /// @notice An order as it stands.
    /// @param held what has gone to neither side
    /// @param seriesId the named series that the money came from; 0 for plain money
    struct OrderView {
        uint256 held;
        uint256 endsAt;
        bool toSeller;
        uint256 seriesId;
    }

    // ------------------------------------------------------------------------------------------------------ events

    event OrderOpened(
        address indexed buyer,
        address indexed seller,
        uint256 indexed number,
        uint256 amount,
        uint256 endsAt,
        bool toSeller,
        uint256 seriesId
    );
    /// @param amount to the seller
    event OrderConfirmed(
        address indexed buyer, address indexed seller, uint256 indexed number, uint256 amount
    );
    /// @param amount to the buyer, or to its card
    event OrderRefunded(address indexed buyer, address indexed seller, uint256 indexed number, uint256 amount);
    /// @param amount to the side that was agreed; of a named series the buyer's part is restored, or its beneficiary's
    event OrderEnded(
        address indexed buyer, address indexed seller, uint256 indexed number, uint256 amount, bool toSeller
    );

    // ------------------------------------------------------------------------------------------------------ errors

    error Orders_Exists(address buyer, address seller, uint256 number);
    error Orders_Unknown(address buyer, address seller, uint256 number);
    error Orders_ZeroAmount();
    /// @dev `least` is the next second, `most` two years ahead.
    error Orders_EndOutOfRange(uint256 endsAt, uint256 least, uint256 most);
    error Orders_EndsAfterSeries(uint256 endsAt, uint256 expiresAt);
    error Orders_OverHeld(uint256 amount, uint256 held);
    /// @dev Nothing is left of it.
    error Orders_Closed(address buyer, address seller, uint256 number);
    error Orders_Ended(uint256 endsAt, uint256 time);
    error Orders_NotYet(uint256 endsAt, uint256 time);
    error Orders_NotCertificates(address caller);
    /// @dev Cards of several holders, or of a named series and of others.
    error Orders_MixedCards(address holder, address firstHolder, uint256 seriesId, uint256 firstSeriesId);

    // ------------------------------------------------------------------------------------------------------ buyers

    /// @notice Opens an order of the caller's and pays for it.
    /// @dev By redemption the same: the cards' one holder is the buyer, the payee the seller, and the data are
    /// (uint64 number, uint40 endsAt, bool toSeller). With an order number of GiftCertificates' the seller must have asked for
    /// just these data.
    function open(Opening calldata opening, uint96 amount) external;

    /// @notice The same by the buyer's signature over
    /// `OpenOrder(address buyer,address seller,uint64 number,uint40 endsAt,bool toSeller,uint96 amount,uint64 nonce,uint40 deadline)`.
    function openSigned(address buyer, Opening calldata opening, uint96 amount, Consent calldata consent) external;

    /// @notice Pays the seller `amount` of what is held: the buyer has what it was to have for it.
    /// @dev By the buyer, or by its signature over
    /// `ConfirmOrder(address buyer,address seller,uint64 number,uint96 amount,uint64 nonce,uint40 deadline)`, which the seller
    /// may send. A seller that the currency refuses is owed it.
    function confirm(OrderKey calldata key, uint96 amount, Consent calldata consent) external;

    // ----------------------------------------------------------------------------------------------------- sellers

    /// @notice Gives the buyer `amount` of what is held back.
    /// @dev By the seller, or by its signature over
    /// `RefundOrder(address buyer,address seller,uint64 number,uint96 amount,uint64 nonce,uint40 deadline)`, which the buyer
    /// may send. A buyer that the currency refuses is owed it.
    function refund(OrderKey calldata key, uint96 amount, Consent calldata consent) external;

    // ----------------------------------------------------------------------------------------------------- anybody

    /// @notice From `endsAt` on: what is left goes to the side that was agreed. Anybody may send it there.
    /// @return amount base units
    function end(OrderKey calldata key) external returns (uint256 amount);

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice An order; all zero for one that nobody opened.
    function order(address buyer, address seller, uint64 number) external view returns (OrderView memory);

    /// @notice The GiftCertificates whose redemptions this contract takes.
    function certificates() external view returns (address);
}
