// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICustody} from "./ICustody.sol";
import {IRedemptionReceiver} from "./IRedemptionReceiver.sol";

/// @title Digital goods: a redemption delivers an item in the same transaction, or neither happens
/// @notice A merchant lists ERC-1155 items of its own at a price; certificates redeemed into this contract pay the merchant and
/// the item moves from the merchant to the recipient.
/// @dev The redemption's payee is the merchant; its data is the ABI encoding of an `Order`, which the holders of the cards
/// signed: item, price, quantity and recipient. A price that changed meanwhile, up or down, reverts the purchase.
///
/// The merchant keeps its items and approves this contract for the collection (`setApprovalForAll`). This contract moves nothing
/// of an account but what that account listed, at the listed price, and never more than the listed stock: items never lie here.
///
/// What was paid of a named series is counted as used: a purchase is final, and what a merchant gives back it restores itself.
///
/// Conservation: what a redemption brings is paid to the merchant at once, or owed to it where the currency refuses.
interface IItemShop is ICustody, IRedemptionReceiver {
    /// @notice What is for sale.
    /// @param collection an ERC-1155 contract
    /// @param price of one, in base units of the currency
    struct Item {
        address collection;
        uint256 itemId;
        uint96 price;
    }

    /// @notice What is bought.
    /// @param recipient who gets the items; asked by `onERC1155Received` where it is a contract
    struct Order {
        Item item;
        uint256 quantity;
        address recipient;
    }

    /// @param price of one, in base units of the currency
    /// @param stock how many are for sale from now on
    event ItemListed(
        address indexed merchant, address indexed collection, uint256 indexed itemId, uint256 price, uint256 stock
    );
    event ItemWithdrawn(address indexed merchant, address indexed collection, uint256 indexed itemId);
    /// @param price of one, in base units of the currency
    event ItemSold(
        address indexed merchant,
        address indexed collection,
        uint256 indexed itemId,
        uint256 price,
        uint256 quantity,
        address recipient
    );

    error Items_NotCertificates(address caller);
    error Items_NoCollection(address collection);
    error Items_ZeroPrice();
    error Items_ZeroStock();
    error Items_NotListed(address merchant, address collection, uint256 itemId);
    error Items_PriceDiffers(uint256 agreed, uint256 price);
    error Items_OverStock(uint256 quantity, uint256 stock);
    error Items_PaymentDiffers(uint256 paid, uint256 due);
    error Items_NotDelivered(uint256 quantity, uint256 arrived);

    /// @notice Offers `stock` of the caller's items at a price, in place of what it offered of the item before.
    /// @dev An item has one price, so that no forgotten lower one stays open. Warning: up to the old stock at the old price may be
    /// sold in front of this call.
    /// @param stock how many are for sale from now on; the caller need not have them yet
    function list(Item calldata item, uint64 stock) external;

    /// @notice Takes an offer of the caller's back.
    function withdraw(address collection, uint256 itemId) external;

    /// @return price of one, in base units of the currency; 0 where nothing is listed
    /// @return stock how many may still be bought. Whether the merchant has them and approved this contract, the collection says.
    function listing(address merchant, address collection, uint256 itemId)
        external
        view
        returns (uint256 price, uint256 stock);

    /// @notice The GiftCertificates whose redemptions buy here.
    function certificates() external view returns (address);
}
