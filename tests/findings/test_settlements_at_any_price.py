"""Where nobody said what a coin costs, gas counted as free, on live chains too: each minute `brownie run
gateway` settled whatever waited, one micro-unit or more, and so did `settle` when asked, at any price."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from largesse.arguments import ArgumentError
from scripts import settle
from tests.fixtures.desk import Desk

GATEWAY: Any = importlib.import_module("scripts.gateway")


@pytest.fixture
def seller(desk: Desk, live: Callable[..., list[str]]) -> None:
    """A live chain, on which the seller has an account."""
    live("", merchant=desk.wallet("merchant"))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The apps that the gateway's script would have served."""
    found: list[object] = []
    monkeypatch.setattr(GATEWAY, "serve", lambda app, _host, _port: found.append(app))
    monkeypatch.setattr(GATEWAY, "write_logs", lambda: None)
    return found


@pytest.mark.usefixtures("seller", "served")
@pytest.mark.parametrize("script", (GATEWAY, settle))
def test_nothing_is_settled_at_a_price_that_nobody_named(script: Any) -> None:
    with pytest.raises(ArgumentError) as failed:
        script.main("currency=USDC", "from=merchant")
    assert failed.value.reason == "gas_not_priced"


@pytest.mark.usefixtures("seller")
@pytest.mark.parametrize("argument", ("gas=3000", "gas=0", "risk=none"))
def test_a_gateway_starts_that_knows_a_price_or_does_not_settle(served: list[object], argument: str) -> None:
    GATEWAY.main("currency=USDC", "from=merchant", argument)
    assert len(served) == 1


@pytest.mark.usefixtures("seller")
def test_a_settlement_by_hand_knows_a_price() -> None:
    assert not settle.main("currency=USDC", "from=merchant", "gas=3000").settles  # nothing waits
