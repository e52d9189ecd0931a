"""The model of the shop window's money: what is set aside, and what is issued for what comes in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.model.certificates import Certificates
from tests.model.custody import Custody
from tests.model.sales_words import PREFIX, Books
from tests.model.words import Checks, Fault, Refused, Series, refuse


class Till(Custody[Books]):
    """Of the shop at `here` of these certificates."""

    def __init__(self, here: str, certificates: Certificates) -> None:
        super().__init__(here, certificates, Books())
        certificates.takers[here] = self.takes

    def takes(self, operator: str) -> Fault:
        """It keeps no certificates, whoever sends or issues them."""
        return "ERC1155InvalidReceiver", (self.here,)

    def need(self, check: Checks, kept: bool, error: str, *values: Any) -> None:
        """A rule of the shop's own."""
        check.need(kept, PREFIX + error, *values)

    # ------------------------------------------------------------------------------------------------ books

    def premiums_held(self, series_id: int) -> int:
        """What buyers paid on top of face, and nobody has collected."""
        return sum(one.premium for one in self.books.purchases.values() if one.series_id == series_id)

    def booked(self) -> int:
        """All that the shop owes."""
        budgets = sum(one.free + one.reserved for one in self.books.budgets.values())
        premiums = sum(one.premium for one in self.books.purchases.values())
        return budgets + premiums + sum(self.books.owed.values())

    def change_budget(self, promotion_id: int, **less_or_more: int) -> None:
        """By so much."""
        money = self.books.budgets[promotion_id]
        now = {name: getattr(money, name) + change for name, change in less_or_more.items()}
        self.books.budgets[promotion_id] = replace(money, **now)

    # ---------------------------------------------------------------------------------------------- checking

    def series(self, series_id: int) -> Series:
        """Raises Refused for a series that does not exist."""
        return self.certificates.known(series_id)

    def check_issuer(self, check: Checks, series_id: int) -> None:
        issuer = self.series(series_id).issuer
        self.need(check, issuer == self.caller, "NotIssuer", series_id, self.caller)

    def attempt(self, check: Checks, act: Callable[[], None]) -> None:
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

    # ------------------------------------------------------------------------------------------------ moving

    def take(self, payer: str, amount: int) -> None:
        """All of it arrives, or nothing happens. Raises Refused."""
        if amount == 0:
            return
        check = Checks()
        self.check_pull(check, payer, amount)
        check.done()
        self.pull(payer, amount)

    def issue(self, series_id: int, to: str, amount: int) -> None:
        """Full face, for money of the shop's. Raises Refused."""
        certificates = self.certificates
        events = certificates.events
        certificates.issue(self.here, series_id, to, amount)
        certificates.events = events + certificates.events

    def sell(self, payer: str, price: int, series_id: int, to: str, face: int) -> None:
        """Face for a price. Raises Refused."""
        self.take(payer, price)
        self.issue(series_id, to, face)

    def pay_now(self, payee: str, amount: int) -> None:
        """Raises Refused."""
        if not self.currency.pay(self.here, payee, amount):
            raise refuse("Custody_LeftDiffers", amount, 0)
