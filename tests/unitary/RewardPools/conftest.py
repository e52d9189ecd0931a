"""After each test the books are looked at: what the contract holds is what it owes, to the unit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rewards import Rewards


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest, isolation: None) -> Iterator[None]:
    """Conservation, of whichever pools the test had."""
    names = {"rewards", "any_rewards"} & set(request.fixturenames)
    found = [request.getfixturevalue(name) for name in sorted(names)]
    yield
    for rewards in found:
        assert isinstance(rewards, Rewards)
        rewards.check_books()
