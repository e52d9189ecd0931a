"""An app that knows of no ASGI lifespan, as Django's, was served by a gateway that never began its own
work: after a minute it took no voucher, and those that it had taken were not settled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from largesse.gateway.gateway import Keeping
from largesse.gateway.pricing import Price
from largesse.gateway.settler import Policy
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Prepaid
from tests.support.waiting import until

PRICES = (Price("GET", "/plain", ARTICLE),)


async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        raise ValueError(f"only HTTP is spoken here, not {scope['type']}")
    await Response(b"plain")(scope, receive, send)


async def refuses_what_it_heard(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
    await refuses(scope, receive, send)


async def ignores(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await Response(b"plain")(scope, receive, send)


@pytest.mark.parametrize("app", [refuses, refuses_what_it_heard, ignores])
def test_its_vouchers_are_settled(
    make_gateway: Callable[..., Served], prepaid: Prepaid, app: ASGIApp
) -> None:
    keeping = Keeping(refresh=0.1, settle=0.1)
    served = make_gateway(prepaid, app, PRICES, policy=Policy(0, 1), keeping=keeping)
    key = prepaid.open(1_000_000)
    answer = httpx.get(served.url + "/plain", headers=served.payment(key, ARTICLE))
    assert (answer.status_code, answer.content) == (200, b"plain")
    until(lambda: prepaid.money(key) == (1_000_000, ARTICLE))
    served.stop()
    assert served.gateway._stop.is_set()


def test_one_whose_start_fails_is_not_served(make_gateway: Callable[..., Served], prepaid: Prepaid) -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "out of order"})
        raise RuntimeError("out of order")

    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        said.append(message)

    gateway = make_gateway(prepaid).gateway
    with pytest.raises(RuntimeError, match="out of order"):
        asyncio.run(gateway.app(fails, PRICES)({"type": "lifespan"}, receive, send))  # type: ignore[arg-type]
    assert [one["type"] for one in said] == ["lifespan.startup.failed"]
