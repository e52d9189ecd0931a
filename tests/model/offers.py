"""The model of which offers stand on the market: what was sold of them, and what was cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.model.certificates import Certificates
from tests.model.custody import operation
from tests.model.market_words import Books, Offer, Status
from tests.model.words import ZERO, Checks, Digest, Fault, Message, Signature


class Offers:
    """Of the market at `here` of these certificates, in their currency and at their second."""

    def __init__(self, here: str, certificates: Certificates) -> None:
        self.here = here
        self.certificates = certificates
        self.currency = certificates.currency
        self.caller = ZERO
        self.books = Books()
        self.events: list[tuple[Any, ...]] = []
        certificates.takers[here] = self.takes

    @property
    def now(self) -> int:
        """Seconds."""
        return self.certificates.now

    def takes(self, operator: str) -> Fault:
        """It keeps no certificates, whoever sends or issues them."""
        return "ERC1155InvalidReceiver", (self.here,)

    def emit(self, name: str, *args: Any) -> None:
        self.events.append((name, *args))

    def status(self, seller: str, nonce: int) -> tuple[Status, int]:
        """Of the seller's offers with this nonce; the face sold, of those that are sold in part."""
        found = self.books.statuses.get((seller, nonce), Status.UNTOUCHED)
        return found, self.books.filled.get((seller, nonce), 0) if found is Status.STARTED else 0

    def rest(self, offer: Offer) -> int:
        """Face that can still be had."""
        found, filled = self.status(offer.seller, offer.nonce)
        return 0 if found in (Status.SOLD, Status.CANCELLED) else max(offer.amount - filled, 0)

    def check_epoch(self, check: Checks, seller: str, epoch: int) -> None:
        current = self.books.epochs.get(seller, 0)
        check.need(epoch == current, "Market_EpochDiffers", epoch, current)

    def check_signature(
        self, check: Checks, signer: str, message: Message, signature: Signature | None
    ) -> None:
        answers = self.certificates.answers
        good = signature == Signature(signer, self.here, message)
        if signer in answers:  # a wallet: it finds all good, or nothing
            good = answers[signer] is None
        check.need(good, "Market_InvalidSignature", signer, Digest(message))

    # ------------------------------------------------------------------------------------------- cancelling

    @operation
    def cancel(self, caller: str, nonces: Sequence[int]) -> None:
        for nonce in nonces:
            self._cancel(caller, nonce)

    @operation
    def cancel_signed(
        self, caller: str, seller: str, nonce: int, deadline: int, signature: Signature | None
    ) -> None:
        check = self._check_signed(("CancelOffer", seller, nonce, deadline), signature)
        check.done()
        self._cancel(seller, nonce)

    @operation
    def cancel_all(self, caller: str) -> None:
        self._cancel_all(caller)

    @operation
    def cancel_all_signed(
        self, caller: str, seller: str, epoch: int, deadline: int, signature: Signature | None
    ) -> None:
        check = self._check_signed(("CancelAllOffers", seller, epoch, deadline), signature)
        self.check_epoch(check, seller, epoch)
        check.done()
        self._cancel_all(seller)

    def _check_signed(self, message: Message, signature: Signature | None) -> Checks:
        check = Checks()
        _, seller, _, deadline = message
        check.need(self.now < deadline, "Market_DeadlinePassed", deadline, self.now)
        self.check_signature(check, seller, message, signature)
        return check

    def _cancel(self, seller: str, nonce: int) -> None:
        self.books.statuses[seller, nonce] = Status.CANCELLED
        self.emit("OfferCancelled", seller, nonce)

    def _cancel_all(self, seller: str) -> None:
        self.books.epochs[seller] = self.books.epochs.get(seller, 0) + 1
        self.emit("AllOffersCancelled", seller, self.books.epochs[seller])
