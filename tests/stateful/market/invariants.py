"""The market's invariants of INVARIANTS.md, asserted on a side after each step. What the contract's views say
equals the model's books by then (`MarketSide.compare`); what its logs tell is in `MarketSide.logs`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.model.market_words import Status
from tests.stateful.invariants import hold
from tests.stateful.market.side import MarketSide

FINAL = (Status.SOLD, Status.CANCELLED)


@dataclass
class MarketWatch:
    """What a side's invariants remember from the step before."""

    money: int = 0
    """In all, base units."""
    statuses: dict[tuple[str, int], Status] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)

    def check(self, side: MarketSide, given: int) -> None:
        """All that holds after any step; `given` base units came by mistake."""
        books, logs, currency = side.market.books, side.logs, side.model.currency
        for number, text in logs.flaws:
            hold(False, number, text)
        here = currency.of(side.here)
        hold(here == given, 55, f"the market has {here}; {given} came by mistake")
        for series_id in side.model.books.series:
            face = side.model.account(series_id, side.here).balance
            hold(face == 0, 55, f"the market has {face} of series {series_id}")
        money = sum(currency.balances.values())
        hold(money == (self.money or money), 56, f"{money} in all, after {self.money}")
        self.money = money
        self._check_books(side)
        for place, before in self.statuses.items():
            now = books.statuses[place]
            good = now >= before and (before is not Status.CANCELLED or now is before)
            hold(good, 58, f"{place} is {now.name} after {before.name}")
        for who, epoch in self.epochs.items():
            hold(books.epochs[who] >= epoch, 58, f"the epoch of {who} fell to {books.epochs[who]}")
        self.statuses, self.epochs = dict(books.statuses), dict(books.epochs)

    def _check_books(self, side: MarketSide) -> None:
        """Every fill, and what is over, by the logs alone."""
        books, logs = side.market.books, side.logs
        hold(dict(logs.filled) == books.filled, 60, "the logs tell of other fills")
        cancelled = {place for place, status in books.statuses.items() if status is Status.CANCELLED}
        hold(logs.cancelled == cancelled, 60, "the logs tell of other cancellations")
        over = {place for place, status in books.statuses.items() if status in FINAL}
        hold(logs.over == over, 60, "the logs tell of other offers that are over")
        epochs = {who: epoch for who, epoch in logs.epochs.items() if epoch}
        hold(epochs == books.epochs, 60, "the logs tell of other epochs")
