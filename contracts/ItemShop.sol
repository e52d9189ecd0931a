// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IGiftCertificates} from "../interfaces/IGiftCertificates.sol";
import {IItemShop} from "../interfaces/IItemShop.sol";
import {IRedemptionReceiver} from "../interfaces/IRedemptionReceiver.sol";
import {Custody} from "./common/Custody.sol";
import {CustodyDesk} from "./common/CustodyDesk.sol";

/// @title Largesse: items for certificates
/// @notice See `IItemShop`.
contract ItemShop is IItemShop, CustodyDesk {
    IGiftCertificates private immutable _certificates;

    mapping(address merchant => mapping(bytes32 listing => bool)) private _listed;

    constructor(address giftCertificates) Custody(_currencyOf(giftCertificates)) {
        _certificates = IGiftCertificates(giftCertificates);
    }

    // --------------------------------------------------------------------------------------------------- external

    /// @inheritdoc IItemShop
    function list(Item calldata item) external returns (bytes32 listing) {
        require(item.collection.code.length != 0, Items_NoCollection(item.collection));
        require(item.price != 0, Items_ZeroPrice());
        listing = _listing(item);
        require(!_listed[msg.sender][listing], Items_Listed(msg.sender, listing));
        _listed[msg.sender][listing] = true;
        emit ItemListed(msg.sender, item.collection, item.itemId, item.price);
    }

    /// @inheritdoc IItemShop
    function withdraw(Item calldata item) external {
        bytes32 listing = _listing(item);
        require(_listed[msg.sender][listing], Items_NotListed(msg.sender, listing));
        _listed[msg.sender][listing] = false;
        emit ItemWithdrawn(msg.sender, item.collection, item.itemId, item.price);
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
        Item memory item = bought.item;
        bytes32 listing = _listing(item);
        require(_listed[payee][listing], Items_NotListed(payee, listing));
        require(bought.quantity != 0, Items_ZeroQuantity());
        require(
            amount % item.price == 0 && amount / item.price == bought.quantity,
            Items_PriceDiffers(amount, item.price)
        );
        emit ItemSold(payee, item.collection, item.itemId, item.price, bought.quantity, bought.recipient);
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
    function isListed(address merchant, Item calldata item) external view returns (bool) {
        return _listed[merchant][_listing(item)];
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

    /// @dev Interaction: what arrived is measured, whatever the collection says.
    function _deliver(address merchant, Order memory bought) private {
        IERC1155 collection = IERC1155(bought.item.collection);
        uint256 before = collection.balanceOf(bought.recipient, bought.item.itemId);
        collection.safeTransferFrom(merchant, bought.recipient, bought.item.itemId, bought.quantity, "");
        uint256 held = collection.balanceOf(bought.recipient, bought.item.itemId);
        uint256 arrived = held > before ? held - before : 0;
        require(arrived == bought.quantity, Items_NotDelivered(bought.quantity, arrived));
    }

    function _listing(Item memory item) private pure returns (bytes32) {
        return keccak256(abi.encode(item));
    }

    function _currencyOf(address giftCertificates) private view returns (address) {
        require(giftCertificates.code.length != 0, Custody_ZeroAddress());
        return IGiftCertificates(giftCertificates).currency();
    }
}
