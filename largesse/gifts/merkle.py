"""Merkle sum tree over the gifts of one batch: the root commits to every leaf and to their total.

A node is one 256-bit word: the low 160 bits of a keccak256 above a 96-bit sum. A parent hashes its children's
whole words, sums included, so no proof can give a subtree more than the root was funded with. Leaves hash 192
bytes and parents 64, so neither can pass for the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from largesse.addresses import ZERO_ADDRESS, parse_address
from largesse.amounts import UINT96_MAX, check_units
from largesse.errors import LargesseError, MerkleError
from largesse.terms.fields import UINT40_MAX

SUM_BITS = 96
MAX_DEPTH = 32  # of a tree that is built here
MAX_PROOF = 255  # the contract finds no place that is more steps below a root

_HASH_MASK = 2**160 - 1
_LEAF_TYPES = ("uint256", "address", "address", "uint256", "uint256", "bytes32")


@dataclass(frozen=True)
class GiftLeaf:
    """One gift of a batch: its place, the link key's address, the recipient (zero address: whoever has the
    link),

    base units, the Unix second from which it can be claimed, and the keccak256 of the encrypted message.
    """

    index: int
    key: str
    recipient: str
    amount: int
    deliver_at: int
    message_hash: bytes

    def word(self) -> int:
        """The leaf's node. Raises MerkleError bad_leaf."""
        try:
            # A gift to a named recipient needs no key: only that account can receive it.
            parse_address(self.recipient, allow_zero=True)
            parse_address(self.key, allow_zero=self.recipient != ZERO_ADDRESS)
            check_units(self.amount)
        except LargesseError as error:
            raise MerkleError("bad_leaf", f"leaf {self.index}: {error}") from error
        if not 0 <= self.index < 2**MAX_DEPTH or not 0 <= self.deliver_at <= UINT40_MAX:
            raise MerkleError(
                "bad_leaf", f"leaf {self.index}: index or deliver_at {self.deliver_at} out of range"
            )
        if len(self.message_hash) != 32:
            raise MerkleError("bad_leaf", f"leaf {self.index}: a message hash has 32 bytes")
        values = (self.index, self.key, self.recipient, self.amount, self.deliver_at, self.message_hash)
        return _word(encode(_LEAF_TYPES, values), self.amount)


def sum_of(word: int) -> int:
    """The base units under a node."""
    return word & UINT96_MAX


def _word(preimage: bytes, total: int) -> int:
    return (int.from_bytes(keccak(preimage), "big") & _HASH_MASK) << SUM_BITS | total


def _parent(left: int, right: int) -> int | None:
    """The node above two nodes; None where their sums don't fit."""
    total = sum_of(left) + sum_of(right)
    if total > UINT96_MAX:
        return None
    return _word(left.to_bytes(32, "big") + right.to_bytes(32, "big"), total)


@dataclass(frozen=True)
class Tree:
    """All nodes, leaf level first; the last level is the root alone."""

    levels: tuple[tuple[int, ...], ...]
    size: int

    @property
    def root(self) -> int:
        """The root's word: what a batch is funded under."""
        return self.levels[-1][0]

    @property
    def total(self) -> int:
        """Base units of all leaves: what the batch must be funded with."""
        return sum_of(self.root)

    def proof(self, index: int) -> list[int]:
        """Sibling words from the leaf upwards; empty for a tree of one. Raises MerkleError no_such_leaf."""
        if not 0 <= index < self.size:
            raise MerkleError("no_such_leaf", f"there is no leaf {index}, only {self.size}")
        return [level[(index >> depth) ^ 1] for depth, level in enumerate(self.levels[:-1])]


def build(leaves: Sequence[GiftLeaf]) -> Tree:
    """The tree over `leaves`, padded with zero words to a power of two.

    Raises MerkleError: no_leaves, too_many_leaves, wrong_index (leaf i must have index i), duplicate_key (a
    key opens one gift), bad_leaf, sum_too_large (2**96 or more in all).
    """
    if not leaves:
        raise MerkleError("no_leaves", "a batch has at least one gift")
    depth = (len(leaves) - 1).bit_length()
    if depth > MAX_DEPTH:
        raise MerkleError("too_many_leaves", f"{len(leaves)} gifts, at most 2**{MAX_DEPTH}")
    keys: dict[str, int] = {}
    for position, leaf in enumerate(leaves):
        if leaf.index != position:
            raise MerkleError("wrong_index", f"leaf {position} says that it is {leaf.index}")
        first = keys.setdefault(leaf.key, position)
        if first != position and leaf.key != ZERO_ADDRESS:
            raise MerkleError("duplicate_key", f"leaves {first} and {position} have the same key {leaf.key}")
    level = tuple(leaf.word() for leaf in leaves) + (0,) * (2**depth - len(leaves))
    levels = [level]
    while len(level) > 1:
        parents: list[int] = []
        for left, right in zip(level[::2], level[1::2], strict=True):
            node = _parent(left, right)
            if node is None:
                raise MerkleError("sum_too_large", "the gifts add up to 2**96 base units or more")
            parents.append(node)
        level = tuple(parents)
        levels.append(level)
    return Tree(tuple(levels), len(leaves))


def verify(root: int, leaf: GiftLeaf, proof: Sequence[int]) -> bool:
    """True if `proof` leads from `leaf` to the root word, whose sum then covers the leaf. Raises MerkleError
    bad_leaf.
    """
    node = leaf.word()
    if len(proof) > MAX_PROOF or leaf.index >> len(proof):
        return False
    for depth, sibling in enumerate(proof):
        if not 0 <= sibling < 2**256:
            return False
        on_right = leaf.index >> depth & 1
        parent = _parent(sibling, node) if on_right else _parent(node, sibling)
        if parent is None:
            return False
        node = parent
    return node == root
