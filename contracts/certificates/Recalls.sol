// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {ICertificateBackOffice} from "../../interfaces/ICertificateBackOffice.sol";
import {Authorizations} from "./Authorizations.sol";
import {GiftBook} from "./GiftBook.sol";

/// @notice The giver takes an unclaimed gift back: before its delivery, or from the reclaim date on.
abstract contract Recalls is ICertificateBackOffice, Authorizations, GiftBook {
    bytes32 private constant RECALL_TYPEHASH =
        keccak256("Recall(address giver,bytes32 gift,uint64 nonce,uint40 deadline)");

    /// @inheritdoc ICertificateBackOffice
    function recall(Gift calldata gift, Authorization calldata authorization) external {
        bytes32 giftId = _closeGift(gift);
        _authorizeRecall(gift.giver, gift.seriesId, giftId, authorization);
        require(
            _isAhead(gift.deliverAt) || !_isAhead(gift.reclaimAt),
            GiftCertificates_NotRecallable(gift.deliverAt, gift.reclaimAt, block.timestamp)
        );
        emit GiftRecalled(giftId);
        _giveBack(gift.giver, gift.seriesId, gift.limitationAt, gift.amount);
    }

    /// @inheritdoc ICertificateBackOffice
    function recallFromBatch(
        GiftBatch calldata batch,
        GiftLeaf calldata leaf,
        uint256[] calldata proof,
        Authorization calldata authorization
    ) external {
        bytes32 batchId = _take(batch, leaf, proof);
        _authorizeRecall(
            batch.giver, batch.seriesId, keccak256(abi.encode(batchId, leaf.index)), authorization
        );
        require(
            _isAhead(leaf.deliverAt),
            GiftCertificates_NotRecallable(leaf.deliverAt, batch.reclaimAt, block.timestamp)
        );
        emit GiftRecalledFromBatch(batchId, leaf.index);
        _giveBack(batch.giver, batch.seriesId, batch.limitationAt, leaf.amount);
    }

    /// @inheritdoc ICertificateBackOffice
    function reclaimBatch(GiftBatch calldata batch, Authorization calldata authorization) external {
        bytes32 batchId = _batchId(batch);
        uint256 remaining = uint96(_batches[batchId].word);
        require(remaining != 0, GiftCertificates_NoSuchGift(batchId));
        _authorizeRecall(batch.giver, batch.seriesId, batchId, authorization);
        require(
            !_isAhead(batch.reclaimAt), GiftCertificates_NotRecallable(0, batch.reclaimAt, block.timestamp)
        );
        _batches[batchId].word = 0;
        emit GiftBatchReclaimed(batchId, remaining);
        _giveBack(batch.giver, batch.seriesId, batch.limitationAt, remaining);
    }

    function _authorizeRecall(
        address giver,
        uint256 seriesId,
        bytes32 gift,
        Authorization calldata authorization
    ) private {
        _authorize(
            giver,
            seriesId,
            keccak256(abi.encode(RECALL_TYPEHASH, giver, gift, authorization.nonce, authorization.deadline)),
            authorization
        );
    }

    function _giveBack(address giver, uint256 seriesId, uint256 limitation, uint256 amount) private {
        _checkLimitation(seriesId, limitation);
        _credit(msg.sender, giver, seriesId, amount);
        ERC1155Utils.checkOnERC1155Received(msg.sender, address(0), giver, seriesId, amount, "");
    }
}
