"""The machine brings its own chain: nothing to take back on the node's."""

import os

import pytest

# Some 40 compilations of the certificates: part of the audit, not of every test run.
collect_ignore = [] if os.environ.get("AUDIT") else ["test_machine_catches.py"]


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""
