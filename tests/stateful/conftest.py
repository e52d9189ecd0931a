"""The machine brings its own chain: nothing to take back on the node's."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stateful.lives import Tally

# A compilation for each seeded bug: part of the audit, not of every test run.
collect_ignore_glob = [] if os.environ.get("AUDIT") else ["*/test_catches.py"]


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


# By machine: calls that its lives made. Printed in the end; workers hand theirs over.
CALLS = pytest.StashKey[dict[str, int]]()


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """By function: how often it was refused, how often it went through, in all lives of a machine."""
    counts: Tally = {}
    yield counts
    calls = request.config.stash.setdefault(CALLS, {})
    calls[request.path.parent.name] = sum(refused + through for refused, through in counts.values())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["calls"] = session.config.stash.get(CALLS, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash.setdefault(CALLS, {}).update(getattr(node, "workeroutput", {}).get("calls", {}))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    calls = config.stash.get(CALLS, {})
    for name, number in sorted(calls.items()):
        terminalreporter.write_line(f"{number:>12,} calls in {name}")
    if calls:
        terminalreporter.write_line(f"{sum(calls.values()):>12,} calls in all")
