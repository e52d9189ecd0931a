"""A receiver of notices that did not answer held up all others, and what was new on the chain.

All were posted to in one row, eight at a time, until nothing was due. A thousand notices to an address that
takes a connection and says nothing took half an hour, within which they were due again: for hours nobody else
heard of a payment, and no block was read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from largesse.database import open_database
from largesse.notices.outbox import PENDING, SENT, TABLES, Cursor, Entry, Outbox
from largesse.notices.receivers import Receiver, Receivers
from largesse.notices.sending import Patience, Sender
from largesse.notices.signatures import ID
from tests.support.served import Server

NOW = 1_900_000_000
AT_ONCE = 8
MANY = 40


@pytest.fixture(autouse=True)
def isolation() -> None:
    """No chain here."""


class Two:
    """An ill receiver, which answers as `ill` says, and a well one; what came to each, in its order."""

    def __init__(self, ill: str) -> None:
        self.came: dict[str, list[str]] = {"ill": [], "well": []}
        self.now = float(NOW)
        self.ill = ill
        self.heard = asyncio.Event()
        routes = [Route("/ill", self.take_ill, methods=["POST"]), Route("/well", self.take, methods=["POST"])]
        self.server = Server(Starlette(routes=routes))

    async def take(self, request: Request) -> Response:
        self.came["well"].append(request.headers[ID])
        self.heard.set()
        return Response(status_code=204)

    async def take_ill(self, request: Request) -> Response:
        self.came["ill"].append(request.headers[ID])
        if self.ill == "waits for the other":
            await asyncio.wait_for(self.heard.wait(), 20)
        if self.ill == "is slow":
            self.now += 10
        return Response(status_code=500 if self.ill == "refuses" else 204)

    def outbox(self, url: str) -> Outbox:
        """Many notices to the ill one, and then one to the other."""
        found = Outbox(open_database(url, TABLES), give_up_seconds=100_000)
        for receiver, count, second in (("ill", MANY, 0), ("well", 1, 1)):
            rows = [Entry(f"{receiver}{place:03}", receiver, "kind", "0x", "{}") for place in range(count)]
            found.enter("c", receiver, Cursor(1, 1), rows, NOW + second)
        self.now += 1
        return found

    def sender(self, outbox: Outbox) -> Sender:
        both = (
            Receiver(name, f"{self.server.url}/{name}", frozenset(), frozenset(), (bytes(32),))
            for name in ("ill", "well")
        )
        patience = Patience(post=5, claim=60, give_up=100_000)
        return Sender(outbox, Receivers(tuple(both)), patience, at_once=AT_ONCE, clock=lambda: self.now)


@pytest.fixture
def two(request: pytest.FixtureRequest) -> Iterator[Two]:
    found = Two(request.param)
    yield found
    found.server.stop()


@pytest.mark.parametrize("two", ["waits for the other"], indirect=True)
def test_nobody_waits_for_another_receiver(sqlite_url: str, two: Two) -> None:
    outbox = two.outbox(sqlite_url)
    assert two.sender(outbox).step() == MANY + 1
    assert two.came["ill"] == [f"ill{place:03}" for place in range(MANY)]
    assert outbox.counts() == {("ill", SENT): MANY, ("well", SENT): 1}


@pytest.mark.parametrize("two", ["refuses"], indirect=True)
def test_who_takes_nothing_is_left_alone_until_the_next_round(sqlite_url: str, two: Two) -> None:
    outbox = two.outbox(sqlite_url)
    sender = two.sender(outbox)
    for count in range(1, 4):
        assert sender.step() == (count == 1)
        assert len(two.came["ill"]) == count * AT_ONCE
    assert two.came["well"] == ["well000"]


@pytest.mark.parametrize("two", ["is slow"], indirect=True)
def test_a_round_ends_however_much_waits(sqlite_url: str, two: Two) -> None:
    outbox = two.outbox(sqlite_url)
    sender = two.sender(outbox)
    assert sender.step() == AT_ONCE + 1
    assert outbox.counts()[("ill", PENDING)] == MANY - AT_ONCE
    while sender.step():
        pass
    assert outbox.counts() == {("ill", SENT): MANY, ("well", SENT): 1}
