"""cancel: a stream ends, and what was not earned comes back (cancel.tree)."""

import pytest

from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, MIDNIGHT, NOON, TODAY, Flow, Jars, claimable_scaled
from tests.support.logs import logs_of
from tests.support.outputs import returned

UNIT = 10**9


# reverts


@pytest.mark.parametrize("seconds", [100, DAY])
@pytest.mark.parametrize("late", [-1, 0, 1, 400 * DAY])
def test_cancel_reverts_from_the_end_on(jars: Jars, seconds: int, late: int) -> None:
    at(NOON)
    key = jars.open(UNIT, seconds)
    at(NOON + seconds + late)
    if late < 0:
        assert returned(jars.cancel(key)) == 1
    else:
        with reverts("Jar_StreamNotRunning", jars.id_of(key), NOON + seconds):
            jars.cancel(key)


@pytest.mark.parametrize("how", ["never opened", "cancelled", "cancelled while paused", "another index"])
def test_cancel_reverts_where_nothing_runs(jars: Jars, how: str) -> None:
    at(NOON)
    key = jars.key()
    if how != "never opened":
        jars.open(UNIT, DAY)
    if how == "cancelled while paused":
        jars.escrow.pause(key, ITSELF, {"from": jars.supporter})
    if how.startswith("cancelled"):
        jars.cancel(key)
    elif how == "another index":
        key = jars.key(1)
    with reverts("Jar_StreamNotRunning", jars.id_of(key), 0):
        jars.cancel(key)


def test_cancel_reverts_for_anybody_but_the_payer(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, DAY)
    jars.escrow.topUp(key, jars.giver, DAY, ITSELF, {"from": jars.giver})
    for other in (jars.creator, jars.giver, jars.stranger):
        with reverts("Custody_NotItself", jars.supporter, other):
            jars.cancel(key, other)


# it refunds


@pytest.mark.parametrize("after", [0, 37, DAY // 2, 3 * DAY - 1])
def test_cancel_refunds_to_the_second(any_jars: Jars, after: int) -> None:
    jars = any_jars
    rate = 3 * jars.scale + 1
    amount = 4 * 3 * DAY + DAY  # lasts three days and a little, or more
    seconds, dust = divmod(amount * jars.scale, rate)
    assert seconds > 3 * DAY
    at(NOON)
    key = jars.open(rate, amount)
    purse = jars.balance(jars.supporter)
    mine_at(NOON + after)
    unspent = rate * (seconds - after)
    refund, rest = divmod(unspent, jars.scale)
    before = jars.due()
    assert before == claimable_scaled([Flow(rate, NOON, NOON + seconds)], NOON + after, dust)
    assert jars.escrow.refundable(key) == refund
    at(NOON + after)
    tx = jars.cancel(key)
    assert returned(tx) == jars.balance(jars.supporter) - purse == refund
    assert logs_of(tx, jars.escrow) == [("StreamCancelled", jars.supporter, jars.jar, 0, refund)]
    assert jars.escrow.stream(key) == (0, 0, 0, 0)
    assert jars.escrow.refundable(key) == 0
    assert jars.stored() == (0, TODAY, rate * after + dust + rest, 0, 0)
    assert jars.escrow.endsOn(jars.jar, (NOON + seconds) // DAY) == (0, 0)
    assert jars.due() == rate * after + dust + rest >= before
    # to the unit: what is left is the creator's, at once
    assert jars.held() * jars.scale == jars.due()
    jars.collect()
    assert jars.held() == 0


@pytest.mark.parametrize("after", [0, 37, 99])
def test_cancel_within_a_day(any_jars: Jars, after: int) -> None:
    jars = any_jars
    rate = 3 * jars.scale + 1
    amount = -(-rate * 100 // jars.scale)
    dust = amount * jars.scale - rate * 100
    at(NOON)
    key = jars.open(rate, amount)
    other = jars.open(2 * jars.scale, 2 * 500, 1)
    refund, rest = divmod(rate * (100 - after), jars.scale)
    at(NOON + after)
    assert returned(jars.cancel(key)) == refund
    assert jars.stored() == (0, TODAY, rate * after + dust + rest, TODAY, 2 * 500 * jars.scale)
    assert jars.due() == rate * after + dust + rest
    at(NOON + after)
    assert returned(jars.cancel(other)) == 2 * (500 - after)
    assert jars.stored()[3:] == (TODAY, 0)
    assert jars.held() * jars.scale == jars.due()


def test_cancel_of_a_stream_of_which_a_part_was_collected(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, 10 * DAY)
    at(NOON + DAY + 5)
    assert returned(jars.collect()) == DAY + 5
    at(NOON + 2 * DAY)
    assert returned(jars.cancel(key)) == 8 * DAY
    assert jars.due() == (DAY - 5) * UNIT
    assert returned(jars.collect()) == DAY - 5
    assert jars.held() == 0


def test_cancel_while_the_cursor_is_a_year_behind(jars: Jars) -> None:
    at(NOON)
    jars.open(UNIT, DAY)
    at(NOON + 300 * DAY)
    key = jars.open(2 * UNIT, 2 * 100 * DAY, 1)
    at(NOON + 365 * DAY)
    assert returned(jars.cancel(key)) == 2 * 35 * DAY
    assert jars.stored()[1] == TODAY
    assert jars.due() == (DAY + 2 * 65 * DAY) * UNIT


@pytest.mark.parametrize("x", [0, 1, DAY // 4, DAY // 2 - 1])
def test_cancel_on_its_last_day_gives_the_creator_what_was_earned(jars: Jars, x: int) -> None:
    """The straight line of a stream that ends today is replaced by what it earned, which is more."""
    at(NOON)
    key = jars.open(UNIT, DAY)
    mine_at(MIDNIGHT + x)
    shown = jars.due()
    assert shown == (DAY // 2 + x // 2) * UNIT + (x % 2) * UNIT // 2
    at(MIDNIGHT + x)
    assert returned(jars.cancel(key)) == DAY // 2 - x
    assert jars.due() == (DAY // 2 + x) * UNIT


@pytest.mark.parametrize("seconds", [100, DAY])
def test_cancel_of_a_paused_stream(any_jars: Jars, seconds: int) -> None:
    jars = any_jars
    rate = 3 * jars.scale + 1
    amount = -(-rate * seconds // jars.scale)
    at(NOON)
    key = jars.open(rate, amount)
    at(NOON + 60)
    jars.escrow.pause(key, ITSELF, {"from": jars.supporter})
    refund, rest = divmod(rate * (seconds - 60), jars.scale)
    mine_at(NOON + 365 * DAY)
    assert jars.escrow.refundable(key) == refund
    before = jars.due()
    at(NOON + 365 * DAY)
    assert returned(jars.cancel(key)) == refund
    assert jars.due() == before + rest
    assert jars.held() * jars.scale == jars.due()
    assert jars.escrow.stream(key) == (0, 0, 0, 0)


def test_cancel_rounds_the_refund_down_to_nothing(jars: Jars) -> None:
    """A last second worth less than a base unit: the creator's."""
    at(NOON)
    key = jars.open(UNIT - 1, 100)
    end = jars.escrow.stream(key)[2]
    assert end == NOON + 100
    at(end - 1)
    tx = jars.cancel(key)
    assert returned(tx) == 0
    assert logs_of(tx, jars.token) == []
    assert jars.due() == 100 * UNIT
