"""The machine brings its own chain: nothing to take back on the node's."""

import pytest


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""
