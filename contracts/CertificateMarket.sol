// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ICertificateMarket} from "../interfaces/ICertificateMarket.sol";
import {ICertificateTypes} from "../interfaces/ICertificateTypes.sol";
import {OfferBook} from "./market/OfferBook.sol";

/// @title Largesse: resale of certificates of one currency
/// @notice See `ICertificateMarket`. Money goes to the seller, certificates to the buyer; neither lies here.
/// @dev The offer is booked first, seller and referrer are paid, and the certificate moves last: who is called back then, the
/// buyer, finds everything done and this contract locked.
contract CertificateMarket is OfferBook, Multicall {
    /// @dev More than a row takes whose seller is a contract wallet: 300,000 for its answer, and what moves.
    uint256 private constant ROW_GAS = 600_000;

    constructor(address giftCertificates) OfferBook(giftCertificates) {}

    // --------------------------------------------------------------------------------------------------- external

    /// @inheritdoc ICertificateMarket
    function fill(Offer calldata offer, uint96 amount, bytes calldata signature)
        external
        nonReentrant
        returns (uint256 cost)
    {
        return _fill(offer, msg.sender, amount, signature);
    }

    /// @inheritdoc ICertificateMarket
    function fillMany(SignedOffer[] calldata offers, Purchase calldata purchase)
        external
        nonReentrant
        returns (uint256 amount, uint256 cost)
    {
        return _fillMany(offers, purchase);
    }

    /// @inheritdoc ICertificateMarket
    function fillAndPay(
        SignedOffer[] calldata offers,
        Purchase calldata purchase,
        ICertificateTypes.Payment calldata payment,
        ICertificateTypes.Redemption[] calldata cards
    ) external nonReentrant returns (uint256 amount, uint256 cost) {
        for (uint256 i = 0; i < cards.length; ++i) {
            require(cards[i].holder == msg.sender, Market_NotBuyersCard(cards[i].holder, msg.sender));
        }
        (amount, cost) = _fillMany(offers, purchase);
        _certificates.pay(payment, cards);
    }

    /// @inheritdoc ICertificateMarket
    function permit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        try IERC20Permit(address(_currency)).permit(msg.sender, address(this), amount, deadline, v, r, s) {}
            catch {}
    }

    /// @inheritdoc ICertificateMarket
    function fillRow(SignedOffer calldata row, Purchase calldata purchase, address buyer, uint256 wanted)
        external
        returns (uint256 amount, uint256 cost)
    {
        require(msg.sender == address(this), Market_NotItself(msg.sender));
        Offer calldata offer = row.offer;
        uint256 seriesId = offer.seriesId;
        require(seriesId == purchase.seriesId, Market_SeriesDiffers(seriesId, purchase.seriesId));
        amount = _restOf(offer);
        // With nothing, here or of the seller's, it fails as `fill` does, by its own error.
        if (amount == 0) amount = wanted;
        if (amount > wanted) amount = wanted;
        uint256 held = _certificates.balanceOf(offer.seller, seriesId);
        if (amount > held && held != 0) amount = held;
        cost = _fill(offer, buyer, amount, row.signature);
        // Rounded down, against the offer: all rows together keep the limit.
        uint256 most = amount * purchase.limitPrice / purchase.limitAmount;
        require(cost <= most, Market_OverLimit(cost, most));
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _fillMany(SignedOffer[] calldata offers, Purchase calldata purchase)
        private
        returns (uint256 amount, uint256 cost)
    {
        require(purchase.most != 0 && purchase.limitAmount != 0, Market_ZeroAmount());
        for (uint256 i = 0; i < offers.length && amount < purchase.most; ++i) {
            require(gasleft() >= ROW_GAS, Market_GasFloor(gasleft(), ROW_GAS));
            try this.fillRow(offers[i], purchase, msg.sender, purchase.most - amount) returns (
                uint256 taken, uint256 paid
            ) {
                amount += taken;
                cost += paid;
            } catch {
                _reportSkipped(i);
            }
        }
        require(amount >= purchase.least, Market_TooLittle(amount, purchase.least));
    }

    function _fill(Offer calldata offer, address buyer, uint256 amount, bytes calldata signature)
        private
        returns (uint256 cost)
    {
        _take(offer, buyer, amount, signature);
        (address seller, uint256 whole) = (offer.seller, offer.amount);
        cost = _partUp(offer.price, amount, whole);
        uint256 share = _partUp(offer.referrerShare, amount, whole);
        address referrer = offer.referrer;
        // Nobody's share, the buyer's own, and one that nobody could take out of here.
        if (referrer == address(0) || referrer == buyer || referrer == address(this)) share = 0;
        // A part of the price has 96 bits as the price has.
        emit OfferFilled(seller, buyer, uint256(offer.nonce) << 192 | amount << 96 | cost);

        _pay(buyer, seller, cost);
        if (share != 0) _pay(buyer, referrer, share);
        cost += share;
        _deliver(seller, buyer, offer.seriesId, amount);
    }

    /// @dev `safeTransferFrom` of the certificates, in assembly: 400 gas less. They have code: the constructor saw it.
    function _deliver(address seller, address buyer, uint256 seriesId, uint256 amount) private {
        address token = address(_certificates);
        bytes4 selector = IERC1155.safeTransferFrom.selector;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, selector)
            mstore(add(words, 0x04), seller)
            mstore(add(words, 0x24), buyer)
            mstore(add(words, 0x44), seriesId)
            mstore(add(words, 0x64), amount)
            mstore(add(words, 0x84), 0xa0)
            mstore(add(words, 0xa4), 0) // no data
            if iszero(call(gas(), token, 0, words, 0xc4, 0x00, 0x00)) {
                returndatacopy(words, 0, returndatasize())
                revert(words, returndatasize())
            }
        }
    }

    /// @dev `OfferSkipped` with what the row reverted with: the selector and two words of it, however much there is.
    function _reportSkipped(uint256 row) private {
        (bytes4 failure, uint256 value, uint256 bound) = (0, 0, 0);
        assembly ("memory-safe") {
            let words := mload(0x40)
            calldatacopy(words, calldatasize(), 0x60) // zeros
            let size := returndatasize()
            if gt(size, 0x44) { size := 0x44 }
            returndatacopy(words, 0, size)
            failure := and(mload(words), shl(224, 0xffffffff))
            value := mload(add(words, 0x04))
            bound := mload(add(words, 0x24))
        }
        emit OfferSkipped(row, failure, value, bound);
    }

    /// @dev From buyer to payee, in full: a currency that keeps a fee is refused.
    function _pay(address buyer, address payee, uint256 amount) private {
        uint256 before = _balanceOf(payee);
        IERC20 token = _currency;
        bytes4 selector = IERC20.transferFrom.selector;
        bool moved;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, selector)
            mstore(add(words, 0x04), buyer)
            mstore(add(words, 0x24), payee)
            mstore(add(words, 0x44), amount)
            moved := call(gas(), token, 0, words, 0x64, 0x00, 0x20)
            // It says true, or nothing; never more than a word of it is looked at.
            moved := and(
                moved,
                or(iszero(returndatasize()), and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1)))
            )
        }
        require(moved, Market_PaymentFailed(payee, amount));
        uint256 arrived;
        unchecked {
            arrived = _balanceOf(payee) - before; // a balance that fell wraps, and differs from any amount
        }
        require(arrived == amount, Market_ArrivedDiffers(amount, arrived));
    }

    /// @dev A currency that has no answer is no currency.
    function _balanceOf(address account) private view returns (uint256 held) {
        IERC20 token = _currency;
        bytes4 selector = IERC20.balanceOf.selector;
        bool answered;
        assembly ("memory-safe") {
            mstore(0x00, selector)
            mstore(0x04, account)
            answered := and(gt(returndatasize(), 0x1f), staticcall(gas(), token, 0x00, 0x24, 0x00, 0x20))
            held := mload(0x00)
        }
        require(answered, Market_NoBalance(address(token)));
    }

    /// @dev Rounded up, against the buyer. Products of 96-bit values.
    function _partUp(uint256 value, uint256 amount, uint256 whole) private pure returns (uint256) {
        unchecked {
            return (value * amount + whole - 1) / whole;
        }
    }
}
