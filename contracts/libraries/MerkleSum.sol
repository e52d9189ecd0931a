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
        for (uint256 i = 0; i < proof.length; ++i) {
            uint256 sum = uint256(uint96(word)) + uint96(proof[i]);
            if (sum > type(uint96).max) return 0;
            (uint256 left, uint256 right) = index & 1 == 0 ? (word, proof[i]) : (proof[i], word);
            word = node(keccak256(abi.encode(left, right)), sum);
            index >>= 1;
        }
        if (index != 0) return 0;
    }
}
