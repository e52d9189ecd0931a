"""A relayer or a webhook that was stopped by Ctrl-C while a transaction was in no block, or its node did not
answer, went on for minutes: Python waits at its end for the threads of a pool, and `close` waited without a
limit for the one that looks after the others."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, select

from largesse.chain import Node, development_wallet
from largesse.database import open_database
from largesse.relayer.actions import Call, Kind, RelayAction
from largesse.relayer.service import Relayer
from largesse.sender import TABLES, TRANSACTIONS
from tests.support.changed_node import node_with
from tests.support.clock import no_mining
from tests.support.paid import Processor, settings_of
from tests.support.processes import Server, start
from tests.support.sales import Shop
from tests.support.waiting import until
from tests.webhook.conftest import series  # noqa: F401 - a fixture
from tools.own_node import free_port


@pytest.fixture(params=["relayer", "webhook"])
def working(
    request: pytest.FixtureRequest,
    shop: Shop,
    series: int,  # noqa: F811
    sqlite_url: str,
    tmp_path: Path,
) -> Iterator[Callable[[str], Server]]:
    """Starts a service over a node's address, and waits until it has signed something."""
    engine = open_database(sqlite_url, TABLES)
    with ExitStack() as stack:

        def run(node_url: str) -> Server:
            settings: dict[str, Any] = {"node": node_url, "database": sqlite_url, "contracts": {}}
            if request.param == "relayer":
                accept(engine, node_url, shop)
            else:
                settings |= settings_of(shop, node_url)
            module = f"tests.support.{request.param}_process"
            server = start(module, free_port(), tmp_path / "log", **settings)
            stack.callback(server.kill)
            if request.param == "webhook":
                processor = Processor(asks(server), shop, series)
                processor.take(processor.paid("p1", recipient=str(shop.world.holder)))
            until(lambda: signed(engine))
            return server

        yield run
    engine.dispose()


def accept(engine: Engine, node_url: str, shop: Shop) -> None:
    """An action of the relayer's that was accepted before it starts."""
    relayer = Relayer(Node.at(node_url), development_wallet("relayer"), engine, {})
    token = shop.world.token
    data = bytes.fromhex(token.approve.encode_input(shop.world.holder, 1)[2:])
    calls = (Call("approve", relayer.wallet.address, bytes(32)),)
    action = RelayAction(31337, token.address, Kind.CERTIFICATES, data, calls)
    relayer.store.accept(action, "127.0.0.1", 100_000, int(time.time()))


def asks(server: Server) -> Callable[..., tuple[int, Any]]:
    def ask(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
        status, answer = server.request(method, path, body, headers)
        return status, json.loads(answer)

    return ask


def signed(engine: Engine) -> bool:
    with engine.begin() as connection:
        return connection.execute(select(TRANSACTIONS.c.key)).first() is not None


def seconds_to_stop(server: Server) -> float:
    """By Ctrl-C."""
    began = time.monotonic()
    os.kill(server.process.pid or 0, signal.SIGINT)
    server.process.join(25)
    assert not server.is_alive(), server.log.read_text()[-2000:]
    return time.monotonic() - began


def test_what_is_in_no_block_is_not_waited_for(working: Any, node_url: str) -> None:
    with no_mining():
        assert seconds_to_stop(working(node_url)) < 8


def test_a_node_that_does_not_answer_is_waited_for_ten_seconds(working: Any, node_url: str) -> None:
    over = Event()

    def hang(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if asked["method"] == "eth_sendRawTransaction":
            over.wait(60)
        return answer

    with node_with(node_url, hang) as node:
        server = working(node.url)
        assert 8 < seconds_to_stop(server) < 20
        over.set()
    assert ".still_running" in server.log.read_text()
