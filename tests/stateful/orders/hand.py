"""Choices about held orders: what buyers, sellers and passers-by might do next."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.model.order_words import MAX_HOLD, Held, Opening, OrderKey
from tests.model.words import DAY, MAX_AMOUNT, ZERO
from tests.stateful.custody.hand import CustodyHand, CustodyStore
from tests.stateful.orders.side import OrdersSide
from tests.stateful.people import HOLDING, MERCHANTS, WALLET

BUYERS = HOLDING
SELLERS = (*MERCHANTS, WALLET)
NUMBERS = range(5)
HOUR = 3_600

OrderStore = CustodyStore


class OrderHand(CustodyHand):
    """Random choices about one side's present state. The same seed and state give the same choices."""

    def __init__(self, rng: Random, side: OrdersSide) -> None:
        super().__init__(rng, side)
        self.orders = side.orders.books.orders

    def seller(self) -> str:
        return self.mostly(self.one(SELLERS), ZERO, self.here, self.one(BUYERS), percent=95)

    def number(self) -> int:
        """One that may have been used, mostly not."""
        return self.mostly(self.rng.randrange(10**6), self.one(NUMBERS), 2**64 - 1, percent=75)

    def ends_at(self) -> int:
        """When an order ends; on the edges the present second, and one second too far."""
        ahead = self.now + self.one([1, 600, HOUR, DAY, DAY, 3 * DAY, 9 * DAY])
        edges = self.now, self.now - 1, 0, self.now + MAX_HOLD, self.now + MAX_HOLD + 1
        return self.mostly(ahead, *edges, percent=92)

    def opening(self) -> Opening:
        return Opening(self.seller(), self.number(), self.ends_at(), self.odds(50))

    def price(self) -> int:
        """Base units."""
        usual: int = self.rng.randrange(1, 10 ** self.rng.randrange(1, 9))
        return self.mostly(usual, 0, MAX_AMOUNT, percent=96)

    def key(self, fit: Callable[[Held], object]) -> OrderKey | None:
        """An order, mostly a fitting one; None where there is none. Seldom one that nobody opened."""
        if self.odds(3):
            return OrderKey(self.one(BUYERS), self.one(SELLERS), self.one(NUMBERS))
        good = [key for key, order in self.orders.items() if fit(order)]
        if good and self.odds(88):
            return self.one(good)
        return self.one(list(self.orders)) if self.orders and self.odds(15) else None

    def part(self, key: OrderKey) -> int:
        """How much of what is held; on the edges one unit too much."""
        held = self.orders.get(key, Held()).held
        some = self.rng.randrange(1, held + 1) if held else 1
        usual = self.one([held or 1, some, some])
        return min(self.mostly(usual, 0, held + 1, MAX_AMOUNT, percent=92), MAX_AMOUNT)
