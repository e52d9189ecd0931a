// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IGiftCertificates} from "../interfaces/IGiftCertificates.sol";
import {IItemShop} from "../interfaces/IItemShop.sol";
import {IRedemptionReceiver} from "../interfaces/IRedemptionReceiver.sol";
import {CustodyDesk} from "./common/CustodyDesk.sol";
import {Custody} from "./common/Custody.sol";

/// @title Largesse: items for certificates
/// @notice See `IItemShop`.
contract ItemShop is IItemShop, CustodyDesk {
    /// @dev One slot. A price of 0: nothing is listed.
    struct Listing {
        uint96 price;
        uint64 stock;
    }

    IGiftCertificates private immutable _certificates;

    mapping(address merchant => mapping(address collection => mapping(uint256 itemId => Listing))) private
        _listings;

    constructor(address giftCertificates) Custody(_currencyOf(giftCertificates)) {
        _certificates = IGiftCertificates(giftCertificates);
    }

    // --------------------------------------------------------------------------------------------------- external

    /// @inheritdoc IItemShop
    function list(Item calldata item, uint64 stock) external {
        require(item.collection.code.length != 0, Items_NoCollection(item.collection));
        require(item.price != 0, Items_ZeroPrice());
        require(stock != 0, Items_ZeroStock());
        _listings[msg.sender][item.collection][item.itemId] = Listing(item.price, stock);
        emit ItemListed(msg.sender, item.collection, item.itemId, item.price, stock);
    }

    /// @inheritdoc IItemShop
    function withdraw(address collection, uint256 itemId) external {
        Listing storage listed = _listings[msg.sender][collection][itemId];
        require(listed.price != 0, Items_NotListed(msg.sender, collection, itemId));
        delete _listings[msg.sender][collection][itemId];
        emit ItemWithdrawn(msg.sender, collection, itemId);
    }

    /// @inheritdoc IRedemptionReceiver
    function onRedemption(
        address payee,
        uint256 amount,
        uint64,
        Portion[] calldata portions,
        bytes calldata data
    ) external nonReentrant returns (bytes4) {
        require(msg.sender == address(_certificates), Items_NotCertificates(msg.sender));
        Order memory bought = abi.decode(data, (Order));
        _take(payee, amount, bought);
        for (uint256 i = 0; i < portions.length; ++i) {
            Portion calldata portion = portions[i];
            // casting to 'uint96' is safe because it is a part of a balance
            // forge-lint: disable-next-line(unsafe-typecast)
            _certificates.countUsed(portion.holder, portion.seriesId, uint96(portion.amount));
        }
        _payOut(payee, amount);
        _deliver(payee, bought);
        return IRedemptionReceiver.onRedemption.selector;
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IItemShop
    function listing(address merchant, address collection, uint256 itemId)
        external
        view
        returns (uint256 price, uint256 stock)
    {
        Listing storage listed = _listings[merchant][collection][itemId];
        return (listed.price, listed.stock);
    }

    /// @inheritdoc IItemShop
    function certificates() external view returns (address) {
        return address(_certificates);
    }

    // --------------------------------------------------------------------------------------------------- internal

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse ItemShop", "1");
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @dev Check and effect: the payee sells this, at this price, and that many less from now on.
    function _take(address merchant, uint256 paid, Order memory bought) private {
        Item memory item = bought.item;
        uint256 quantity = bought.quantity;
        Listing storage listed = _listings[merchant][item.collection][item.itemId];
        (uint256 price, uint256 stock) = (listed.price, listed.stock);
        require(price != 0, Items_NotListed(merchant, item.collection, item.itemId));
        require(item.price == price, Items_PriceDiffers(item.price, price));
        require(quantity <= stock, Items_OverStock(quantity, stock));
        // A payment is never of nothing, so neither is a purchase.
        require(paid == price * quantity, Items_PaymentDiffers(paid, price * quantity));
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast)
            listed.stock = uint64(stock - quantity); // no more than the stock was
        }
        emit ItemSold(merchant, item.collection, item.itemId, price, quantity, bought.recipient);
    }

    /// @dev Interaction: what arrived is measured, whatever the collection says.
    function _deliver(address merchant, Order memory bought) private {
        IERC1155 collection = IERC1155(bought.item.collection);
        uint256 before = collection.balanceOf(bought.recipient, bought.item.itemId);
        collection.safeTransferFrom(merchant, bought.recipient, bought.item.itemId, bought.quantity, "");
        uint256 held = collection.balanceOf(bought.recipient, bought.item.itemId);
        uint256 arrived = held > before ? held - before : 0;
        require(arrived == bought.quantity, Items_NotDelivered(bought.quantity, arrived));
    }

    function _currencyOf(address giftCertificates) private view returns (address) {
        require(giftCertificates.code.length != 0, Custody_ZeroAddress());
        return IGiftCertificates(giftCertificates).currency();
    }
}
