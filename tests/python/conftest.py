"""These tests need no chain."""

import pytest


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Nothing to take back: no test here touches the chain."""
