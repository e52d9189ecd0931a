"""What a way to pay is to the gateway.

The gateway reserves, serves and commits: `Scheme.verify` says that a proof is good, `reserve` that nobody
else uses it, then the call is served; `commit` charges it before the answer leaves, `release` gives it up
where the call failed. Sums are base units of the gateway's currency.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from largesse.web.problems import Problem, ProblemError

Json = Mapping[str, Any]

compact: Final = json.JSONEncoder(separators=(",", ":")).encode
"""JSON without spaces. `json.dumps` would make an encoder for each call."""


class PaymentRefusedError(ProblemError):
    """A payment that is not taken; nothing was charged. 402 unless the status says otherwise."""

    def __init__(
        self,
        reason: str,
        message: str,
        advice: str,
        *,
        status: int = 402,
        more: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(Problem(status, reason, message, advice, more or {}, headers or {}))


@dataclass(frozen=True)
class Call:
    """The request that is paid for. `digest` is SHA-256 over method, path, query and body; `retry_key` is
    the client's Idempotency-Key, or empty; `client` is where it comes from, as limits count it."""

    method: str
    path: str
    digest: bytes
    retry_key: str = ""
    client: str = ""


@dataclass(frozen=True)
class Proof:
    """A payment that was verified.

    `key` is what it uses up: the same for every use of the same payment, and never for two payments.
    `amount` is what the call costs, in base units. `details` are the scheme's own.
    """

    scheme: str
    key: str
    payer: str
    amount: int
    call: Call
    payload: Json
    requirements: Json
    details: Any = None


@dataclass(frozen=True)
class Answer:
    """What a call was answered, as a retry gets it again."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True)
class Settled:
    """A call that was charged: what PAYMENT-RESPONSE says (x402's SettleResponse)."""

    response: Json
    headers: Mapping[str, str] = field(default_factory=dict)


class Scheme(Protocol):
    """One way to pay. `name` is its id in `accepts`."""

    name: str

    def requirements(self, amount: int) -> Json:
        """An entry of `accepts` (x402 v2 PaymentRequirements) for `amount` base units."""

    def is_offered(self, amount: int, /) -> bool:
        """Whether `accepts` has that entry now. Asks no node."""

    async def verify(self, payload: Json, requirements: Json, call: Call) -> Proof | tuple[Settled, Answer]:
        """The proof in an x402 PaymentPayload that accepted `requirements`, which are this server's; or, for
        a call that was charged before and is asked again, its answer.

        Raises PaymentRefusedError.
        """

    async def reserve(self, proof: Proof) -> None:
        """Nobody else can use the proof until `commit` or `release`. Raises PaymentRefusedError."""

    async def commit(self, proof: Proof, answer: Answer) -> Settled | tuple[Settled, Answer]:
        """Charge, durably, before the answer leaves; or, where the same call was charged meanwhile by another
        process, what that one was answered. Raises PaymentRefusedError where it can't be charged: then the
        answer is not sent."""

    async def release(self, proof: Proof) -> None:
        """Charge nothing."""
