// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A Merkle tree whose nodes carry the sum of what lies below them, so that a tree can't promise more than its
/// root was funded with. A node is one word, `hash 160 | sum 96`; a parent is
/// `low 160 bits of keccak256(left word, right word) | left sum + right sum`.
library MerkleSum {
    /// @dev A leaf's preimage is six words, a parent's two: neither passes for the other.
    function node(bytes32 preimageHash, uint256 sum) internal pure returns (uint256) {
        return (uint256(preimageHash) << 96) | uint96(sum);
    }

    /// @notice Number of a place in a tree, as in a heap: the root is 1, and below n lie 2n and 2n + 1.
    /// @dev Of a depth above 255, and of an index that this depth does not have, it is some number: `root` leads nowhere from it.
    /// @param index from the left, at this depth
    function placeOf(uint256 depth, uint256 index) internal pure returns (uint256) {
        unchecked {
            return (1 << depth) + index;
        }
    }

    /// @param place of the leaf; its lowest bit says on which side it lies (1: its sibling is left)
    /// @param proof siblings from the leaf up
    /// @return word root that this leaf at this place leads to; 0 when the place is not as deep as the proof is long, which
    /// none is beyond 255, or a sum exceeds 96 bits
    function root(uint256 leaf, uint256 place, uint256[] calldata proof)
        internal
        pure
        returns (uint256 word)
    {
        word = leaf;
        assembly ("memory-safe") {
            let end := add(proof.offset, shl(5, proof.length))
            for { let at := proof.offset } lt(at, end) { at := add(at, 0x20) } {
                let sibling := calldataload(at)
                let sum :=
                    add(and(word, 0xffffffffffffffffffffffff), and(sibling, 0xffffffffffffffffffffffff))
                if shr(96, sum) {
                    place := 0 // a sum that no word holds: no tree's
                    break
                }
                let side := shl(5, and(place, 1)) // where `word` goes in the scratch space: left or right
                mstore(side, word)
                mstore(xor(side, 0x20), sibling)
                word := or(shl(96, keccak256(0x00, 0x40)), sum)
                place := shr(1, place)
            }
        }
        if (place != 1) return 0;
    }
}
