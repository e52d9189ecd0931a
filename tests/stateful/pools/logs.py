"""What a life's logs of RewardPools tell, to an accountant without a node: every pool as it stands, every
credit, and whatever in them should not be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.model.pool_words import DAY, Pool
from tests.model.words import BPS, ZERO
from tests.stateful.custody.logs import CustodyLogs, Event

ROW, SKIPPED_ROW = 72, 5


def rows_of(packed: bytes) -> list[tuple[int, str, str, int, int]]:
    """Number, reader, author, amount and the reader's share of each read that was paid."""
    cut = [packed[i : i + ROW] for i in range(0, len(packed), ROW)]
    number = int.from_bytes
    return [
        (
            number(row[:8], "big"),
            "0x" + row[8:28].hex(),
            "0x" + row[28:48].hex(),
            number(row[48:60], "big"),
            number(row[60:], "big"),
        )
        for row in cut
    ]


def skipped_of(packed: bytes) -> list[tuple[int, int]]:
    """Place and fault of each read that was skipped."""
    cut = [packed[i : i + SKIPPED_ROW] for i in range(0, len(packed), SKIPPED_ROW)]
    return [(int.from_bytes(row[:4], "big"), row[4]) for row in cut]


class PoolLogs(CustodyLogs):
    """Sums in base units."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0  # seconds, of the transaction that is added
        self.pools: dict[bytes, Pool] = {}
        self.credits: dict[tuple[bytes, str], int] = defaultdict(int)
        self.reads: set[tuple[bytes, int]] = set()
        self.announced: dict[bytes, int] = {}  # when a closing was announced last
        self.renamed: dict[bytes, int] = {}  # and an attester
        self.days: dict[tuple[bytes, int], int] = defaultdict(int)
        self.readers: dict[tuple[bytes, str, int], int] = defaultdict(int)
        self.flaws: list[tuple[int, str]] = []  # an invariant's number, and what breaks it

    def add(self, events: Sequence[Event]) -> None:
        """One transaction's."""
        super().add(events)
        for name, *args in events:
            if name == "PoolOpened":
                pool_id, *terms = args
                self.pools[pool_id] = Pool(*terms)
            elif name == "ReadsPaid":
                self._pay(*args)
            elif name == "RewardCollected":
                pool_id, payee, amount = args
                if self.credits[pool_id, payee] != amount:
                    self.flaws.append((42, f"{payee} was paid {amount} of {self.credits[pool_id, payee]}"))
                self.credits[pool_id, payee] = 0
            elif args and args[0] in self.pools:
                self._change(name, args[0], *args[1:])

    def _change(self, name: str, pool_id: bytes, *args: Any) -> None:
        """What an event says of one pool."""
        pool = self._renewed(pool_id)
        values: dict[str, Any] = {}
        if name == "PoolFunded":
            values = {"funded": pool.funded + args[0]}
        elif name == "AttesterAnnounced":
            self.renamed[pool_id] = self.now
            values = {"new_attester": args[0], "new_attester_at": args[1]}
            if args[1] != self.now + pool.notice_seconds:
                self.flaws.append((45, f"a new attester's notice ends at {args[1]}"))
        elif name == "AttesterKept":
            values = {"new_attester": ZERO, "new_attester_at": 0}
        elif name == "ClosingAnnounced":
            self.announced[pool_id] = self.now
            values = {"closes_at": args[0]}
        elif name == "ClosingCancelled":
            values = {"closes_at": 0}
        elif name == "PoolClosed":
            if args[0] != pool.funded - pool.spent:
                self.flaws.append((41, f"{args[0]} taken back of {pool.funded - pool.spent}"))
            if self.now < self.announced.get(pool_id, self.now) + pool.notice_seconds:
                self.flaws.append((45, f"a pool was emptied at {self.now}, within its notice"))
            values = {"funded": pool.spent}
        self.pools[pool_id] = replace(pool, **values)

    def _renewed(self, pool_id: bytes) -> Pool:
        """With the attester whose notice is over."""
        pool = self.pools[pool_id]
        if 0 < pool.new_attester_at <= self.now:
            pool = replace(pool, attester=pool.new_attester, new_attester=ZERO, new_attester_at=0)
        return pool

    def _pay(self, pool_id: bytes, amount: int, packed: bytes, skipped: bytes) -> None:
        pool, day, rows = self.pools[pool_id], self.now // DAY, rows_of(packed)
        if 0 < pool.closes_at <= self.now and rows:
            self.flaws.append((45, f"reads paid at {self.now}, after the end of their pool"))
        if sum(row[3] for row in rows) != amount:
            self.flaws.append((42, f"reads of {amount} come to another sum"))
        for read_id, reader, author, worth, share in rows:
            if (pool_id, read_id) in self.reads:
                self.flaws.append((43, f"read {read_id} was paid twice"))
            self.reads.add((pool_id, read_id))
            least, most = (worth * bps // BPS for bps in (pool.min_reader_bps, pool.max_reader_bps))
            if not least <= share <= most:
                self.flaws.append((42, f"{share} of {worth} went to a reader"))
            self.credits[pool_id, reader] += share
            self.credits[pool_id, author] += worth - share
            self.readers[pool_id, reader, day] += worth
            if self.readers[pool_id, reader, day] > pool.reader_cap:
                self.flaws.append((44, f"{reader} over its cap of {pool.reader_cap}"))
        self.days[pool_id, day] += amount
        if self.days[pool_id, day] > pool.pool_cap:
            self.flaws.append((44, f"a pool over its cap of {pool.pool_cap}"))
        self.pools[pool_id] = replace(pool, spent=pool.spent + amount)
