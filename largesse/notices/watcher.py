"""From events to the outbox: block after block, each final one once.

Only blocks under enough others are read, so a re-organisation of fewer blocks changes nothing. A deeper one
can move a transaction: its notice has the same id then and isn't sent again, as long as the transaction does
the same; where it does something else, that is another notice.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from largesse.chainlogs import Event
from largesse.deployment import CurrencyRecord, Deployment
from largesse.indexer.source import EventSource
from largesse.notices.outbox import Cursor, Entry, Outbox
from largesse.notices.readers import (
    CertificateReader,
    Money,
    Notice,
    Reader,
    SettlementReader,
    TipReader,
    written,
)
from largesse.notices.receivers import Receivers
from largesse.notices.signatures import NoticeError
from largesse.parts import CERTIFICATES

READ_PARTS: Final = (CERTIFICATES, "jars", "accounts")
_CHUNK: Final = 500
"""Notices after which a transaction ends, at the next block."""


@dataclass
class _Followed:
    symbol: str
    part: str
    address: str
    make: Callable[[], Reader]
    reader: Reader
    read_to: int = -1  # the block that the reader has come to

    def begin_anew(self) -> None:
        """The reader may have come further than the cursor: read it all again."""
        self.reader, self.read_to = self.make(), -1

    def due(self, time: int, end: int) -> list[Notice]:
        """Only certificates expire."""
        return self.reader.due(time, end) if isinstance(self.reader, CertificateReader) else []


class Watcher:
    """Enters notices about everything in a deployment.

    `source` answers what is there now, `clock` the time of a block, whether it has events or not. `start` is
    the block from which on there are notices where the outbox is new: what was before is read and not told.
    """

    def __init__(
        self,
        deployment: Deployment,
        source: Callable[[], EventSource],
        clock: Callable[[int], int],
        outbox: Outbox,
        receivers: Receivers,
        *,
        confirmations: int,
        start: int | None = None,
    ) -> None:
        self._chain = f"{deployment.chain_id}-{deployment.genesis}"
        self._chain_id = deployment.chain_id
        self._source = source
        self._clock = clock
        self._outbox = outbox
        self._receivers = receivers
        self._confirmations = confirmations
        self._start = start
        self._followed = [self._follower(one, part) for one in deployment.currencies for part in READ_PARTS]
        self._now: EventSource = source()
        if self._now.chain_id != deployment.chain_id:
            raise NoticeError(
                "other_chain",
                f"events are of chain {self._now.chain_id}, the deployment is on {deployment.chain_id}",
            )

    def step(self) -> int:
        """Read what has become final since the last time; how many notices were found.

        Raises NoticeError behind where the source ends before the block that was read last; whatever the
        source raises. Nothing is lost: the next step goes on from what was entered.
        """
        self._now = self._source()
        last = self._now.head - self._confirmations + 1
        if last < 0:
            return 0
        end = self._clock(last)
        return sum(self._safely(one, last, end) for one in self._followed)

    def _safely(self, one: _Followed, last: int, end: int) -> int:
        try:
            return self._follow(one, last, end)
        except BaseException:
            one.begin_anew()
            raise

    def _follow(self, one: _Followed, last: int, end: int) -> int:
        cursor = self._outbox.cursor(self._chain, one.address)
        if cursor is None:
            first = last if self._start is None else min(last, self._start - 1)
            cursor = Cursor(first, self._clock(first) if first >= 0 else 0)
            self._outbox.enter(self._chain, one.address, cursor, [], time.time())
        if self._now.head < cursor.block:
            raise NoticeError(
                "behind",
                f"{one.symbol} {one.part}: block {cursor.block} was read, events end at {self._now.head}",
            )
        self._catch_up(one, cursor)
        if last <= cursor.block:
            return 0
        count, pending = 0, list[Entry]()
        for block, events in self._blocks(one, cursor.block + 1, last):
            moment = self._now.time(block)
            found = one.due(moment, end)
            for transaction in events:
                found += one.reader.add(transaction, moment)
            one.read_to = block
            pending += self._entries(one, found)
            if len(pending) >= _CHUNK:
                self._outbox.enter(self._chain, one.address, Cursor(block, moment), pending, time.time())
                count, pending = count + len(pending), []
        pending += self._entries(one, one.due(end, end))
        one.read_to = last
        self._outbox.enter(self._chain, one.address, Cursor(last, end), pending, time.time())
        return count + len(pending)

    def _catch_up(self, one: _Followed, cursor: Cursor) -> None:
        """Read again, in silence, what was entered before this process began, or by another one."""
        if one.read_to < cursor.block:
            for block, events in self._blocks(one, one.read_to + 1, cursor.block):
                moment = self._now.time(block)
                one.due(moment, moment)
                for transaction in events:
                    one.reader.add(transaction, moment)
            one.due(cursor.time, cursor.time)
            one.read_to = cursor.block

    def _blocks(self, one: _Followed, first: int, last: int) -> Iterator[tuple[int, list[list[Event]]]]:
        events = self._now.events(one.symbol, one.part, first=first, last=last)
        for block, there in groupby(events, key=lambda event: event.block):
            yield block, [list(group) for _, group in groupby(there, key=lambda event: event.tx)]

    def _follower(self, one: CurrencyRecord, part: str) -> _Followed:
        address = one.certificates if part == CERTIFICATES else one.part(part)
        money = Money(one.symbol, one.decimals)

        def block_time(block: int) -> int:
            return self._now.time(block)

        def make() -> Reader:
            if part == CERTIFICATES:
                return CertificateReader(money, self._receivers.days, block_time)
            return TipReader(money) if part == "jars" else SettlementReader(money, block_time)

        return _Followed(one.symbol, part, address, make, make())

    def _entries(self, one: _Followed, notices: Sequence[Notice]) -> list[Entry]:
        return [
            self._entry(one, notice, receiver.name)
            for notice in notices
            for receiver in self._receivers.all
            if receiver.hears(notice.account, notice.issuer)
        ]

    def _entry(self, one: _Followed, notice: Notice, receiver: str) -> Entry:
        key = json.dumps([self._chain, one.address, notice.kind, *notice.about, receiver])
        data = {
            "chain": str(self._chain_id),
            "contract": one.address,
            "account": notice.account,
            **({"tx": notice.about[0]} if "side" in notice.facts else {}),
            **notice.facts,
        }
        content = {"type": notice.kind, "timestamp": written(notice.time), "data": data}
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        name = "notice_" + hashlib.sha256(key.encode()).hexdigest()[:40]
        return Entry(name, receiver, notice.kind, notice.account, body)
