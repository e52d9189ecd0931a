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

    /// @param proof siblings from the leaf up; bit `i` of `index` says on which side (1: the sibling is left)
    /// @return word root that this leaf at this place leads to; 0 when `index` has no place in a tree of this depth or a sum
    /// exceeds 96 bits
    function root(uint256 leaf, uint256 index, uint256[] calldata proof)
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
                    index := 1 // a sum that no word holds: no tree's
                    break
                }
                let side := shl(5, and(index, 1)) // where `word` goes in the scratch space: left or right
                mstore(side, word)
                mstore(xor(side, 0x20), sibling)
                word := or(shl(96, keccak256(0x00, 0x40)), sum)
                index := shr(1, index)
            }
        }
        if (index != 0) return 0;
    }
}
