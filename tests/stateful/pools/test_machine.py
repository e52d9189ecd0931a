"""RewardPools against its reference model, in random lives: see INVARIANTS.md.

    MACHINE_LIVES=100 MACHINE_STEPS=1000 pytest tests/stateful/pools/test_machine.py    a long run

A failure prints its seed, the shortest list of steps that was found to fail, and what they did.
"""

from __future__ import annotations

import pytest

from tests.model.currency import Kind
from tests.stateful.life import ODD
from tests.stateful.lives import LIVES, Tally, check_life, check_tally, numbers
from tests.stateful.pools.machine import live, shrink
from tests.stateful.pools.seeded_bugs import BUGS, caught_by
from tests.stateful.pools.steps import POOL_STEPS

OF = "pools "
SOME = ("a read paid twice",)


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.name.lower())
def test_the_pools_do_what_the_model_does(kind: Kind, life: int, tally: Tally) -> None:
    check_life(live, shrink, kind, numbers(kind, life, OF), tally)


def test_every_kind_of_step_was_refused_and_went_through(tally: Tally) -> None:
    assert len(POOL_STEPS) >= 15
    # A permit that is no good does nothing.
    check_tally(tally, FUNCTIONS, {"permit"})


@pytest.mark.parametrize("name", SOME)
def test_the_machine_notices(name: str) -> None:
    """A bug in the contract; all others of `seeded_bugs.py` are for `make audit`."""
    (bug,) = (bug for bug in BUGS if bug.name == name)
    assert caught_by(bug) is not None


def test_the_same_steps_make_the_same_life() -> None:
    steps = numbers(Kind.FEE, of=OF)[:60]
    assert live(Kind.FEE, steps).trace == live(Kind.FEE, steps).trace


FUNCTIONS = {
    "announceClosing",
    "cancelClosing",
    "cancelConsents",
    "changeAttester",
    "close",
    "collect",
    "fund",
    "fundSigned",
    "multicall",
    "open",
    "openSigned",
    "pay",
    "payOne",
    "permit",
    "withdrawOwed",
}
