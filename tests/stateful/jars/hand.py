"""Choices about jars: what payers, creators and passers-by might do next."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import NamedTuple

from tests.model import caps
from tests.model.jar_words import (
    MAX_RATE,
    GiftSubscriptions,
    HandleTip,
    StreamKey,
    creator_of,
    gift_leaf,
    gifts_id,
    jar_of,
    sorted_tree,
)
from tests.model.words import DAY, ZERO
from tests.stateful.custody.hand import CustodyHand, CustodyStore
from tests.stateful.jars.side import JarsSide
from tests.stateful.people import (
    BENEFICIARY,
    HOLDERS,
    HOLDING,
    MERCHANTS,
    OPERATOR,
    STRANGER,
    WALLET,
    person,
)

PAYERS = HOLDING
CREATORS = MERCHANTS
ATTESTORS = (BENEFICIARY, OPERATOR)
MEMBERS = (*HOLDERS, STRANGER)
TIERS = (1, 2)
MOST = 2**256 - 1


class Leaf(NamedTuple):
    """A gift of a batch: by link to `key`, or to the account that is `named`, whatever its key."""

    key: str
    named: str


@dataclass(frozen=True)
class GiftBatch:
    """A batch of gift subscriptions with its leaves and their proofs."""

    gifts: GiftSubscriptions
    leaves: list[Leaf]
    proofs: list[list[bytes]]

    @cached_property
    def id(self) -> bytes:
        return gifts_id(self.gifts)


@dataclass
class JarStore(CustodyStore):
    """What the machine remembers of one side between steps."""

    batches: list[GiftBatch] = field(default_factory=list)
    tips: list[HandleTip] = field(default_factory=list)
    salt: int = 0

    def next_salt(self) -> int:
        self.salt += 1
        return self.salt


class JarHand(CustodyHand):
    """Random choices about one side's present state. The same seed and state give the same choices."""

    books: caps.Books

    def __init__(self, rng: Random, side: JarsSide) -> None:
        super().__init__(rng, side)
        self.jars = side.jars
        self.books = side.jars.books

    # ------------------------------------------------------------------------------- whom and which

    def creator(self) -> str:
        return self.mostly(self.one(CREATORS[:2]), CREATORS[2], HOLDERS[0], percent=92)

    def jar_id(self) -> int:
        """Mostly one that can be paid; sometimes a shared one that nobody made, or nobody's."""
        creator = self.creator()
        made = [jar_id for jar_id in self.books.shared if creator_of(jar_id) == creator]
        wrong = jar_of(creator, len(made) + 1), jar_of(creator, 2**95), 0, jar_of(self.here), 2**160
        usual = self.one(made) if made and self.odds(50) else jar_of(creator)
        return self.mostly(usual, *wrong, percent=96)

    def key(self) -> StreamKey:
        return StreamKey(self.one(PAYERS), self.jar_id(), self.mostly(0, 1, MOST, percent=55))

    def stream(self, *, paused: bool = False) -> StreamKey | None:
        """Mostly one that runs (or is paused); seldom another, where there is none."""
        known = [key for key in self.books.streams if isinstance(key, StreamKey)]
        edge = [key for key in known if self.books.streams[key].ends_at - self.now in (0, 1)]
        if edge and self.odds(60):
            return self.one(edge)  # in its last second, or just over
        fit = self.streams(paused=paused)
        if fit and self.odds(90):
            return self.one(fit)
        if not self.odds(50 if fit else 8):
            return self.one(fit) if fit else None
        return self.one(known) if known and self.odds(80) else self.key()

    def streams(self, *, paused: bool = False) -> list[StreamKey]:
        """All that run (or are paused)."""
        ask = self.jars.pauses if paused else self.jars.runs
        return [key for key, one in self.books.streams.items() if isinstance(key, StreamKey) and ask(one)]

    def member(self) -> tuple[str, str, int] | None:
        """Creator, account and tier, mostly of somebody who is in."""
        inside = [who for who in self.books.members if self.jars.membership(*who)]
        if inside and self.odds(90):
            return self.one(inside)
        if not self.odds(20):
            return None
        creator, tier = self.tier()
        return creator, self.one(MEMBERS), tier

    def tier(self) -> tuple[str, int]:
        """Mostly one that is open."""
        fit = [of for of, tier in self.books.tiers.items() if tier.rate]
        return self.one(fit) if fit and self.odds(92) else (self.creator(), self.one([*TIERS, 2**32 - 1]))

    # ------------------------------------------------------------------------------------- how much

    def seconds(self, since: int) -> int:
        """How long something lasts that begins at `since`: moments, or to the edges of a day or of a series,
        or months."""
        ends = [series.terms.expires_at - since for series in self.model.books.series.values()]
        ahead = [seconds for seconds in ends if 1 < seconds < 400 * DAY]
        if ahead and self.odds(20):
            return self.one(ahead) + self.one([-1, 0, 0, 1, DAY])
        midnight = -since % DAY or DAY
        days = self.rng.randrange(1, 9) * DAY
        edge = midnight + self.one([0, 0, DAY, days]) + self.one([-1, 0, 0, 1, DAY // 2, DAY // 2 + 1])
        long = self.one([DAY, days, days + 7, 30 * DAY, 90 * DAY])
        short = self.one([1, 2, 37, 60, 3_600, 7_200, self.rng.randrange(1, DAY)])
        return max(self.one([edge, edge, long, short, short]), 1)

    def price(self, seconds: int) -> tuple[int, int]:
        """Rate and amount that last about so long, with dust or without."""
        scale = self.jars.scale
        rate = self.rng.randrange(1, 10 ** self.rng.randrange(1, 6)) * self.one([1, 1, scale])
        amount = max(-(-rate * seconds // scale), 1)
        exact = amount * scale // seconds
        rate = self.mostly(min(max(exact, 1), MAX_RATE), rate, 1, percent=93)
        return self._odd_rate(rate), self._odd_amount(amount, rate)

    def more(self, rate: int, ends_at: int) -> int:
        """An amount that makes a stream last longer, to some edge."""
        seconds = self.seconds(ends_at)
        amount = max(-(-rate * seconds // self.jars.scale), 1)
        return self._odd_amount(amount, rate)

    def _odd_rate(self, rate: int) -> int:
        return self.mostly(rate, 0, MAX_RATE, rate + 1, percent=96)

    def _odd_amount(self, amount: int, rate: int) -> int:
        """Mostly that; or the last that is too little, the first that is enough, one more, one less."""
        second = -(-rate // self.jars.scale)
        edges = (0, max(second - 1, 0), second, amount + 1, max(amount - 1, 0), 2**96 - 1)
        return min(self.mostly(amount, *edges, percent=85), 2**96 - 1)

    def reclaim_at(self) -> int:
        ahead = self.now + self.one([1, 3_600, DAY, 3 * DAY, 9 * DAY, 40 * DAY, 400 * DAY])
        return self.mostly(ahead, self.now, self.now - 1, 0, 2**40 - 1, percent=93)

    # ---------------------------------------------------------------------------------------- gifts

    def gifts(self, store: JarStore, payer: str) -> GiftBatch:
        """A batch at the tier's price, mostly."""
        creator, number = self.tier()
        tier = self.jars.tier_of(creator, number)
        salt = store.next_salt()
        leaves = [self._leaf(f"jar gift {salt} {i}") for i in range(self.rng.randrange(1, 5))]
        root, proofs = sorted_tree([gift_leaf(i, *leaf) for i, leaf in enumerate(leaves)])
        rate = self.mostly(tier.rate, tier.rate + 1, 0, percent=95)
        gifts = GiftSubscriptions(
            payer=payer,
            creator=creator,
            tier=number,
            version=self.mostly(tier.version, tier.version + 1, percent=97),
            rate=min(rate, MAX_RATE),
            count=self.mostly(len(leaves), 1, 0, 300, percent=92),
            amount_each=self.more(rate, self.now),
            reclaim_at=self.reclaim_at(),
            root=root,
            salt=salt,
        )
        return GiftBatch(gifts, leaves, proofs)

    def _leaf(self, name: str) -> Leaf:
        key = self.mostly(person(name), WALLET, percent=93)
        if self.odds(40):
            # a named one has a key that nobody guesses, or none
            return Leaf(self.mostly(key, ZERO, percent=75), self.one(MEMBERS))
        return Leaf(key, ZERO)
