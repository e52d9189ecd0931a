"""After each test the books are looked at: what the contract holds is what it owes, to the unit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.orders import Orders


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest, isolation: None) -> Iterator[None]:
    """Of the orders that the test had."""
    found = [request.getfixturevalue(name) for name in ("orders",) if name in request.fixturenames]
    yield
    for orders in found:
        assert isinstance(orders, Orders)
        orders.check_books()
