"""StreamingTipEscrow against its reference model, in random lives: see INVARIANTS.md.

    MACHINE_LIVES=100 MACHINE_STEPS=1000 pytest tests/stateful/jars/test_machine.py    a long run

A failure prints its seed, the shortest list of steps that was found to fail, and what they did.
"""

from __future__ import annotations

import pytest

from tests.model.currency import Kind
from tests.stateful.jars.machine import Again, live, shrink
from tests.stateful.jars.steps import JAR_STEPS
from tests.stateful.life import ODD
from tests.stateful.lives import LIVES, Tally, check_life, check_tally, numbers

OF = "jars "


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.name.lower())
def test_the_escrow_does_what_the_model_does(kind: Kind, life: int, tally: Tally) -> None:
    check_life(live, shrink, kind, numbers(kind, life, OF), tally)


def test_every_kind_of_step_was_refused_and_went_through(tally: Tally) -> None:
    assert len(JAR_STEPS) >= 25
    # A permit that is no good does nothing, what is not to be counted is passed over, and only certificates
    # may tell of redemptions; the rest is how certificates come to be, and refused elsewhere.
    check_tally(tally, FUNCTIONS, ALWAYS)


def test_collecting_between_every_two_steps_pays_what_collecting_once_pays() -> None:
    machine = live(Kind.FEE, numbers(Kind.FEE, of=OF))
    often, once = Again(machine, collecting=True), Again(machine, collecting=False)
    assert often.collections > 10 * len(often.collected)
    assert once.collections == len(once.collected)
    assert often.collected == once.collected
    assert sum(once.collected.values())


def test_the_same_steps_make_the_same_life() -> None:
    steps = numbers(Kind.FEE, of=OF)[:60]
    assert live(Kind.FEE, steps).trace == live(Kind.FEE, steps).trace


ALWAYS = {"permit", "countUsed", "onRedemption", "createSeries", "addServices", "safeTransferFrom", "issue"}
FUNCTIONS = {
    "addServices",
    "cancel",
    "cancelConsents",
    "changeRate",
    "claimHandleTips",
    "claimSubscription",
    "collect",
    "countUsed",
    "createSeries",
    "createSharedJar",
    "giveSubscriptions",
    "issue",
    "multicall",
    "onRedemption",
    "open",
    "pause",
    "pay",
    "permit",
    "reclaimHandleTip",
    "reclaimSubscriptions",
    "resume",
    "safeTransferFrom",
    "setMonthlyCap",
    "setTier",
    "subscribe",
    "tip",
    "tipHandle",
    "topUp",
    "unsubscribe",
    "withdrawOwed",
}
