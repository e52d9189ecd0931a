"""How the machines' tests run lives: how many, how long, from which seed; and how a failing one is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from tests.model.currency import Kind
from tests.stateful.invariants import Broken, Difference

LIVES = int(os.environ.get("MACHINE_LIVES", "1"))  # for each of the odd currencies
NUMBER = int(os.environ.get("MACHINE_STEPS", "300"))
SEED = int(os.environ.get("MACHINE_SEED", "1"))

Tally = dict[str, list[int]]
"""By function: how often it was refused, how often it went through."""


def numbers(kind: Kind, life: int = 0, of: str = "") -> list[int]:
    """The steps of a life `of` what."""
    rng = Random(f"{of}{SEED + life} {kind.name}")
    return [rng.getrandbits(32) for _ in range(NUMBER)]


def check_life(
    live: Callable[[Kind, Sequence[int]], Any],
    shrink: Callable[..., list[int]],
    kind: Kind,
    steps: Sequence[int],
    tally: Tally,
) -> None:
    """The life goes as the model has it; what it did is added to the tally. A failing one is shrunk."""
    try:
        machine = live(kind, steps)
    except (Difference, Broken) as failure:
        short = shrink(kind, steps, seconds=30)
        with pytest.raises((Difference, Broken)) as shortest:
            live(kind, short)
        text = "\n".join([*shortest.value.__notes__, str(shortest.value)])
        pytest.fail(f"seed {SEED}: {failure}\nlive(Kind.{kind.name}, {short})\n{text}")
    for function, (refused, through) in machine.tally.items():
        counts = tally.setdefault(function, [0, 0])
        counts[0] += refused
        counts[1] += through


def check_tally(tally: Tally, functions: set[str], always: set[str]) -> None:
    """All these functions were called, refused and went through, but for those that `always` go one way."""
    assert tally.keys() == functions
    lazy = {function: counts for function, counts in tally.items() if 0 in counts}
    assert lazy.keys() <= always, lazy
