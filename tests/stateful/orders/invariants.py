"""The held orders' invariants of INVARIANTS.md, asserted on a side after each step. What the contract's
views say equals the model's books by then (`OrdersSide.compare`); what its logs tell is in
`OrdersSide.logs`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.model.order_words import Held, OrderKey
from tests.stateful.invariants import hold
from tests.stateful.orders.side import OrdersSide


@dataclass
class OrderWatch:
    """What a side's invariants remember from the step before."""

    orders: dict[OrderKey, Held] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)

    def check(self, side: OrdersSide, given: int) -> None:
        """All that holds after any step; `given` base units came by mistake."""
        books, logs = side.orders.books, side.logs
        for number, text in logs.flaws:
            hold(False, number, text)
        here = side.model.currency.of(side.here) - given
        held = sum(order.held for order in books.orders.values())
        owed = sum(books.owed.values())
        hold(here == held + owed, 23, f"has {here}; {held} is held for orders, {owed} owed")
        gone = logs.confirmed + logs.refunded + logs.ended
        hold(logs.opened == held + gone, 23, f"{logs.opened} opened, {held} held, {gone} gone")
        hold(logs.orders == books.orders, 20, "the logs tell of other orders")
        hold(sum(logs.owed.values()) == owed, 22, f"the logs owe {sum(logs.owed.values())}")
        hold(not logs.twice, 5, f"a consent used twice: {logs.twice}")
        for key, before in self.orders.items():
            self._check_order(key, before, books.orders.get(key, Held()))
        self.orders = dict(books.orders)
        for who, mark in books.marks.items():
            hold(mark >= self.marks.get(who, 0), 4, f"the watermark of {who} fell")
        self.marks = dict(books.marks)
        self._check_placed(side)

    def _check_order(self, key: OrderKey, before: Held, order: Held) -> None:
        agreed = before.ends_at, before.to_seller, before.series_id
        kept = agreed == (order.ends_at, order.to_seller, order.series_id)
        hold(kept, 24, f"{key}: {agreed} was agreed, and is {order}")
        hold(order.held <= before.held, 24, f"{key} holds {order.held} after {before.held}")

    def _check_placed(self, side: OrdersSide) -> None:
        """What can come back to a card of a named series is what its orders hold, to the unit."""
        placed: dict[tuple[int, str], int] = {}
        for key, order in side.orders.books.orders.items():
            if order.series_id:
                place = order.series_id, key.buyer
                placed[place] = placed.get(place, 0) + order.held
        limitation = {i: one.terms.limitation_at for i, one in side.model.books.series.items()}
        for (series_id, buyer), held in placed.items():
            told = side.model.books.placed.get((series_id, side.here, buyer), 0)
            # What went to a beneficiary can't come back, and still counts as placed.
            same = told == held or (told > held and limitation[series_id] <= side.chain.time)
            hold(same, 7, f"{told} of {buyer} is placed in series {series_id}, {held} is held")
