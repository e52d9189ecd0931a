// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {ICertificatePayments} from "../../interfaces/ICertificatePayments.sol";
import {IRedemptionReceiver} from "../../interfaces/IRedemptionReceiver.sol";
import {Account} from "../types/Account.sol";
import {Series, NEVER} from "../types/Series.sol";
import {GiftBook} from "./GiftBook.sol";
import {Payments} from "./Payments.sol";

/// @notice Gifts: face leaves the giver's balance and waits, still outstanding, for whoever the one-time key names.
/// @dev A link is one slot, its commitment. It carries the limitation date, so that a claim reads no series: forfeiture,
/// the only thing that could void it, comes after limitation.
abstract contract GiftLinks is Payments, GiftBook {
    bytes32 private constant CLAIM_TYPEHASH =
        keccak256("Claim(bytes32 gift,address recipient,bytes32 followUp)");
    bytes32 private constant GIFT_ORDER_TYPEHASH = keccak256(
        "GiftOrder(address giver,uint256 seriesId,uint96 amount,address key,address recipient,uint40 deliverAt,uint40 reclaimAt,bytes32 messageHash,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant GIFT_BATCH_TYPEHASH = keccak256(
        "GiftBatch(address giver,uint256 seriesId,uint256 root,uint40 reclaimAt,uint64 nonce,uint40 deadline)"
    );

    // ------------------------------------------------------------------------------------------------------ give

    /// @inheritdoc ICertificatePayments
    function give(GiftOrder calldata order) external returns (bytes32 giftId) {
        return _give(msg.sender, order);
    }

    /// @inheritdoc ICertificatePayments
    function giveSigned(address giver, GiftOrder calldata order, Authorization calldata authorization)
        external
        returns (bytes32 giftId)
    {
        _authorize(
            giver,
            order.seriesId,
            keccak256(
                abi.encode(GIFT_ORDER_TYPEHASH, giver, order, authorization.nonce, authorization.deadline)
            ),
            authorization
        );
        return _give(giver, order);
    }

    /// @inheritdoc ICertificatePayments
    function giveMany(
        address giver,
        uint256 seriesId,
        uint256 root,
        uint40 reclaimAt,
        Authorization calldata authorization
    ) external returns (bytes32 batchId) {
        _authorize(
            giver,
            seriesId,
            keccak256(
                abi.encode(
                    GIFT_BATCH_TYPEHASH,
                    giver,
                    seriesId,
                    root,
                    reclaimAt,
                    authorization.nonce,
                    authorization.deadline
                )
            ),
            authorization
        );
        (uint256 reclaim, uint256 limitation) =
            _fund(giver, seriesId, uint96(root), block.timestamp, reclaimAt);
        batchId =
            keccak256(abi.encode(GiftBatch(giver, seriesId, root, reclaim, block.timestamp, limitation)));
        Word storage funded = _batches[batchId];
        require(funded.word == 0, GiftCertificates_GiftExists(batchId));
        funded.word = root;
        emit GiftBatchGiven(batchId, root, reclaim, limitation);
    }

    // ----------------------------------------------------------------------------------------------------- claim

    /// @inheritdoc ICertificatePayments
    function claim(Gift calldata gift, address recipient, bytes calldata signature) external {
        _claim(gift, recipient, 0, signature);
        if (recipient.code.length != 0) {
            ERC1155Utils.checkOnERC1155Received(
                msg.sender, address(0), recipient, gift.seriesId, gift.amount, ""
            );
        }
    }

    /// @inheritdoc ICertificatePayments
    function claimFromBatch(
        GiftBatch calldata batch,
        GiftLeaf calldata leaf,
        uint256[] calldata proof,
        address recipient,
        bytes calldata signature
    ) external {
        bytes32 batchId = _take(batch, leaf, proof);
        _checkLimitation(batch.seriesId, batch.limitationAt);
        // The key signs the index, not the place. Where the giver's tree has both at several places, one signature claims each
        // of them, once, for the recipient that it names: nobody else gets anything, and that one loses nothing by having more.
        _checkClaim(
            keccak256(abi.encode(batchId, leaf.index)),
            leaf.key,
            leaf.recipient,
            leaf.deliverAt,
            recipient,
            0,
            signature
        );
        _credit(msg.sender, recipient, batch.seriesId, leaf.amount);
        emit GiftClaimedFromBatch(batchId, leaf.index);
        if (recipient.code.length != 0) {
            ERC1155Utils.checkOnERC1155Received(
                msg.sender, address(0), recipient, batch.seriesId, leaf.amount, ""
            );
        }
    }

    /// @inheritdoc ICertificatePayments
    function claimAndPay(
        Gift calldata gift,
        address recipient,
        bytes calldata signature,
        Payment calldata payment
    ) external nonReentrant {
        // Anybody may deliver a gift, but only its recipient spends it: whoever made the key, as givers do, knows it, and could
        // else pay itself in the recipient's name. A key that is the recipient has signed for itself.
        require(
            msg.sender == recipient || gift.key == recipient,
            GiftCertificates_NotYourCard(recipient, msg.sender)
        );
        Run memory run = _start(payment);
        // The redemption that the recipient would have signed, with nonce 0 and deadline 0.
        (run.holder, run.seriesId, run.amount, run.order) =
        (recipient, gift.seriesId, gift.amount, payment.order);
        _claim(gift, recipient, _cardHash(run), signature);
        _open(run, gift.seriesId);
        uint256 payout = _redeemOwn(run);
        _close(run);
        IRedemptionReceiver.Portion[] memory portions = new IRedemptionReceiver.Portion[](1);
        portions[0] = IRedemptionReceiver.Portion(recipient, gift.seriesId, gift.amount);
        _complete(payment, gift.amount, payout, portions, abi.encodePacked(payment.order, uint64(0)));
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificatePayments
    function isGiftOpen(bytes32 giftId) external view returns (bool) {
        return _gifts[giftId].word != 0;
    }

    /// @inheritdoc ICertificatePayments
    function batchRemaining(bytes32 batchId) external view returns (uint256 remaining) {
        return uint96(_batches[batchId].word);
    }

    /// @inheritdoc ICertificatePayments
    function isClaimedFromBatch(bytes32 batchId, uint256 place) external view returns (bool) {
        return _isTaken(batchId, place);
    }

    // -------------------------------------------------------------------------------------------------- internal

    function _give(address giver, GiftOrder calldata order) private returns (bytes32 giftId) {
        (uint256 key, uint256 recipient, uint256 amount, uint256 deliverAt, uint256 reclaimAt) =
            _members(order);
        require(key | recipient != 0, GiftCertificates_ZeroAddress());
        if (deliverAt == 0) deliverAt = block.timestamp;
        uint256 limitation;
        (reclaimAt, limitation) = _fund(giver, order.seriesId, amount, deliverAt, reclaimAt);
        assembly ("memory-safe") {
            // keccak256(abi.encode(Gift)), in memory that nobody claimed
            let gift := mload(0x40)
            mstore(gift, giver)
            mstore(add(gift, 0x20), key)
            mstore(add(gift, 0x40), recipient)
            calldatacopy(add(gift, 0x60), order, 0x40) // seriesId, amount
            mstore(add(gift, 0xa0), deliverAt)
            mstore(add(gift, 0xc0), reclaimAt)
            mstore(add(gift, 0xe0), timestamp())
            mstore(add(gift, 0x100), limitation)
            calldatacopy(add(gift, 0x120), add(order, 0xc0), 0x20) // messageHash
            giftId := keccak256(gift, 0x140)
        }
        Word storage gifts = _gifts[giftId];
        require(gifts.word == 0, GiftCertificates_GiftExists(giftId));
        gifts.word = 1;
        emit GiftGiven(address(uint160(key)), (limitation << 80) | (reclaimAt << 40) | deliverAt);
        bytes32 messageHash = order.messageHash;
        if (recipient | uint256(messageHash) != 0) {
            emit GiftAddressed(address(uint160(recipient)), messageHash);
        }
    }

    /// @dev The members of an order that are narrower than a word, read once. As the ABI decoder does: no value may reach
    /// beyond its type.
    function _members(GiftOrder calldata order)
        private
        pure
        returns (uint256 key, uint256 recipient, uint256 amount, uint256 deliverAt, uint256 reclaimAt)
    {
        assembly ("memory-safe") {
            amount := calldataload(add(order, 0x20))
            key := calldataload(add(order, 0x40))
            recipient := calldataload(add(order, 0x60))
            deliverAt := calldataload(add(order, 0x80))
            reclaimAt := calldataload(add(order, 0xa0))
            if or(shr(160, or(key, recipient)), or(shr(96, amount), shr(40, or(deliverAt, reclaimAt)))) {
                revert(0, 0)
            }
        }
    }

    /// @dev now ≤ delivery < expiry, delivery < reclaim < limitation: before delivery only the giver can act, then only the
    /// recipient, from the reclaim date on whoever comes first, and both still before forfeiture.
    /// @return reclaim `NEVER` for 0
    /// @return limitation of the series
    function _fund(address giver, uint256 seriesId, uint256 amount, uint256 deliverAt, uint256 reclaimAt)
        private
        returns (uint256 reclaim, uint256 limitation)
    {
        Series series = _known(seriesId);
        limitation = series.limitationAt();
        reclaim = reclaimAt == 0 ? NEVER : reclaimAt;
        require(
            deliverAt >= block.timestamp && deliverAt < series.expiresAt() && deliverAt < reclaim
                && (reclaimAt == 0 || reclaimAt < limitation),
            GiftCertificates_GiftDates(deliverAt, reclaim, series.expiresAt(), limitation)
        );
        require(amount != 0, GiftCertificates_ZeroAmount(seriesId));
        Holding storage holding = _accounts[seriesId][giver];
        Account held = holding.account;
        require(amount <= held.balance(), GiftCertificates_InsufficientBalance(held.balance(), amount));
        holding.account = held.debit(amount);
        _logTransfer(msg.sender, giver, address(0), seriesId, amount);
    }

    function _claim(Gift calldata gift, address recipient, bytes32 followUp, bytes calldata signature)
        private
    {
        bytes32 giftId = _closeGift(gift);
        _checkLimitation(gift.seriesId, gift.limitationAt);
        address key;
        address named;
        assembly ("memory-safe") {
            // Members of a gift that exists, and so within their types: `give` checked them.
            key := calldataload(add(gift, 0x20))
            named := calldataload(add(gift, 0x40))
        }
        _checkClaim(giftId, key, named, gift.deliverAt, recipient, followUp, signature);
        _credit(msg.sender, recipient, gift.seriesId, gift.amount);
        emit GiftClaimed(giftId);
    }

    function _checkClaim(
        bytes32 giftId,
        address key,
        address named,
        uint256 deliverAt,
        address recipient,
        bytes32 followUp,
        bytes calldata signature
    ) private view {
        require(!_isAhead(deliverAt), GiftCertificates_NotYetDelivered(deliverAt, block.timestamp));
        require(recipient != address(0), GiftCertificates_ZeroAddress());
        require(named == address(0) || named == recipient, GiftCertificates_WrongRecipient(recipient, named));
        if (key == address(0)) {
            // Anybody may deliver such a gift.
            require(named != address(0), GiftCertificates_NotYourCard(named, msg.sender));
            return;
        }
        _checkSignature(key, _claimHash(giftId, recipient, followUp), signature);
    }

    function _claimHash(bytes32 giftId, address recipient, bytes32 followUp)
        private
        pure
        returns (bytes32 structHash)
    {
        bytes32 typehash = CLAIM_TYPEHASH;
        assembly ("memory-safe") {
            // keccak256(abi.encode(typehash, giftId, recipient, followUp)), in memory that nobody claimed
            let words := mload(0x40)
            mstore(words, typehash)
            mstore(add(words, 0x20), giftId)
            mstore(add(words, 0x40), recipient)
            mstore(add(words, 0x60), followUp)
            structHash := keccak256(words, 0x80)
        }
    }
}
