"""The model of the shop window's money: what comes in, what is paid or owed, what is issued for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.model.beside import Beside
from tests.model.certificates import Certificates
from tests.model.custody import operation
from tests.model.sales_words import PREFIX, Books
from tests.model.words import (
    NONCE_WINDOW,
    ZERO,
    Authorization,
    Checks,
    Digest,
    Message,
    Refused,
    Series,
    Signature,
    refuse,
)


class Till(Beside[Books]):
    """Of the shop at `here` of these certificates."""

    def __init__(self, here: str, certificates: Certificates) -> None:
        super().__init__(here, certificates, Books())

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

    def check_deadline(self, check: Checks, deadline: int) -> None:
        self.need(check, self.now < deadline, "DeadlinePassed", deadline, self.now)

    def check_signature(
        self, check: Checks, signer: str, message: Message, signature: Signature | None
    ) -> None:
        answers = self.certificates.answers
        good = signature == Signature(signer, self.here, message)
        if signer in answers:  # a wallet: it finds all good, or nothing
            good = answers[signer] is None
        self.need(check, good, "InvalidSignature", signer, Digest(message))

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

    def pull(self, payer: str, amount: int) -> None:
        """All of it arrives, or nothing happens. Raises Refused."""
        if amount == 0:
            return
        before = self.currency.of(self.here)
        self.currency.transfer(self.here, payer, self.here, amount)
        arrived = self.currency.of(self.here) - before
        if arrived != amount:
            raise refuse(f"{PREFIX}ArrivedDiffers", amount, arrived)

    def issue(self, series_id: int, to: str, amount: int) -> None:
        """Full face, for money of the shop's. Raises Refused."""
        certificates = self.certificates
        events = certificates.events
        certificates.issue(self.here, series_id, to, amount)
        certificates.events = events + certificates.events

    def sell(self, payer: str, price: int, series_id: int, to: str, face: int) -> None:
        """Face for a price. Raises Refused."""
        self.pull(payer, price)
        self.issue(series_id, to, face)

    def pay_out(self, payee: str, amount: int) -> None:
        """Paid, or owed when the currency refuses."""
        if amount and not self.currency.pay(self.here, payee, amount):
            self.books.owed[payee] = self.books.owed.get(payee, 0) + amount
            self.emit("PayoutOwed", payee, amount)

    def pay_now(self, payee: str, amount: int) -> None:
        """Raises Refused."""
        if not self.currency.pay(self.here, payee, amount):
            raise refuse(f"{PREFIX}LeftDiffers", amount, 0)

    # -------------------------------------------------------------------------------------------------- owed

    @operation
    def withdraw_owed(self, caller: str, payee: str, to: str, authorization: Authorization) -> int:
        check = Checks()
        self.need(check, to not in (ZERO, self.here), "ZeroAddress")
        nonce, deadline, signature = authorization.nonce, authorization.deadline, authorization.signature
        if signature is None:
            self.need(check, caller == payee, "NotPayee", payee, caller)
        else:
            mark = self.books.marks.get(payee, 0)
            self.need(check, nonce > mark, "NonceTooLow", nonce, mark)
            highest = mark + NONCE_WINDOW
            self.need(check, nonce <= highest, "NonceTooHigh", nonce, highest)
            self.check_deadline(check, deadline)
            self.check_signature(check, payee, ("OwedWithdrawal", payee, to, nonce, deadline), signature)
        amount = self.books.owed.get(payee, 0)
        self.need(check, amount != 0, "NothingOwed", payee)
        check.done()
        if signature is not None:
            self.books.marks[payee] = nonce
        self.books.owed[payee] = 0
        self.emit("OwedPaid", payee, to, amount)
        self.pay_now(to, amount)
        return amount
