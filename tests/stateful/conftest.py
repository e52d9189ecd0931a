"""The machine brings its own chain: nothing to take back on the node's."""

import os

import pytest

# A compilation for each seeded bug: part of the audit, not of every test run.
CATCHES = ["test_machine_catches.py", "test_jars_machine_catches.py"]
collect_ignore = [] if os.environ.get("AUDIT") else CATCHES


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""
