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
        Word storage gifts = _gifts[giftId];
        require(gifts.word != 0, GiftCertificates_NoSuchGift(giftId));
        gifts.word = 0;
    }

    /// @dev Takes one gift of a batch out of the books, by its place: a lopsided tree has one index at several depths, and
    /// whoever took one gift would void the others. The sum tree makes `amount ≤ remaining` true; the subtraction is checked
    /// all the same.
    function _take(GiftBatch calldata batch, GiftLeaf calldata leaf, uint256[] calldata proof)
        internal
        returns (bytes32 batchId)
    {
        batchId = _batchId(batch);
        Word storage funded = _batches[batchId];
        uint256 slot = funded.word;
        require(slot != 0, GiftCertificates_NoSuchGift(batchId));
        uint256 place = MerkleSum.placeOf(proof.length, leaf.index);
        uint256 root = MerkleSum.root(MerkleSum.node(_leafHash(leaf), leaf.amount), place, proof);
        require(root == batch.root, GiftCertificates_MalformedProof(root, batch.root));
        Word storage taken = _claimed[batchId][place >> 8];
        uint256 bits = taken.word;
        uint256 mask = 1 << (place & 0xff);
        require(bits & mask == 0, GiftCertificates_AlreadyClaimed(batchId, leaf.index));
        taken.word = bits | mask;
        funded.word = (slot >> 96 << 96) | (uint96(slot) - leaf.amount);
    }

    /// @dev `keccak256(abi.encode(batch))`; a member beyond its type matches no commitment.
    function _batchId(GiftBatch calldata batch) internal pure returns (bytes32 batchId) {
        assembly ("memory-safe") {
            let words := mload(0x40) // unclaimed memory
            calldatacopy(words, batch, 0xc0)
            batchId := keccak256(words, 0xc0)
        }
    }

    /// @dev `keccak256(abi.encode(leaf))`; a member beyond its type is in no tree that a wallet makes.
    function _leafHash(GiftLeaf calldata leaf) private pure returns (bytes32 preimageHash) {
        assembly ("memory-safe") {
            let words := mload(0x40) // unclaimed memory
            calldatacopy(words, leaf, 0xc0)
            preimageHash := keccak256(words, 0xc0)
        }
    }

    function _isTaken(bytes32 batchId, uint256 place) internal view returns (bool) {
        return _claimed[batchId][place >> 8].word & (1 << (place & 0xff)) != 0;
    }
}
