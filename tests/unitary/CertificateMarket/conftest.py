"""After each test: the market holds nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.market import Market


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest, isolation: None) -> Iterator[None]:
    found = request.getfixturevalue("market") if "market" in request.fixturenames else None
    yield
    if isinstance(found, Market):
        found.check_empty()
