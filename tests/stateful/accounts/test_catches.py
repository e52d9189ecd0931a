"""The machine notices each bug that is seeded into the prepaid accounts. Compiles them once for each bug:
only with `AUDIT=1` (see conftest.py)."""

import pytest

from tests.stateful.accounts.machine import live
from tests.stateful.accounts.seeded_bugs import BUGS, caught_by
from tests.stateful.bugs import Bug, lives


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_the_machine_catches(bug: Bug) -> None:
    assert caught_by(bug) is not None


def test_without_a_bug_the_same_lives_pass() -> None:
    for kind, steps in lives(0):
        live(kind, steps)
