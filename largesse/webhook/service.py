"""The webhook's work: what a processor says is judged, written down, and done on the chain.

The service's account is the issuer's: it signs the receipt of a payment, pays its face and issues it, and
gives it as a link whose delivery date is the end of the charge-back window. Until then it can take it back.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from sqlalchemy import Engine
from web3 import Web3
from web3.types import TxReceipt

from largesse.chain import ChainError, RefusedError, Wallet, written
from largesse.chainlogs import ignore
from largesse.clients.certificates import CLAIM_PAGE, NO_AUTHORIZATION, gift_tuple
from largesse.clients.sales import Shop
from largesse.eip712 import CURVE_ORDER, keccak
from largesse.errors import LargesseError
from largesse.gifts.commitments import Gift
from largesse.gifts.link_frame import check_base_url
from largesse.gifts.links import GiftLink, key_address
from largesse.sender import Sender
from largesse.signed.sales import Receipt
from largesse.terms.fields import NO_EXPIRY, UINT40_MAX
from largesse.web.background import STOP_SECONDS, Workers, end_threads
from largesse.web.logs import log
from largesse.web.vitals import Vitals
from largesse.webhook.events import Event, PaymentSucceeded
from largesse.webhook.signatures import LEAST_SECRET
from largesse.webhook.store import (
    DELIVERED,
    FAILED,
    GIVEN,
    GIVING,
    ISSUED,
    ISSUING,
    RECALLING,
    TOLD,
    Record,
    Store,
    Waiting,
)

WORKERS: Final = 8
STEP_GAS: Final = 1_000_000
"""More than a step of a payment takes."""
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
_NO_DEADLINE: Final = UINT40_MAX
_NEVER_ISSUED: Final = (
    "CertificateSales_PaymentUsed",
    "GiftCertificates_SalesClosed",
    "GiftCertificates_AlreadyWoundDown",
    "GiftCertificates_NotWholeCertificates",
    "ERC1155InvalidReceiver",
)
"""Refusals that no waiting changes. The others wait for something of the issuer's: its money, its approval,
its receipt signer, the shop's power to issue (`NotOperator`, `OverDailyLimit`); or for a currency that is
paused, or a series that is full."""


class PaymentError(LargesseError):
    """A payment that nothing can be issued for."""


class SecretError(LargesseError):
    """A secret that is missing or could be guessed."""


def read_secrets(environ: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """The environment variables of these names; the first must be there. Raises SecretError."""
    found = []
    for place, name in enumerate(names):
        secret = environ.get(name, "")
        if not secret and place:
            continue
        if len(secret) < LEAST_SECRET:
            raise SecretError(
                "bad_secret", f"set the environment variable {name}: {LEAST_SECRET} characters or more"
            )
        found.append(secret)
    return tuple(found)


@dataclass(frozen=True)
class Issuer:
    """Whose payments come in: `wallet` is the issuer of the series, approved its currency to the shop.

    `windows`: for each method of payment the seconds in which it can be charged back, 0 for none. `secrets`:
    what the processor signs with, the new and the old one. `link_secret`: the links' keys come from it.
    `claim_page`: where the links lead.

    Raises PaymentError bad_name; LinkError bad_base_url.
    """

    name: str
    shop: Shop
    symbol: str
    wallet: Wallet = field(repr=False)
    windows: Mapping[str, int]
    secrets: Sequence[str] = field(repr=False)
    link_secret: str = field(repr=False)
    claim_page: str = CLAIM_PAGE

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise PaymentError("bad_name", f"{self.name!r} is no name of letters, digits and -")
        check_base_url(self.claim_page)

    def check_signer(self) -> None:
        """Raises PaymentError other_receipt_signer where the shop takes no receipt that `wallet` signs."""
        signer = self.shop.receipt_signer(self.wallet.address)
        if signer != self.wallet.address:
            raise _other_signer(self, signer)


class Webhook:
    """Issues what was paid for."""

    def __init__(
        self,
        issuers: Sequence[Issuer],
        engine: Engine,
        *,
        patience: float = 60.0,
        retry_seconds: float = 15.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuers = {one.name: one for one in issuers}
        self.clock = clock
        self.store = Store(engine)
        self.on_done: Callable[[str], None] = ignore
        self._stop = threading.Event()
        self._senders = {
            one.name: Sender(one.shop.node, one.wallet, engine, patience=patience, stop=self._stop)
            for one in issuers
        }
        can_pay = {str(one.wallet.address): partial(one.can_pay, STEP_GAS) for one in self._senders.values()}
        self.vitals = Vitals(can_pay, self._look_at_database)
        self._waiting = Waiting(0, 0)
        self._retry_seconds = retry_seconds
        self._workers = Workers(WORKERS, "webhook")
        self._flying: set[tuple[str, str]] = set()
        self._again: set[tuple[str, str]] = set()
        self._flying_lock = threading.Lock()
        self._expiries: dict[tuple[str, int], int] = {}
        self._watcher = threading.Thread(target=self._watch, name="webhook-watch", daemon=True)

    # ---------------------------------------------------------------------------------------------- life

    def start(self) -> None:
        """Go on with what a former process left, and look after it from now on."""
        self._watcher.start()
        self.vitals.start(self._stop)

    def close(self) -> None:
        """Stop; what is under way is left to the next start, and a thread that waits for a node which does
        not answer to the end of the process."""
        self._stop.set()
        self._workers.stop()
        end_threads([self._watcher, *self._workers.threads], STOP_SECONDS, "webhook.still_running")

    def waiting(self) -> tuple[int, int]:
        """How many payments wait since a step of theirs was refused, as was seen last, and for how many
        seconds the first of them."""
        count, since = self._waiting.count, self._waiting.since
        return count, max(0, int(self.clock()) - since) if count else 0

    def health(self) -> dict[str, Any]:
        """For `/health`. Payments that wait are no reason to send no more here."""
        count, seconds = self.waiting()
        return {**self.vitals.health(), "paymentsWaiting": count, "oldestWaitsSeconds": seconds}

    # ------------------------------------------------------------------------------------------- requests

    def take(self, issuer: Issuer, event: Event) -> None:
        """Write an event down, once however often it comes; what it asks for is done soon after.

        Raises PaymentError unknown_method, wrong_currency, not_the_issuer, window_past_expiry,
        not_whole_certificates; RefusedError where there is no such series; ConflictError.
        """
        if self.store.is_known(issuer.name, event):
            return
        window_end = self._window_end(issuer, event) if isinstance(event, PaymentSucceeded) else 0
        if self.store.take(issuer.name, event, window_end):
            log("webhook.taken", id=event.payment.id, kind=event.type, issuer=issuer.name)
            self._dispatch(issuer.name, event.payment.id)

    def link(self, record: Record) -> GiftLink | None:
        """The link that a payment's certificate can be claimed with, while there is one."""
        if record.state != GIVEN:
            return None
        issuer = self.issuers[record.issuer]
        certificates = issuer.shop.certificates
        return GiftLink(
            issuer.claim_page,
            certificates.node.chain_id,
            certificates.address,
            _link_key(issuer, record),
            self._gift(record),
            b"",
        )

    # --------------------------------------------------------------------------------------------- private

    def _look_at_database(self) -> None:
        self._waiting = self.store.waiting()

    def _window_end(self, issuer: Issuer, event: PaymentSucceeded) -> int:
        paid = event.payment
        window = issuer.windows.get(paid.method)
        if window is None:
            raise PaymentError("unknown_method", f"{paid.method}: there is a window for {_list(issuer)}")
        if paid.currency != issuer.symbol:
            raise PaymentError("wrong_currency", f"{paid.currency}: {issuer.name} issues {issuer.symbol}")
        certificates = issuer.shop.certificates
        terms, state = certificates.terms(int(paid.series)), certificates.state(int(paid.series))
        if state.issuer != issuer.wallet.address:
            raise PaymentError("not_the_issuer", f"series {paid.series} is of {state.issuer}")
        end = event.created + window if window else 0
        if end >= terms.expires_at:
            raise PaymentError(
                "window_past_expiry",
                f"the charge-back window ends at {end}, series {paid.series} expires at {terms.expires_at}",
            )
        if terms.denomination and int(paid.amount) % terms.denomination:
            raise PaymentError(
                "not_whole_certificates",
                f"amount {paid.amount} is no whole number of certificates: series {paid.series} has a face "
                f"of {terms.denomination}",
            )
        return end

    def _expires_at(self, issuer: str, payment_id: str) -> int:
        """When the series of a payment ends, which never changes."""
        found = self.store.find(issuer, payment_id)
        if found is None or found[0].state == TOLD:
            return NO_EXPIRY
        place = issuer, found[0].series_id
        if place not in self._expiries:
            terms = self.issuers[issuer].shop.certificates.terms(place[1])
            self._expiries[place] = terms.expires_at
        return self._expiries[place]

    def _gift(self, record: Record) -> Gift:
        issuer = self.issuers[record.issuer]
        return Gift(
            giver=issuer.wallet.address,
            key=key_address(_link_key(issuer, record)),
            recipient=record.recipient,
            series_id=record.series_id,
            amount=record.amount,
            deliver_at=record.deliver_at,
            reclaim_at=UINT40_MAX,
            created_at=record.created_at,
            limitation_at=issuer.shop.certificates.terms(record.series_id).limitation_at,
            message_hash=bytes(32),
        )

    def _dispatch(self, issuer: str, payment_id: str) -> None:
        place = (issuer, payment_id)
        with self._flying_lock:
            if self._stop.is_set():
                return
            if place in self._flying:
                self._again.add(place)
                return
            self._flying.add(place)
        self._workers.submit(self._work, *place)

    def _work(self, issuer: str, payment_id: str) -> None:
        place, node = (issuer, payment_id), self.issuers[issuer].shop.node
        try:
            while not self._stop.is_set():
                expires_at = self._expires_at(issuer, payment_id)
                record = self.store.begin(issuer, payment_id, node.now(), expires_at)
                if record is None or not self._advance(record):
                    break
        except Exception as error:  # noqa: BLE001 - the thread ends here; the watcher comes back to the payment
            log("webhook.postponed", logging.WARNING, id=payment_id, why=f"{type(error).__name__}: {error}")
        with self._flying_lock:
            self._flying.discard(place)
            again = place in self._again
            self._again.discard(place)
        if again:
            self._dispatch(issuer, payment_id)

    def _advance(self, record: Record) -> bool:
        """Send the step that was decided, and write down what became of it; whether it is settled."""
        sender = self._senders[record.issuer]
        target, data = self._call(record)
        refused: LargesseError
        try:
            receipt: TxReceipt | None = sender.send(record.key, target, data)
            refused = RefusedError("reverted", "it failed in its block")
        except (RefusedError, ChainError) as error:
            if isinstance(error, ChainError) and error.reason not in ("other_transaction", "nonce_taken"):
                raise
            # It may have been sent, as it was decided before or by another process, and have worked.
            refused, receipt = error, sender.receipt(record.key)
        if receipt is not None and receipt["status"] == 1:
            changes = self._done(record, receipt)
            self.store.finish(record, **changes)
            self.on_done(changes["state"])
            log("webhook.done", id=record.id, state=changes["state"], issuer=record.issuer)
            return True
        never_sent = not sender.hashes(record.key)
        if receipt is None and not never_sent and refused.reason != "nonce_taken":
            return False  # it is on its way
        if isinstance(refused, RefusedError) and refused.reason == "Custody_InvalidSignature":
            refused = _other_signer(self.issuers[record.issuer], str(refused.values[0]))
        said: dict[str, Any] = {"error": refused.reason[:80], "message": refused.message}
        reason, why = said.values()
        log("webhook.refused", logging.WARNING, id=record.id, step=record.state, reason=reason, why=why)
        if (state := _final(record, refused, sender.node.now())) is not None:
            self.store.finish(record, state=state, **said)
            self.on_done(state)
            return True
        # A key that was used can't work any more; one that was not is free, whoever else is about to use it.
        step = record.step + (0 if never_sent else 1)
        self.store.wait(record, int(self.clock()), step=step, **said)
        return False

    def _call(self, record: Record) -> tuple[str, bytes]:
        """Contract and bytes of the step."""
        issuer = self.issuers[record.issuer]
        shop, certificates = issuer.shop, issuer.shop.certificates
        if record.state == ISSUING:
            me = issuer.wallet.address
            to = record.recipient if record.direct else me
            receipt = Receipt(
                record.series_id, to, record.amount, me, payment_id(record.issuer, record.id), _NO_DEADLINE
            )
            signature = receipt.sign(shop.domain, issuer.wallet.key)
            values = (
                receipt.series_id, to, receipt.amount, me, receipt.payment_id, receipt.deadline,
            )  # fmt: skip
            text = shop.contract.encode_abi("issueByReceipt", [values, signature])
            return shop.address, bytes.fromhex(text[2:])
        if record.state == GIVING:
            key = key_address(_link_key(issuer, record))
            order = (
                record.series_id, record.amount, key, record.recipient, record.deliver_at, 0, bytes(32),
            )  # fmt: skip
            text = certificates.contract.encode_abi("give", [order])
        else:
            text = certificates.contract.encode_abi(
                "recall", [gift_tuple(self._gift(record)), NO_AUTHORIZATION]
            )
        return certificates.address, bytes.fromhex(text[2:])

    def _done(self, record: Record, receipt: TxReceipt) -> dict[str, Any]:
        """What a step that worked has made of the payment, by its receipt."""
        issuer = self.issuers[record.issuer]
        if record.state == ISSUING:
            (issued,) = written(issuer.shop.contract, "IssuedByReceipt", receipt)
            here = issued["recipient"] == issuer.wallet.address
            return {"state": ISSUED if here else DELIVERED}
        if record.state == RECALLING:
            return {"state": ISSUED}
        (given,) = written(issuer.shop.certificates.contract, "GiftGiven", receipt)
        return {
            "state": GIVEN,
            "deliver_at": int(given["dates"]) & UINT40_MAX,
            "created_at": issuer.shop.node.block_time(receipt["blockNumber"]),
        }

    def _watch(self) -> None:
        """Look after what nobody is doing: left by a crash, or by a node that was away."""
        resumed = False
        while True:
            try:
                if not resumed:
                    # A transaction that was signed and never sent would hold up all later ones.
                    for sender in self._senders.values():
                        sender.resume()
                    resumed = True
                for issuer, payment_id in self.store.due():
                    if issuer in self.issuers:
                        self._dispatch(issuer, payment_id)
            except Exception as error:  # noqa: BLE001 - a database that is away comes back
                log("webhook.watch_failed", logging.WARNING, why=f"{type(error).__name__}: {error}")
            if self._stop.wait(self._retry_seconds):
                return


def payment_id(issuer: str, payment: str) -> bytes:
    """A payment's id on the chain, 32 bytes: of two processors' payments with one id neither is the other."""
    return keccak(f"{issuer}/{payment}".encode())


def _other_signer(issuer: Issuer, signer: str) -> PaymentError:
    """Why the shop does not take the issuer's receipts."""
    named = Web3.to_checksum_address(signer)
    return PaymentError(
        "other_receipt_signer",
        f"receipts of {issuer.wallet.address} are signed by {named} alone, and the issuer's own key counts "
        f"for nothing: `brownie run sell receipts currency={issuer.symbol} signer=none` takes that back",
    )


def _final(record: Record, refused: LargesseError, now: int) -> str | None:
    """What a refusal for good makes of a payment; None where trying again may help."""
    if record.state == ISSUING and refused.reason in _NEVER_ISSUED:
        return FAILED
    if record.state == GIVING and refused.reason == "GiftCertificates_GiftDates":
        # Its delivery date may have passed while it was sent, or its series has ended.
        ended = isinstance(refused, RefusedError) and now >= refused.values[2]
        return FAILED if ended else None
    # Claimed, or the delivery date has come: it is the buyer's.
    late = ("GiftCertificates_NoSuchGift", "GiftCertificates_NotRecallable")
    return DELIVERED if record.state == RECALLING and refused.reason in late else None


def _link_key(issuer: Issuer, record: Record) -> bytes:
    """The private key of a payment's link: another one each time that a link is made."""
    text = f"{issuer.name}\n{record.id}\n{record.round}"
    digest = hmac.new(issuer.link_secret.encode(), text.encode(), hashlib.sha256).digest()
    return (int.from_bytes(digest, "big") % (CURVE_ORDER - 1) + 1).to_bytes(32, "big")


def _list(issuer: Issuer) -> str:
    return ", ".join(issuer.windows)
