"""After each test the books are looked at: what the contract holds is what it owes, to the unit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.swaps import Swaps


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest, isolation: None) -> Iterator[None]:
    found = request.getfixturevalue("swaps") if "swaps" in request.fixturenames else None
    yield
    if found is not None:
        assert isinstance(found, Swaps)
        found.check_books()
