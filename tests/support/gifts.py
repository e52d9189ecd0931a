"""Gifts as the tests see them: an independent Merkle sum tree, batches of links, and the giver's messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi import encode

from largesse.eip712 import address_of, keccak
from tests.support.certificates import NEVER, NO_SIGNATURE, ZERO, World, batch_id, leaf_gift_id

LOW_160 = (1 << 160) - 1
LOW_96 = (1 << 96) - 1


def secret_of(label: str) -> bytes:
    """A link key's private key, the same for the same label."""
    return keccak(b"secret of " + label.encode())


@dataclass(frozen=True)
class Leaf:
    """One gift of a batch; `amount` in base units, `deliver_at` in Unix seconds."""

    index: int
    key: str
    amount: int
    recipient: str = ZERO
    deliver_at: int = 0
    message_hash: bytes = bytes(32)

    @property
    def struct(self) -> tuple[Any, ...]:
        """As the contract takes a `GiftLeaf`."""
        return (self.index, self.key, self.recipient, self.amount, self.deliver_at, self.message_hash)

    @property
    def word(self) -> int:
        """Its node in the tree: `hash 160 | amount 96`."""
        kinds = ["uint256", "address", "address", "uint256", "uint256", "bytes32"]
        return word_of(keccak(encode(kinds, list(self.struct))), self.amount)


def word_of(digest: bytes, total: int) -> int:
    """The low 160 bits of a hash over the low 96 of a sum, as one word."""
    return (int.from_bytes(digest, "big") & LOW_160) * 2**96 + (total & LOW_96)


def parent(left: int, right: int) -> int:
    """The node above two; the sum as the rule has it, not cut to 96 bits before it is checked here."""
    total = left % 2**96 + right % 2**96
    assert total <= LOW_96, f"{total} does not fit a tree"
    return word_of(keccak(left.to_bytes(32, "big") + right.to_bytes(32, "big")), total)


def root_of(word: int, index: int, proof: Sequence[int]) -> int:
    """Where a node at a place leads; 0 where the place or the sum does not fit."""
    for sibling in proof:
        left, right = (sibling, word) if index % 2 else (word, sibling)
        total = word % 2**96 + sibling % 2**96
        if total > LOW_96:
            return 0
        word = word_of(keccak(left.to_bytes(32, "big") + right.to_bytes(32, "big")), total)
        index //= 2
    return 0 if index else word


def place_of(index: int, proof: Sequence[int]) -> int:
    """The number of a place in a tree: the root is 1, and 2n and 2n + 1 lie below n."""
    place, width = 1, 2 ** len(proof)
    while width > 1:
        width //= 2
        place = 2 * place + (index // width) % 2
    return place


class SumTree:
    """A Merkle sum tree over node words, filled up with zero words to a power of two."""

    def __init__(self, words: Sequence[int]) -> None:
        width = 1
        while width < len(words):
            width *= 2
        self.levels = [[*words, *[0] * (width - len(words))]]
        while len(self.levels[-1]) > 1:
            row = self.levels[-1]
            self.levels.append([parent(row[i], row[i + 1]) for i in range(0, len(row), 2)])

    @property
    def root(self) -> int:
        return self.levels[-1][0]

    def proof(self, place: int) -> list[int]:
        """Siblings from the leaf at `place` up."""
        siblings = []
        for row in self.levels[:-1]:
            siblings.append(row[place ^ 1])
            place //= 2
        return siblings


@dataclass(frozen=True)
class Batch:
    """A funded batch: what a claimant must bring, and the links' private keys."""

    giver: str
    series_id: int
    root: int
    reclaim_at: int
    created_at: int
    limitation_at: int
    leaves: tuple[Leaf, ...] = ()
    secrets: tuple[bytes, ...] = ()

    @property
    def struct(self) -> tuple[Any, ...]:
        """As the contract takes a `GiftBatch`."""
        return (
            self.giver,
            self.series_id,
            self.root,
            self.reclaim_at,
            self.created_at,
            self.limitation_at,
        )

    @property
    def id(self) -> bytes:
        return batch_id(self.struct)

    @property
    def tree(self) -> SumTree:
        return SumTree([leaf.word for leaf in self.leaves])

    def proof(self, place: int) -> list[int]:
        return self.tree.proof(place)

    def is_claimed(self, world: World, index: int) -> bool:
        """Whether the gift was claimed, or taken back by itself, as the contract says."""
        return bool(world.certificates.isClaimedFromBatch(self.id, place_of(index, self.proof(index))))

    def gift(self, index: int) -> bytes:
        """What a link's key, and a giver who takes it back, sign as `gift`."""
        return leaf_gift_id(self.id, index)


def give_many(
    world: World,
    series_id: int,
    amounts: Sequence[int],
    *,
    giver: Any = None,
    reclaim_at: int = 0,
    **leaf_fields: Any,
) -> Batch:
    """Fund one link for each amount; `leaf_fields` (recipient, deliver_at, message_hash) hold for all."""
    secrets = tuple(secret_of(f"link {i}") for i in range(len(amounts)))
    leaves = tuple(Leaf(i, address_of(secrets[i]), amount, **leaf_fields) for i, amount in enumerate(amounts))
    batch = fund_root(
        world, series_id, SumTree([leaf.word for leaf in leaves]).root, giver=giver, reclaim_at=reclaim_at
    )
    return Batch(*batch.struct, leaves=leaves, secrets=secrets)


def fund_root(world: World, series_id: int, root: int, *, giver: Any = None, reclaim_at: int = 0) -> Batch:
    """Fund any root, honest or not."""
    giver = giver or world.giver
    world.certificates.giveMany(giver, series_id, root, reclaim_at, NO_SIGNATURE, {"from": giver})
    limitation = int(world.certificates.terms(series_id)[3])
    return Batch(str(giver), series_id, root, reclaim_at or NEVER, world.now(), limitation)


def claim_args(world: World, batch: Batch, index: int, recipient: Any) -> tuple[Any, ...]:
    """The arguments of `claimFromBatch` for one link, signed by its key."""
    signature = world.claim_signature(batch.secrets[index], batch.gift(index), recipient)
    return (batch.struct, batch.leaves[index].struct, batch.proof(index), str(recipient), signature)
