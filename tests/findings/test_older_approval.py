"""A webhook that was started with a smaller budget than before left the larger approval standing, though its
printed line and every document said that the budget bounds what may be issued."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from scripts import sell
from tests.fixtures.desk import KR, Desk


@pytest.fixture
def start(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts the webhook's script, which ends at once."""
    script = importlib.import_module("scripts.webhook")
    monkeypatch.setattr(script, "serve", lambda *_: None)
    monkeypatch.setattr(script, "write_logs", lambda: None)
    for name in ("SECRET", "LINK_SECRET"):
        monkeypatch.setenv(f"LARGESSE_WEBHOOK_{name}", f"a {name} of the test's alone")
    sell.main(f"series={KR}")
    return lambda budget: script.main("currency=KRWT", "issuer=books", f"budget={budget}")


@pytest.mark.parametrize(("before", "budget"), [(500_000, 100_000), (100_000, 500_000), (0, 100_000)])
def test_what_is_approved_is_the_budget(
    desk: Desk, start: Any, capsys: pytest.CaptureFixture[str], before: int, budget: int
) -> None:
    shop = desk.session.shop(desk.krw)
    desk.won.approve(desk.wallet("issuer"), shop.address, before)
    start(budget)
    assert desk.won.allowance(desk.address("issuer"), shop.address) == budget
    assert "from this start on" in capsys.readouterr().out


def test_what_is_approved_already_is_not_approved_again(desk: Desk, start: Any) -> None:
    start(100_000)
    block = desk.block()
    start(100_000)
    assert desk.block() == block


def test_a_start_approves_what_was_used_up_anew(desk: Desk, start: Any) -> None:
    """A budget is of one start: who restarts the service lets it issue that much once more."""
    shop = desk.session.shop(desk.krw)
    start(100_000)
    desk.won.approve(desk.wallet("issuer"), shop.address, 40_000)
    start(100_000)
    assert desk.won.allowance(desk.address("issuer"), shop.address) == 100_000


def test_from_one_approval_to_another_it_goes_by_way_of_none(desk: Desk, start: Any) -> None:
    """Currencies like USDT refuse every other step."""
    start(100_000)
    block = desk.block()
    start(50_000)
    logs = desk.session.node.web3.eth.get_logs({"address": desk.won.address, "fromBlock": block + 1})
    assert [int(one["data"].hex(), 16) for one in logs] == [0, 50_000]
