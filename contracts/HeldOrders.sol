// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IHeldOrders} from "../interfaces/IHeldOrders.sol";
import {IRedemptionReceiver} from "../interfaces/IRedemptionReceiver.sol";
import {CustodyDesk} from "./common/CustodyDesk.sol";
import {Service} from "./common/Service.sol";

/// @title Largesse: pay on delivery in one currency
/// @notice `IHeldOrders` says what it does and what is conserved. Nobody owns, pauses or upgrades it.
contract HeldOrders is IHeldOrders, CustodyDesk, Service, Multicall {
    using SafeERC20 for IERC20;

    /// @notice One slot. `endsAt` stays when nothing is held any more: a number is used once.
    struct Held {
        uint96 amount;
        uint40 endsAt;
        bool toSeller;
        uint96 seriesId;
    }

    bytes32 private constant OPEN_TYPEHASH = keccak256(
        "OpenOrder(address buyer,address seller,uint64 number,uint40 endsAt,bool toSeller,uint96 amount,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant CONFIRM_TYPEHASH = keccak256(
        "ConfirmOrder(address buyer,address seller,uint64 number,uint96 amount,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant REFUND_TYPEHASH = keccak256(
        "RefundOrder(address buyer,address seller,uint64 number,uint96 amount,uint64 nonce,uint40 deadline)"
    );
    /// @dev A time in milliseconds, or a slip of a digit, would lock money up for good.
    uint256 private constant MAX_HOLD = 730 days;

    mapping(address buyer => mapping(address seller => mapping(uint256 number => Held))) private _orders;

    constructor(address giftCertificates) Service(giftCertificates) {
        // GiftCertificates takes money from nobody but its caller: only what this contract itself restores.
        _currency.forceApprove(giftCertificates, type(uint256).max);
    }

    // ------------------------------------------------------------------------------------------------------ buyers

    /// @inheritdoc IHeldOrders
    function open(Opening calldata opening, uint96 amount) external nonReentrant {
        _pull(msg.sender, amount);
        _open(msg.sender, opening, amount, 0);
    }

    /// @inheritdoc IHeldOrders
    function openSigned(address buyer, Opening calldata opening, uint96 amount, Consent calldata consent)
        external
        nonReentrant
    {
        bytes32 structHash =
            keccak256(abi.encode(OPEN_TYPEHASH, buyer, opening, amount, consent.nonce, consent.deadline));
        _pullByConsent(buyer, amount, structHash, consent);
        _open(buyer, opening, amount, 0);
    }

    /// @inheritdoc IRedemptionReceiver
    function onRedemption(
        address payee,
        uint256 amount,
        uint64,
        Portion[] calldata portions,
        bytes calldata data
    ) external nonReentrant returns (bytes4) {
        require(msg.sender == address(_certificates), Orders_NotCertificates(msg.sender));
        require(amount <= type(uint96).max, Custody_AmountTooLarge(amount, type(uint96).max));
        (address buyer, uint256 seriesId) = _oneHolder(portions);
        Opening memory opening;
        opening.seller = payee;
        (opening.number, opening.endsAt, opening.toSeller) = abi.decode(data, (uint64, uint40, bool));
        if (seriesId != 0) {
            uint256 expiresAt = _certificates.terms(seriesId).expiresAt;
            require(opening.endsAt < expiresAt, Orders_EndsAfterSeries(opening.endsAt, expiresAt));
        }
        // casting to 'uint96' is safe because of the check
        // forge-lint: disable-next-line(unsafe-typecast)
        _open(buyer, opening, uint96(amount), seriesId);
        return IRedemptionReceiver.onRedemption.selector;
    }

    /// @inheritdoc IHeldOrders
    function confirm(OrderKey calldata key, uint96 amount, Consent calldata consent) external nonReentrant {
        uint256 seriesId = _take(CONFIRM_TYPEHASH, key.buyer, key, amount, consent);
        emit OrderConfirmed(key.buyer, key.seller, key.number, amount);
        _paySeller(key, seriesId, amount);
    }

    // ----------------------------------------------------------------------------------------------------- sellers

    /// @inheritdoc IHeldOrders
    function refund(OrderKey calldata key, uint96 amount, Consent calldata consent) external nonReentrant {
        uint256 seriesId = _take(REFUND_TYPEHASH, key.seller, key, amount, consent);
        emit OrderRefunded(key.buyer, key.seller, key.number, amount);
        _giveBack(key.buyer, seriesId, amount);
    }

    // ----------------------------------------------------------------------------------------------------- anybody

    /// @inheritdoc IHeldOrders
    function end(OrderKey calldata key) external nonReentrant returns (uint256 amount) {
        Held storage held = _known(key);
        uint256 endsAt = held.endsAt;
        require(block.timestamp >= endsAt, Orders_NotYet(endsAt, block.timestamp));
        amount = held.amount;
        require(amount != 0, Orders_Closed(key.buyer, key.seller, key.number));
        held.amount = 0;
        (bool toSeller, uint256 seriesId) = (held.toSeller, held.seriesId);
        emit OrderEnded(key.buyer, key.seller, key.number, amount, toSeller);
        if (toSeller) _paySeller(key, seriesId, amount);
        else _giveBack(key.buyer, seriesId, amount);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IHeldOrders
    function order(address buyer, address seller, uint64 number) external view returns (OrderView memory) {
        Held memory held = _orders[buyer][seller][number];
        return OrderView(held.amount, held.endsAt, held.toSeller, held.seriesId);
    }

    /// @inheritdoc IHeldOrders
    function certificates() external view returns (address) {
        return address(_certificates);
    }

    // --------------------------------------------------------------------------------------------------- internal

    function _refuseMixed(address holder, address first, uint256 seriesId, uint256 firstSeriesId)
        internal
        pure
        override
    {
        revert Orders_MixedCards(holder, first, seriesId, firstSeriesId);
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse HeldOrders", "1");
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @dev Check and effect: a new order, whose money is here already.
    function _open(address buyer, Opening memory opening, uint96 amount, uint256 seriesId) private {
        (address seller, uint256 number, uint256 endsAt) = (opening.seller, opening.number, opening.endsAt);
        require(amount != 0, Orders_ZeroAmount());
        // What were paid to this contract itself nobody could ever fetch.
        require(seller != address(0) && seller != address(this), Custody_ZeroAddress());
        require(
            endsAt > block.timestamp && endsAt <= block.timestamp + MAX_HOLD,
            Orders_EndOutOfRange(endsAt, block.timestamp + 1, block.timestamp + MAX_HOLD)
        );
        Held storage made = _orders[buyer][seller][number];
        require(made.endsAt == 0, Orders_Exists(buyer, seller, number));
        // casting to 'uint96' is safe because series are counted from 1
        // forge-lint: disable-next-line(unsafe-typecast)
        (made.amount, made.endsAt, made.toSeller, made.seriesId) =
        (amount, opening.endsAt, opening.toSeller, uint96(seriesId));
        emit OrderOpened(buyer, seller, number, amount, endsAt, opening.toSeller, seriesId);
    }

    function _known(OrderKey calldata key) private view returns (Held storage held) {
        held = _orders[key.buyer][key.seller][key.number];
        require(held.endsAt != 0, Orders_Unknown(key.buyer, key.seller, key.number));
    }

    /// @dev Check and effect: `side` agrees that `amount` of what is held goes to the other one.
    /// @return seriesId of the money
    function _take(
        bytes32 typehash,
        address side,
        OrderKey calldata key,
        uint96 amount,
        Consent calldata consent
    ) private returns (uint256 seriesId) {
        Held storage held = _known(key);
        if (!_isOwnCall(side, consent)) {
            bytes32 structHash = keccak256(abi.encode(typehash, key, amount, consent.nonce, consent.deadline));
            _checkConsent(side, structHash, consent);
        }
        (uint96 left, uint256 endsAt) = (held.amount, held.endsAt);
        require(block.timestamp < endsAt, Orders_Ended(endsAt, block.timestamp));
        require(amount != 0, Orders_ZeroAmount());
        require(amount <= left, Orders_OverHeld(amount, left));
        held.amount = left - amount;
        return held.seriesId;
    }

    /// @dev Interaction: what the seller gets of a named series will not come back to the buyer's card.
    function _paySeller(OrderKey calldata key, uint256 seriesId, uint256 amount) private {
        // casting to 'uint96' is safe because no order holds more
        // forge-lint: disable-next-line(unsafe-typecast)
        if (seriesId != 0) _certificates.countUsed(key.buyer, seriesId, uint96(amount));
        _payOut(key.seller, amount);
    }
}
