"""Identifiers that are hashes: of gifts, of batches, and the Merkle sum tree (`hash 160 | sum 96` a node)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.model.words import Gift, GiftBatch, GiftLeaf

GIFT = ["address"] * 3 + ["uint256"] * 6 + ["bytes32"]
BATCH = ["address"] + ["uint256"] * 5
LEAF = ["uint256", "address", "address", "uint256", "uint256", "bytes32"]
SUM = 2**96


def gift_id(gift: Gift) -> bytes:
    """32 bytes."""
    return keccak(encode(GIFT, astuple(gift)))


def batch_id(batch: GiftBatch) -> bytes:
    """32 bytes."""
    return keccak(encode(BATCH, astuple(batch)))


def leaf_id(batch: bytes, index: int) -> bytes:
    """What the link key of a batch's gift signs as its gift."""
    return keccak(batch + index.to_bytes(32, "big"))


def leaf_node(leaf: GiftLeaf) -> int:
    """The leaf's node."""
    return _node(keccak(encode(LEAF, astuple(leaf))), leaf.amount)


def root_of(leaf: GiftLeaf, proof: Sequence[int]) -> int:
    """Root that this leaf at its index leads to by `proof` (siblings from the leaf up); 0 where there is no
    such place or a sum does not fit."""
    node, index = leaf_node(leaf), leaf.index
    for sibling in proof:
        if node % SUM + sibling % SUM >= SUM:
            return 0
        node = _parent(sibling, node) if index % 2 else _parent(node, sibling)
        index //= 2
    return node if index == 0 else 0


def path_of(leaf: GiftLeaf, proof: Sequence[int]) -> str:
    """The way down from the root to a leaf, `0` a step to the left, `1` to the right: no two leaves of a tree
    have the same."""
    return "".join(str(leaf.index >> step & 1) for step in reversed(range(len(proof))))


def tree(leaves: Sequence[GiftLeaf]) -> tuple[int, list[list[int]]]:
    """Root and each leaf's proof; the missing leaves of the last row are empty nodes."""
    level = [leaf_node(leaf) for leaf in leaves]
    proofs: list[list[int]] = [[] for _ in leaves]
    places = list(range(len(leaves)))
    while len(level) > 1:
        level += [0] * (len(level) % 2)
        for proof, place in zip(proofs, places, strict=True):
            proof.append(level[place ^ 1])
        level = [_parent(*level[i : i + 2]) for i in range(0, len(level), 2)]
        places = [place // 2 for place in places]
    return level[0], proofs


def comb(leaves: Sequence[GiftLeaf]) -> tuple[int, list[list[int]]]:
    """Root and each leaf's proof in the tree that is as lopsided as can be: each leaf hangs to the right of a
    node that all later ones are below, and so has index 1 at a depth of its own. The last has index 0."""
    spine = [leaf_node(leaves[-1])]
    for leaf in reversed(leaves[:-1]):
        spine.append(_parent(spine[-1], leaf_node(leaf)))
    spine.reverse()
    above = [[leaf_node(one) for one in reversed(leaves[:depth])] for depth in range(len(leaves))]
    proofs = [[below, *rest] for below, rest in zip(spine[1:], above, strict=False)]
    return spine[0], [*proofs, above[-1]]


def _node(image: bytes, total: int) -> int:
    return (int.from_bytes(image, "big") * SUM) % 2**256 + total % SUM


def _parent(left: int, right: int) -> int:
    return _node(keccak(left.to_bytes(32, "big") + right.to_bytes(32, "big")), left % SUM + right % SUM)
