// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {ICertificatePayments} from "../../interfaces/ICertificatePayments.sol";
import {IRedemptionReceiver} from "../../interfaces/IRedemptionReceiver.sol";
import {Account} from "../types/Account.sol";
import {Series, NEVER} from "../types/Series.sol";
import {GiftBook} from "./GiftBook.sol";
import {Redemptions} from "./Redemptions.sol";

/// @notice Gifts: face leaves the giver's balance and waits, still outstanding, for whoever the one-time key names.
/// @dev A link is one slot, its commitment. It carries the limitation date, so that a claim reads no series: forfeiture,
/// the only thing that could void it, comes after limitation.
abstract contract GiftLinks is Redemptions, GiftBook {
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
        require(_batches[batchId] == 0, GiftCertificates_GiftExists(batchId));
        _batches[batchId] = root;
        emit GiftBatchGiven(batchId, root, reclaim, limitation);
    }

    // ----------------------------------------------------------------------------------------------------- claim

    /// @inheritdoc ICertificatePayments
    function claim(Gift calldata gift, address recipient, bytes calldata signature) external {
        _claim(gift, recipient, 0, signature);
        ERC1155Utils.checkOnERC1155Received(msg.sender, address(0), recipient, gift.seriesId, gift.amount, "");
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
        ERC1155Utils.checkOnERC1155Received(
            msg.sender, address(0), recipient, batch.seriesId, leaf.amount, ""
        );
    }

    /// @inheritdoc ICertificatePayments
    function claimAndPay(
        Gift calldata gift,
        address recipient,
        bytes calldata signature,
        Payment calldata payment
    ) external nonReentrant {
        Run memory run = _start(payment);
        _claim(
            gift,
            recipient,
            _giftPaymentHash(run, recipient, gift.seriesId, gift.amount, payment.order),
            signature
        );
        _open(run, gift.seriesId);
        uint256 payout = _redeemOwn(run, recipient, gift.amount);
        _close(run);
        IRedemptionReceiver.Portion[] memory portions = new IRedemptionReceiver.Portion[](1);
        portions[0] = IRedemptionReceiver.Portion(recipient, gift.seriesId, gift.amount);
        _complete(payment, gift.amount, payout, portions, abi.encodePacked(payment.order, uint64(0)));
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificatePayments
    function isGiftOpen(bytes32 giftId) external view returns (bool) {
        return _gifts[giftId] != 0;
    }

    /// @inheritdoc ICertificatePayments
    function batchRemaining(bytes32 batchId) external view returns (uint256 remaining) {
        return uint96(_batches[batchId]);
    }

    /// @inheritdoc ICertificatePayments
    function isClaimedFromBatch(bytes32 batchId, uint256 index) external view returns (bool) {
        return _isTaken(batchId, index);
    }

    // -------------------------------------------------------------------------------------------------- internal

    function _give(address giver, GiftOrder calldata order) private returns (bytes32 giftId) {
        require(order.key != address(0) || order.recipient != address(0), GiftCertificates_ZeroAddress());
        uint256 deliverAt = order.deliverAt == 0 ? block.timestamp : order.deliverAt;
        (uint256 reclaimAt, uint256 limitation) =
            _fund(giver, order.seriesId, order.amount, deliverAt, order.reclaimAt);
        assembly ("memory-safe") {
            // keccak256(abi.encode(Gift)), in memory that nobody claimed
            let gift := mload(0x40)
            mstore(gift, giver)
            calldatacopy(add(gift, 0x20), add(order, 0x40), 0x40) // key, recipient
            calldatacopy(add(gift, 0x60), order, 0x40) // seriesId, amount
            mstore(add(gift, 0xa0), deliverAt)
            mstore(add(gift, 0xc0), reclaimAt)
            mstore(add(gift, 0xe0), timestamp())
            mstore(add(gift, 0x100), limitation)
            calldatacopy(add(gift, 0x120), add(order, 0xc0), 0x20) // messageHash
            giftId := keccak256(gift, 0x140)
        }
        require(_gifts[giftId] == 0, GiftCertificates_GiftExists(giftId));
        _gifts[giftId] = 1;
        emit GiftGiven(order.key, (limitation << 80) | (reclaimAt << 40) | deliverAt);
        if (order.recipient != address(0) || order.messageHash != 0) {
            emit GiftAddressed(order.recipient, order.messageHash);
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
        Account held = _accounts[seriesId][giver];
        require(amount <= held.balance(), GiftCertificates_InsufficientBalance(held.balance(), amount));
        _accounts[seriesId][giver] = held.debit(amount);
        _logTransfer(msg.sender, giver, address(0), seriesId, amount);
    }

    function _claim(Gift calldata gift, address recipient, bytes32 followUp, bytes calldata signature)
        private
    {
        bytes32 giftId = _closeGift(gift);
        _checkLimitation(gift.seriesId, gift.limitationAt);
        _checkClaim(giftId, gift.key, gift.recipient, gift.deliverAt, recipient, followUp, signature);
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
            // Anybody may deliver such a gift, but only its recipient spends it.
            require(
                named != address(0) && (followUp == 0 || msg.sender == named),
                GiftCertificates_NotYourCard(named, msg.sender)
            );
            return;
        }
        _checkSignature(key, keccak256(abi.encode(CLAIM_TYPEHASH, giftId, recipient, followUp)), signature);
    }
}
