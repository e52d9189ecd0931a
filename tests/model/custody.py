"""The model of money in a contract's keeping: consent, what comes in, what is paid or owed, monthly caps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from typing import Any, TypeVar, cast

from tests.model.certificates import Certificates
from tests.model.currency import Kind
from tests.model.jar_words import (
    NO_LIMIT,
    Cap,
    Consent,
    Flow,
    Membership,
    Placement,
    SharedJar,
    Stream,
    Tier,
    month_of,
)
from tests.model.jars import Jar
from tests.model.words import NONCE_WINDOW, ZERO, Checks, Digest, Message, Refused, Signature, refuse

Act = TypeVar("Act", bound=Callable[..., Any])


@dataclass
class Books:
    """Everything that a transaction may change. All values are immutable, so a shallow copy is a snapshot."""

    jars: dict[int, Jar] = field(default_factory=dict)
    streams: dict[Flow, Stream] = field(default_factory=dict)
    placements: dict[bytes, Placement] = field(default_factory=dict)  # by the stream's id
    shared: dict[int, SharedJar] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    tiers: dict[tuple[str, int], Tier] = field(default_factory=dict)
    members: dict[tuple[str, str, int], Membership] = field(default_factory=dict)
    gifts: dict[bytes, int] = field(default_factory=dict)  # of a batch, those that are left
    claimed: dict[tuple[bytes, int], bool] = field(default_factory=dict)
    tips: dict[bytes, bool] = field(default_factory=dict)  # those that are open
    caps: dict[str, Cap] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    moved: dict[tuple[str, Message], bool] = field(default_factory=dict)  # the currency's used authorisations
    allowances: dict[str, int] = field(default_factory=dict)  # where it is not endless
    permits: dict[str, int] = field(default_factory=dict)
    spans: int = 0

    def copy(self) -> Books:
        """A snapshot."""
        copied = Books(spans=self.spans)
        for member in fields(self):
            value = getattr(self, member.name)
            if isinstance(value, dict):
                setattr(copied, member.name, dict(value))
        return copied


def operation(act: Act) -> Act:
    """One transaction of `caller`: all of it, or (Refused) nothing."""

    @wraps(act)
    def run(self: Custody, caller: str, *args: Any) -> Any:
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


class Custody:
    """One escrow at `here` over the currency of `certificates`, at their second."""

    def __init__(self, here: str, certificates: Certificates, decimals: int) -> None:
        self.here = here
        self.certificates = certificates
        self.currency = certificates.currency
        self.scale: int = 10 ** min(9, max(0, 18 - decimals))
        self.caller = ZERO
        self.books = Books()
        self.events: list[tuple[Any, ...]] = []

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
        """`account` calls, or has signed an action that takes `amount` of it, has that, and may pay it."""
        self.check_cap(check, account, amount)
        if consent.signature is None:
            check.need(account == self.caller, "Custody_NotItself", account, self.caller)
        elif consent.moves:
            self._check_moves(check, account, amount, message, consent)
            self._check_pull(check, account, amount, allowed=True)
            return
        else:
            self._check_signed(check, account, message, consent)
        self._check_pull(check, account, amount, allowed=False)

    def use_paid(self, account: str, amount: int, message: Message, consent: Consent) -> None:
        """Takes the money, counts it against the cap, and uses the signature up."""
        self.count(account, amount)
        self.currency.pull(self.here, account, amount)
        full = self._full(message, consent)
        if consent.signature is not None and consent.moves:
            self.books.moved[account, full] = True
            return
        self.use_consent(account, consent)
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
        if signature is not None and signature.signer in answers:  # a wallet's own form
            good = account in answers and answers[account] is None
        check.need(good, "ERC3009InvalidSignature")
        check.need(self.now < consent.deadline, "ERC3009InvalidAuthorizationTime", 0, consent.deadline)
        used = self.books.moved.get((account, full), False)
        check.need(not used, "ERC3009UsedAuthorization", account, Digest(full))

    def _check_pull(self, check: Checks, account: str, amount: int, *, allowed: bool) -> None:
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

    # ----------------------------------------------------------------------------------------- caps

    def cap(self, payer: str) -> Cap | None:
        """This month's; None while none was ever set."""
        cap, month = self.books.caps.get(payer), month_of(self.now)
        if cap is None or cap.month == month:
            return cap
        return Cap(cap.next_limit, cap.next_limit, month, 0)

    def check_cap(self, check: Checks, payer: str, amount: int) -> None:
        cap = self.cap(payer)
        if cap is not None and cap.limit != NO_LIMIT:
            kept = cap.used + amount <= cap.limit
            check.need(kept, "Jar_OverMonthlyCap", payer, cap.used, amount, cap.limit)

    def count(self, payer: str, amount: int) -> None:
        """Counts what was paid against this month's cap, if there is one."""
        cap = self.cap(payer)
        if cap is not None and cap.limit != NO_LIMIT:
            self.books.caps[payer] = replace(cap, used=cap.used + amount)

    @operation
    def set_monthly_cap(self, caller: str, payer: str, limit: int, consent: Consent) -> None:
        check = Checks()
        self.check_consent(check, payer, ("SetMonthlyCap", payer, limit), consent)
        check.done()
        self.use_consent(payer, consent)
        cap, month = self.cap(payer), month_of(self.now)
        if cap is None or limit <= cap.limit:
            used = 0 if cap is None else cap.used
            self.books.caps[payer] = Cap(limit, limit, month, used)
            self.emit("MonthlyCapSet", payer, limit, month)
        else:
            self.books.caps[payer] = replace(cap, next_limit=limit)
            self.emit("MonthlyCapSet", payer, limit, month + 1)

    def monthly_cap(self, payer: str) -> tuple[int, int, int]:
        """Limit, used, next month's limit."""
        cap = self.cap(payer)
        return (NO_LIMIT, 0, NO_LIMIT) if cap is None else (cap.limit, cap.used, cap.next_limit)
