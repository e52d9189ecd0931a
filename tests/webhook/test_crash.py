"""Webhooks that are killed between any two steps: what was paid is issued and locked, and once."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.support.paid import Processor, settings_of
from tests.support.processes import Server, start
from tests.support.sales import Shop
from tools.own_node import free_port

KILLS = 8
PAYMENTS = 12
AMOUNT = 25_000_000


@pytest.fixture
def webhooks(shop: Shop, node_url: str, database_url: str, tmp_path: Path) -> Iterator[Any]:
    """Starts webhooks in processes of their own; those that still run at the end are killed."""
    started: list[Server] = []
    settings = settings_of(shop, node_url) | {"database": database_url}

    def run(port: int) -> Server:
        server = start("tests.support.webhook_process", port, tmp_path / "log", **settings)
        started.append(server)
        return server

    yield run
    for server in started:
        if server.is_alive():
            server.kill()


def test_killed_at_any_moment_it_issues_and_locks_once(webhooks: Any, shop: Shop, series: int) -> None:
    """Each event is posted until it is taken; a third of the payments is disputed, a third given back."""
    moments, port = random.Random(11), free_port()
    server = webhooks(port)

    def ask(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
        status, answer = server.request(method, path, body, headers)
        return status, json.loads(answer)

    processor = Processor(ask, shop, series)
    events = []
    for number in range(PAYMENTS):
        payment = f"p{number}"
        events.append(processor.paid(payment, "card"))
        if number % 3 == 1:
            events.append(processor.about("dispute.opened", payment, dispute="d"))
            events.append(processor.about("dispute.won", payment, dispute="d"))
        if number % 3 == 2:
            events.append(processor.about("payment.refunded", payment, amount=str(AMOUNT)))
    waiting = list(events)
    for _ in range(KILLS):
        killer = threading.Timer(moments.uniform(0.0, 0.4), server.kill)
        killer.start()
        while server.is_alive():
            try:
                # Some are told again that were taken before.
                processor.take(waiting[0] if waiting else moments.choice(events))
            except (OSError, HTTPException):
                break
            del waiting[:1]
        killer.join()
        server = webhooks(port)
    for event in events:
        processor.take(event)
    for number in range(PAYMENTS):
        if number % 3 == 2:
            assert processor.wait(f"p{number}", "issued", "accepted")["held"] is True
        else:
            assert processor.wait(f"p{number}", "given")["held"] is False
    issued = len(processor.issued())
    given, taken = processor.gifts(), processor.gifts("GiftRecalled(bytes32)")
    kept = PAYMENTS * 2 // 3
    assert kept <= issued <= PAYMENTS
    assert given - taken == kept
    assert processor.held(shop.world.issuer) == (issued - kept) * AMOUNT
