"""The invariants of items and payouts of INVARIANTS.md, asserted on a side after each step. What the
views say equals the models' books by then (`SpendingSide.compare`); what the logs tell is in
`SpendingSide.logs`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.stateful.invariants import hold
from tests.stateful.spending.side import SpendingSide


@dataclass
class SpendingWatch:
    """What a side's invariants remember from the step before."""

    marks: dict[str, int] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)

    def check(self, side: SpendingSide, given: int) -> None:
        """All that holds after any step; `given` base units came to the shop by mistake."""
        books, logs = side.shop.books, side.logs
        for number, text in logs.flaws:
            hold(False, number, text)
        owed = sum(books.owed.values())
        here = side.model.currency.of(side.here) - given
        hold(here == owed, 51, f"the shop has {here}, {owed} is owed")
        for token, currency in side.pools.tokens.items():
            rest = currency.of(side.payout)
            hold(rest == 0, 51, f"{rest} of {token} lie in the payout")
        hold(sum(logs.owed.values()) == owed, 22, f"the logs owe {sum(logs.owed.values())}")
        hold(logs.offers == books.offers, 20, "the logs tell of other offers")
        hold(not logs.twice, 5, f"a consent used twice: {logs.twice}")
        for who, mark in books.marks.items():
            hold(mark >= self.marks.get(who, 0), 4, f"the watermark of {who} fell")
        self.marks = dict(books.marks)
        for (series_id, service, holder), placed in side.model.books.placed.items():
            hold(placed == 0, 54, f"{placed} of {holder} in series {series_id} lies with {service}")
        self._check_pools(side)

    def _check_pools(self, side: SpendingSide) -> None:
        """No trade of ours takes more out of a pool than its rule lets: the product of the reserves grows."""
        for pool in side.pools.pools:
            first, second = (side.pools.tokens[token].of(pool.address) for token in sorted(pool.tokens))
            before = self.products.get(pool.address, 0)
            hold(first * second >= before, 53, f"a pool's product fell to {first * second}")
            self.products[pool.address] = first * second
