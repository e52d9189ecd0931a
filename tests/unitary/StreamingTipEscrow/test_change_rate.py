"""changeRate: what is left lasts longer or shorter."""

import pytest

from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import (
    DAY,
    ITSELF,
    LATEST,
    MAX_RATE,
    MIDNIGHT,
    NOON,
    TODAY,
    Flow,
    Jars,
    Key,
    claimable_scaled,
)
from tests.support.logs import logs_of
from tests.support.outputs import returned

UNIT = 10**9


def change_rate(jars: Jars, key: Key, rate: int, payer: object = None) -> object:
    return jars.escrow.changeRate(key, rate, ITSELF, {"from": payer or jars.supporter})


# reverts


@pytest.mark.parametrize("state", ["never opened", "ended", "paused"])
def test_change_rate_reverts_where_nothing_runs(jars: Jars, state: str) -> None:
    at(NOON)
    key, end = jars.key(), 0
    if state == "ended":
        jars.open(UNIT, 100)
        end = at(NOON + 100)
    elif state == "paused":
        jars.open(UNIT, 100)
        jars.escrow.pause(key, ITSELF, {"from": jars.supporter})
        end = 100
    with reverts("Jar_StreamNotRunning", jars.id_of(key), end):
        change_rate(jars, key, 2 * UNIT)


def test_change_rate_reverts_for_anybody_but_the_payer(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, DAY)
    with reverts("Custody_NotItself", jars.supporter, jars.creator):
        change_rate(jars, key, 2 * UNIT, jars.creator)


def test_change_rate_reverts_for_a_rate_of_zero(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, DAY)
    with reverts("Jar_RateOutOfRange", 0, MAX_RATE):
        change_rate(jars, key, 0)


def test_change_rate_reverts_for_more_than_is_left(jars: Jars) -> None:
    """What is left must last a second."""
    at(NOON)
    key = jars.open(UNIT, DAY)
    at(NOON + DAY - 10)
    with reverts("Jar_AmountBelowOneSecond", 10 * UNIT, 10 * UNIT + 1):
        change_rate(jars, key, 10 * UNIT + 1)
    at(NOON + DAY - 10)
    assert returned(change_rate(jars, key, 10 * UNIT)) == NOON + DAY - 9


def test_change_rate_reverts_for_an_end_beyond_40_bits(jars: Jars) -> None:
    at(NOON)
    key = jars.open(1_000 * UNIT, 1_000 * DAY)
    slowest = -(-1_000 * DAY * UNIT // (LATEST - NOON))
    with reverts("Jar_EndTooLate", NOON + 1_000 * DAY * UNIT // (slowest - 1), LATEST):
        change_rate(jars, key, slowest - 1)
    end = returned(change_rate(jars, key, slowest))
    assert end == NOON + 1_000 * DAY * UNIT // slowest <= LATEST


# it changes


@pytest.mark.parametrize("after", [0, 37, DAY // 2 + 100, DAY])
@pytest.mark.parametrize("times", [(1, 2), (3, 1), (1, 100), (1, 1)])
def test_change_rate_streams_on_what_is_left(jars: Jars, times: tuple[int, int], after: int) -> None:
    old, new = 7 * UNIT + 1, (7 * UNIT + 1) * times[0] // times[1] + 5
    amount = 7 * 2 * DAY + 100
    seconds, dust = divmod(amount * UNIT, old)
    at(NOON)
    key = jars.open(old, amount)
    now = NOON + after
    mine_at(now)
    shown = jars.due()
    left, extra = divmod(old * (seconds - after), new)
    at(now)
    tx = change_rate(jars, key, new)
    assert returned(tx) == now + left
    assert jars.escrow.stream(key) == (new, now, now + left, 0)
    assert jars.due() == old * after + dust + extra >= shown
    assert logs_of(tx, jars.escrow) == [
        ("StreamRateChanged", jars.supporter, jars.jar, 0, new, now + left),
    ]
    assert jars.escrow.endsOn(jars.jar, (NOON + seconds) // DAY)[0] in (0, new)
    assert jars.held() == amount
    # as if the old one had ended and the new one begun now
    flows, given = [Flow(new, now, now + left)], old * after + dust + extra
    for time in sorted({MIDNIGHT, MIDNIGHT + DAY, now + left, ((now + left) // DAY + 1) * DAY}):
        if time >= now:
            mine_at(time)
            assert jars.due() == claimable_scaled(flows, time, given)
    jars.collect()
    assert jars.held() == jars.due() == 0


def test_change_rate_moves_between_lump_and_bucket(jars: Jars) -> None:
    """A stream that would have ended today runs on, and the other way round."""
    at(NOON)
    key = jars.open(UNIT, 10_000)
    assert jars.stored() == (0, TODAY, 0, TODAY, 10_000 * UNIT)
    at(NOON + 1_000)
    change_rate(jars, key, UNIT // 10)
    assert jars.stored() == (UNIT // 10, TODAY, 1_000 * UNIT - UNIT // 10 * (DAY // 2 + 1_000), TODAY, 0)
    at(NOON + 2_000)
    change_rate(jars, key, UNIT)
    assert jars.stored() == (0, TODAY, 1_100 * UNIT, TODAY, 8_900 * UNIT)
    assert returned(jars.cancel(key)) == 8_900


def test_change_rate_fifty_times_loses_nothing(jars: Jars) -> None:
    at(NOON)
    key = jars.open(3 * UNIT, 3 * 10 * DAY)
    calls = [
        jars.escrow.changeRate.encode_input(key, rate * UNIT // 7 + 1, ITSELF) for rate in range(50, 0, -1)
    ]
    at(NOON + 5_000)
    jars.deployed.multicall(calls, {"from": jars.supporter, "gas_limit": 29_000_000})
    rate, start, end, _ = jars.escrow.stream(key)
    assert start == NOON + 5_000
    refund = rate * (end - start) // UNIT
    assert returned(jars.cancel(key)) == refund
    assert jars.held() * UNIT == jars.due() == (3 * 10 * DAY - refund) * UNIT
    # each change costs the payer less than a second's worth
    assert 3 * 5_000 * UNIT <= jars.due() < 3 * 5_000 * UNIT + sum(r * UNIT // 7 + 1 for r in range(51))
