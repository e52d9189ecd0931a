"""Choices about the market: what sellers, buyers and passers-by might do next."""

from __future__ import annotations

from copy import copy
from dataclasses import astuple, dataclass, field, replace
from random import Random
from typing import TypeVar

from tests.model.market_words import Offer, Purchase, SignedOffer
from tests.model.words import DAY, MAX_AMOUNT, ZERO, Message, Redemption
from tests.stateful.certificates.hand import DENOMINATION
from tests.stateful.custody.hand import CustodyHand, CustodyStore
from tests.stateful.market.side import MarketSide
from tests.stateful.people import HOLDERS, HOLDING, MERCHANTS, SERVICES, STRANGER

SELLERS = HOLDING
BUYERS = (*HOLDING, MERCHANTS[2])
EDGE_NONCES = (0, 127, 128, 2**64 - 1)
NEWEST = 24
"""Offers that somebody still thinks of."""
H = TypeVar("H", bound="MarketHand")


@dataclass
class MarketStore(CustodyStore):
    """What a machine remembers of one side between steps."""

    offers: list[SignedOffer] = field(default_factory=list)


class MarketHand(CustodyHand):
    """Random choices about one side's present state. The same seed and state give the same choices."""

    side: MarketSide

    def __init__(self, rng: Random, side: MarketSide) -> None:
        super().__init__(rng, side)
        self.market = side.market

    # ------------------------------------------------------------------------------------------------ offers

    def new_offer(self, store: MarketStore, series_id: int = 0) -> SignedOffer:
        """Signed now; of this series, or of any."""
        if series_id:
            seller = self.holder(series_id)
        else:
            series_id, seller = self.card()
        held = self.model.account(series_id, seller).balance
        amount = min(self.one([self.amount(held), self.small(), min(held, DENOMINATION)]), MAX_AMOUNT)
        price = self.mostly(amount * self.rng.randrange(70, 101) // 100 or 1, 1, 0, MAX_AMOUNT, percent=93)
        share = self.one([0, price // self.rng.randrange(20, 200), 1])
        offer = Offer(
            seller,
            series_id,
            amount,
            price,
            self.one([0, 0, 1, amount // 3, amount // 2, self.mostly(0, amount, amount + 1, percent=70)]),
            self.mostly(self.one([ZERO, *MERCHANTS[:1], STRANGER]), self._odd_referrer(seller), percent=88),
            min(share, MAX_AMOUNT),
            self._nonce(store, seller),
            self._epoch(seller),
            self.ends_at(series_id),
        )
        offer = replace(offer, minimum=min(offer.minimum, MAX_AMOUNT))
        signed = SignedOffer(offer, self.said(seller, ("Offer", *astuple(offer)), self.here))
        store.offers.append(signed)
        return signed

    def _odd_referrer(self, seller: str) -> str:
        return self.one([seller, self.here, self.one(BUYERS), self.side.token])

    def _nonce(self, store: MarketStore, seller: str) -> int:
        """A new one, mostly; else the one of an offer that there was."""
        used = [one.offer.nonce for one in store.offers[-NEWEST:] if one.offer.seller == seller]
        return self.mostly(len(store.offers) + 1, *used[-4:], *EDGE_NONCES, percent=72)

    def _epoch(self, seller: str) -> int:
        epoch = self.market.books.epochs.get(seller, 0)
        return self.mostly(epoch, epoch + 1, max(epoch - 1, 0), percent=96)

    def ends_at(self, series_id: int) -> int:
        """When an offer ends; on the edges about now, or about the series' expiry."""
        ahead = self.now + self.one([1, 600, DAY, 3 * DAY, 30 * DAY, 400 * DAY])
        edges = [self.now, self.now - 1, 0, 2**40 - 1]
        if series := self.of(series_id):
            edges += [series.terms.expires_at + late for late in (-1, 0, 1)]
        return min(self.mostly(ahead, *edges, percent=85), 2**40 - 1)

    def stands(self, offer: Offer, buyer: str) -> bool:
        """Whether somebody who looks on would buy of it."""
        series = self.of(offer.series_id)
        return (
            series is not None
            and offer.seller != buyer
            and self.now < min(offer.expires_at, series.terms.expires_at)
            and offer.epoch == self.market.books.epochs.get(offer.seller, 0)
            and self.market.rest(offer) > 0
        )

    def offered(self, store: MarketStore, buyer: str, series_id: int = 0) -> SignedOffer:
        """A new offer, or one that stands, mostly; of this series, or of any."""
        known = store.offers[-NEWEST:]
        fit = [
            one for one in known if self.stands(one.offer, buyer) and series_id in (0, one.offer.series_id)
        ]
        if fit and self.odds(65):
            return self.one(fit)
        if known and self.odds(24):
            return self.one(known)
        return self.new_offer(store, series_id)

    def wanted(self, offer: Offer) -> int:
        """Face of one offer; on the edges one unit too much, or too little."""
        rest = self.market.rest(offer) or 1
        some = self.rng.randrange(1, rest + 1)
        part = self.one([rest, rest, some, min(max(offer.minimum, 1), rest), self.rng.randrange(1, 8)])
        edges = 0, rest + 1, rest - 1, max(offer.minimum - 1, 0), MAX_AMOUNT
        return min(self.mostly(part, *edges, percent=88), MAX_AMOUNT)

    # ---------------------------------------------------------------------------------------------- purchases

    def rows(self, store: MarketStore, buyer: str, series_id: int) -> list[SignedOffer]:
        """Offers of one series, mostly; the same one may come twice."""
        count = self.mostly(self.rng.randrange(1, 5), 0, percent=97)
        found = [self.offered(store, buyer, self.mostly(series_id, 0, percent=92)) for _ in range(count)]
        return [*found, found[0]] if found and self.odds(10) else found

    def purchase(self, rows: list[SignedOffer], series_id: int) -> Purchase:
        """Out of these rows; at any price up to face and more, or at that of one of them, or a unit less."""
        rests = [self.market.rest(one.offer) for one in rows]
        most = self.one([sum(rests), *rests, self.rng.randrange(1, sum(rests) + 2), 1])
        most = min(self.mostly(most, 0, MAX_AMOUNT, percent=96), MAX_AMOUNT)
        price, amount = self.one([(11, 10), (11, 10), (1, 1), (MAX_AMOUNT, 1)])
        if rows and self.odds(40):
            offer = self.one(rows).offer
            fair = offer.price + self.one([0, offer.referrer_share])
            price, amount = min(max(fair - self.one([0, 0, 1]), 0), MAX_AMOUNT), offer.amount
        if self.odds(2):
            amount = 0
        least = self.mostly(self.one([0, 1, most, most // 2]), most + 1, percent=96)
        return Purchase(
            self.mostly(series_id, self.series(), percent=97), most, min(least, MAX_AMOUNT), price, amount
        )

    def cards(
        self, buyer: str, target: tuple[str, str, bytes], order: int, series_id: int, wanted: int
    ) -> list[Redemption]:
        """A card of what is bought, signed; sometimes another of the buyer's, or somebody else's."""
        holder = self.mostly(buyer, self.one(HOLDERS), percent=96)
        card = self.redemption(self.here, target, order, (series_id, holder))
        amount = self.mostly(wanted, wanted + 1, card.amount, percent=92)
        found = [self._over(card, target, min(amount, MAX_AMOUNT))]
        if self.odds(12):
            found.append(
                self.redemption(self.here, target, order, self.mostly((series_id, buyer), self.card()))
            )
        return found

    def _over(self, card: Redemption, target: tuple[str, str, bytes], amount: int) -> Redemption:
        """The card over another amount, signed again."""
        if card.signature is None:
            return replace(card, amount=amount)
        merchant, payee, data = target
        message = (
            "Redemption",
            card.holder,
            card.series_id,
            amount,
            merchant,
            payee,
            card.order,
            data,
            card.nonce,
            card.deadline,
        )
        return replace(card, amount=amount, signature=self.signature(card.holder, message))

    # ------------------------------------------------------------------------------------------------- in all

    def word(self, seller: str, message: Message) -> tuple[int, object]:
        """Deadline and signature of what a seller asks for by somebody else's hand."""
        deadline = self.deadline()
        return deadline, self.said(seller, (*message, deadline), self.here)

    def toward_service(self: H) -> H:
        """The same hand, for series that pay into a service."""
        other = copy(self)
        other.here = SERVICES[0]
        return other
