// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "solady/src/utils/EIP712.sol";
import {ICertificateMarket} from "../interfaces/ICertificateMarket.sol";
import {ICertificateTypes} from "../interfaces/ICertificateTypes.sol";
import {IGiftCertificates} from "../interfaces/IGiftCertificates.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Largesse: the secondary market of one currency's certificates
/// @notice See `ICertificateMarket`. Money goes from buyer to seller, the certificate from seller to buyer; nothing stays here.
contract CertificateMarket is ICertificateMarket, ReentrancyGuardTransient, EIP712, Multicall {
    using SafeERC20 for IERC20;

    bytes32 private constant OFFER_TYPEHASH = keccak256(
        "Offer(address seller,uint256 seriesId,uint96 amount,uint96 price,uint96 minimum,address referrer,uint96 referral,uint64 nonce,uint40 expiresAt)"
    );
    bytes32 private constant CANCELLATION_TYPEHASH =
        keccak256("Cancellation(address seller,uint64 nonce,bool all,uint40 deadline)");
    uint256 private constant CANCELLED = type(uint256).max;
    /// @dev What one row may need: a contract wallet's signature check, two payments and a transfer with its callback.
    uint256 private constant ROW_GAS = 700_000;

    IGiftCertificates private immutable _certificates;
    IERC20 private immutable _currency;

    mapping(address seller => mapping(uint256 nonce => uint256 face)) private _filled;
    mapping(address seller => uint256 nonce) private _lowest;

    constructor(address giftCertificates) {
        require(giftCertificates.code.length != 0, Market_ZeroAddress());
        _certificates = IGiftCertificates(giftCertificates);
        _currency = IERC20(IGiftCertificates(giftCertificates).currency());
    }

    // --------------------------------------------------------------------------------------------------- external

    /// @inheritdoc ICertificateMarket
    function fill(Offer calldata offer, uint96 amount) external nonReentrant returns (uint256 cost) {
        return _fill(offer, amount, msg.sender);
    }

    /// @inheritdoc ICertificateMarket
    function fillMany(Offer[] calldata offers, uint96 want, uint96 most, uint96 least)
        external
        nonReentrant
        returns (uint256 bought, uint256 cost)
    {
        return _fillMany(offers, want, most, least);
    }

    /// @inheritdoc ICertificateMarket
    function fillAndPay(
        Offer[] calldata offers,
        uint96 want,
        uint96 most,
        ICertificateTypes.Payment calldata payment,
        ICertificateTypes.Redemption[] calldata cards
    ) external nonReentrant returns (uint256 cost) {
        (, cost) = _fillMany(offers, want, most, want);
        _certificates.pay(payment, cards);
    }

    /// @notice One row of `fillMany`: this contract calls itself, so that a row that fails has done nothing.
    function fillRow(Offer calldata offer, uint256 amount, address buyer) external returns (uint256 cost) {
        require(msg.sender == address(this), Market_NotByItself(msg.sender));
        return _fill(offer, amount, buyer);
    }

    /// @inheritdoc ICertificateMarket
    function permit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        try IERC20Permit(address(_currency)).permit(msg.sender, address(this), amount, deadline, v, r, s) {}
            catch {}
    }

    /// @inheritdoc ICertificateMarket
    function cancel(uint64 nonce) external {
        _cancel(msg.sender, nonce);
    }

    /// @inheritdoc ICertificateMarket
    function cancelAll(uint64 nonce) external {
        _cancelAll(msg.sender, nonce);
    }

    /// @inheritdoc ICertificateMarket
    function cancelSigned(address seller, uint64 nonce, bool all, uint40 deadline, bytes calldata signature)
        external
    {
        require(block.timestamp < deadline, Market_DeadlinePassed(deadline, block.timestamp));
        bytes32 structHash = keccak256(abi.encode(CANCELLATION_TYPEHASH, seller, nonce, all, deadline));
        _checkSignature(seller, structHash, signature);
        if (all) _cancelAll(seller, nonce);
        else _cancel(seller, nonce);
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc ICertificateMarket
    function costOf(Offer calldata offer, uint256 amount)
        external
        pure
        returns (uint256 price, uint256 referral)
    {
        return (_part(offer.price, amount, offer.amount), _part(offer.referral, amount, offer.amount));
    }

    /// @inheritdoc ICertificateMarket
    function filled(address seller, uint64 nonce) external view returns (uint256) {
        return _filled[seller][nonce];
    }

    /// @inheritdoc ICertificateMarket
    function lowestNonce(address seller) external view returns (uint256) {
        return _lowest[seller];
    }

    /// @inheritdoc ICertificateMarket
    function digestOf(Offer calldata offer) external view returns (bytes32) {
        return _hashTypedData(_structHash(offer));
    }

    /// @inheritdoc ICertificateMarket
    function certificates() external view returns (address) {
        return address(_certificates);
    }

    /// @inheritdoc ICertificateMarket
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparator();
    }

    // --------------------------------------------------------------------------------------------------- internal

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse CertificateMarket", "1");
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _fillMany(Offer[] calldata offers, uint256 want, uint256 most, uint256 least)
        private
        returns (uint256 bought, uint256 cost)
    {
        require(want != 0, Market_ZeroAmount());
        for (uint256 i = 0; i < offers.length && bought < want; ++i) {
            Offer calldata offer = offers[i];
            uint256 amount = want - bought;
            uint256 rest = _rest(offer);
            if (rest < amount) amount = rest;
            uint256 due = _costOf(offer, amount);
            if (amount != 0 && due * want > most * amount) {
                emit FillSkipped(i, Market_OverLimit.selector);
                continue;
            }
            require(gasleft() >= ROW_GAS, Market_GasFloor(gasleft(), ROW_GAS));
            try this.fillRow(offer, amount, msg.sender) {
                bought += amount;
                cost += due;
            } catch (bytes memory reason) {
                emit FillSkipped(i, bytes4(reason));
            }
        }
        require(bought >= least, Market_TooLittle(bought, least));
    }

    function _fill(Offer calldata offer, uint256 amount, address buyer) private returns (uint256 cost) {
        address seller = offer.seller;
        uint256 seriesId = offer.seriesId;
        _check(offer, amount, buyer);
        _filled[seller][offer.nonce] += amount;
        uint256 price = _part(offer.price, amount, offer.amount);
        uint256 referral = _part(offer.referral, amount, offer.amount);
        emit Filled(seller, buyer, seriesId, offer.nonce, amount, price, offer.referrer, referral);

        _pay(buyer, seller, price);
        _pay(buyer, offer.referrer, referral);
        _certificates.safeTransferFrom(seller, buyer, seriesId, amount, "");
        return price + referral;
    }

    /// @dev Check: the offer stands, `amount` of it is left, and the seller signed it.
    function _check(Offer calldata offer, uint256 amount, address buyer) private view {
        (address seller, uint256 nonce) = (offer.seller, offer.nonce);
        require(buyer != seller, Market_OwnOffer(seller));
        require(amount != 0, Market_ZeroAmount());
        require(block.timestamp < offer.expiresAt, Market_OfferExpired(offer.expiresAt, block.timestamp));
        (uint256 expiry,,) = _certificates.validity(offer.seriesId);
        require(block.timestamp < expiry, Market_SeriesExpired(offer.seriesId, expiry));
        uint256 sold = _filled[seller][nonce];
        require(sold != CANCELLED && nonce >= _lowest[seller], Market_Cancelled(seller, nonce));
        uint256 rest = offer.amount > sold ? offer.amount - sold : 0;
        require(amount <= rest, Market_OverRest(amount, rest));
        require(amount >= offer.minimum || amount == rest, Market_UnderMinimum(amount, offer.minimum));
        _checkSignature(seller, _structHash(offer), offer.signature);
    }

    /// @dev What arrived is measured: a currency that keeps a fee is refused.
    function _pay(address buyer, address payee, uint256 amount) private {
        if (amount == 0 || payee == buyer) return;
        uint256 before = _currency.balanceOf(payee);
        _currency.safeTransferFrom(buyer, payee, amount);
        uint256 held = _currency.balanceOf(payee);
        uint256 arrived = held > before ? held - before : 0;
        require(arrived == amount, Market_ArrivedDiffers(payee, amount, arrived));
    }

    function _cancel(address seller, uint256 nonce) private {
        _filled[seller][nonce] = CANCELLED;
        emit OfferCancelled(seller, nonce);
    }

    function _cancelAll(address seller, uint256 nonce) private {
        uint256 lowest = _lowest[seller];
        require(nonce > lowest, Market_NonceTooLow(nonce, lowest));
        _lowest[seller] = nonce;
        emit OffersCancelled(seller, nonce);
    }

    function _checkSignature(address seller, bytes32 structHash, bytes calldata signature) private view {
        bytes32 digest = _hashTypedData(structHash);
        require(Signatures.isValid(seller, digest, signature), Market_InvalidSignature(seller, digest));
    }

    function _rest(Offer calldata offer) private view returns (uint256) {
        uint256 sold = _filled[offer.seller][offer.nonce];
        return offer.amount > sold ? offer.amount - sold : 0;
    }

    function _costOf(Offer calldata offer, uint256 amount) private pure returns (uint256) {
        return _part(offer.price, amount, offer.amount) + _part(offer.referral, amount, offer.amount);
    }

    /// @return part of `whole` for `amount` of `total`, rounded up
    function _part(uint256 whole, uint256 amount, uint256 total) private pure returns (uint256 part) {
        if (amount == total) return whole;
        require(total != 0, Market_ZeroAmount());
        return (whole * amount + total - 1) / total;
    }

    /// @dev The struct's words as they stand in calldata: whoever fills reads each field, and a word that is too large is refused.
    function _structHash(Offer calldata offer) private pure returns (bytes32 hashed) {
        bytes32 typehash = OFFER_TYPEHASH;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typehash)
            calldatacopy(add(words, 0x20), offer, 0x120)
            hashed := keccak256(words, 0x140)
        }
    }
}
