"""A life of the market in random steps, on two currencies, one of which misbehaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from random import Random

from tests.model.currency import Kind
from tests.model.market_words import Offer, Purchase, SignedOffer, Status
from tests.model.words import DAY, MAX_AMOUNT, Payment, Redemption, Signature
from tests.stateful.certificates.hand import DENOMINATION
from tests.stateful.custody.machine import CustodyLife
from tests.stateful.custody.steps import series_for
from tests.stateful.invariants import hold
from tests.stateful.life import lived, shrunk
from tests.stateful.market.hand import NEWEST, MarketHand, MarketStore
from tests.stateful.market.invariants import MarketWatch
from tests.stateful.market.side import MarketSide
from tests.stateful.market.steps import MARKET_STEPS
from tests.stateful.people import HOLDERS, HOLDING, MERCHANTS, SERVICES, WALLET
from tests.stateful.registry import Act

LAST = 10**7
"""Numbers of offers from here on are the end's."""


class MarketMachine(CustodyLife[MarketSide, MarketStore]):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        super().__init__(MarketSide, odd, code)
        self.stores = {id(side): MarketStore() for side in self.sides}
        self.watches = {id(side): MarketWatch() for side in self.sides}
        self.found()
        for side in self.sides:
            for seller in HOLDING:
                self.act(side, ("setApprovalForAll", seller, (side.here, True)))
        self.settle(Random(0))

    # ------------------------------------------------------------------------------------- stepping

    def _open(self, side: MarketSide, series: Act) -> None:
        """A series that pays into a service, and holders of it."""
        self.act(side, series)
        series_id, issuer = len(side.model.books.series), series[1]
        if series[2][0].named:
            self.act(side, ("addServices", issuer, (series_id, [SERVICES[0]])))
        for holder in HOLDING:
            self.act(side, ("issue", issuer, (series_id, holder, 2_000 * DENOMINATION)))

    def hand(self, rng: Random, side: MarketSide) -> MarketHand:
        """Choices about a side as it is now."""
        return MarketHand(rng, side)

    def choose(self, rng: Random, hand: MarketHand, store: MarketStore) -> Act | None:
        """A step of any kind."""
        return MARKET_STEPS.choose(rng, hand, store)

    def settle(self, rng: Random) -> None:
        """Compares and checks both sides: what happens in one currency moves nothing in the other."""
        for side in self.sides:
            side.compare()
            self.watches[id(side)].check(side, self.given[id(side)])

    def dates(self, side: MarketSide) -> set[int]:
        """When offers end, but for those that do so in another age."""
        offers = self.stores[id(side)].offers[-NEWEST:]
        soon = self.chain.time + 500 * DAY
        return {one.offer.expires_at for one in offers if one.offer.expires_at < soon}

    # -------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """When everything behaves again, what nothing stands against is sold, paid with and over: until the
        last second, and not in the next one."""
        self.heal()
        for side in self.sides:
            side.model.now = self.chain.time
            self._open(side, series_for(self.hand(Random(0), side), "named"))
            self._sell_at_last(side, len(side.model.books.series))
        self.settle(Random(0))

    def _sell_at_last(self, side: MarketSide, series_id: int) -> None:
        """A person and a wallet sell in parts; what is bought last is paid with at once."""
        terms = side.model.books.series[series_id].terms
        first, second = (
            self._signed(side, seller, series_id, terms.expires_at + late)
            for seller, late in ((HOLDERS[0], 0), (WALLET, 1))
        )
        buyer, everything = HOLDERS[1], Purchase(series_id, 150, 150, MAX_AMOUNT, 1)
        for seller in (HOLDERS[0], WALLET):
            self.must(side, ("setApprovalForAll", seller, (side.here, True)))
        self.must(side, ("permit", buyer, self._permit(side, buyer)))
        self.must(side, ("fill", buyer, (first.offer, 50, first.signature)))
        self.chain.time = side.model.now = terms.expires_at - 1
        payment = Payment(SERVICES[0], MERCHANTS[0], 0, 0, 0, 0, b"", None)
        card = self._card(side, buyer, series_id, payment, 150)
        self.must(side, ("fillAndPay", buyer, ([first, second], everything, payment, [card])))
        hold(side.market.status(HOLDERS[0], LAST) == (Status.SOLD, 0), 57, "the first is not sold")
        hold(side.market.status(WALLET, LAST) == (Status.STARTED, 99), 57, "the second is not begun")
        self.chain.time = side.model.now = terms.expires_at
        late = self.act(side, ("fill", buyer, (second.offer, 2, second.signature)))
        hold(not late, 58, "sold when the series had expired")

    def _signed(self, side: MarketSide, seller: str, series_id: int, ends_at: int) -> SignedOffer:
        epoch = side.market.books.epochs.get(seller, 0)
        offer = Offer(seller, series_id, 101, 93, 50, MERCHANTS[1], 2, LAST, epoch, ends_at)
        return SignedOffer(offer, Signature(seller, side.here, ("Offer", *astuple(offer))))

    def _permit(self, side: MarketSide, buyer: str) -> tuple[int, int, Signature]:
        """All of its money, whatever it allowed before."""
        nonce, most = side.market.books.permits.get(buyer, 0), 2**256 - 1
        said = ("Permit", buyer, side.here, most, nonce, self.chain.time)
        return most, self.chain.time, Signature(buyer, side.token, said)

    def _card(
        self, side: MarketSide, holder: str, series_id: int, payment: Payment, amount: int
    ) -> Redemption:
        nonce = side.model.account(series_id, holder).nonce + 1
        said = (holder, series_id, amount, payment.merchant, payment.payee, 0, payment.data)
        signature = Signature(holder, side.address, ("Redemption", *said, nonce, self.chain.time + 1))
        return Redemption(holder, series_id, amount, 0, nonce, self.chain.time + 1, signature)


def live(odd: Kind, numbers: Iterable[int], code: Mapping[str, bytes] | None = None) -> MarketMachine:
    """A whole life. Raises Difference or Broken, with the trace as a note."""
    return lived(MarketMachine(odd, code), numbers)


def shrink(
    odd: Kind, numbers: Sequence[int], code: Mapping[str, bytes] | None = None, seconds: float = 60
) -> list[int]:
    """A short list of steps that still fails."""
    return shrunk(lambda candidate: live(odd, candidate, code), numbers, seconds)
