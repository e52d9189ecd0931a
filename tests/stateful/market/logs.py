"""What a life's logs of CertificateMarket tell, to an accountant who knows what was sent and has no node:
each fill beside the offer that it is of and beside what moved, and whatever in them should not be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.model.market_words import Offer, Purchase, SignedOffer
from tests.model.words import ZERO, Payment, Redemption
from tests.stateful.custody.logs import CustodyLogs, Event

Place = tuple[str, int]
"""Seller and nonce."""
MASK = 2**96 - 1


class Moved(NamedTuple):
    """Base units of currency (series 0), or of a series' face; to nobody when it is spent."""

    series_id: int
    source: str
    to: str
    amount: int


class MarketLogs(CustodyLogs):
    """Sums in base units."""

    def __init__(self, currency: str, certificates: str, market: str) -> None:
        super().__init__()
        self.currency, self.certificates, self.market = currency, certificates, market
        self.now = 0  # seconds, of the transaction that is read
        self.expiries: Mapping[int, int] = {}  # by series
        self.asked: tuple[str, str, Sequence[Any]] = ("", ZERO, ())
        self.filled: defaultdict[Place, int] = defaultdict(int)
        self.over: set[Place] = set()  # sold or cancelled
        self.cancelled: set[Place] = set()
        self.epochs: defaultdict[str, int] = defaultdict(int)
        self.flaws: list[tuple[int, str]] = []  # an invariant's number, and what breaks it
        self._left: list[Event] = []
        self._due: list[Moved] = []
        self._paid: list[Moved] = []  # by the certificates

    def read(self, events: Sequence[Event], moved: Sequence[Moved]) -> None:
        """One transaction's, that went through."""
        self._left, self._due = list(events), []
        theirs = [one for one in moved if one.source == self.certificates]
        self._paid = [one for one in theirs if one.to != self.currency]  # less a fee that it keeps
        self._call(*self.asked)
        if self._left:
            self._flaw(60, f"{self._left} tell of nothing that was asked for")
        rest = [one for one in moved if one.source != self.certificates]
        if rest != self._due:
            self._flaw(56, f"moved: {rest}, due: {self._due}")
        if self._paid:
            self._flaw(56, f"paid: {self._paid}, due: nothing")

    def _flaw(self, number: int, text: str) -> None:
        self.flaws.append((number, text))

    def _next(self, name: str) -> Sequence[Any]:
        """The next event's values; none if it is another one."""
        if self._left and self._left[0][0] == name:
            return self._left.pop(0)[1:]
        return ()

    def _call(self, function: str, caller: str, args: Sequence[Any]) -> None:
        """What one call must have logged."""
        if function == "multicall":
            for name, inner in args[0]:
                self._call(name, caller, inner)
        elif function == "fill":
            self._fill(args[0], caller, args[1])
        elif function == "fillMany":
            self._fill_many(caller, *args)
        elif function == "fillAndPay":
            self._fill_many(caller, *args[:2])
            self._spend(*args[2:])
        elif function == "cancel":
            for nonce in args[0]:
                self._cancel(caller, nonce)
        elif function == "cancelSigned":
            self._cancel(args[0], args[1])
        elif function in ("cancelAll", "cancelAllSigned"):
            self._cancel_all(args[0] if args else caller)

    # ------------------------------------------------------------------------------------------- cancelling

    def _cancel(self, seller: str, nonce: int) -> None:
        if tuple(self._next("OfferCancelled")) != (seller, nonce):
            self._flaw(60, f"offers {nonce} of {seller} were cancelled, which nothing tells")
        self.cancelled.add((seller, nonce))
        self.over.add((seller, nonce))

    def _cancel_all(self, seller: str) -> None:
        self.epochs[seller] += 1
        if tuple(self._next("AllOffersCancelled")) != (seller, self.epochs[seller]):
            self._flaw(60, f"epoch {self.epochs[seller]} of {seller} begins, which nothing tells")

    # ---------------------------------------------------------------------------------------------- buying

    def _fill_many(self, buyer: str, rows: Sequence[SignedOffer], purchase: Purchase) -> None:
        bought = cost = 0
        for i, row in enumerate(rows):
            if bought >= purchase.most:
                break
            skipped = self._next("OfferSkipped")
            if skipped and skipped[0] != i:
                self._flaw(60, f"row {i} was passed over, and {skipped} is told")
            if skipped:
                continue
            amount, paid = self._fill(row.offer, buyer, None)
            if paid * purchase.limit_amount > amount * purchase.limit_price:
                self._flaw(59, f"{paid} paid for {amount} of {row.offer}, by {purchase}")
            if row.offer.series_id != purchase.series_id:
                self._flaw(59, f"{row.offer} bought, by {purchase}")
            bought, cost = bought + amount, cost + paid
        if not purchase.least <= bought <= purchase.most:
            self._flaw(59, f"{bought} bought, by {purchase}")
        if cost * purchase.limit_amount > bought * purchase.limit_price:
            self._flaw(59, f"{cost} paid for {bought} in all, by {purchase}")

    def _fill(self, offer: Offer, buyer: str, wanted: int | None) -> tuple[int, int]:
        """Face and cost of one, that is told next."""
        told = self._next("OfferFilled")
        nonce, amount, price = (told[2] >> 192, told[2] >> 96 & MASK, told[2] & MASK) if told else (0, 0, 0)
        if (*told[:2], nonce) != (offer.seller, buyer, offer.nonce) or amount != (wanted or amount):
            self._flaw(60, f"{buyer} filled {wanted} of {offer}, and {told} is told")
        self._check(offer, amount)
        place = offer.seller, offer.nonce
        self.filled[place] += amount
        if self.filled[place] == offer.amount:
            self.over.add(place)
        due = -(-offer.price * amount // offer.amount)
        if price != due:
            self._flaw(56, f"{price} paid for {amount} of {offer}, {due} is its price")
        share = -(-offer.referrer_share * amount // offer.amount)
        if offer.referrer in (ZERO, buyer, self.market):
            share = 0
        self._due.append(Moved(0, buyer, offer.seller, due))
        if share:
            self._due.append(Moved(0, buyer, offer.referrer, share))
        self._due.append(Moved(offer.series_id, offer.seller, buyer, amount))
        return amount, due + share

    def _check(self, offer: Offer, amount: int) -> None:
        """It stood, and had so much left."""
        place = offer.seller, offer.nonce
        rest = offer.amount - self.filled[place]
        if not 0 < amount <= rest or (amount < rest and amount < offer.minimum):
            self._flaw(57, f"{amount} of {rest} filled, of {offer}")
        if place in self.over or offer.epoch != self.epochs[offer.seller]:
            self._flaw(58, f"{offer} filled, which was over, in epoch {self.epochs[offer.seller]}")
        if self.now >= min(offer.expires_at, self.expiries.get(offer.series_id, 0)):
            self._flaw(58, f"{offer} filled at {self.now}, which had expired")

    def _spend(self, payment: Payment, cards: Sequence[Redemption]) -> None:
        """All that is paid with the cards, after the fills: the whole face of each; a service gets that, a
        merchant at most that, by the certificates' own books."""
        self._due += [Moved(card.series_id, card.holder, ZERO, card.amount) for card in cards]
        total = sum(card.amount for card in cards)
        nothing = Moved(0, self.certificates, payment.merchant, 0)
        paid = next((one for one in self._paid if one.to == payment.merchant), nothing)
        if paid is not nothing:
            self._paid.remove(paid)
        into_service = payment.payee != ZERO
        if paid.amount > total or (into_service and paid.amount < total):
            self._flaw(59, f"{total} paid to {payment}, and {paid} moved")
