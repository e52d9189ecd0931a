"""What is reserved for a call is charged or given up, whatever the call does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from largesse.gateway.middleware import PaidRoutes
from largesse.gateway.pricing import Price, PriceList
from largesse.gateway.schemes import Answer, Call, Json, Proof, Settled
from largesse.gateway.wire import RESPONSE, SIGNATURE, encode
from largesse.web.limits import TimeLimit

WANTED = {"scheme": "fake", "network": "n", "asset": "a", "payTo": "p", "amount": "5"}
PAID = {SIGNATURE: encode({"x402Version": 2, "accepted": WANTED, "payload": {}})}


class Fake:
    """A scheme that takes everything, and writes down what it was told."""

    name = "fake"

    def __init__(self) -> None:
        self.told: list[str] = []
        self.charging_seconds = 0.0

    def is_offered(self, _amount: int) -> bool:
        return True

    def requirements(self, _amount: int) -> Json:
        return WANTED

    async def verify(self, payload: Json, requirements: Json, call: Call) -> Proof:
        return Proof(self.name, "key", "payer", 5, call, payload, requirements)

    async def reserve(self, _proof: Proof) -> None:
        self.told.append("reserved")

    async def commit(self, _proof: Proof, _answer: Answer) -> Settled:
        await asyncio.sleep(self.charging_seconds)
        self.told.append("charged")
        return Settled({"success": True})

    async def release(self, _proof: Proof) -> None:
        self.told.append("released")


@pytest.fixture
def scheme() -> Fake:
    return Fake()


def asked(app: ASGIApp, headers: dict[str, str], settle: float = 0.0) -> httpx.Response:
    """What GET /paid is answered, and the loop runs on for so many seconds."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
            answer = await client.get("/paid", headers=headers)
            await asyncio.sleep(settle)
            return answer

    return asyncio.run(ask())


def paid(scheme: Fake, work: Callable[[], Awaitable[bytes]], **limits: Any) -> PaidRoutes:
    """An app with one route, which costs 5."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(await work())(scope, receive, send)

    return PaidRoutes(app, PriceList([Price("GET", "/paid", 5)]), [scheme], **limits)


@pytest.mark.parametrize(("size", "status"), [(10, 200), (11, 500)])
def test_an_answer_that_is_too_large_is_not_charged(scheme: Fake, size: int, status: int) -> None:
    async def work() -> bytes:
        return b"x" * size

    answer = asked(paid(scheme, work, most_answer_bytes=10), PAID)
    assert answer.status_code == status
    assert scheme.told == ["reserved", "charged" if status == 200 else "released"]
    assert (RESPONSE in answer.headers) is (status == 200)
    if status == 500:
        assert answer.json()["error"] == "answer_too_large"


def test_an_answer_has_16_mib_at_most(scheme: Fake) -> None:
    async def work() -> bytes:
        return b""

    assert paid(scheme, work).most_answer_bytes == 16 * 2**20


def test_a_call_that_takes_too_long_is_not_charged(scheme: Fake) -> None:
    async def work() -> bytes:
        await asyncio.sleep(5)
        return b""

    answer = asked(TimeLimit(paid(scheme, work), 0.05), PAID)
    assert (answer.status_code, answer.json()["error"]) == (504, "too_slow")
    assert scheme.told == ["reserved", "released"]


def test_a_charge_that_was_begun_is_made(scheme: Fake) -> None:
    """The time is over while it is written: who asks again finds the call charged, and its answer."""
    scheme.charging_seconds = 0.3

    async def work() -> bytes:
        return b""

    answer = asked(TimeLimit(paid(scheme, work), 0.1), PAID, settle=0.5)
    assert answer.status_code == 504
    assert scheme.told == ["reserved", "charged"]


@pytest.mark.parametrize(("length", "status"), [(200, 200), (201, 400)])
def test_an_idempotency_key_has_200_bytes_at_most(scheme: Fake, length: int, status: int) -> None:
    async def work() -> bytes:
        return b""

    answer = asked(paid(scheme, work), PAID | {"Idempotency-Key": "k" * length})
    assert answer.status_code == status
    assert scheme.told == (["reserved", "charged"] if status == 200 else [])
    if status == 400:
        assert answer.json()["error"] == "bad_idempotency_key"
