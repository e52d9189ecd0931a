"""A life of items and payouts in random steps, on two currencies, one of which misbehaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from eth_abi.abi import encode

from tests.model.currency import Kind
from tests.model.item_shop import Item
from tests.model.words import Payment, Redemption
from tests.stateful.custody.machine import OWN, CustodyLife
from tests.stateful.custody.steps import series_for
from tests.stateful.invariants import hold
from tests.stateful.life import lived, shrunk
from tests.stateful.people import HOLDERS, MERCHANTS, STRANGER
from tests.stateful.registry import Act
from tests.stateful.spending.hand import SpendingHand, SpendingStore
from tests.stateful.spending.invariants import SpendingWatch
from tests.stateful.spending.side import SpendingSide
from tests.stateful.spending.steps import SPENDING_STEPS


class SpendingMachine(CustodyLife[SpendingSide, SpendingStore]):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        super().__init__(SpendingSide, odd, code)
        self.stores = {id(side): SpendingStore() for side in self.sides}
        self.watches = {id(side): SpendingWatch() for side in self.sides}
        self.found()
        for side in self.sides:
            for merchant in MERCHANTS:
                self.act(side, ("mint", STRANGER, (merchant, 0, 30)))
                self.act(side, ("setApprovalForAll", merchant, (side.here, True)))
                self.act(side, ("list", merchant, (Item(side.goods.address, 0, 700), 20)))
        self.settle(Random(0))

    # ------------------------------------------------------------------------------------- stepping

    def _open(self, side: SpendingSide, series: Act) -> None:
        """As everywhere; the payout is admitted too."""
        super()._open(side, series)
        if series[2][0].named:
            number = len(side.model.books.series)
            self.act(side, ("addServices", series[1], (number, [side.payout])))

    def hand(self, rng: Random, side: SpendingSide) -> SpendingHand:
        """Choices about a side as it is now."""
        return SpendingHand(rng, side)

    def choose(self, rng: Random, hand: SpendingHand, store: SpendingStore) -> Act | None:
        """A step of any kind."""
        return SPENDING_STEPS.choose(rng, hand, store)

    def settle(self, rng: Random) -> None:
        """Compares and checks both sides: what happens in one currency moves nothing in the other."""
        for side in self.sides:
            side.compare()
            self.watches[id(side)].check(side, self.given[id(side)])

    def dates(self, side: SpendingSide) -> set[int]:
        """Nothing of theirs waits for a date."""
        return set()

    def misbehave(self, hand: SpendingHand) -> None:
        """As everywhere; who is banned is mostly a merchant, so that the shop owes it."""
        side = self.sides[1]
        money = side.model.currency
        if money.kind is not Kind.BLACKLIST or money.banned or hand.odds(30):
            super().misbehave(hand)
            return
        self._ban(side, hand.one([*MERCHANTS[:2], side.pools.pools[0].address]))

    def _ban(self, side: SpendingSide, who: str) -> None:
        side.token_call(STRANGER, "blacklist", who)
        side.model.currency.banned |= {who}
        self.note(side, f"banned: {who}")

    # -------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """When everything behaves again nothing stands against buying and converting; debts are paid, and
        nothing is left."""
        self.heal()
        for side in self.sides:
            side.model.now = self.chain.time
            self._open(side, series_for(self.hand(Random(0), side), "open"))
            self._spend_at_last(side, len(side.model.books.series))
            self.heal()
            for who, amount in list(side.shop.books.owed.items()):
                if amount:
                    self.must(side, ("withdrawOwed", who, (who, who, OWN)))
            left = side.model.currency.of(side.here) - self.given[id(side)]
            hold(left == 0, 51, f"{left} is left after all")
        self.settle(Random(0))

    def _spend_at_last(self, side: SpendingSide, series_id: int) -> None:
        merchant, holder = MERCHANTS[2], HOLDERS[1]
        item = Item(side.goods.address, 0, 9)
        self.must(side, ("mint", STRANGER, (merchant, 0, 2)))
        self.must(side, ("setApprovalForAll", merchant, (side.here, True)))
        self.must(side, ("list", merchant, (item, 2)))
        words = [int(item.collection, 16), item.item_id, item.price, 2, int(holder, 16)]
        bought = Payment(side.here, merchant, 0, 0, 0, 0, encode(["uint256"] * 5, words), None)
        path = [side.token, side.other, side.third]
        conversion = (side.pools.router, path, 1, self.chain.time + 1)
        data = encode(["(address,address[],uint256,uint40)"], [conversion])
        converted = Payment(side.payout, holder, 0, 0, 0, 0, data, None)
        if side.model.currency.kind is Kind.BLACKLIST:
            self._ban(side, merchant)
        for payment, amount in ((bought, 18), (converted, 5_000)):
            card = Redemption(holder, series_id, amount, 0, 0, 0, None)
            self.must(side, ("pay", holder, (payment, [card])))


def live(odd: Kind, numbers: Iterable[int], code: Mapping[str, bytes] | None = None) -> SpendingMachine:
    """A whole life. Raises Difference or Broken, with the trace as a note."""
    return lived(SpendingMachine(odd, code), numbers)


def shrink(
    odd: Kind, numbers: Sequence[int], code: Mapping[str, bytes] | None = None, seconds: float = 60
) -> list[int]:
    """A short list of steps that still fails."""
    return shrunk(lambda candidate: live(odd, candidate, code), numbers, seconds)
