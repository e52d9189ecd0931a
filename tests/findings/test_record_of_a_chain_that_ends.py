"""How `brownie run deploy` without a node wrote down a chain that ended with it.

Brownie starts a node where none answers. `deploy` put everything on it, wrote its record over the one of the
chain that people had worked on, and ended with exit code 0.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from brownie._config import CONFIG

from largesse.demo.tour import DemoError
from largesse.session import SessionError
from scripts import balance, demo, deploy, give
from tests.fixtures.desk import KR, Desk
from tests.scripts.test_demo import brownie


def test_without_a_node_nothing_is_written(tmp_path: Path) -> None:
    record = tmp_path / "deployments" / "31337.json"
    record.parent.mkdir()
    record.write_text("of a chain that people worked on")
    run = brownie(tmp_path, "run", "deploy")
    assert run.returncode == 1
    assert "no node answered at http://127.0.0.1:" in run.stdout
    assert "start `make node` in another terminal" in run.stdout
    assert record.read_text() == "of a chain that people worked on"
    assert [one.name for one in tmp_path.rglob("*")] == ["deployments", "31337.json"]


def test_whatever_is_typed_is_refused_but_the_demo(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """This test's node is one that Brownie has started, as `brownie run` does."""
    monkeypatch.setitem(CONFIG.argv, "cli", "run")
    block = desk.block()
    for command, given in (
        (deploy.main, ()),
        (give.main, (f"series={KR}", "amount=1")),
        (balance.main, ("of=recipient",)),
    ):
        with pytest.raises(SessionError) as error:
            command(*given)
        assert error.value.reason == "no_node"
    with pytest.raises(DemoError):  # it wants a chain that nobody has used
        demo.main()
    assert desk.block() == block


def test_a_node_that_is_left_running_is_used(desk: Desk) -> None:
    """As here: of `pytest`, which keeps its node for all its tests."""
    assert deploy.main() == desk.session.deployment()
