"""What the machine remembers between steps: gifts and batches that were made or tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from eth_abi.abi import encode

from tests.model.ids import batch_id, path_of
from tests.model.words import Gift, GiftBatch, GiftLeaf

ART = encode(
    ["string", "string", "string", "uint8", "uint24", "uint24", "uint24"],
    ["Culture card", "Largesse Books", "", 0, 0x123456, 0xFFCC00, 0xFFFFFF],
)


@dataclass(frozen=True)
class Link:
    """A gift, and its id."""

    gift: Gift
    id: bytes


@dataclass(frozen=True)
class Batch:
    """A batch with its gifts and their proofs."""

    batch: GiftBatch
    leaves: list[GiftLeaf]
    proofs: list[list[int]]

    @cached_property
    def id(self) -> bytes:
        return batch_id(self.batch)

    @cached_property
    def paths(self) -> list[str]:
        return [path_of(*one) for one in zip(self.leaves, self.proofs, strict=True)]


@dataclass
class Store:
    """One side's."""

    links: list[Link] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    acts: list[tuple[str, str, tuple[Any, ...]]] = field(default_factory=list)  # to be replayed
    _links: int = 0

    def next_link(self) -> int:
        self._links += 1
        return self._links

    def keep_made(self, side: Any) -> None:
        """Remembers what a replayed order made: the same gift or batch at another time."""
        for given, gift in side.model.books.gifts.items():
            if given not in side.made:
                side.made[given] = gift
                self.links.append(Link(gift, given))
        for given, (batch, _) in side.model.books.batches.items():
            if given not in side.made:
                like = next(one for one in self.batches if one.batch.root == batch.root)
                self.keep_batch(side, Batch(batch, like.leaves, like.proofs))

    def keep_batch(self, side: Any, batch: Batch) -> None:
        """Remembers a batch, and has the side read it from now on."""
        self.batches.append(batch)
        side.made[batch.id] = batch.batch
        side.places[batch.id] = batch.paths
