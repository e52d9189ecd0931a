"""What a step of a machine is: a choice of one transaction: function, caller, arguments."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Generic, TypeVar

from tests.stateful.certificates.hand import Hand
from tests.stateful.certificates.store import Store

Act = tuple[str, str, tuple[Any, ...]]
H = TypeVar("H")
S = TypeVar("S")


class Steps(dict[str, tuple[int, Callable[[H, S], Act | None]]], Generic[H, S]):
    """Kinds of steps by name: how often each is taken, and what chooses it."""

    def step(self, weight: int) -> Callable[[Callable[[H, S], Act | None]], Callable[[H, S], Act | None]]:
        """Registers a kind of step; None from it means that there is nothing to do it with."""

        def register(choose: Callable[[H, S], Act | None]) -> Callable[[H, S], Act | None]:
            self[choose.__name__] = weight, choose
            return choose

        return register

    def choose(self, rng: Random, hand: H, store: S) -> Act | None:
        """A step of any kind."""
        names = list(self)
        name = rng.choices(names, [self[name][0] for name in names])[0]
        return self[name][1](hand, store)


STEPS = Steps[Hand, Store]()
step = STEPS.step
