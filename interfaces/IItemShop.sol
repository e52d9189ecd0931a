// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICustody} from "./ICustody.sol";
import {IRedemptionReceiver} from "./IRedemptionReceiver.sol";

/// @title Digital goods: a redemption delivers an item in the same transaction, or neither happens
/// @notice A merchant lists ERC-1155 items of its own at a price; certificates redeemed into this contract pay the merchant and
/// the item moves from the merchant to the recipient.
/// @dev The redemption's payee is the merchant; its data is the ABI encoding of an `Order`, which the holders of the cards
/// signed: a price that changed meanwhile is another listing, and the purchase reverts. The merchant keeps its stock and
/// approves this contract for it (`setApprovalForAll`); only what it listed moves, at the listed price.
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

    event ItemListed(address indexed merchant, address indexed collection, uint256 indexed itemId, uint256 price);
    event ItemWithdrawn(address indexed merchant, address indexed collection, uint256 indexed itemId, uint256 price);
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
    error Items_ZeroQuantity();
    error Items_Listed(address merchant, bytes32 listing);
    error Items_NotListed(address merchant, bytes32 listing);
    error Items_PriceDiffers(uint256 paid, uint256 expected);
    error Items_NotDelivered(uint256 quantity, uint256 arrived);

    /// @notice Offers the caller's items at a price. One item may have several prices; each is a listing of its own.
    /// @return listing keccak256 of the item's ABI encoding
    function list(Item calldata item) external returns (bytes32 listing);

    /// @notice Takes a listing of the caller's back.
    function withdraw(Item calldata item) external;

    function isListed(address merchant, Item calldata item) external view returns (bool);

    function certificates() external view returns (address);
}
