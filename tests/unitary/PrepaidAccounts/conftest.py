"""After each test the books are looked at: what the contract holds is what it owes, to the unit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.prepaid import Prepaid


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest, isolation: None) -> Iterator[None]:
    """Invariants 12 and 13, of whichever accounts the test had."""
    names = {"prepaid", "any_prepaid", "odd_prepaid"} & set(request.fixturenames)
    found = [request.getfixturevalue(name) for name in sorted(names)]
    yield
    for prepaid in found:
        assert isinstance(prepaid, Prepaid)
        prepaid.check_books()
