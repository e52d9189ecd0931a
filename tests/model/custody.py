"""The model of money in a contract's keeping: consent, what comes in, what is paid or owed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import wraps
from typing import Any, Generic, TypeVar, cast

from tests.model.certificates import Certificates
from tests.model.currency import Kind
from tests.model.words import (
    NONCE_WINDOW,
    ZERO,
    Checks,
    Consent,
    Digest,
    Message,
    Portion,
    Refused,
    Signature,
    refuse,
)

Act = TypeVar("Act", bound=Callable[..., Any])


@dataclass
class Books:
    """Everything that a transaction may change. All values are immutable, so a shallow copy is a snapshot."""

    owed: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    moved: dict[tuple[str, Message], bool] = field(default_factory=dict)  # the currency's used authorisations
    allowances: dict[str, int] = field(default_factory=dict)  # where it is not endless
    permits: dict[str, int] = field(default_factory=dict)

    def copy(self: B) -> B:
        """A snapshot."""
        copied = type(self)()
        for member in fields(self):
            value = getattr(self, member.name)
            setattr(copied, member.name, dict(value) if isinstance(value, dict) else value)
        return copied


B = TypeVar("B", bound=Books)


def operation(act: Act) -> Act:
    """One transaction of `caller`: all of it, or (Refused) nothing."""

    @wraps(act)
    def run(self: Custody[Any], caller: str, *args: Any) -> Any:
        certificates = self.certificates
        before, theirs = self.books.copy(), certificates.books.copy()
        money = dict(self.currency.balances)
        self.caller, self.events, certificates.events = caller, [], []
        certificates.books.redeemed, certificates.books.told = (), {}
        try:
            return act(self, caller, *args)
        except Refused:
            self.books, certificates.books, self.currency.balances = before, theirs, money
            self.events, certificates.events = [], []
            raise

    return cast(Act, run)


class Custody(ABC, Generic[B]):
    """One contract at `here` over the currency of `certificates`, at their second. It hears of redemptions
    from them."""

    def __init__(self, here: str, certificates: Certificates, books: B) -> None:
        self.here = here
        self.certificates = certificates
        self.currency = certificates.currency
        self.caller = ZERO
        self.books = books
        self.events: list[tuple[Any, ...]] = []
        certificates.receivers[here] = self.receive

    @property
    def now(self) -> int:
        """Seconds."""
        return self.certificates.now

    def emit(self, name: str, *args: Any) -> None:
        self.events.append((name, *args))

    # -------------------------------------------------------------------------------------- consent

    def check_signature(
        self, check: Checks, signer: str, message: Message, signature: Signature | None
    ) -> None:
        answers = self.certificates.answers
        good = signature == Signature(signer, self.here, message)
        if signer in answers:  # a wallet: it finds all good, or nothing
            good = answers[signer] is None
        check.need(good, "Custody_InvalidSignature", signer, Digest(message))

    def check_deadline(self, check: Checks, deadline: int) -> None:
        check.need(self.now < deadline, "Custody_DeadlinePassed", deadline, self.now)

    def check_nonce(self, check: Checks, signer: str, nonce: int) -> None:
        mark = self.books.marks.get(signer, 0)
        check.need(nonce > mark, "Custody_NonceTooLow", nonce, mark)
        check.need(nonce <= mark + NONCE_WINDOW, "Custody_NonceTooHigh", nonce, mark + NONCE_WINDOW)

    def check_consent(self, check: Checks, account: str, message: Message, consent: Consent) -> None:
        """`account` calls, or has signed an action that moves none of its money."""
        if consent.signature is None:
            check.need(account == self.caller, "Custody_NotItself", account, self.caller)
            return
        check.need(not consent.moves, "Custody_NothingMoves")
        self._check_signed(check, account, message, consent)

    def use_consent(self, account: str, consent: Consent) -> None:
        if consent.signature is not None:
            self._use_nonce(account, consent.nonce)

    def check_paid(
        self, check: Checks, account: str, amount: int, message: Message, consent: Consent
    ) -> None:
        """`account` calls, or has signed an action that takes `amount` of it, and has that."""
        if consent.signature is None:
            check.need(account == self.caller, "Custody_NotItself", account, self.caller)
            self.check_pull(check, account, amount)
        else:
            self.check_pulled(check, account, amount, message, consent)

    def check_pulled(
        self, check: Checks, account: str, amount: int, message: Message, consent: Consent
    ) -> None:
        """`account` has signed an action that takes `amount` of it, and has that."""
        if consent.moves:
            self._check_moves(check, account, amount, message, consent)
        else:
            self._check_signed(check, account, message, consent)
        self.check_pull(check, account, amount, allowed=consent.moves)

    def use_paid(self, account: str, amount: int, message: Message, consent: Consent) -> None:
        """Takes the money, and uses the signature up, if there is one."""
        if consent.signature is None:
            self.pull(account, amount)
        else:
            self.use_pulled(account, amount, message, consent)

    def use_pulled(self, account: str, amount: int, message: Message, consent: Consent) -> None:
        """Takes the money, and uses the signature up."""
        if consent.moves:
            self.currency.pull(self.here, account, amount)
            self.books.moved[account, self._full(message, consent)] = True
        else:
            self._use_nonce(account, consent.nonce)
            self.pull(account, amount)

    def pull(self, account: str, amount: int) -> None:
        """Takes money by allowance."""
        self.currency.pull(self.here, account, amount)
        allowed = self.books.allowances.get(account, 2**256 - 1)
        if allowed < 2**256 - 1:
            self.books.allowances[account] = allowed - amount

    def _full(self, message: Message, consent: Consent) -> Message:
        return (*message, consent.nonce, consent.deadline)

    def _check_signed(self, check: Checks, account: str, message: Message, consent: Consent) -> None:
        self.check_deadline(check, consent.deadline)
        self.check_nonce(check, account, consent.nonce)
        self.check_signature(check, account, self._full(message, consent), consent.signature)

    def _use_nonce(self, signer: str, nonce: int) -> None:
        self.books.marks[signer] = nonce
        self.emit("ConsentUsed", signer, nonce)

    def _check_moves(
        self, check: Checks, account: str, amount: int, message: Message, consent: Consent
    ) -> None:
        """The currency looks at its own authorisation, whose nonce is the digest of the action."""
        if self.currency.kind is not Kind.PLAIN:
            check.need(False, "")  # it has none
            return
        full = self._full(message, consent)
        said = (
            "ReceiveWithAuthorization",
            account,
            self.here,
            amount,
            0,
            consent.deadline,
            Digest(full),
        )
        answers, signature = self.certificates.answers, consent.signature
        good = signature == Signature(account, self.currency.address, said)
        if signature is None or signature.signer in answers:  # a wallet's own form
            good = account in answers and answers[account] is None
        check.need(good, "ERC3009InvalidSignature")
        check.need(self.now < consent.deadline, "ERC3009InvalidAuthorizationTime", 0, consent.deadline)
        used = self.books.moved.get((account, full), False)
        check.need(not used, "ERC3009UsedAuthorization", account, Digest(full))

    def check_pull(self, check: Checks, account: str, amount: int, *, allowed: bool = False) -> None:
        """The money would arrive in full."""
        allowance = self.books.allowances.get(account, 2**256 - 1)
        if not allowed:
            check.need(allowance >= amount, "ERC20InsufficientAllowance", self.here, allowance, amount)
        before = dict(self.currency.balances)
        try:
            self.currency.pull(self.here, account, amount)
        except Refused as refusal:
            check.faults += [
                (f"Custody_{name}" if name == "ArrivedDiffers" else name, values)
                for name, values in refusal.faults
            ]
        finally:
            self.currency.balances = before

    # --------------------------------------------------------------------------------- what is paid

    def owe(self, payee: str, amount: int) -> None:
        self.books.owed[payee] = self.books.owed.get(payee, 0) + amount
        self.emit("PayoutOwed", payee, amount)

    def pay_out(self, payee: str, amount: int) -> None:
        """Paid, or owed when the currency refuses."""
        if amount and not self.currency.pay(self.here, payee, amount):
            self.owe(payee, amount)

    @operation
    def withdraw_owed(self, caller: str, payee: str, to: str, consent: Consent) -> int:
        check = Checks()
        self.check_consent(check, payee, ("OwedWithdrawal", payee, to), consent)
        check.need(to not in (ZERO, self.here), "Custody_ZeroAddress")
        amount = self.books.owed.get(payee, 0)
        check.need(amount != 0, "Custody_NothingOwed", payee)
        check.done()
        self.use_consent(payee, consent)
        self.books.owed[payee] = 0
        self.emit("OwedPaid", payee, to, amount)
        if not self.currency.pay(self.here, to, amount):
            raise refuse("Custody_LeftDiffers", amount, 0)
        return amount

    @operation
    def cancel_consents(self, caller: str, nonce: int) -> None:
        check = Checks()
        self.check_nonce(check, caller, nonce)
        check.done()
        self._use_nonce(caller, nonce)

    @operation
    def permit(self, caller: str, owner: str, amount: int, deadline: int, signature: Signature) -> None:
        """Does nothing with one that is no good."""
        nonce = self.books.permits.get(owner, 0)
        said = ("Permit", owner, self.here, amount, nonce, deadline)
        good = signature == Signature(owner, self.currency.address, said)
        if self.currency.kind is Kind.PLAIN and good and self.now <= deadline:
            self.books.permits[owner] = nonce + 1
            self.books.allowances[owner] = amount

    # ---------------------------------------------------------------------- redemptions, several calls

    @abstractmethod
    def redeemed(self, payee: str, amount: int, portions: Sequence[Portion], data: bytes) -> None:
        """Certificates have paid `amount` for `payee`: what becomes of it."""

    def one_holder(self, check: Checks, portions: Sequence[Portion], error: str) -> tuple[str, int]:
        """Whose cards they all are; and their one named series, or 0 for open ones. Else `error`."""
        named = [
            one.series_id if self.certificates.books.series[one.series_id].terms.named else 0
            for one in portions
        ]
        holder, series_id = portions[0].holder, named[0]
        for portion, other in zip(portions, named, strict=True):
            same = portion.holder == holder and other == series_id
            check.need(same, error, portion.holder, holder, other, series_id)
        return holder, series_id

    def receive(self, payee: str, amount: int, order: int, portions: Sequence[Portion], data: bytes) -> None:
        """The money has come. All of it, or (Refused) nothing."""
        before, self.events = self.books.copy(), []
        try:
            self.redeemed(payee, amount, portions, data)
        except Refused:
            self.books, self.events = before, []
            raise

    def multicall(self, caller: str, calls: Sequence[tuple[str, tuple[Any, ...]]]) -> None:
        """Several calls, their functions and arguments, in one transaction."""
        before, theirs = self.books.copy(), self.certificates.books.copy()
        money = dict(self.currency.balances)
        events: list[tuple[Any, ...]] = []
        restored: list[tuple[Any, ...]] = []
        try:
            for name, args in calls:
                method = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
                getattr(self, method)(caller, *args)
                events += self.events
                restored += self.certificates.events
        except Refused as refusal:
            self.books, self.certificates.books, self.currency.balances = before, theirs, money
            # A call that reverts without a word gets one.
            raise Refused([fault if fault[0] else ("FailedCall", ()) for fault in refusal.faults]) from None
        self.events, self.certificates.events = events, restored
