"""What a life's logs of AtomicSwaps tell, to an accountant without a node: every lock and what became of it,
and whatever in them should not be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tests.model.swap_words import Lock, Status, hash_of, lock_id
from tests.stateful.custody.logs import CustodyLogs, Event


class SwapLogs(CustodyLogs):
    """Sums in base units, by series; 0 is currency."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0  # seconds, of the transaction that is added
        self.locks: dict[Lock, Status] = {}
        self.by_id: dict[bytes, Lock] = {}
        self.locked: defaultdict[int, int] = defaultdict(int)
        self.gone: defaultdict[int, int] = defaultdict(int)
        self.flaws: list[tuple[int, str]] = []  # an invariant's number, and what breaks it

    def add(self, events: Sequence[Event]) -> None:
        """One transaction's."""
        super().add(events)
        for name, *args in events:
            if name == "Locked":
                self._lock(args[0], Lock(*args[3]))
            elif name == "Claimed":
                self._end(args[0], Status.CLAIMED, args[2])
            elif name == "Refunded":
                self._end(args[0], Status.REFUNDED)

    def _lock(self, given: bytes, what: Lock) -> None:
        if given != lock_id(what) or given in self.by_id:
            self.flaws.append((48, f"{what} was made twice, or under the id {given.hex()}"))
        if not self.now < what.expires_at:
            self.flaws.append((49, f"{what} had ended before it began"))
        self.by_id[given], self.locks[what] = what, Status.LOCKED
        self.locked[what.series_id] += what.amount

    def _end(self, given: bytes, status: Status, preimage: bytes = b"") -> None:
        what = self.by_id.get(given)
        if what is None or self.locks[what] is not Status.LOCKED:
            self.flaws.append((48, f"{status.name} of {given.hex()}, which was not open"))
            return
        if (self.now < what.expires_at) != (status is Status.CLAIMED):
            self.flaws.append((49, f"{status.name} at {self.now} of {what}"))
        if status is Status.CLAIMED and (len(preimage) != 32 or hash_of(preimage) != what.hash):
            self.flaws.append((49, f"{preimage.hex()} claimed {what}"))
        self.locks[what] = status
        self.gone[what.series_id] += what.amount
