"""Somebody fills a creator's future with days on which something ends. It is priced, bounded and paged."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.clock import at
from tests.support.jars import DAY, ITSELF, NOON, TODAY, Jars
from tests.support.rehearsal import rehearsal

UNIT = 10**9
DAYS = 40
YEAR = 365
WORST_PER_DAY = 2_900
"""Gas that a day with an end may cost a creator: a year of them and the collection fit into 1.15 million."""


def collection(jars: Jars, days: int) -> int:
    """Gas of a collection that folds whatever ended in `days` days."""
    at(NOON + days * DAY)
    return int(jars.collect(max_days=10_000).gas_used)


@pytest.fixture
def quiet(jars: Jars) -> int:
    """Gas of the same collection where nobody spams: a steady stream, whose creator has money already."""
    at(NOON)
    jars.open(UNIT, 1_000 * DAY, 999)
    at(NOON + 1)
    jars.collect()
    with rehearsal():
        return collection(jars, DAYS + 1)


def attack(jars: Jars, calls: Sequence[str]) -> int:
    """Gas of it, all in one transaction, as cheap as can be."""
    at(NOON + 2)
    tx: Any = jars.deployed.multicall(calls, {"from": jars.stranger, "gas_limit": 29_000_000})
    return int(tx.gas_used)


def test_a_stream_for_every_day(jars: Jars, quiet: int) -> None:
    """A base unit each day is all it costs besides gas: at least 20 times as much as it costs the creator."""
    jar = jars.jar
    calls = []
    for day in range(1, DAYS + 1):
        key = jars.key(day, payer=jars.stranger)
        # a unit that lasts until noon of that day
        calls.append(jars.escrow.open.encode_input(key, UNIT // (day * DAY), 1, ITSELF))
    spent = attack(jars, calls)
    ends = [jars.escrow.endsOn(jar, TODAY + d)[0] for d in range(1, DAYS + 2)]
    assert sum(1 for rate in ends if rate) >= DAYS - 1
    harm = collection(jars, DAYS + 1) - quiet
    assert 0 < harm <= WORST_PER_DAY * DAYS
    assert spent >= 20 * harm


def test_one_stream_that_is_moved_from_day_to_day(jars: Jars, quiet: int) -> None:
    """Cheaper: one stream leaves a mark on each day that it once ended on. It still costs ten times as much
    as it does harm."""
    key = jars.key(1, payer=jars.stranger)
    escrow = jars.escrow
    calls = [escrow.open.encode_input(key, UNIT, DAY, ITSELF)]
    calls += [escrow.topUp.encode_input(key, jars.stranger, DAY, ITSELF) for _ in range(DAYS - 1)]
    calls.append(escrow.cancel.encode_input(key, ITSELF))
    before = jars.balance(jars.stranger)
    spent = attack(jars, calls)
    assert jars.balance(jars.stranger) == before  # it has its money back
    marks = escrow.endDays(jars.jar, TODAY // 256) | escrow.endDays(jars.jar, TODAY // 256 + 1) << 256
    assert (marks >> (TODAY % 256)).bit_count() >= DAYS
    assert all(escrow.endsOn(jars.jar, TODAY + d) == (0, 0) for d in range(1, DAYS + 1))
    harm = collection(jars, DAYS + 1) - quiet
    assert 0 < harm <= WORST_PER_DAY * DAYS
    assert spent >= 10 * harm


def test_changing_the_rate_from_day_to_day(jars: Jars, quiet: int) -> None:
    """The same by changing the rate."""
    key = jars.key(1, payer=jars.stranger)
    escrow = jars.escrow
    calls = [escrow.open.encode_input(key, 40 * UNIT, 40 * DAY, ITSELF)]
    calls += [escrow.changeRate.encode_input(key, 40 * UNIT // day, ITSELF) for day in range(2, DAYS + 1)]
    calls.append(escrow.cancel.encode_input(key, ITSELF))
    spent = attack(jars, calls)
    harm = collection(jars, DAYS + 1) - quiet
    assert 0 < harm <= WORST_PER_DAY * DAYS
    assert spent >= 10 * harm


def test_a_creator_under_attack_collects_in_pages(jars: Jars) -> None:
    """However many days are marked, a page costs what its days cost, and every page pays."""
    at(NOON)
    jars.open(UNIT, 1_000 * DAY, 999)
    key = jars.key(1, payer=jars.stranger)
    calls = [jars.escrow.open.encode_input(key, UNIT, DAY, ITSELF)]
    calls += [jars.escrow.topUp.encode_input(key, jars.stranger, DAY, ITSELF) for _ in range(DAYS - 1)]
    attack(jars, calls)
    paid = 0
    for _ in range(DAYS // 10):
        at(NOON + 2 * DAYS * DAY)
        tx = jars.collect(max_days=10)
        assert tx.gas_used <= 75_000 + 10 * WORST_PER_DAY
        assert jars.balance(jars.creator) > paid
        paid = jars.balance(jars.creator)
    at(NOON + 2 * DAYS * DAY)
    jars.collect()
    assert jars.balance(jars.creator) == 2 * DAYS * DAY + DAYS * DAY
    assert 75_000 + YEAR * WORST_PER_DAY <= 1_150_000  # a year of it in one go


def test_marks_far_ahead_cost_a_creator_nothing_today(jars: Jars) -> None:
    """A stream that ends in 30,000 years: its mark is read when its time comes."""
    at(NOON)
    jars.open(UNIT, 1_000 * DAY)
    at(NOON + DAY)
    jars.collect()
    at(NOON + 2 * DAY)
    before = jars.collect().gas_used
    jars.open(UNIT, 30_000 * 365 * DAY, 1, payer=jars.stranger)
    at(NOON + 3 * DAY)
    assert abs(jars.collect().gas_used - before) < 100
