"""The side that pays: a session key, a budget, and an httpx `Auth` that pays for calls with vouchers.

    purse = Purse(account, session_key, domain, budget=micro_units, state=path)
    with httpx.Client(auth=Paying(purse)) as client:
        client.get("https://…")

Works in `httpx.AsyncClient` too, and with several calls at once. Before a voucher leaves, the file says so: a
purse that was killed knows what it may have spent. A call whose answer was lost is asked again under its
Idempotency-Key, which costs nothing more; a voucher that may have paid for a call is signed for no other.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Generator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx

from largesse.eip712 import Domain, address_of
from largesse.errors import LargesseError
from largesse.gateway import receipts, wire
from largesse.gateway.receipts import Receipt, ReceiptError
from largesse.gateway.vouchers import SCHEME
from largesse.signed.accounts import Voucher

_TRIES: Final = 3
_LOST: Final = (502, 504)
"""Whoever answers so did not wait for the call, which may be charged: as where the answer was lost."""
_ODD: Final = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What comes of a server's JSON that is not as it should be."""
_USED: Final = (409, 503)
"""The voucher was used before; or a database may have died in the middle of the charge."""


class PurseError(LargesseError):
    """A payment that the purse does not make; nothing was signed."""


@dataclass(frozen=True)
class PaidAccount:
    """Where a purse's money is: an account of the PrepaidAccounts at `contract`, for one counterparty."""

    chain_id: int
    contract: str
    currency: str
    counterparty: str
    index: int


@dataclass(frozen=True)
class Payment:
    """What a call is paid with: the voucher's amount, cumulative, and the call's price, in micro-units."""

    amount: int
    price: int
    header: str


class Purse:
    """Signs vouchers up to `budget` micro-units in all, and `most_per_call` for one.

    `state` is a file that outlives the process: a purse without the one it had before does not know what it
    has signed, and pays no more. Where that is lost, `begin` is what all calls had cost before, in
    micro-units: by the receipts, or on the seller's word. Raises PurseError bad_state for a file that is no
    purse's, or another account's.
    """

    def __init__(
        self,
        account: PaidAccount,
        session_key: bytes,
        domain: Domain,
        *,
        budget: int,
        most_per_call: int | None = None,
        state: Path | None = None,
        begin: int = 0,
    ) -> None:
        self.account = account
        self.signer = address_of(session_key)
        self.budget = budget
        self.most_per_call = budget if most_per_call is None else most_per_call
        self.charged = begin
        self.signed = begin
        self.calls = 0
        self._key = session_key
        self._domain = domain
        self._state = state
        self._told = 0
        self._pending: dict[int, int] = {}
        # Sums that may have paid for a call, above what the server has said that all calls have cost.
        self._used: set[int] = set()
        self._least = 0
        self._lock = threading.Lock()
        if state is not None and state.exists():
            self._load(state)

    @property
    def left(self) -> int:
        """Micro-units that may still be signed for."""
        return self.budget - self.charged - sum(self._pending.values())

    def accepts(self, required: dict[str, Any]) -> dict[str, Any]:
        """The entry of a PAYMENT-REQUIRED that this purse can pay. Raises PurseError not_payable."""
        accepts = required.get("accepts")
        for one in accepts if isinstance(accepts, list) else ():
            if isinstance(one, dict) and self._can_pay(one):
                return dict(one)
        own = self.account
        raise PurseError(
            "not_payable",
            f"the server takes no {SCHEME} of {own.currency} on chain {own.chain_id} to {own.counterparty}",
        )

    def pay(self, accepted: dict[str, Any]) -> Payment:
        """A voucher for one more call. Raises PurseError over_budget, too_dear, bad_price."""
        try:
            price = int(accepted["extra"]["micros"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise PurseError("bad_price", "the server names no price in micro-units") from error
        if price <= 0:
            raise PurseError("bad_price", f"{price} micro-units are no price")
        if price > self.most_per_call:
            raise PurseError(
                "too_dear", f"a call costs {price} micro-units, {self.most_per_call} are allowed"
            )
        with self._lock:
            if price > self.left:
                raise PurseError(
                    "over_budget", f"a call costs {price} micro-units, {self.left} of {self.budget} are left"
                )
            amount = max(self._least, self.charged + sum(self._pending.values()) + price)
            while amount in self._used:
                amount += 1
            if amount > self.budget:
                # A server that says calls were charged less than they cost would be signed more and more.
                raise PurseError("over_budget", f"the next voucher would be over {amount} micro-units")
            self._used.add(amount)
            self._pending[amount] = price
            self.signed = max(self.signed, amount)
            self._save()
        own = self.account
        message = Voucher(own.counterparty, own.currency, own.index, amount)
        signature = message.sign(self._domain, self._key)
        header = wire.encode(
            {
                "x402Version": wire.VERSION,
                "accepted": accepted,
                "payload": {
                    "index": str(own.index),
                    "amount": str(amount),
                    "signature": "0x" + signature.hex(),
                },
            }
        )
        return Payment(amount, price, header)

    def receipt(self, response: httpx.Response, *, root: str = "", signer: str | None = None) -> Receipt:
        """The receipt of an answer that was paid from this account, once all is so that it says.

        Of a call that was paid before it says what was paid then. `root` is what a proxy before the API takes
        off its paths. `signer` signs its receipts, by default whom the server named when it was paid: to
        others one proves something where that is the counterparty, or known to be its. An API that compresses
        its answers itself is asked for ``Accept-Encoding: identity``.

        Raises ReceiptError: missing, malformed, other_signer, other_account, other_sum, other_call,
        other_answer.
        """
        request, own = response.request, self.account
        if receipts.HEADER not in response.headers:
            raise ReceiptError("missing", f"this answer has no {receipts.HEADER}")
        named = receipt_signer(response) if signer is None else signer
        domain = receipts.receipts_domain(own.chain_id, own.contract)
        found = receipts.from_header(response.headers[receipts.HEADER], domain, named)
        place = found.counterparty.lower(), found.currency.lower(), found.index
        if place != (own.counterparty.lower(), own.currency.lower(), own.index):
            raise ReceiptError("other_account", f"the receipt is of account {found.index}")
        if not 0 < found.price <= found.amount <= self.signed or found.price > self.most_per_call:
            raise ReceiptError(
                "other_sum",
                f"the receipt says {found.price} of {found.amount} micro-units: nobody signed that",
            )
        path = request.url.path.removeprefix(root) if root else request.url.path
        call = receipts.digest_of_call(request.method, path, request.url.query, request.read())
        if found.call != call:
            raise ReceiptError("other_call", f"the receipt is of another call than {request.method} {path}")
        # An answer to HEAD has no body, which the receipt is of.
        if request.method != "HEAD" and found.answer != sha256(response.content).digest():
            raise ReceiptError("other_answer", "the receipt is of another answer")
        return found

    def charge(self, payment: Payment, charged: int | None = None) -> None:
        """The call was charged, or free where it was asked again: `charged` is what the server says that all
        calls have cost, as far as it knows; None where its answer was lost."""
        with self._lock:
            if self._pending.pop(payment.amount, None) is None:
                return
            self.charged += payment.price
            if charged is not None:
                # Answers come in any order: the highest sum was said last.
                self._told = max(self._told, charged)
                self.charged = min(self.charged, self._told)
                self.calls += 1
            self._used = {one for one in self._used if one > self._told}
            self._save()

    def free(self, payment: Payment, charged: int | None = None, *, used: bool = False) -> None:
        """It was not charged, and its voucher is good for another call unless it was `used` before. `charged`
        is what the server says calls have cost in all: it is believed as far as vouchers were signed."""
        with self._lock:
            self._pending.pop(payment.amount, None)
            if not used:
                self._used.discard(payment.amount)
            if charged is not None and charged <= self.signed:
                self._told = max(self._told, charged)
                self.charged = max(self.charged, charged)
            self._save()

    # --------------------------------------------------------------------------------------------- private

    def _can_pay(self, one: dict[str, Any]) -> bool:
        own, extra = self.account, one.get("extra")
        return (
            one.get("scheme") == SCHEME
            and one.get("network") == f"eip155:{own.chain_id}"
            and _same(one.get("asset"), own.currency)
            and _same(one.get("payTo"), own.counterparty)
            and isinstance(extra, dict)
            and _same(extra.get("accounts"), own.contract)
        )

    def _save(self) -> None:
        """Against a killed process: a machine that loses power may lose the last calls."""
        if self._state is None:
            return
        kept = {
            "format": "largesse/purse",
            "contract": self.account.contract,
            "index": str(self.account.index),
            "chain": self.account.chain_id,
            "charged": self.charged,
            "signed": self.signed,
            "pending": sorted(self._pending.items()),
            "used": sorted(self._used),
            "calls": self.calls,
        }
        draft = self._state.with_suffix(".new")
        draft.write_text(json.dumps(kept), encoding="utf-8")
        draft.replace(self._state)

    def _load(self, state: Path) -> None:
        try:
            kept = json.loads(state.read_text(encoding="utf-8"))
            place = kept["format"], kept["contract"], int(kept["index"]), int(kept["chain"])
            charged, signed, calls = int(kept["charged"]), int(kept["signed"]), int(kept["calls"])
            pending = {int(amount): int(price) for amount, price in kept["pending"]}
            # Older files don't say.
            used = {int(amount) for amount in kept["used"]} if "used" in kept else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PurseError("bad_state", f"{state} is no purse's: {error}") from error
        own = self.account
        if place != ("largesse/purse", own.contract, own.index, own.chain_id):
            raise PurseError("bad_state", f"{state} belongs to another account")
        self.calls, self.signed = calls, signed
        # What was on its way when the process ended may have been charged: as long as the server does not say
        # otherwise, it was.
        self.charged = charged + sum(pending.values())
        self._used = used or set()
        self._least = signed + 1 if used is None else 0


class Paying(httpx.Auth):
    """Pays for what answers 402, and remembers what a route costs: from then on it pays at once.

    It pays at one place only, `origin` (``https://api.example``), by default the first that asks: another
    server that names the same seller could use the voucher there for a call of its own. Let the client follow
    no redirects (httpx does not unless it is told to): they would take the voucher along.
    """

    # A body that can be read once would be gone when it is asked again, with a payment.
    requires_request_body = True
    requires_response_body = True

    def __init__(self, purse: Purse, origin: str | None = None) -> None:
        self.purse = purse
        self.origin = None if origin is None else _origin(httpx.URL(origin))
        self._prices: dict[tuple[str, str], dict[str, Any]] = {}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Raises PurseError, other_place among them."""
        route = request.method, str(request.url.copy_with(query=None, fragment=None))
        accepted = self._prices.get(route)
        request.headers.setdefault("Idempotency-Key", secrets.token_hex(16))
        if accepted is None:
            response = yield request
            if response.status_code != 402:
                return
            accepted = self._prices[route] = self.purse.accepts(_required(response))
        self._check_origin(request.url)
        for _ in range(_TRIES):
            payment = self.purse.pay(accepted)
            request.headers[wire.SIGNATURE] = payment.header
            try:
                response = yield request
            except GeneratorExit:
                # The answer was lost. What was paid counts as spent until the server says otherwise.
                self.purse.charge(payment)
                raise
            if wire.RESPONSE in response.headers:
                self.purse.charge(payment, _settled(response, payment))
                return
            if response.status_code in _LOST:
                self.purse.charge(payment)
                return
            used, told = response.status_code in _USED, _charged(response)
            self.purse.free(payment, told, used=used)
            if response.status_code in (402, 409) and told is not None and told > self.purse.signed:
                raise PurseError(
                    "unknown_past",
                    f"the server says that this account's calls have cost {told} micro-units, and this purse "
                    f"has signed {self.purse.signed}: give it the state it had, or begin={told} if you agree",
                )
            if response.status_code != 402:
                return
            accepted = self._prices[route] = self.purse.accepts(_required(response))

    def _check_origin(self, url: httpx.URL) -> None:
        here = _origin(url)
        if self.origin is None:
            self.origin = here
        if here != self.origin:
            raise PurseError("other_place", f"{here} asks to be paid, and this purse pays at {self.origin}")


def _origin(url: httpx.URL) -> str:
    return str(url.copy_with(username=None, password=None, path="/", query=None, fragment=None)).rstrip("/")


def receipt_signer(response: httpx.Response) -> str:
    """Who signs receipts, by the offer that was accepted when this answer was paid. Raises ReceiptError
    missing."""
    try:
        paid = json.loads(base64.b64decode(response.request.headers[wire.SIGNATURE]))
        return str(paid["accepted"]["extra"]["receiptSigner"])
    except _ODD as error:
        raise ReceiptError("missing", "this answer was not paid, or nobody was named who signs") from error


def _required(response: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(base64.b64decode(response.headers[wire.REQUIRED]))
    except _ODD as error:
        raise PurseError(
            "malformed", f"the server asks for money without a {wire.REQUIRED} header"
        ) from error
    if not isinstance(found, dict):
        raise PurseError("malformed", f"{wire.REQUIRED} holds no JSON object")
    return found


def _settled(response: httpx.Response, payment: Payment) -> int:
    """What the server says that calls have cost, this one with them."""
    try:
        return int(json.loads(base64.b64decode(response.headers[wire.RESPONSE]))["extra"]["charged"])
    except _ODD:
        return payment.amount


def _charged(response: httpx.Response) -> int | None:
    try:
        return int(response.json()["charged"])
    except _ODD:
        return None


def _same(given: object, own: str) -> bool:
    return isinstance(given, str) and given.lower() == own.lower()


def ask(client: httpx.Client, method: str, url: str, *, tries: int = 3, **request: Any) -> httpx.Response:
    """A call that is asked again, under the same Idempotency-Key, where its answer was lost: it is charged
    once. Raises httpx.TransportError where all tries failed, PurseError."""
    headers = {"Idempotency-Key": secrets.token_hex(16), **request.pop("headers", {})}
    for _ in range(tries - 1):
        try:
            return client.request(method, url, headers=headers, **request)
        except httpx.TransportError:
            continue
    return client.request(method, url, headers=headers, **request)
