"""A life of the held orders in random steps, on two currencies, one of which misbehaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from eth_abi.abi import encode

from tests.model.currency import Kind
from tests.model.order_words import OrderKey
from tests.model.words import Payment, Redemption
from tests.stateful.custody.machine import OWN, CustodyLife
from tests.stateful.custody.steps import series_for
from tests.stateful.invariants import hold
from tests.stateful.life import lived, shrunk
from tests.stateful.orders.hand import OrderHand, OrderStore
from tests.stateful.orders.invariants import OrderWatch
from tests.stateful.orders.side import OrdersSide
from tests.stateful.orders.steps import ORDER_STEPS
from tests.stateful.people import HOLDERS, MERCHANTS, STRANGER
from tests.stateful.registry import Act

LAST = 10**7
"""Numbers of orders from here on are the end's."""


class OrdersMachine(CustodyLife[OrdersSide, OrderStore]):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        super().__init__(OrdersSide, odd, code)
        self.stores = {id(side): OrderStore() for side in self.sides}
        self.watches = {id(side): OrderWatch() for side in self.sides}
        self.found()
        self.settle(Random(0))

    # ------------------------------------------------------------------------------------- stepping

    def hand(self, rng: Random, side: OrdersSide) -> OrderHand:
        """Choices about a side as it is now."""
        return OrderHand(rng, side)

    def choose(self, rng: Random, hand: OrderHand, store: OrderStore) -> Act | None:
        """A step of any kind."""
        return ORDER_STEPS.choose(rng, hand, store)

    def settle(self, rng: Random) -> None:
        """Compares and checks both sides: what happens in one currency moves nothing in the other."""
        for side in self.sides:
            side.compare()
            self.watches[id(side)].check(side, self.given[id(side)])

    def dates(self, side: OrdersSide) -> set[int]:
        """When orders end, and series with them."""
        series = side.model.books.series
        dates = set()
        for order in side.orders.books.orders.values():
            if order.held:
                dates.add(order.ends_at)
                if order.series_id:
                    dates.add(series[order.series_id].terms.limitation_at)
        return dates

    # -------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """Every order ends and everybody is paid: in the end the contract holds nothing but what was sent to
        it by mistake."""
        self.heal()
        for side in self.sides:
            self._end_a_series(side)
        ends = [order.ends_at for side in self.sides for order in side.orders.books.orders.values()]
        self.chain.time = max([self.chain.time, *ends])
        for side in self.sides:
            side.model.now = self.chain.time
            for key, order in list(side.orders.books.orders.items()):
                if order.held:
                    self.must(side, ("end", STRANGER, (key,)))
            for who, amount in list(side.orders.books.owed.items()):
                if amount:
                    self.must(side, ("withdrawOwed", who, (who, who, OWN)))
            left = side.model.currency.of(side.here) - self.given[id(side)]
            hold(left == 0, 23, f"{left} is left after all")
        self.settle(Random(0))

    def _end_a_series(self, side: OrdersSide) -> None:
        """Cards of a named series lie in orders until around its limitation: they come back in the last
        second before it, and go to the beneficiary from it on; the seller has its own at any time."""
        side.model.now = self.chain.time
        self._open(side, series_for(self.hand(Random(0), side), "named"))
        series_id, books = len(side.model.books.series), side.model.books
        limitation = books.series[series_id].terms.limitation_at
        keys = [self._card_into_order(side, series_id, number) for number in range(4)]
        for late, key in zip((-1, 0, 1, 1), keys, strict=True):
            self.chain.time = side.model.now = limitation + late
            self.must(side, ("end", STRANGER, (key,)))

    def _card_into_order(self, side: OrdersSide, series_id: int, number: int) -> OrderKey:
        """A holder's card into a new order that ends at once: the last one in the seller's favour."""
        data = encode(["uint256"] * 3, [LAST + number, self.chain.time + 1, int(number == 3)])
        payment = Payment(side.here, MERCHANTS[0], 0, 0, 0, 0, data, None)
        card = Redemption(HOLDERS[1], series_id, 7, 0, 0, 0, None)
        self.must(side, ("pay", HOLDERS[1], (payment, [card])))
        return OrderKey(HOLDERS[1], MERCHANTS[0], LAST + number)


def live(odd: Kind, numbers: Iterable[int], code: Mapping[str, bytes] | None = None) -> OrdersMachine:
    """A whole life. Raises Difference or Broken, with the trace as a note."""
    return lived(OrdersMachine(odd, code), numbers)


def shrink(
    odd: Kind, numbers: Sequence[int], code: Mapping[str, bytes] | None = None, seconds: float = 60
) -> list[int]:
    """A short list of steps that still fails."""
    return shrunk(lambda candidate: live(odd, candidate, code), numbers, seconds)
