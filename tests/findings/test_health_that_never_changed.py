"""Relayer and webhook said at `/health` that they were well whatever was wrong, though operators are told to
wake somebody for its 503. The gateway's told of its node alone."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from brownie import web3

from largesse.chain import Node, development_wallet
from largesse.gateway.settler import Policy
from largesse.web import vitals
from tests.fixtures.gateways import Served
from tests.support.changed_node import node_with
from tests.support.paid import processing
from tests.support.prepaid import Prepaid
from tests.support.relaying import relaying
from tests.support.sales import Shop
from tests.support.waiting import WAIT_SECONDS
from tests.webhook.conftest import series  # noqa: F401 - a fixture

Ask = Callable[[], tuple[int, dict[str, Any]]]


@pytest.fixture(params=["gateway", "relayer", "webhook"])
def serve(
    request: pytest.FixtureRequest,
    shop: Shop,
    series: int,  # noqa: F811
    prepaid: Prepaid,
    make_gateway: Callable[..., Served],
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], AbstractContextManager[Ask]]:
    """Serves over a node's address. What it does is looked at all the time."""
    monkeypatch.setattr(vitals, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(vitals, "STALE_SECONDS", 3.0)

    @contextmanager
    def relayer(node_url: str) -> Iterator[Ask]:
        with relaying(node_url, sqlite_url, {}) as desk:

            def ask() -> tuple[int, dict[str, Any]]:
                answer = desk.client.get("/health")
                return answer.status_code, answer.json()

            yield ask

    @contextmanager
    def webhook(node_url: str) -> Iterator[Ask]:
        with processing(shop, series, node_url, sqlite_url) as processor:
            yield lambda: processor.request("GET", "/health", None, {})

    @contextmanager
    def gateway(node_url: str) -> Iterator[Ask]:
        policy = Policy(0, 1)
        served = make_gateway(prepaid, node=Node.at(node_url), database=sqlite_url, policy=policy)
        served.gateway.book.stale_seconds = 3.0

        def ask() -> tuple[int, dict[str, Any]]:
            answer = httpx.get(served.url + "/health")
            return answer.status_code, answer.json()

        yield ask
        served.stop()

    return {"gateway": gateway, "relayer": relayer, "webhook": webhook}[str(request.param)]


def until(ask: Ask, status: int) -> dict[str, Any]:
    """What it says once it answers so."""
    end = time.monotonic() + WAIT_SECONDS
    while (found := ask())[0] != status:
        assert time.monotonic() < end, found
        time.sleep(0.05)
    assert found[1]["ok"] is (status == 200)
    return found[1]


def test_a_node_that_is_away(serve: Any, node_url: str) -> None:
    away: list[bool] = []
    with node_with(node_url, lambda _, answer: None if away else answer) as node, serve(node.url) as ask:
        until(ask, 200)
        away.append(True)
        assert until(ask, 503)["chainSeenSecondsAgo"] >= 3
        assert until(ask, 503)["databaseSeenSecondsAgo"] < 3
        away.clear()
        until(ask, 200)


def test_a_database_that_is_away(serve: Any, node_url: str, sqlite_url: str) -> None:
    with serve(node_url) as ask:
        until(ask, 200)
        other = sqlite3.connect(Path(sqlite_url.removeprefix("sqlite:///")), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        found = until(ask, 503)
        other.close()
        assert found["databaseSeenSecondsAgo"] >= 3 > found["chainSeenSecondsAgo"]
        until(ask, 200)


def test_an_account_that_cannot_pay_for_gas(serve: Any, node_url: str, shop: Shop, prepaid: Prepaid) -> None:
    accounts = [development_wallet("relayer").address, str(shop.world.issuer), str(prepaid.merchant)]
    held = [web3.eth.get_balance(account) for account in accounts]
    with serve(node_url) as ask:
        until(ask, 200)
        for account in accounts:
            web3.provider.make_request("anvil_setBalance", [account, "0x1"])
        (poor,) = until(ask, 503)["withoutGasMoney"]
        assert poor in accounts
        for account, balance in zip(accounts, held, strict=True):
            web3.provider.make_request("anvil_setBalance", [account, hex(balance)])
        assert until(ask, 200)["withoutGasMoney"] == []
