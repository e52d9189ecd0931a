// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "solady/src/utils/EIP712.sol";
import {ICertificateMarket} from "../../interfaces/ICertificateMarket.sol";
import {ICertificatePayments} from "../../interfaces/ICertificatePayments.sol";
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
    uint256 private constant STARTED = uint256(Status.Started);
    uint256 private constant SOLD = uint256(Status.Sold);
    uint256 private constant CANCELLED = uint256(Status.Cancelled);

    IGiftCertificates internal immutable _certificates;
    IERC20 internal immutable _currency;

    mapping(address seller => uint256) private _epochs;
    /// @dev Two bits a nonce, 128 nonces a word: who numbers offers one by one pays for a new word once in 128 sales.
    mapping(address seller => mapping(uint256 place => uint256 statuses)) private _statuses;
    /// @dev Face sold, of offers that were sold in part.
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
    function status(address seller, uint64 nonce) external view returns (Status, uint256) {
        uint256 found = _statuses[seller][nonce >> 7] >> ((nonce & 127) << 1) & 3;
        return (Status(found), found == STARTED ? _filled[seller][nonce] : 0);
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

    /// @return face that an offer still has; 0 of one that is sold or cancelled
    function _restOf(Offer calldata offer) internal view returns (uint256) {
        (address seller, uint256 nonce, uint256 whole) = (offer.seller, offer.nonce, offer.amount);
        uint256 found = _statuses[seller][nonce >> 7] >> ((nonce & 127) << 1) & 3;
        if (found > STARTED) return 0;
        uint256 sold = found == STARTED ? _filled[seller][nonce] : 0;
        return whole > sold ? whole - sold : 0;
    }

    /// @dev Check and effect: the offer is good, now and for `amount`, which is sold.
    function _take(Offer calldata offer, address buyer, uint256 amount, bytes calldata signature) internal {
        address seller = offer.seller;
        require(seller != buyer, Market_OwnOffer(seller));
        require(amount != 0, Market_ZeroAmount());
        require(offer.price != 0, Market_ZeroPrice());
        require(block.timestamp < offer.expiresAt, Market_OfferExpired(offer.expiresAt, block.timestamp));
        uint256 seriesId = offer.seriesId;
        uint256 seriesExpiry = _expiryOf(seriesId);
        require(block.timestamp < seriesExpiry, Market_SeriesExpired(seriesId, seriesExpiry));
        _checkEpoch(seller, offer.epoch);

        _sell(offer, seller, amount);
        _checkSignature(seller, _hashOffer(offer), signature);
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse CertificateMarket", "1");
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @dev The first word of `validity`, or its error.
    function _expiryOf(uint256 seriesId) private view returns (uint256 expiresAt) {
        address token = address(_certificates);
        bytes4 selector = ICertificatePayments.validity.selector;
        assembly ("memory-safe") {
            mstore(0x00, selector)
            mstore(0x04, seriesId)
            if iszero(staticcall(gas(), token, 0x00, 0x24, 0x00, 0x20)) {
                let words := mload(0x40)
                returndatacopy(words, 0, returndatasize())
                revert(words, returndatasize())
            }
            expiresAt := mload(0x00)
        }
    }

    /// @dev Check and effect: so much is left of the offer, and is sold.
    function _sell(Offer calldata offer, address seller, uint256 amount) private {
        unchecked {
            // Shifts below 256, and what is left of 96-bit sums.
            (uint256 nonce, uint256 rest) = (offer.nonce, offer.amount);
            uint256 shift = (nonce & 127) << 1;
            mapping(uint256 => uint256) storage statuses = _statuses[seller];
            uint256 word = statuses[nonce >> 7];
            uint256 before = word >> shift & 3;
            require(before != CANCELLED, Market_Cancelled(seller, nonce));
            uint256 sold = before == STARTED ? _filled[seller][nonce] : 0;
            rest = before != SOLD && rest > sold ? rest - sold : 0;
            require(amount <= rest, Market_OverRest(amount, rest));
            if (amount == rest) {
                statuses[nonce >> 7] = word ^ ((before ^ SOLD) << shift);
                return;
            }
            require(amount >= offer.minimum, Market_UnderMinimum(amount, offer.minimum));
            if (before != STARTED) statuses[nonce >> 7] = word | (STARTED << shift);
            _filled[seller][nonce] = sold + amount;
        }
    }

    function _cancel(address seller, uint256 nonce) private {
        _statuses[seller][nonce >> 7] |= CANCELLED << ((nonce & 127) << 1);
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

    /// @dev The struct's words as they stand in calldata: one with bits too many is none that a wallet signs.
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
