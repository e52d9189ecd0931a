"""The webhook over HTTP."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from pydantic import BaseModel, Field
from requests.exceptions import RequestException
from starlette.concurrency import run_in_threadpool
from web3.exceptions import Web3Exception

from largesse.addresses import ZERO_ADDRESS
from largesse.chain import ChainError, RefusedError
from largesse.database import DatabaseError
from largesse.errors import LargesseError
from largesse.web.api import make_api, problems
from largesse.web.limits import Rates
from largesse.web.metrics import Metrics
from largesse.web.problems import Problem, ProblemError
from largesse.webhook.events import read_event
from largesse.webhook.service import Issuer, PaymentError, Webhook
from largesse.webhook.signatures import HEADER, SignatureError, verify
from largesse.webhook.store import ConflictError, Record

_FAILURES: Final = (LargesseError, Web3Exception, RequestException)
_ADVICE: Final = {
    "no_signature": f"sign time and raw body with HMAC-SHA256, in the header {HEADER}",
    "malformed_signature": f"write {HEADER}: t=<seconds>,v1=<64 hex digits>",
    "wrong_signature": "sign the bytes as they are sent, with the secret that was agreed",
    "stale_signature": "sign it anew, by a clock that goes right",
    "unknown_method": "give the method a charge-back window, 0 for none, and send it again",
    "window_past_expiry": "give the payment back, or issue of a series that ends later",
    "not_whole_certificates": "give the payment back, or send the face of what was bought, not its price",
    "partial_refund": "give back the whole, or settle the rest by hand",
    "event_changed": "give another event an id of its own",
    "payment_changed": "give another payment an id of its own",
}


class Taken(BaseModel):
    """What became of an event; the same however often it comes."""

    result: str = Field(pattern="^(accepted|ignored)$")
    event: str | None = None
    payment: str | None = None


class PaymentState(BaseModel):
    """How a payment stands."""

    id: str
    state: str = Field(pattern="^(told|accepted|issuing|issued|giving|given|recalling|delivered|failed)$")
    held: bool = Field(description="refunded, or in a dispute that was not won")
    series: str
    amount: str
    recipient: str | None = None
    deliver_at: int | None = Field(default=None, description="from then on it can be claimed, not taken back")
    link: str | None = Field(default=None, description="a secret: whoever has it can claim")
    error: str | None = None
    message: str | None = None


def make_app(webhook: Webhook, rates: Rates | None = None) -> FastAPI:
    """The ASGI app; it starts the webhook's threads when it begins to serve, and ends them."""
    metrics = Metrics("webhook")
    steps = metrics.counter("steps", "Steps that were done, by the state they led to", "state")
    metrics.gauge("payments_waiting", "Payments whose step was refused", lambda: webhook.waiting()[0])
    metrics.gauge("oldest_waiting_seconds", "Since the first of them was", lambda: webhook.waiting()[1])
    webhook.on_done = lambda state: steps.labels(state).inc()
    app = make_api(
        "Largesse webhook",
        "Issues what was paid for outside of the chain.",
        metrics,
        lambda: {**webhook.health(), "issuers": list(webhook.issuers)},
        rates=rates or Rates(50.0, 500.0),
        start=webhook.start,
        close=webhook.close,
    )

    def signed(name: str, request: Request, body: bytes) -> Issuer:
        issuer = webhook.issuers.get(name)
        if issuer is None:
            raise ProblemError(
                Problem(404, "unknown_issuer", f"{name[:100]!r} has no webhook here", "compare the address")
            )
        try:
            verify(request.headers.get(HEADER), body, issuer.secrets, webhook.clock())
        except SignatureError as error:
            raise ProblemError(_problem(error)) from error
        return issuer

    def take(issuer: Issuer, body: bytes) -> Taken:
        try:
            event = read_event(body)
            if event is None:
                return Taken(result="ignored")
            webhook.take(issuer, event)
        except _FAILURES as error:
            raise ProblemError(_problem(error)) from error
        return Taken(result="accepted", event=event.id, payment=event.payment.id)

    @app.post(
        "/payments/{issuer}",
        responses=problems(400, 401, 404, 409, 422, 503),
        response_model_exclude_none=True,
        openapi_extra={
            "parameters": [{"in": "header", "name": HEADER, "required": True, "schema": {"type": "string"}}],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
        },
    )
    async def payments(issuer: str, request: Request) -> Taken:
        """An event of a payment processor: done once, however often it is posted."""
        body = await request.body()
        return await run_in_threadpool(take, signed(issuer, request, body), body)

    @app.get(
        "/payments/{issuer}/{payment}",
        responses=problems(401, 404),
        response_model_exclude_none=True,
    )
    def payment(issuer: str, payment: str, request: Request) -> PaymentState:
        """How a payment stands, with its link. The path is signed as a body is."""
        signed(issuer, request, request.url.path.encode())
        found = webhook.store.find(issuer, payment)
        if found is None:
            raise ProblemError(
                Problem(
                    404, "unknown_payment", f"{payment[:100]!r} was not told of", "POST payment.succeeded"
                )
            )
        record, held = found
        try:
            return _state(webhook, record, held=held)
        except _FAILURES as error:
            raise ProblemError(_problem(error)) from error

    return app


def _state(webhook: Webhook, record: Record, *, held: bool) -> PaymentState:
    link = webhook.link(record)
    return PaymentState(
        id=record.id,
        state=record.state,
        held=held,
        series=str(record.series_id),
        amount=str(record.amount),
        recipient=None if record.recipient == ZERO_ADDRESS else record.recipient,
        deliver_at=None if link is None else link.gift.deliver_at,
        link=None if link is None else link.url(),
        error=record.error or None,
        message=record.message or None,
    )


def _problem(error: Exception) -> Problem:
    """Status, reason and advice for an event that is not taken."""
    if isinstance(error, DatabaseError | ChainError):
        return Problem(503, error.reason, error.message, "send it again later", headers={"retry-after": "60"})
    if isinstance(error, LargesseError):
        status = 400
        if isinstance(error, SignatureError):
            status = 401
        elif isinstance(error, ConflictError):
            status = 409
        elif isinstance(error, PaymentError | RefusedError):
            status = 422
        advice = _ADVICE.get(error.reason, "correct the event and send it again")
        return Problem(status, error.reason, error.message, advice)
    return Problem(
        503,
        "node_away",
        "the chain's node does not answer",
        "send it again later",
        headers={"retry-after": "30"},
    )
