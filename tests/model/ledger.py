"""The model's books, and what all its operations share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from typing import Any, TypeVar, cast

from tests.model.currency import Currency
from tests.model.words import (
    MAX_AMOUNT,
    NONCE_WINDOW,
    ZERO,
    Account,
    Authorization,
    Checks,
    Digest,
    Fault,
    Gift,
    GiftBatch,
    Message,
    Operator,
    Portion,
    Redeemed,
    Refused,
    Series,
    Signature,
    refuse,
)

Act = TypeVar("Act", bound=Callable[..., Any])
# The model of a service: it is told payee, amount, order, portions and data, or raises Refused.
Receiver = Callable[[str, int, int, Sequence[Portion], bytes], None]
# The model of what keeps certificates: why it refuses those that this operator moves to it.
Taker = Callable[[str], Fault | None]


@dataclass
class Books:
    """Everything that a transaction may change. All values are immutable, so a shallow copy is a snapshot."""

    series: dict[int, Series] = field(default_factory=dict)
    accounts: dict[tuple[int, str], Account] = field(default_factory=dict)
    approvals: dict[tuple[str, str], bool] = field(default_factory=dict)
    merchant_until: dict[tuple[int, str], int] = field(default_factory=dict)
    services: dict[tuple[int, str], bool] = field(default_factory=dict)  # of the members, who is a service
    operators: dict[tuple[int, str], Operator] = field(default_factory=dict)
    orders: dict[tuple[str, int], bool] = field(default_factory=dict)
    placed: dict[tuple[int, str, str], int] = field(default_factory=dict)
    closed: dict[tuple[int, str], int] = field(default_factory=dict)  # used when a rest was last paid out
    gifts: dict[bytes, Gift] = field(default_factory=dict)  # those that are open
    batches: dict[bytes, tuple[GiftBatch, int]] = field(default_factory=dict)  # with what remains
    taken: dict[tuple[bytes, str], bool] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)
    # By the last operation: what it told which service, and whom it paid.
    told: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    redeemed: tuple[Redeemed, ...] = ()

    def copy(self) -> Books:
        """A snapshot."""
        copied = Books(redeemed=self.redeemed)
        for member in fields(self):
            value = getattr(self, member.name)
            if isinstance(value, dict):
                setattr(copied, member.name, dict(value))
        return copied


class Ledger:
    """One GiftCertificates at `here`, over one currency, at the second `now`.

    `answers` are the accounts with code: None where it accepts what it is offered, else the four bytes it
    refuses with. Those that accept also find every signature good (ERC-1271). `receivers` are services with a
    model of their own, `takers` what keeps certificates.
    """

    def __init__(self, here: str, currency: Currency, answers: dict[str, bytes | None]) -> None:
        self.here = here
        self.currency = currency
        self.answers = answers
        self.receivers: dict[str, Receiver] = {}
        self.takers: dict[str, Taker] = {}
        self.now = 0
        self.caller = ZERO
        self.books = Books()
        self.events: list[tuple[Any, ...]] = []

    # -------------------------------------------------------------------------------------- reading

    def known(self, series_id: int) -> Series:
        """Raises Refused for a series that does not exist."""
        if series_id not in self.books.series:
            raise refuse("UnknownSeries", series_id)
        return self.books.series[series_id]

    def account(self, series_id: int, holder: str) -> Account:
        """What a holder has; nothing to begin with."""
        return self.books.accounts.get((series_id, holder), Account())

    def until(self, series_id: int, merchant: str) -> int:
        """0: never a merchant or service; NEVER: is one; else when its removal takes effect."""
        return self.books.merchant_until.get((series_id, merchant), 0)

    def is_merchant(self, series_id: int, merchant: str) -> bool:
        """Whether `merchant` may be paid with this series now."""
        series = self.books.series.get(series_id)
        return series is not None and self._is_member(series_id, series, merchant, service=False)

    def is_service(self, series_id: int, service: str) -> bool:
        """Whether this series pays into `service` now."""
        series = self.books.series.get(series_id)
        return series is not None and self._is_member(series_id, series, service, service=True)

    def _is_member(self, series_id: int, series: Series, who: str, *, service: bool) -> bool:
        if not series.terms.named:
            return who not in (ZERO, self.here)
        in_part = self.books.services.get((series_id, who), False) == service
        return in_part and self.now < self.until(series_id, who)

    def refuses(self, to: str) -> bool:
        """Whether an account with code refuses certificates."""
        return to == self.here or self.answers.get(to) is not None

    # ------------------------------------------------------------------------------------- checking

    def check_limitation(self, check: Checks, series_id: int, limitation: int) -> None:
        check.need(self.now < limitation, "AfterLimitation", series_id, limitation)

    def check_signature(
        self, check: Checks, signer: str, message: Message, signature: Signature | None
    ) -> None:
        agrees = signer in self.answers and self.answers[signer] is None
        good = agrees or signature == Signature(signer, self.here, message)
        check.need(good, "InvalidSignature", signer, Digest(message))

    def check_nonce(self, check: Checks, holder: str, series_id: int, nonce: int) -> None:
        mark = self.account(series_id, holder).nonce
        check.need(nonce > mark, "NonceTooLow", nonce, mark)
        check.need(nonce <= mark + NONCE_WINDOW, "NonceTooHigh", nonce, mark + NONCE_WINDOW)

    def check_authority(
        self, check: Checks, holder: str, series_id: int, message: Message, authorization: Authorization
    ) -> None:
        """The holder calls, or has signed `message` (which ends with nonce and deadline)."""
        if authorization.signature is None:
            check.need(holder == self.caller, "NotYourCard", holder, self.caller)
            return
        check.need(self.now < authorization.deadline, "DeadlinePassed", authorization.deadline, self.now)
        self.check_nonce(check, holder, series_id, authorization.nonce)
        full = (*message, authorization.nonce, authorization.deadline)
        self.check_signature(check, holder, full, authorization.signature)

    def check_accepts(self, check: Checks, to: str) -> None:
        if to in self.takers:
            if fault := self.takers[to](self.caller):
                check.faults.append(fault)
            return
        check.need(not self.refuses(to), "ERC1155InvalidReceiver", to)

    def check_new_face(self, check: Checks, series_id: int, amount: int) -> None:
        outstanding = self.books.series[series_id].outstanding
        check.need(outstanding + amount <= MAX_AMOUNT, "Overflow", outstanding, amount)

    def check_pull(self, check: Checks, amount: int) -> None:
        """The caller's money would arrive in full."""
        before = dict(self.currency.balances)
        try:
            self.currency.pull(self.here, self.caller, amount)
        except Refused as refusal:
            check.faults += refusal.faults
        finally:
            self.currency.balances = before

    # -------------------------------------------------------------------------------------- writing

    def emit(self, name: str, *args: Any) -> None:
        self.events.append((name, *args))

    def change(self, series_id: int, **values: Any) -> None:
        self.books.series[series_id] = replace(self.books.series[series_id], **values)

    def set_account(self, series_id: int, holder: str, **values: int) -> None:
        self.books.accounts[series_id, holder] = replace(self.account(series_id, holder), **values)

    def use_authority(self, holder: str, series_id: int, authorization: Authorization) -> None:
        if authorization.signature is not None:
            self.set_account(series_id, holder, nonce=authorization.nonce)
            self.emit("AuthorizationUsed", holder, series_id, authorization.nonce)

    def add_face(self, series_id: int, amount: int) -> None:
        self.change(series_id, outstanding=self.books.series[series_id].outstanding + amount)

    def credit(self, to: str, series_id: int, amount: int) -> None:
        """Balance for `to`; its face is outstanding already."""
        self.set_account(series_id, to, balance=self.account(series_id, to).balance + amount)
        self.emit("TransferSingle", self.caller, ZERO, to, series_id, amount)

    def returnable(self, series_id: int, holder: str) -> int:
        """What of a holder's cards services can still hand back: spent, and not counted as used."""
        return sum(
            amount
            for (series, _, who), amount in self.books.placed.items()
            if (series, who) == (series_id, holder)
        )

    def spend(self, operator: str, holder: str, series_id: int, amount: int) -> None:
        """Burns face: it is no longer outstanding, and counts as spent."""
        held = self.account(series_id, holder)
        self.set_account(series_id, holder, balance=held.balance - amount, spent=held.spent + amount)
        self.add_face(series_id, -amount)
        self.emit("TransferSingle", operator, holder, ZERO, series_id, amount)

    def check_spend(self, check: Checks, holder: str, series_id: int, amount: int) -> None:
        held = self.account(series_id, holder)
        check.need(amount != 0, "ZeroAmount", series_id)
        check.need(amount <= held.balance, "InsufficientBalance", held.balance, amount)
        check.need(held.spent + amount <= MAX_AMOUNT, "Overflow", held.spent, amount)

    def owe(self, payee: str, amount: int) -> None:
        if amount:
            self.books.owed[payee] = self.books.owed.get(payee, 0) + amount
            self.emit("PayoutOwed", payee, amount)

    def pay_out(self, payee: str, amount: int) -> None:
        """Paid, or owed when the currency refuses."""
        if amount and not self.currency.pay(self.here, payee, amount):
            self.owe(payee, amount)

    def tell(
        self, service: str, payee: str, amount: int, order: int, portions: list[Portion], data: bytes
    ) -> None:
        self.books.told[service] = (payee, amount, order, tuple(portions), data)


def operation(act: Act) -> Act:
    """One transaction of `caller`: all of it, or (Refused) nothing."""

    @wraps(act)
    def run(self: Ledger, caller: str, *args: Any) -> Any:
        before = self.books.copy()
        money = dict(self.currency.balances)
        self.caller, self.events, self.books.redeemed, self.books.told = caller, [], (), {}
        try:
            return act(self, caller, *args)
        except Refused:
            self.books, self.currency.balances, self.events = before, money, []
            self.books.redeemed, self.books.told = (), {}
            raise

    return cast(Act, run)
