"""What a step of the machine is: a choice of one transaction: function, caller, arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.stateful.hand import Hand
from tests.stateful.support import Store

Act = tuple[str, str, tuple[Any, ...]]
Step = Callable[[Hand, Store], Act | None]
STEPS: dict[str, tuple[int, Step]] = {}


def step(weight: int) -> Callable[[Step], Step]:
    """Registers a kind of step; None from it means that there is nothing to do it with."""

    def register(choose: Step) -> Step:
        STEPS[choose.__name__] = weight, choose
        return choose

    return register
