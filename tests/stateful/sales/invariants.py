"""The shop window's invariants of INVARIANTS.md, asserted on a side after each step. What the views say
equals the books of the model by then (`SalesSide.compare`); what the logs tell is in `SalesSide.logs`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tests.model.sales_words import Budget, Purchase
from tests.stateful.invariants import hold
from tests.stateful.sales.logs import Bought
from tests.stateful.sales.side import SalesSide


@dataclass
class SalesWatch:
    """What a side's invariants remember from the step before."""

    marks: dict[str, int] = field(default_factory=dict)
    purchases: dict[int, Purchase] = field(default_factory=dict)

    def check(self, side: SalesSide, given: int) -> None:
        """All that holds after any step; `given` base units came by mistake."""
        books, logs = side.sales.books, side.logs
        hold(not logs.twice, 5, f"a consent used twice: {logs.twice}")
        for number, text in logs.flaws:
            hold(False, number, text)
        self._check_money(side, given)
        self._check_logs(side)
        for who, mark in books.marks.items():
            hold(mark >= self.marks.get(who, 0), 4, f"the watermark of {who} fell")
        for purchase_id, before in self.purchases.items():
            now = books.purchases[purchase_id]
            if now is not before:
                self._check_purchase(purchase_id, before, now)
        self.marks, self.purchases = dict(books.marks), dict(books.purchases)

    def _check_money(self, side: SalesSide, given: int) -> None:
        """What the shop holds is what it owes, and each budget is whole."""
        books = side.sales.books
        booked = sum(books.owed.values()) + sum(one.premium for one in books.purchases.values())
        waiting: dict[int, int] = {}
        for one in books.purchases.values():
            waiting[one.promotion_id] = waiting.get(one.promotion_id, 0) + one.cash_back + one.referral
        for promotion_id, money in books.budgets.items():
            booked += money.free + money.reserved
            inside, brought = money.spent + money.reserved + money.free, money.funded - money.taken_back
            hold(inside == brought, 18, f"promotion {promotion_id}: {inside} of {brought}")
            reserved = waiting.get(promotion_id, 0)
            hold(money.reserved == reserved, 18, f"promotion {promotion_id}: {money}, {reserved} wait")
        here = side.model.currency.of(side.here) + side.lost - given
        hold(here == booked, 1, f"the shop has {here}, and owes {booked}")
        for series_id in side.model.books.series:
            face = side.model.account(series_id, side.here).balance
            hold(face == 0, 61, f"the shop has {face} of series {series_id}")

    def _check_purchase(self, purchase_id: int, before: Purchase, now: Purchase) -> None:
        """What it was made at stays; what is held and set aside for it only ends."""
        ends = {name: getattr(now, name) for name in ("premium", "cash_back", "referral", "withdrawn")}
        fell = all(value in (getattr(before, name), 0) for name, value in ends.items() if name != "withdrawn")
        hold(fell and replace(before, **ends) == now, 62, f"{purchase_id} was {before}, and is {now}")
        hold(now.withdrawn or not before.withdrawn, 62, f"purchase {purchase_id} was withdrawn from")

    def _check_logs(self, side: SalesSide) -> None:
        """Everything, by the logs alone."""
        books, logs = side.sales.books, side.logs
        sales = {i: (one.opens_at, one.closes_at, one.premium_bps) for i, one in books.sales.items()}
        hold(logs.sales == sales, 20, "the logs tell of other sales")
        hold(logs.promotions == books.promotions, 20, "the logs tell of other promotions")
        budgets = {i: logs.budgets.get(i, Budget()) for i in books.budgets}
        hold(budgets == books.budgets, 20, "the logs tell of other budgets")
        purchases = {i: one._replace(price=0) for i, one in logs.purchases.items()}
        recorded = {i: _as_logged(one) for i, one in books.purchases.items()}
        hold(purchases == recorded, 20, "the logs tell of other purchases")
        hold(logs.coupons == set(books.coupons), 20, "the logs tell of other coupons")
        hold(logs.payments == set(books.payments), 20, "the logs tell of other payments")
        hold(logs.signers == books.signers, 20, "the logs tell of other signers of receipts")
        owed = {who: amount for who, amount in logs.owed.items() if amount}
        hold(
            owed == {who: amount for who, amount in books.owed.items() if amount}, 22, f"the logs owe {owed}"
        )


def _as_logged(one: Purchase) -> Bought:
    """But for the price, which is in no record when the premium is gone."""
    return Bought(
        one.series_id,
        one.buyer,
        one.face,
        0,
        one.bought_at,
        one.withdraw_until,
        one.premium,
        one.promotion_id,
        one.discount,
        one.referrer,
        one.cash_back,
        one.referral,
        one.withdrawn,
    )
