"""The machine brings its own chain: nothing to take back on the node's."""

import os
from collections.abc import Iterator

import pytest

from tests.stateful.lives import Tally

# A compilation for each seeded bug: part of the audit, not of every test run.
CATCHES = [
    "test_machine_catches.py",
    "test_jars_machine_catches.py",
    "test_accounts_machine_catches.py",
    "test_orders_machine_catches.py",
    "test_pools_machine_catches.py",
    "test_spending_machine_catches.py",
    "test_swaps_machine_catches.py",
    "test_market_machine_catches.py",
]
collect_ignore = [] if os.environ.get("AUDIT") else CATCHES


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


@pytest.fixture(scope="module")
def tally() -> Iterator[Tally]:
    """By function: how often it was refused, how often it went through, in all lives of a module."""
    yield {}
