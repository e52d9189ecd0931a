"""The machine notices each bug that is seeded into the shop window. Compiles it once for each bug: only with
`AUDIT=1` (see conftest.py)."""

import pytest

from tests.stateful.bugs import Bug, lives
from tests.stateful.sales.machine import live
from tests.stateful.sales.seeded_bugs import BUGS, caught_by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_the_machine_catches(bug: Bug) -> None:
    assert caught_by(bug) is not None


def test_without_a_bug_the_same_lives_pass() -> None:
    for kind, steps in lives(0):
        live(kind, steps)
