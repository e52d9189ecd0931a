"""An exact reference model of CertificateMarket, from its documentation alone.

Every operation of `ICertificateMarket` is a method in snake case that takes the caller first and then the
same arguments; signatures are passed as what they say. It has exactly the effects that the contract must
have, or raises `Refused` with every rule that was broken and has none. Certificates move through their own
model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple
from typing import Any

from tests.model.currency import Kind
from tests.model.custody import operation
from tests.model.market_words import Offer, Purchase, SignedOffer, Status
from tests.model.offers import Offers
from tests.model.words import (
    ZERO,
    Checks,
    OneOf,
    Payment,
    Redemption,
    Refused,
    Signature,
    refuse,
)

ENDLESS = 2**256 - 1


class Market(Offers):
    """All of it."""

    def parts(self, offer: Offer, buyer: str, amount: int) -> list[tuple[str, int]]:
        """Whom the buyer pays for so much of an offer, and what: each part rounded up."""
        paid = [(offer.seller, -(-offer.price * amount // offer.amount))]
        share = -(-offer.referrer_share * amount // offer.amount)
        if share and offer.referrer not in (ZERO, buyer, self.here):
            paid.append((offer.referrer, share))
        return paid

    def check_fill(self, offer: Offer, buyer: str, amount: int, signature: Signature | None) -> Checks:
        """All that stands against it."""
        check = Checks()
        check.need(offer.seller != buyer, "Market_OwnOffer", offer.seller)
        check.need(amount != 0, "Market_ZeroAmount")
        check.need(offer.price != 0, "Market_ZeroPrice")
        check.need(self.now < offer.expires_at, "Market_OfferExpired", offer.expires_at, self.now)
        series = self.certificates.books.series.get(offer.series_id)
        check.need(series is not None, "UnknownSeries", offer.series_id)
        if series is not None:
            expires_at = series.terms.expires_at
            check.need(self.now < expires_at, "Market_SeriesExpired", offer.series_id, expires_at)
        self.check_epoch(check, offer.seller, offer.epoch)
        self._check_rest(check, offer, amount)
        self.check_signature(check, offer.seller, ("Offer", *astuple(offer)), signature)
        if amount and offer.amount and offer.seller != buyer:
            self._try(check, lambda: self._pay(offer, buyer, amount))
        self._try(check, lambda: self._deliver(offer, buyer, amount))
        return check

    def _check_rest(self, check: Checks, offer: Offer, amount: int) -> None:
        if self.status(offer.seller, offer.nonce)[0] is Status.CANCELLED:
            check.need(False, "Market_Cancelled", offer.seller, offer.nonce)
            return
        rest = self.rest(offer)
        check.need(amount <= rest, "Market_OverRest", amount, rest)
        if amount < rest:
            check.need(amount >= offer.minimum, "Market_UnderMinimum", amount, offer.minimum)

    def _try(self, check: Checks, act: Callable[[], None]) -> None:
        """Why something would fail; nothing stays of it."""
        certificates = self.certificates
        before, theirs, events = self.books.copy(), certificates.books.copy(), certificates.events
        money = dict(self.currency.balances)
        try:
            act()
        except Refused as refusal:
            check.faults += refusal.faults
        finally:
            self.books, certificates.books, certificates.events = before, theirs, events
            self.currency.balances = money

    # -------------------------------------------------------------------------------------------- one fill

    def _sell(self, offer: Offer, buyer: str, amount: int) -> int:
        """What nothing stands against; what the buyer pays."""
        place = offer.seller, offer.nonce
        self.books.statuses[place] = Status.SOLD if amount == self.rest(offer) else Status.STARTED
        self.books.filled[place] = self.books.filled.get(place, 0) + amount
        parts = self.parts(offer, buyer, amount)
        row = offer.nonce << 192 | amount << 96 | parts[0][1]
        self.emit("OfferFilled", offer.seller, buyer, row)
        self._pay(offer, buyer, amount)
        self._deliver(offer, buyer, amount)
        return sum(part for _, part in parts)

    def _pay(self, offer: Offer, buyer: str, amount: int) -> None:
        for payee, part in self.parts(offer, buyer, amount):
            allowance, before = self.books.allowances.get(buyer, ENDLESS), self.currency.of(payee)
            if allowance < part or self.currency.fault(self.here, buyer, payee, part):
                raise refuse("Market_PaymentFailed", payee, part)
            self.currency.transfer(self.here, buyer, payee, part)
            arrived = self.currency.of(payee) - before
            if arrived != part:
                raise refuse("Market_ArrivedDiffers", part, arrived)
            if allowance < ENDLESS:
                self.books.allowances[buyer] = allowance - part

    def _deliver(self, offer: Offer, buyer: str, amount: int) -> None:
        move = offer.seller, buyer, offer.series_id, amount, b""
        self._theirs(lambda: self.certificates.safe_transfer_from(self.here, *move))

    def _theirs(self, act: Callable[[], None]) -> None:
        """Something of the certificates', beside what they did before in this transaction."""
        certificates = self.certificates
        events, redeemed = certificates.events, certificates.books.redeemed
        act()
        certificates.events = events + certificates.events
        certificates.books.redeemed = redeemed + certificates.books.redeemed

    # ------------------------------------------------------------------------------------------- operations

    @operation
    def fill(self, caller: str, offer: Offer, amount: int, signature: Signature | None) -> int:
        self.check_fill(offer, caller, amount, signature).done()
        return self._sell(offer, caller, amount)

    @operation
    def fill_many(self, caller: str, offers: Sequence[SignedOffer], purchase: Purchase) -> tuple[int, int]:
        return self._fill_many(caller, offers, purchase)

    @operation
    def fill_and_pay(
        self,
        caller: str,
        offers: Sequence[SignedOffer],
        purchase: Purchase,
        payment: Payment,
        cards: Sequence[Redemption],
    ) -> tuple[int, int]:
        check = Checks()
        for card in cards:
            check.need(card.holder == caller, "Market_NotBuyersCard", card.holder, caller)
        check.done()
        bought = self._fill_many(caller, offers, purchase)
        self._theirs(lambda: self.certificates.pay(self.here, payment, cards))
        return bought

    def _fill_many(self, caller: str, offers: Sequence[SignedOffer], purchase: Purchase) -> tuple[int, int]:
        if purchase.most == 0 or purchase.limit_amount == 0:
            raise refuse("Market_ZeroAmount")
        bought = cost = 0
        for i, row in enumerate(offers):
            if bought >= purchase.most:
                break
            amount, check = self._row(row, purchase, caller, purchase.most - bought)
            if check.faults:
                self.emit("OfferSkipped", i, OneOf(tuple(check.faults)))
                continue
            cost += self._sell(row.offer, caller, amount)
            bought += amount
        if bought < purchase.least:
            raise refuse("Market_TooLittle", bought, purchase.least)
        return bought, cost

    def _row(self, row: SignedOffer, purchase: Purchase, buyer: str, wanted: int) -> tuple[int, Checks]:
        """How much of an offer is taken, and what stands against that."""
        offer = row.offer
        amount = min(self.rest(offer) or wanted, wanted)
        amount = min(self._held(offer) or amount, amount)
        check = self.check_fill(offer, buyer, amount, row.signature)
        check.need(
            offer.series_id == purchase.series_id,
            "Market_SeriesDiffers",
            offer.series_id,
            purchase.series_id,
        )
        if offer.amount:
            cost = sum(part for _, part in self.parts(offer, buyer, amount))
            most = amount * purchase.limit_price // purchase.limit_amount
            check.need(cost <= most, "Market_OverLimit", cost, most)
        return amount, check

    def _held(self, offer: Offer) -> int:
        series = self.certificates.books.series.get(offer.series_id)
        if series is None or series.forfeited:
            return 0
        return self.certificates.account(offer.series_id, offer.seller).balance

    @operation
    def fill_row(self, caller: str, row: SignedOffer, purchase: Purchase, buyer: str, wanted: int) -> None:
        """Its own, and nobody else's."""
        raise refuse("Market_NotItself", caller)

    @operation
    def permit(self, caller: str, amount: int, deadline: int, signature: Signature) -> None:
        """Does nothing with one that is no good."""
        nonce = self.books.permits.get(caller, 0)
        said = ("Permit", caller, self.here, amount, nonce, deadline)
        good = signature == Signature(caller, self.currency.address, said)
        if self.currency.kind is Kind.PLAIN and good and self.now <= deadline:
            self.books.permits[caller] = nonce + 1
            self.books.allowances[caller] = amount

    # ----------------------------------------------------------------------------------------- several calls

    def multicall(self, caller: str, calls: Sequence[tuple[str, tuple[Any, ...]]]) -> None:
        """Several calls, their functions and arguments, in one transaction."""
        before, theirs = self.books.copy(), self.certificates.books.copy()
        money = dict(self.currency.balances)
        events: list[tuple[Any, ...]] = []
        moved: list[tuple[Any, ...]] = []
        redeemed: tuple[Any, ...] = ()
        try:
            for name, args in calls:
                method = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
                getattr(self, method)(caller, *args)
                events += self.events
                moved += self.certificates.events
                redeemed += self.certificates.books.redeemed
        except Refused as refusal:
            self.books, self.certificates.books, self.currency.balances = before, theirs, money
            # A call that reverts without a word gets one.
            raise Refused([fault if fault[0] else ("FailedCall", ()) for fault in refusal.faults]) from None
        self.events, self.certificates.events = events, moved
        self.certificates.books.redeemed = redeemed
