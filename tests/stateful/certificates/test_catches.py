"""The machine notices each bug that is seeded into the contracts. Compiles them once for each bug: only with
`AUDIT=1` (see conftest.py)."""

import pytest

from tests.stateful.bugs import Bug, lives, source_of
from tests.stateful.certificates.machine import live, shrink
from tests.stateful.certificates.seeded_bugs import BUGS, caught_by
from tests.stateful.invariants import Difference
from tools.compiler import compile_contract


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_the_machine_catches(bug: Bug) -> None:
    assert caught_by(bug) is not None


def test_without_a_bug_the_same_lives_pass() -> None:
    for kind, steps in lives(0):
        live(kind, steps)


def test_a_failing_life_shrinks() -> None:
    path, text = source_of(next(bug for bug in BUGS if bug.name == "fee rounded up"))
    code = {"GiftCertificates": compile_contract("GiftCertificates", {path: text}, trial=True)}
    kind, steps = next(lives(0))
    short = shrink(kind, steps, code, seconds=120)
    assert len(short) < 30
    with pytest.raises(Difference):
        live(kind, short, code)
