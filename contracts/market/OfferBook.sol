// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "solady/src/utils/EIP712.sol";
import {ICertificateMarket} from "../../interfaces/ICertificateMarket.sol";
import {IGiftCertificates} from "../../interfaces/IGiftCertificates.sol";
import {Signatures} from "../libraries/Signatures.sol";

/// @notice Which offers stand: what was filled of them, what was cancelled, and whether one is good now.
abstract contract OfferBook is ICertificateMarket, ReentrancyGuardTransient, EIP712 {
    bytes32 private constant OFFER_TYPEHASH = keccak256(
        "Offer(address seller,uint256 seriesId,uint96 amount,uint96 price,uint96 minimum,address referrer,uint96 referrerShare,uint64 nonce,uint64 epoch,uint40 expiresAt)"
    );
    bytes32 private constant CANCEL_TYPEHASH =
        keccak256("CancelOffer(address seller,uint64 nonce,uint40 deadline)");
    bytes32 private constant CANCEL_ALL_TYPEHASH =
        keccak256("CancelAllOffers(address seller,uint64 epoch,uint40 deadline)");
    uint256 private constant CANCELLED = type(uint256).max;

    IGiftCertificates internal immutable _certificates;
    IERC20 internal immutable _currency;

    mapping(address seller => uint256) private _epochs;
    mapping(address seller => mapping(uint256 nonce => uint256)) private _filled;

    constructor(address giftCertificates) {
        require(giftCertificates.code.length != 0, Market_ZeroAddress());
        _certificates = IGiftCertificates(giftCertificates);
        _currency = IERC20(_certificates.currency());
    }

    // --------------------------------------------------------------------------------------------------- external

    /// @inheritdoc ICertificateMarket
    function cancel(uint64[] calldata nonces) external {
        for (uint256 i = 0; i < nonces.length; ++i) {
            _cancel(msg.sender, nonces[i]);
        }
    }

    /// @inheritdoc ICertificateMarket
    /// @dev Nothing to use up: done twice it is done once.
    function cancelSigned(address seller, uint64 nonce, uint40 deadline, bytes calldata signature) external {
        _checkSigned(
            seller, keccak256(abi.encode(CANCEL_TYPEHASH, seller, nonce, deadline)), deadline, signature
        );
        _cancel(seller, nonce);
    }

    /// @inheritdoc ICertificateMarket
    function cancelAll() external {
        _cancelAll(msg.sender, _epochs[msg.sender]);
    }

    /// @inheritdoc ICertificateMarket
    /// @dev The epoch is used up by it.
    function cancelAllSigned(address seller, uint64 epoch_, uint40 deadline, bytes calldata signature)
        external
    {
        _checkEpoch(seller, epoch_);
        _checkSigned(
            seller, keccak256(abi.encode(CANCEL_ALL_TYPEHASH, seller, epoch_, deadline)), deadline, signature
        );
        _cancelAll(seller, epoch_);
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc ICertificateMarket
    function filled(address seller, uint64 nonce) external view returns (uint256) {
        return _filled[seller][nonce];
    }

    /// @inheritdoc ICertificateMarket
    function epoch(address seller) external view returns (uint256) {
        return _epochs[seller];
    }

    /// @inheritdoc ICertificateMarket
    function certificates() external view returns (address) {
        return address(_certificates);
    }

    /// @inheritdoc ICertificateMarket
    function currency() external view returns (address) {
        return address(_currency);
    }

    /// @inheritdoc ICertificateMarket
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparator();
    }

    // --------------------------------------------------------------------------------------------------- internal

    /// @return sold face of offers with this nonce; reverts where they are cancelled
    function _sold(address seller, uint256 nonce) internal view returns (uint256 sold) {
        sold = _filled[seller][nonce];
        require(sold != CANCELLED, Market_Cancelled(seller, nonce));
    }

    /// @dev Check and effect: the offer is good, now and for `amount`, which is sold.
    function _take(Offer calldata offer, address buyer, uint256 amount, bytes calldata signature) internal {
        address seller = offer.seller;
        require(seller != buyer, Market_OwnOffer(seller));
        require(amount != 0, Market_ZeroAmount());
        require(offer.price != 0, Market_ZeroPrice());
        require(block.timestamp < offer.expiresAt, Market_OfferExpired(offer.expiresAt, block.timestamp));
        uint256 seriesId = offer.seriesId;
        (uint256 seriesExpiry,,) = _certificates.validity(seriesId);
        require(block.timestamp < seriesExpiry, Market_SeriesExpired(seriesId, seriesExpiry));
        _checkEpoch(seller, offer.epoch);

        uint256 nonce = offer.nonce;
        uint256 sold = _sold(seller, nonce);
        uint256 whole = offer.amount;
        uint256 rest = whole > sold ? whole - sold : 0;
        require(amount <= rest, Market_OverRest(amount, rest));
        require(amount >= offer.minimum || amount == rest, Market_UnderMinimum(amount, offer.minimum));
        _checkSignature(seller, _hashOffer(offer), signature);
        _filled[seller][nonce] = sold + amount;
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse CertificateMarket", "1");
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _cancel(address seller, uint256 nonce) private {
        _filled[seller][nonce] = CANCELLED;
        emit OfferCancelled(seller, nonce);
    }

    function _cancelAll(address seller, uint256 ending) private {
        _epochs[seller] = ending + 1;
        emit AllOffersCancelled(seller, ending + 1);
    }

    function _checkEpoch(address seller, uint256 epoch_) private view {
        uint256 current = _epochs[seller];
        require(epoch_ == current, Market_EpochDiffers(epoch_, current));
    }

    function _checkSigned(address seller, bytes32 structHash, uint256 deadline, bytes calldata signature)
        private
        view
    {
        require(block.timestamp < deadline, Market_DeadlinePassed(deadline, block.timestamp));
        _checkSignature(seller, structHash, signature);
    }

    function _checkSignature(address signer, bytes32 structHash, bytes calldata signature) private view {
        bytes32 digest = _hashTypedData(structHash);
        require(Signatures.isValid(signer, digest, signature), Market_InvalidSignature(signer, digest));
    }

    /// @dev The struct's words as they are signed. Of a word with bits too many the contract reads nothing: it reverts there.
    function _hashOffer(Offer calldata offer) private pure returns (bytes32 structHash) {
        bytes32 typehash = OFFER_TYPEHASH;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typehash)
            calldatacopy(add(words, 0x20), offer, 0x140)
            structHash := keccak256(words, 0x160)
        }
    }
}
