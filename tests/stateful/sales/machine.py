"""A life of the shop window in random steps, on two currencies, one of which misbehaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from tests.model.currency import Kind
from tests.model.sales_words import PromotionTerms
from tests.model.words import DAY, MAX_AMOUNT, NEVER, ZERO
from tests.stateful.certificates.hand import Hand
from tests.stateful.invariants import hold
from tests.stateful.life import lived, shrunk
from tests.stateful.people import ISSUERS
from tests.stateful.registry import Act
from tests.stateful.sales.end import SalesEnd
from tests.stateful.sales.hand import SalesHand, SalesStore
from tests.stateful.sales.invariants import SalesWatch
from tests.stateful.sales.side import SalesSide
from tests.stateful.sales.steps import SALES_STEPS

KINDS = ("open", "share", "threshold", "rest", "reward")


class SalesMachine(SalesEnd):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        super().__init__(SalesSide, odd, code)
        self.stores = {id(side): SalesStore() for side in self.sides}
        self.watches = {id(side): SalesWatch() for side in self.sides}
        self.found()
        self.settle(Random(0))

    # ------------------------------------------------------------------------------------- stepping

    def found(self) -> None:
        """The series that there are from the beginning, all for sale."""
        self.given = {id(side): 0 for side in self.sides}
        for side in self.sides:
            side.model.now = self.chain.time
            for i, kind in enumerate(KINDS, 3):
                self._open(side, self.hand(Random(i), side).series_for_sale(kind))
                self._promise_most(side, len(side.model.books.series))
            self._promote(side, 7 * DAY)

    def _promise_most(self, side: SalesSide, series_id: int) -> None:
        """A promotion as large as the refund rights of a series let; a basis point more is refused."""
        series = side.model.books.series[series_id]
        room = self.hand(Random(0), side).room(series.terms)
        ends_at = min(self.chain.time + 9 * DAY, series.terms.sales_close_at)
        for discount in (room + 1, room):
            terms = PromotionTerms(
                series_id, 0, self.chain.time, ends_at, discount, 0, 0, ISSUERS[0], MAX_AMOUNT
            )
            done = self.act(side, ("createPromotion", series.issuer, (terms,)))
            good = series.terms.named and discount == room
            hold(good or not done, 7, f"{discount} bps promised, {room} are left")

    def choose(self, rng: Random, hand: SalesHand, store: SalesStore) -> Act | None:
        """A step of any kind."""
        return SALES_STEPS.choose(rng, hand, store)

    def settle(self, rng: Random) -> None:
        """Compares and checks both sides: what happens in one currency moves nothing in the other."""
        for side in self.sides:
            side.compare()
            self.watches[id(side)].check(side, self.given[id(side)])

    def dates(self, side: SalesSide) -> set[int]:
        """When sales and promotions begin and end, purchases can't be withdrawn from any more, and members
        and rewards go."""
        books, dates = side.sales.books, set()
        for sale in books.sales.values():
            dates |= {sale.opens_at, sale.closes_at}
        for terms in books.promotions.values():
            dates |= {terms.opens_at, terms.closes_at}
        dates |= {one.withdraw_until for one in books.purchases.values()}
        dates |= {one.terms.sales_close_at for one in side.model.books.series.values()}
        return dates | {until for until in side.model.books.merchant_until.values() if until < NEVER}

    # ------------------------------------------------------------------------------- what goes wrong

    @property
    def misbehaving(self) -> bool:
        """As everywhere, or money of the shop's is gone."""
        return super().misbehaving or self.sides[1].lost > 0

    def misbehave(self, hand: Hand) -> None:
        """As everywhere; also, the odd currency takes money from the shop, and gives it back."""
        side = self.sides[1]
        if side.lost and hand.odds(70):
            side.lose(-side.lost)
            self.note(side, "nothing is lost any more")
        elif not side.lost and hand.odds(20):
            held = side.model.currency.of(side.here)
            side.lose(hand.one([held, held // 2, min(held, 1)]))
            self.note(side, f"the shop lost {side.lost}")
        elif side.model.currency.kind is Kind.BLACKLIST and not super().misbehaving and hand.odds(75):
            waiting = [one for one in side.sales.books.purchases.values() if not one.withdrawn][-6:]
            payees = {who for one in waiting for who in (one.buyer, one.referrer) if who != ZERO}
            self._ban(side, hand.one([*sorted(payees), ISSUERS[0]]))
        else:
            super().misbehave(hand)


def live(odd: Kind, numbers: Iterable[int], code: Mapping[str, bytes] | None = None) -> SalesMachine:
    """A whole life. Raises Difference or Broken, with the trace as a note."""
    return lived(SalesMachine(odd, code), numbers)


def shrink(
    odd: Kind, numbers: Sequence[int], code: Mapping[str, bytes] | None = None, seconds: float = 60
) -> list[int]:
    """A short list of steps that still fails."""
    return shrunk(lambda candidate: live(odd, candidate, code), numbers, seconds)
