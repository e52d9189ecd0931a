"""An exact reference model of HeldOrders, from its documentation alone.

Every operation of `IHeldOrders` is a method in snake case that takes the caller first and then the same
arguments; signatures are passed as what they say. It has exactly the effects that the contract must have, or
raises `Refused` with every rule that was broken and has none. It hears of redemptions from the certificates'
model and restores through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace

from tests.model import custody
from tests.model.certificates import Certificates
from tests.model.custody import Custody, operation
from tests.model.order_words import MAX_HOLD, USE_BITS, Held, Opening, OrderKey
from tests.model.words import MAX_AMOUNT, ZERO, Checks, Consent, Message, Portion, refuse


@dataclass
class Books(custody.Books):
    """What the orders keep besides."""

    orders: dict[OrderKey, Held] = field(default_factory=dict)


class Orders(Custody[Books]):
    """All of it; certificates that are redeemed into an order among the rest."""

    def __init__(self, here: str, certificates: Certificates) -> None:
        super().__init__(here, certificates, Books())

    def order(self, key: OrderKey) -> Held:
        """All zero for one that nobody opened."""
        return self.books.orders.get(key, Held())

    def known(self, key: OrderKey) -> Held:
        """Raises Refused for an order that nobody opened."""
        if key not in self.books.orders:
            raise refuse("Orders_Unknown", *astuple(key))
        return self.books.orders[key]

    # --------------------------------------------------------------------------------------- opening

    def _check_open(self, check: Checks, buyer: str, opening: Opening, amount: int) -> None:
        check.need(amount != 0, "Orders_ZeroAmount")
        check.need(opening.seller not in (ZERO, self.here), "Custody_ZeroAddress")
        least, most = self.now + 1, self.now + MAX_HOLD
        in_range = least <= opening.ends_at <= most
        check.need(in_range, "Orders_EndOutOfRange", opening.ends_at, least, most)
        key = OrderKey(buyer, opening.seller, opening.number)
        check.need(key not in self.books.orders, "Orders_Exists", *astuple(key))

    def _put_open(self, buyer: str, opening: Opening, amount: int, series_id: int) -> None:
        key = OrderKey(buyer, opening.seller, opening.number)
        held = Held(amount, opening.ends_at, opening.to_seller, series_id)
        self.books.orders[key] = held
        self.emit("OrderOpened", *astuple(key), *astuple(held))

    @operation
    def open(self, caller: str, opening: Opening, amount: int) -> None:
        check = Checks()
        self.check_pull(check, caller, amount)
        self._check_open(check, caller, opening, amount)
        check.done()
        self.pull(caller, amount)
        self._put_open(caller, opening, amount, 0)

    @operation
    def open_signed(self, caller: str, buyer: str, opening: Opening, amount: int, consent: Consent) -> None:
        check = Checks()
        message = opening_message(buyer, opening, amount)
        self.check_pulled(check, buyer, amount, message, consent)
        self._check_open(check, buyer, opening, amount)
        check.done()
        self.use_pulled(buyer, amount, message, consent)
        self._put_open(buyer, opening, amount, 0)

    @operation
    def on_redemption(
        self, caller: str, payee: str, amount: int, order: int, portions: Sequence[Portion], data: bytes
    ) -> None:
        """Nobody but the certificates may say that money came."""
        raise refuse("Orders_NotCertificates", caller)

    def redeemed(self, payee: str, amount: int, portions: Sequence[Portion], data: bytes) -> None:
        """Certificates have paid for the seller."""
        check = Checks()
        buyer, series_id = self.one_holder(check, portions, "Orders_MixedCards")
        check.need(amount <= MAX_AMOUNT, "Custody_AmountTooLarge", amount, MAX_AMOUNT)
        words = [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data) - 31, 32)][:3]
        fits = len(words) == 3 and all(word >> bits == 0 for word, bits in zip(words, USE_BITS, strict=True))
        check.need(fits, "")
        if not fits:
            check.done()
        opening = Opening(payee, words[0], words[1], words[2] == 1)
        if series_id:
            expires_at = self.certificates.books.series[series_id].terms.expires_at
            before = opening.ends_at < expires_at
            check.need(before, "Orders_EndsAfterSeries", opening.ends_at, expires_at)
        self._check_open(check, buyer, opening, amount)
        check.done()
        self._put_open(buyer, opening, amount, series_id)

    # ---------------------------------------------------------------------------------- either side, the end

    def _take(self, name: str, side: str, key: OrderKey, amount: int, consent: Consent) -> None:
        """`side` agrees that part of what is held goes to the other one."""
        check = Checks()
        self.check_consent(check, side, (name, *astuple(key), amount), consent)
        order = self.order(key)
        check.need(self.now < order.ends_at, "Orders_Ended", order.ends_at, self.now)
        check.need(amount != 0, "Orders_ZeroAmount")
        check.need(amount <= order.held, "Orders_OverHeld", amount, order.held)
        check.done()
        self.use_consent(side, consent)
        self.books.orders[key] = replace(order, held=order.held - amount)

    @operation
    def confirm(self, caller: str, key: OrderKey, amount: int, consent: Consent) -> None:
        order = self.known(key)
        self._take("ConfirmOrder", key.buyer, key, amount, consent)
        self.emit("OrderConfirmed", *astuple(key), amount)
        self._pay_seller(key, order.series_id, amount)

    @operation
    def refund(self, caller: str, key: OrderKey, amount: int, consent: Consent) -> None:
        order = self.known(key)
        self._take("RefundOrder", key.seller, key, amount, consent)
        self.emit("OrderRefunded", *astuple(key), amount)
        self._give_back(key, order.series_id, amount)

    @operation
    def end(self, caller: str, key: OrderKey) -> int:
        order = self.known(key)
        check = Checks()
        check.need(self.now >= order.ends_at, "Orders_NotYet", order.ends_at, self.now)
        check.need(order.held != 0, "Orders_Closed", *astuple(key))
        check.done()
        self.books.orders[key] = replace(order, held=0)
        self.emit("OrderEnded", *astuple(key), order.held, order.to_seller)
        if order.to_seller:
            self._pay_seller(key, order.series_id, order.held)
        else:
            self._give_back(key, order.series_id, order.held)
        return order.held

    def _pay_seller(self, key: OrderKey, series_id: int, amount: int) -> None:
        """What it gets of a named series counts as used."""
        if series_id:
            self.certificates.use_placed(self.here, key.buyer, series_id, amount)
        self.pay_out(key.seller, amount)

    def _give_back(self, key: OrderKey, series_id: int, amount: int) -> None:
        if series_id == 0:
            self.pay_out(key.buyer, amount)
            return
        terms = self.certificates.books.series[series_id].terms
        if self.now < terms.limitation_at:
            self.certificates.restore_from_service(self.here, key.buyer, series_id, amount)
        else:
            self.pay_out(terms.beneficiary, amount)


def opening_message(buyer: str, opening: Opening, amount: int) -> Message:
    """What a buyer signs to open an order."""
    return ("OpenOrder", buyer, *astuple(opening), amount)
