"""topUp: a running stream lasts longer (top_up.tree)."""

from typing import Any

import pytest

from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import (
    DAY,
    ITSELF,
    LATEST,
    MAX_JAR_RATE,
    MIDNIGHT,
    NOON,
    TODAY,
    Flow,
    Jars,
    Key,
    claimable_scaled,
    set_storage,
    storage_slot,
)
from tests.support.logs import logs_of
from tests.support.outputs import returned

UNIT = 10**9


def top_up(jars: Jars, key: Key, amount: int, payer: Any = None) -> Any:
    payer = payer or jars.supporter
    return jars.escrow.topUp(key, payer, amount, ITSELF, {"from": payer})


# reverts


@pytest.mark.parametrize("late", [-1, 0, 1, 400 * DAY])
def test_top_up_reverts_from_the_end_on(jars: Jars, late: int) -> None:
    at(NOON)
    key = jars.open(UNIT, 100)
    at(NOON + 100 + late)
    if late < 0:
        assert returned(top_up(jars, key, 1)) == NOON + 101
    else:
        with reverts("Jar_StreamNotRunning", jars.id_of(key), NOON + 100):
            top_up(jars, key, 1)


@pytest.mark.parametrize("how", ["never opened", "cancelled", "another index", "another jar"])
def test_top_up_reverts_where_nothing_runs(jars: Jars, how: str) -> None:
    at(NOON)
    key = jars.key()
    if how != "never opened":
        jars.open(UNIT, 2 * DAY)
    if how == "cancelled":
        jars.cancel(key)
    elif how == "another index":
        key = jars.key(1)
    elif how == "another jar":
        key = jars.key(jar=jars.jar_of(jars.agent))
    with reverts("Jar_StreamNotRunning", jars.id_of(key), 0):
        top_up(jars, key, 100)


def test_top_up_reverts_while_paused(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, 2 * DAY)
    jars.escrow.pause(key, ITSELF, {"from": jars.supporter})
    with reverts("Jar_StreamNotRunning", jars.id_of(key), 2 * DAY):
        top_up(jars, key, 100)


def test_top_up_reverts_for_less_than_a_second(any_jars: Jars) -> None:
    jars = any_jars
    rate = 3 * jars.scale
    at(NOON)
    key = jars.open(rate, 300)
    with reverts("Jar_AmountBelowOneSecond", 2 * jars.scale, rate):
        top_up(jars, key, 2)
    assert returned(top_up(jars, key, 3)) == NOON + 101


def test_top_up_reverts_for_an_end_beyond_40_bits(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, 100)
    left = LATEST - NOON - 100
    with reverts("Jar_EndTooLate", LATEST + 1, LATEST):
        top_up(jars, key, left + 1)
    assert returned(top_up(jars, key, left)) == LATEST


def test_top_up_reverts_when_it_would_enter_a_full_jar(jars: Jars) -> None:
    """A stream within a day needs no room in the rate; one that runs on does."""
    at(NOON)
    key = jars.open(UNIT, 100)
    jars.open(UNIT, DAY, 1)
    rate, day, accrued, *_ = jars.stored()
    slot = storage_slot(jars.escrow, (accrued % 2**144) << 112 | day << 88 | rate, jars.jar)
    set_storage(jars.escrow, slot, (accrued % 2**144) << 112 | day << 88 | MAX_JAR_RATE - UNIT + 1)
    with reverts("Jar_Full", jars.jar, MAX_JAR_RATE + 1, MAX_JAR_RATE):
        top_up(jars, key, DAY)
    assert returned(top_up(jars, key, 100)) == NOON + 200
    set_storage(jars.escrow, slot, (accrued % 2**144) << 112 | day << 88 | MAX_JAR_RATE - UNIT)
    assert returned(top_up(jars, key, DAY)) == NOON + 200 + DAY
    assert jars.stored()[0] == MAX_JAR_RATE


def test_top_up_reverts_without_money(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, 100)
    jars.fund(jars.recipient, 4)
    with reverts("ERC20InsufficientBalance", jars.recipient, 4, 5):
        top_up(jars, key, 5, jars.recipient)


# it lasts longer

WHERE = {
    # of a stream that runs until midnight + 200 of tomorrow: opened at noon, topped up a little later
    "later, same day": (DAY // 2 + 200, 1_000),
    "later, another day": (DAY // 2 + 200, 3 * DAY),
    "later, until midnight": (DAY // 2 + 200, DAY - 200),
    # of one that ends on the day on which it began
    "today, same day": (100, 1_000),
    "today, until midnight": (100, DAY // 2 - 100),
    "today, another day": (100, 3 * DAY),
}


@pytest.mark.parametrize("where", WHERE)
def test_top_up_moves_the_end(any_jars: Jars, where: str) -> None:
    jars = any_jars
    when = 50
    seconds, more = WHERE[where]
    rate = 3 * jars.scale + 1
    amount = -(-rate * seconds // jars.scale)
    dust = amount * jars.scale - rate * seconds
    at(NOON)
    key = jars.open(rate, amount)
    added = -(-rate * more // jars.scale)
    extra = added * jars.scale - rate * more
    assert dust < rate and extra < rate
    end = NOON + seconds + more
    paid = jars.balance(jars.giver)
    at(NOON + when)
    tx = top_up(jars, key, added, jars.giver)
    assert paid - jars.balance(jars.giver) == added
    assert jars.held() == amount + added
    assert returned(tx) == end
    assert jars.escrow.stream(key) == (rate, NOON, end, 0)
    assert logs_of(tx, jars.escrow) == [
        ("StreamToppedUp", jars.supporter, jars.jar, 0, jars.giver, added, end),
    ]
    (old_day, new_day) = ((NOON + seconds) // DAY, end // DAY)
    if new_day == TODAY:
        assert jars.stored() == (0, TODAY, dust, TODAY, rate * (seconds + more) + extra)
    else:
        lump_day = TODAY if old_day == TODAY else 0
        assert jars.stored() == (rate, TODAY, dust - rate * (DAY // 2), lump_day, 0)
        assert jars.escrow.endsOn(jars.jar, new_day) == (rate, rate * (end % DAY) + extra)
        if old_day != new_day:
            assert jars.escrow.endsOn(jars.jar, old_day) == (0, 0)
    flows = [Flow(rate, NOON, end, extra)]
    for time in sorted({NOON + 99, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 200, end, (new_day + 1) * DAY}):
        mine_at(time)
        assert jars.due() == claimable_scaled(flows, time, dust)
    assert jars.due() == (amount + added) * jars.scale


@pytest.mark.parametrize("more", [100, DAY])
def test_top_up_on_the_last_day_lowers_nothing(jars: Jars, more: int) -> None:
    """Of a stream that began yesterday and ends today: the straight line gives way to one above it."""
    at(NOON)
    key = jars.open(UNIT, DAY)
    for second in (1, DAY // 4, DAY // 2 - 1):
        mine_at(MIDNIGHT + second)
        before = jars.due()
        at(MIDNIGHT + second)
        top_up(jars, key, more)
        assert jars.due() >= before
    at(jars.escrow.stream(key)[2] + DAY)
    jars.collect()
    assert jars.balance(jars.creator) == DAY + 3 * more
    assert jars.held() == 0


def test_top_up_again_and_again_keeps_every_dust(jars: Jars) -> None:
    """Dust stays with the day that it came to, when the end moves on."""
    rate = 7 * UNIT
    at(NOON)
    key = jars.open(rate, 7 * DAY)
    for i in range(1, 4):
        top_up(jars, key, 7 * DAY + i)
    assert [jars.escrow.endsOn(jars.jar, TODAY + i)[1] for i in range(1, 4)] == [0, UNIT, 2 * UNIT]
    assert jars.escrow.endsOn(jars.jar, TODAY + 4) == (rate, rate * DAY // 2 + 3 * UNIT)
    refund = 7 * 4 * DAY
    assert returned(jars.cancel(key)) == refund
    mine_at(NOON + 5 * DAY)
    assert jars.due() == 6 * UNIT
    assert jars.held() == 6
