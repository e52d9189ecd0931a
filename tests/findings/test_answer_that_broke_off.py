"""An app that streams its answer stops in the middle when it hears that its client is gone, and says
nothing. The gateway took what there was for the whole: it charged for half an answer, and who asked again
got that half."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from largesse.gateway.middleware import PaidRoutes
from largesse.gateway.pricing import Price, PriceList
from tests.fixtures.gateways import ARTICLE, Served
from tests.gateway.test_middleware import PAID, Fake
from tests.support.prepaid import Prepaid

WHOLE = b"first half, second half"
PRICES = (Price("GET", "/stream", ARTICLE),)


def streaming(pause: float) -> Starlette:
    async def halves() -> AsyncIterator[bytes]:
        yield WHOLE[:12]
        await asyncio.sleep(pause)
        yield WHOLE[12:]

    async def stream(_: Request) -> Response:
        return StreamingResponse(halves())

    return Starlette(routes=[Route("/stream", stream)])


def test_half_an_answer_is_not_charged(make_gateway: Callable[..., Served], prepaid: Prepaid) -> None:
    served, key = make_gateway(prepaid, streaming(0.5), PRICES), prepaid.open(1_000_000)
    headers = served.payment(key, ARTICLE) | {"Idempotency-Key": "one call"}
    break_off(served.url, "/stream", headers, after=0.2)
    answer = httpx.get(served.url + "/stream", headers=headers, timeout=30)
    while answer.status_code == 409:  # the first one is not given up yet
        answer = httpx.get(served.url + "/stream", headers=headers, timeout=30)
    assert (answer.status_code, answer.content) == (200, WHOLE)
    assert served.line(key) == (ARTICLE, ARTICLE)


def break_off(url: str, path: str, headers: dict[str, str], *, after: float) -> None:
    """Ask, and have the connection reset."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n{head}\r\n".encode())
        time.sleep(after)


@pytest.mark.parametrize(("more_body", "status"), [(True, 500), (False, 200)])
def test_an_answer_without_an_end_is_none(more_body: bool, status: int) -> None:
    scheme = Fake()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": more_body})

    (answer, body) = asyncio.run(told(PaidRoutes(app, PriceList([Price("GET", "/paid", 5)]), [scheme])))
    assert answer["status"] == status
    assert scheme.told == ["reserved", "charged" if status == 200 else "released"]
    assert (b"answer_incomplete" in body) is more_body


def test_a_server_that_sends_files_by_their_path(tmp_path: Path) -> None:
    """The answer is held here, where nobody can send a path."""
    (file := tmp_path / "file").write_bytes(WHOLE)
    scheme = Fake()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await FileResponse(file)(scope, receive, send)

    paid = PaidRoutes(app, PriceList([Price("GET", "/paid", 5)]), [scheme])
    answer, body = asyncio.run(told(paid, {"http.response.pathsend": {}}))
    assert (answer["status"], body) == (200, WHOLE)


async def told(app: PaidRoutes, extensions: dict[str, Any] | None = None) -> tuple[Message, bytes]:
    """What a server is told to send for GET /paid: the head, and the body."""
    said: list[Message] = []
    coming: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        while not coming:
            await asyncio.sleep(0.01)
        return coming.pop()

    async def send(message: Message) -> None:
        said.append(message)

    headers = [(name.lower().encode(), value.encode()) for name, value in PAID.items()]
    scope = {"type": "http", "method": "GET", "path": "/paid", "headers": headers, "query_string": b""}
    await app({**scope, "extensions": extensions or {}}, receive, send)
    return said[0], b"".join(one.get("body", b"") for one in said[1:])
