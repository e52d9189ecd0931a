"""An exact reference model of AtomicSwaps, from its documentation alone.

Every operation of `IAtomicSwaps` is a method in snake case that takes the caller first and then the same
arguments; signatures are passed as what they say. It has exactly the effects that the contract must have, or
raises `Refused` with every rule that was broken and has none. Certificates move through their own model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field

from tests.model import custody
from tests.model.certificates import Certificates
from tests.model.custody import Custody, operation
from tests.model.swap_words import LONGEST, Lock, Status, hash_of, lock_id
from tests.model.words import ZERO, Checks, Consent, Fault, Portion, Refused, refuse


@dataclass
class Books(custody.Books):
    """What the swaps keep besides."""

    locks: dict[Lock, Status] = field(default_factory=dict)


class Swaps(Custody[Books]):
    """All of it."""

    def __init__(self, here: str, certificates: Certificates) -> None:
        super().__init__(here, certificates, Books())
        certificates.takers[here] = self.takes

    def status(self, what: Lock) -> Status:
        """NONE for one that nobody made."""
        return self.books.locks.get(what, Status.NONE)

    def locked(self, series_id: int) -> int:
        """What lies here of a series, or of currency for 0."""
        return sum(
            what.amount
            for what, status in self.books.locks.items()
            if what.series_id == series_id and status is Status.LOCKED
        )

    # --------------------------------------------------------------------------------------- certificates

    def takes(self, operator: str) -> Fault | None:
        """Certificates come by a lock, and no other way."""
        return None if operator == self.here else ("Swaps_NotTaken", (operator,))

    def redeemed(self, payee: str, amount: int, portions: Sequence[Portion], data: bytes) -> None:
        """It is no service: it has no function for that, so the call fails without a word."""
        raise refuse("")

    def _check_card(self, check: Checks, from_: str, to: str, series_id: int, amount: int) -> None:
        """The certificates would move."""
        books, events = self.certificates.books.copy(), self.certificates.events
        try:
            self.certificates.safe_transfer_from(self.here, from_, to, series_id, amount, b"")
        except Refused as refusal:
            check.faults += refusal.faults
        finally:
            self.certificates.books, self.certificates.events = books, events

    # ---------------------------------------------------------------------------------------------- locking

    @operation
    def lock(self, caller: str, what: Lock, consent: Consent) -> bytes:
        check = Checks()
        self._check_terms(check, what)
        message = ("Lock", *astuple(what))
        if what.series_id == 0:
            self.check_paid(check, what.sender, what.amount, message, consent)
        else:
            self.check_consent(check, what.sender, message, consent)
            self._check_card(check, what.sender, self.here, what.series_id, what.amount)
        check.done()
        self.books.locks[what] = Status.LOCKED
        self.emit("Locked", lock_id(what), what.sender, what.to, astuple(what))
        if what.series_id == 0:
            self.use_paid(what.sender, what.amount, message, consent)
        else:
            self.use_consent(what.sender, consent)
            self.certificates.safe_transfer_from(
                self.here, what.sender, self.here, what.series_id, what.amount, b""
            )
        return lock_id(what)

    def _check_terms(self, check: Checks, what: Lock) -> None:
        check.need(what.to not in (ZERO, self.here), "Custody_ZeroAddress")
        check.need(what.amount != 0, "Swaps_ZeroAmount")
        latest = self.now + LONGEST
        if what.series_id:
            series = self.certificates.books.series.get(what.series_id)
            check.need(series is not None, "UnknownSeries", what.series_id)
            if series is not None:
                latest = min(latest, series.terms.expires_at - 1)
        fits = self.now < what.expires_at <= latest
        check.need(fits, "Swaps_EndsAt", what.expires_at, self.now + 1, latest)
        check.need(what not in self.books.locks, "Swaps_Exists", lock_id(what))

    # ---------------------------------------------------------------------------------------- the two ends

    @operation
    def claim(self, caller: str, what: Lock, preimage: bytes) -> None:
        check = self._check_claim(what, preimage, what.to)
        check.done()
        self._claim(what, preimage, what.to)

    @operation
    def claim_to(self, caller: str, what: Lock, preimage: bytes, receiver: str, consent: Consent) -> None:
        check = self._check_claim(what, preimage, receiver)
        self._check_named(check, "ClaimTo", what, what.to, receiver, consent)
        check.done()
        self.use_consent(what.to, consent)
        self._claim(what, preimage, receiver)

    @operation
    def refund(self, caller: str, what: Lock) -> None:
        check = self._check_refund(what, what.sender)
        check.done()
        self._refund(what, what.sender)

    @operation
    def refund_to(self, caller: str, what: Lock, receiver: str, consent: Consent) -> None:
        check = self._check_refund(what, receiver)
        self._check_named(check, "RefundTo", what, what.sender, receiver, consent)
        check.done()
        self.use_consent(what.sender, consent)
        self._refund(what, receiver)

    def _check_claim(self, what: Lock, preimage: bytes, receiver: str) -> Checks:
        check = self._check_locked(what, receiver)
        check.need(self.now < what.expires_at, "Swaps_TooLate", what.expires_at, self.now)
        shown = hash_of(preimage)
        check.need(shown == what.hash, "Swaps_WrongPreimage", shown, what.hash)
        return check

    def _check_refund(self, what: Lock, receiver: str) -> Checks:
        check = self._check_locked(what, receiver)
        check.need(self.now >= what.expires_at, "Swaps_TooEarly", what.expires_at, self.now)
        return check

    def _check_named(
        self, check: Checks, kind: str, what: Lock, owner: str, receiver: str, consent: Consent
    ) -> None:
        """Whose it is says who gets it."""
        check.need(receiver not in (ZERO, self.here), "Custody_ZeroAddress")
        self.check_consent(check, owner, (kind, lock_id(what), receiver), consent)

    def _claim(self, what: Lock, preimage: bytes, receiver: str) -> None:
        self.books.locks[what] = Status.CLAIMED
        self.emit("Claimed", lock_id(what), receiver, preimage)
        self._send(what, receiver)

    def _refund(self, what: Lock, receiver: str) -> None:
        self.books.locks[what] = Status.REFUNDED
        self.emit("Refunded", lock_id(what), receiver)
        self._send(what, receiver)

    def _check_locked(self, what: Lock, receiver: str) -> Checks:
        """There is such a lock; certificates that the receiver refuses stay."""
        check, status = Checks(), self.status(what)
        check.need(status is Status.LOCKED, "Swaps_NotLocked", lock_id(what), int(status))
        if what.series_id and status is Status.LOCKED:
            self._check_card(check, self.here, receiver, what.series_id, what.amount)
        return check

    def _send(self, what: Lock, receiver: str) -> None:
        if what.series_id == 0:
            self.pay_out(receiver, what.amount)
        else:
            self.certificates.safe_transfer_from(
                self.here, self.here, receiver, what.series_id, what.amount, b""
            )
