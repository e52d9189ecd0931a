"""The books of a RewardPools, rebuilt from its logs alone: every pool, every read, every credit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from largesse.addresses import ZERO_ADDRESS
from largesse.books.custody import CustodyBooks
from largesse.chainlogs import Event, LogError
from largesse.clients.rewards import Pool, paid_rows

_DAY: Final = 86_400


@dataclass(frozen=True)
class ReadEntry:
    """A read that was paid: when (Unix seconds), from which pool, to whom how much."""

    time: int
    pool_id: bytes
    reader: str
    author: str
    amount: int
    to_reader: int


class RewardBooks(CustodyBooks):
    """All pools of one RewardPools. Feed it whole transactions, in their order, with `add`."""

    def __init__(self, block_time: Callable[[int], int]) -> None:
        super().__init__(block_time)
        self.reads: list[ReadEntry] = []
        self.credits: defaultdict[tuple[bytes, str], int] = defaultdict(int)
        self._pools: dict[bytes, Pool] = {}
        self._read_ids: set[tuple[bytes, int]] = set()
        self._by_day: defaultdict[tuple[bytes, int], int] = defaultdict(int)
        self._by_reader: defaultdict[tuple[bytes, str, int], int] = defaultdict(int)

    def pools(self, time: int) -> dict[bytes, Pool]:
        """Each pool as it stands at `time`."""
        return {pool_id: self._at_time(pool_id, pool, time) for pool_id, pool in self._pools.items()}

    def spent_by(self, pool_id: bytes, reader: str, time: int) -> int:
        """What a reader's reads have cost on the day of `time`."""
        return self._by_reader[pool_id, reader, time // _DAY]

    def parts(self) -> int:
        """The liabilities, put together from pools, credits and debts."""
        left = sum(pool.left for pool in self._pools.values())
        return left + sum(self.credits.values()) + self.total_owed

    # --------------------------------------------------------------------------------------------- private

    def _at_time(self, pool_id: bytes, pool: Pool, time: int) -> Pool:
        spent_today = self._by_day[pool_id, time // _DAY]
        if 0 < pool.new_attester_at <= time:
            pool = replace(pool, attester=pool.new_attester, new_attester=ZERO_ADDRESS, new_attester_at=0)
        return replace(pool, spent_today=spent_today)

    def _at(self, event: Event) -> tuple[bytes, Pool]:
        pool_id = bytes(event["poolId"])
        if pool_id not in self._pools:
            raise LogError(
                "inconsistent", f"{event.name} names pool 0x{pool_id.hex()}, which nobody has opened"
            )
        return pool_id, self._pools[pool_id]

    def _on_PoolOpened(self, event: Event, _: int) -> None:  # noqa: N802
        pool_id = bytes(event["poolId"])
        if pool_id in self._pools:
            raise LogError("inconsistent", f"pool 0x{pool_id.hex()} was opened twice")
        self._pools[pool_id] = Pool(
            sponsor=event["sponsor"],
            attester=event["attester"],
            min_reader_bps=event["minReaderBps"],
            max_reader_bps=event["maxReaderBps"],
            reader_cap=event["readerCap"],
            pool_cap=event["poolCap"],
            notice_seconds=event["noticeSeconds"],
            funded=0,
            spent=0,
            spent_today=0,
            new_attester=ZERO_ADDRESS,
            new_attester_at=0,
            closes_at=0,
        )

    def _on_PoolFunded(self, event: Event, _: int) -> None:  # noqa: N802
        pool_id, pool = self._at(event)
        self._pools[pool_id] = replace(pool, funded=pool.funded + event["amount"])
        self._in(event["amount"])

    def _on_ReadsPaid(self, event: Event, now: int) -> None:  # noqa: N802
        pool_id, pool = self._at(event)
        rows = paid_rows(event["rows"])
        if sum(row.amount for row in rows) != event["amount"]:
            raise LogError("inconsistent", f"the reads of {event['amount']} come to another sum")
        day = now // _DAY
        for row in rows:
            if (pool_id, row.read_id) in self._read_ids or row.to_reader > row.amount:
                raise LogError("inconsistent", f"read {row.read_id} of 0x{pool_id.hex()} can't be paid so")
            self._read_ids.add((pool_id, row.read_id))
            self.credits[pool_id, row.reader] += row.to_reader
            self.credits[pool_id, row.author] += row.amount - row.to_reader
            self._by_reader[pool_id, row.reader, day] += row.amount
            if self._by_reader[pool_id, row.reader, day] > pool.reader_cap:
                raise LogError("inconsistent", f"{row.reader} is over the cap of 0x{pool_id.hex()}")
            self.reads.append(ReadEntry(now, pool_id, row.reader, row.author, row.amount, row.to_reader))
        self._by_day[pool_id, day] += event["amount"]
        spent = pool.spent + event["amount"]
        if spent > pool.funded or self._by_day[pool_id, day] > pool.pool_cap:
            raise LogError("inconsistent", f"pool 0x{pool_id.hex()} spent more than it has, or may in a day")
        self._pools[pool_id] = replace(pool, spent=spent)

    def _on_RewardCollected(self, event: Event, _: int) -> None:  # noqa: N802
        key = bytes(event["poolId"]), event["payee"]
        if self.credits[key] != event["amount"]:
            raise LogError("inconsistent", f"{key[1]} collected {event['amount']} of {self.credits[key]}")
        self.credits[key] = 0
        self._out(event["amount"])

    def _on_AttesterAnnounced(self, event: Event, now: int) -> None:  # noqa: N802
        pool_id, pool = self._at(event)
        pool = self._at_time(pool_id, pool, now)
        self._pools[pool_id] = replace(
            pool, new_attester=event["attester"], new_attester_at=event["fromTime"]
        )

    def _on_AttesterKept(self, event: Event, now: int) -> None:  # noqa: N802
        pool_id, pool = self._at(event)
        pool = self._at_time(pool_id, pool, now)
        self._pools[pool_id] = replace(pool, new_attester=ZERO_ADDRESS, new_attester_at=0)

    def _on_ClosingAnnounced(self, event: Event, _: int) -> None:  # noqa: N802
        pool_id, pool = self._at(event)
        self._pools[pool_id] = replace(pool, closes_at=event["closesAt"])

    def _on_ClosingCancelled(self, event: Event, _: int) -> None:  # noqa: N802
        pool_id, pool = self._at(event)
        self._pools[pool_id] = replace(pool, closes_at=0)

    def _on_PoolClosed(self, event: Event, _: int) -> None:  # noqa: N802
        pool_id, pool = self._at(event)
        if pool.left != event["amount"]:
            raise LogError("inconsistent", f"{event['amount']} were taken back, {pool.left} were left")
        self._pools[pool_id] = replace(pool, funded=pool.spent)
        self._out(event["amount"])
