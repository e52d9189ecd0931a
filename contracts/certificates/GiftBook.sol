// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleSum} from "../libraries/MerkleSum.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Taking a gift out of the books, for a claim or for a recall: each acts at most once.
abstract contract GiftBook is Ledger {
    /// @dev Takes a single gift out of the books; whoever calls must hand its amount to somebody.
    function _closeGift(Gift calldata gift) internal returns (bytes32 giftId) {
        assembly ("memory-safe") {
            // keccak256(abi.encode(gift)), in memory that nobody claimed; a member beyond its type matches no commitment
            let words := mload(0x40)
            calldatacopy(words, gift, 0x140)
            giftId := keccak256(words, 0x140)
        }
        require(_gifts[giftId] != 0, GiftCertificates_NoSuchGift(giftId));
        _gifts[giftId] = 0;
    }

    /// @dev Takes one gift of a batch out of the books. The sum tree makes `amount ≤ remaining` true; the subtraction is
    /// checked all the same.
    function _take(GiftBatch calldata batch, GiftLeaf calldata leaf, uint256[] calldata proof)
        internal
        returns (bytes32 batchId)
    {
        batchId = keccak256(abi.encode(batch));
        uint256 slot = _batches[batchId];
        require(slot != 0, GiftCertificates_NoSuchGift(batchId));
        require(!_isTaken(batchId, leaf.index), GiftCertificates_AlreadyClaimed(batchId, leaf.index));
        uint256 root =
            MerkleSum.root(MerkleSum.node(keccak256(abi.encode(leaf)), leaf.amount), leaf.index, proof);
        require(root == batch.root, GiftCertificates_MalformedProof(root, batch.root));
        _claimed[batchId][leaf.index >> 8] |= 1 << (leaf.index & 0xff);
        _batches[batchId] = (slot >> 96 << 96) | (uint96(slot) - leaf.amount);
    }

    function _isTaken(bytes32 batchId, uint256 index) internal view returns (bool) {
        return _claimed[batchId][index >> 8] & (1 << (index & 0xff)) != 0;
    }
}
