"""The books of an AtomicSwaps, rebuilt from its logs alone: every lock, and what became of it."""

from __future__ import annotations

from collections import defaultdict

from largesse.books.custody import CustodyBooks
from largesse.chainlogs import Event, LogError
from largesse.clients.swaps import CLAIMED, LOCKED, REFUNDED, Lock


class SwapBooks(CustodyBooks):
    """All locks of one AtomicSwaps. Feed it whole transactions, in their order, with `add`."""

    def __init__(self) -> None:
        super().__init__()
        self.locks: dict[bytes, Lock] = {}
        self.status: dict[bytes, int] = {}
        self.face: defaultdict[int, int] = defaultdict(int)
        """Locked certificates, by series, in base units."""

    def parts(self) -> int:
        """What must be held, put together from the currency's locks and what is owed."""
        locked = [lock for id_, lock in self.locks.items() if self.status[id_] == LOCKED]
        return sum(lock.amount for lock in locked if lock.series_id == 0) + self.total_owed

    # --------------------------------------------------------------------------------------------- private

    def _on_Locked(self, event: Event, _: int) -> None:  # noqa: N802
        lock = Lock(event["from"], event["to"], *event["lock"][2:])
        if event["id"] != lock.id or lock.id in self.locks:
            raise LogError("inconsistent", f"lock 0x{event['id'].hex()} was made twice, or is another's")
        self.locks[lock.id], self.status[lock.id] = lock, LOCKED
        if lock.series_id == 0:
            self._in(lock.amount)
        else:
            self.face[lock.series_id] += lock.amount

    def _on_Claimed(self, event: Event, _: int) -> None:  # noqa: N802
        self._end(event, CLAIMED)

    def _on_Refunded(self, event: Event, _: int) -> None:  # noqa: N802
        self._end(event, REFUNDED)

    def _end(self, event: Event, status: int) -> None:
        lock = self.locks.get(event["id"])
        if lock is None or self.status[lock.id] != LOCKED:
            raise LogError("inconsistent", f"lock 0x{event['id'].hex()} ended, and was none")
        self.status[lock.id] = status
        if lock.series_id == 0:
            self._out(lock.amount)
        else:
            self.face[lock.series_id] -= lock.amount
