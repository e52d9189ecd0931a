"""The swaps' invariants of INVARIANTS.md, asserted on a side after each step. What the contract's views say
equals the model's books by then (`SwapsSide.compare`); what its logs tell is in `SwapsSide.logs`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.model.swap_words import Lock, Status
from tests.stateful.invariants import hold
from tests.stateful.swaps.side import SwapsSide

OVER = (Status.CLAIMED, Status.REFUNDED)


@dataclass
class SwapWatch:
    """What a side's invariants remember from the step before."""

    locks: dict[Lock, Status] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)

    def check(self, side: SwapsSide, given: int) -> None:
        """All that holds after any step; `given` base units came by mistake."""
        books, logs = side.swaps.books, side.logs
        for number, text in logs.flaws:
            hold(False, number, text)
        locked, owed = side.swaps.locked(0), sum(books.owed.values())
        here = side.model.currency.of(side.here) - given
        hold(here == locked + owed, 47, f"has {here}; {locked} is locked, {owed} owed")
        for series_id, series in side.model.books.series.items():
            face = side.read("account", series_id, side.here)[0]
            due = 0 if series.forfeited else side.swaps.locked(series_id)
            hold(face == due, 47, f"has {face} of series {series_id}; {due} is locked")
        for series_id, amount in logs.locked.items():
            left = amount - logs.gone[series_id]
            hold(left == side.swaps.locked(series_id), 47, f"{left} of series {series_id} by the logs")
        hold(logs.locks == books.locks, 50, "the logs tell of other locks")
        hold(sum(logs.owed.values()) == owed, 22, f"the logs owe {sum(logs.owed.values())}")
        hold(not logs.twice, 5, f"a consent used twice: {logs.twice}")
        for what, before in self.locks.items():
            now = side.swaps.status(what)
            hold(now == before or before not in OVER, 48, f"{what} is {now.name} after {before.name}")
        self.locks = dict(books.locks)
        for who, mark in books.marks.items():
            hold(mark >= self.marks.get(who, 0), 4, f"the watermark of {who} fell")
        self.marks = dict(books.marks)
