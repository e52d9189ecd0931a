"""StreamingTipEscrow against its reference model, in random lives: see INVARIANTS.md.

    MACHINE_LIVES=100 MACHINE_STEPS=1000 pytest tests/stateful/test_jars_machine.py    a long run

A failure prints its seed, the shortest list of steps that was found to fail, and what they did.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random

import pytest

from tests.model.currency import Kind
from tests.stateful.invariants import Broken
from tests.stateful.jar_steps import JAR_STEPS
from tests.stateful.jars_machine import Again, live, shrink
from tests.stateful.life import ODD
from tests.stateful.side import Difference

LIVES = int(os.environ.get("MACHINE_LIVES", "1"))  # for each of the odd currencies
NUMBER = int(os.environ.get("MACHINE_STEPS", "300"))
SEED = int(os.environ.get("MACHINE_SEED", "1"))

Tally = dict[str, list[int]]


@pytest.fixture(scope="module")
def tally() -> Iterator[Tally]:
    """By function: how often it was refused, how often it went through, in all lives of this module."""
    yield {}


def numbers(seed: int, kind: Kind) -> list[int]:
    """The steps of a life."""
    rng = Random(f"jars {seed} {kind.name}")
    return [rng.getrandbits(32) for _ in range(NUMBER)]


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.name.lower())
def test_the_escrow_does_what_the_model_does(kind: Kind, life: int, tally: Tally) -> None:
    steps = numbers(SEED + life, kind)
    try:
        machine = live(kind, steps)
    except (Difference, Broken) as failure:
        short = shrink(kind, steps, seconds=30)
        with pytest.raises((Difference, Broken)) as shortest:
            live(kind, short)
        text = "\n".join([*shortest.value.__notes__, str(shortest.value)])
        pytest.fail(f"seed {SEED + life}: {failure}\nlive(Kind.{kind.name}, {short})\n{text}")
    for function, (refused, through) in machine.tally.items():
        counts = tally.setdefault(function, [0, 0])
        counts[0] += refused
        counts[1] += through


def test_every_kind_of_step_was_refused_and_went_through(tally: Tally) -> None:
    assert len(JAR_STEPS) >= 25
    assert tally.keys() == FUNCTIONS
    lazy = {function: counts for function, counts in tally.items() if 0 in counts}
    # A permit that is no good does nothing, what is not to be counted is passed over, and only certificates
    # may tell of redemptions; the rest is how certificates come to be, and refused elsewhere.
    assert lazy.keys() <= ALWAYS, lazy


def test_collecting_between_every_two_steps_pays_what_collecting_once_pays() -> None:
    machine = live(Kind.FEE, numbers(SEED, Kind.FEE))
    often, once = Again(machine, collecting=True), Again(machine, collecting=False)
    assert often.collections > 10 * len(often.collected)
    assert once.collections == len(once.collected)
    assert often.collected == once.collected
    assert sum(once.collected.values())


def test_the_same_steps_make_the_same_life() -> None:
    steps = numbers(SEED, Kind.FEE)[:60]
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
