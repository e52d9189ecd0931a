"""Collecting between every two steps or once at the end, in pages or at once: the same total, to the unit."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.clock import at
from tests.support.jars import DAY, ITSELF, NOON, Jars
from tests.support.rehearsal import rehearsal

STEPS = 24
Step = tuple[int, Callable[[], Any]]


def script(jars: Jars, seed: int) -> list[Step]:
    """Steps that are the same whoever collects in between: (time, act). Indexes are opened once."""
    chance = random.Random(seed)
    steps: list[Step] = []
    now, index = NOON, 0
    live: list[tuple[Any, int]] = []  # key, end
    escrow, payer = jars.escrow, jars.supporter
    me = {"from": payer}
    for _ in range(STEPS):
        now += chance.choice([0, 1, 59, 3_600, DAY // 3, DAY, 3 * DAY])
        live = [(key, end) for key, end in live if end > now]
        kind = chance.choice(["open", "open", "short", "topUp", "changeRate", "cancel", "tip"])
        if kind in ("open", "short") or (not live and kind != "tip"):
            rate = chance.randrange(1, 5 * jars.scale)
            seconds = chance.randrange(1, 2_000 if kind == "short" else 9 * DAY)
            amount = -(-rate * seconds // jars.scale)
            key, index = jars.key(index), index + 1
            steps.append((now, lambda k=key, r=rate, a=amount: escrow.open(k, r, a, ITSELF, me)))
            live.append((key, now + amount * jars.scale // rate))
        elif kind == "tip":
            amount = chance.randrange(1, 10**6)
            steps.append((now, lambda a=amount: jars.tip(a)))
        else:
            place = chance.randrange(len(live))
            key, end = live.pop(place)
            if kind == "topUp":
                amount = chance.randrange(5, 10**6)
                steps.append((now, lambda k=key, a=amount: escrow.topUp(k, payer, a, ITSELF, me)))
            elif kind == "changeRate":
                steps.append((now, lambda k=key: escrow.changeRate(k, jars.scale // 3, ITSELF, me)))
            else:
                steps.append((now, lambda k=key: escrow.cancel(k, ITSELF, me)))
            if kind != "cancel":
                # it runs at least as long as known; another act on it must come before that
                live += [(key, end)] if kind == "topUp" else []
    return steps


def play(jars: Jars, steps: list[Step], pages: Callable[[int], int | None]) -> tuple[int, int, int]:
    """Run the steps; `pages(i)` is the page limit of the collection after step i, None for none.

    Returns what the creator got in the end, what the payer has, and what stays in the escrow.
    """
    last = 0
    with rehearsal():
        for place, (time, act) in enumerate(steps):
            at(time)
            act()
            limit = pages(place)
            if limit is not None:
                shown = jars.due()
                jars.collect(max_days=limit)
                got = jars.balance(jars.creator)
                assert got >= last
                assert (got - last) * jars.scale + jars.due() == shown
                last = got
        at(NOON + 10_000 * DAY)
        jars.collect()
        return (jars.balance(jars.creator), jars.balance(jars.supporter), jars.held())


@pytest.mark.parametrize("seed", [1, 2])
def test_collecting_often_or_once_pays_the_same(jars: Jars, seed: int) -> None:
    steps = script(jars, seed)
    once = play(jars, steps, lambda place: None)
    assert once[0] > 0
    assert once[2] == 0
    for pages in (lambda place: 1_000, lambda place: place % 3):
        assert play(jars, steps, pages) == once
