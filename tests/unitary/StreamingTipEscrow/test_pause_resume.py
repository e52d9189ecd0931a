"""pause, resume: what is left waits, for as long as the payer likes."""

import pytest

from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, LATEST, MIDNIGHT, NOON, TODAY, Flow, Jars, Key, claimable_scaled
from tests.support.logs import logs_of
from tests.support.outputs import returned

UNIT = 10**9


def pause(jars: Jars, key: Key, payer: object = None) -> object:
    return jars.escrow.pause(key, ITSELF, {"from": payer or jars.supporter})


def resume(jars: Jars, key: Key, payer: object = None) -> object:
    return jars.escrow.resume(key, ITSELF, {"from": payer or jars.supporter})


# reverts


@pytest.mark.parametrize("state", ["never opened", "ended", "paused", "cancelled"])
def test_pause_reverts_where_nothing_runs(jars: Jars, state: str) -> None:
    at(NOON)
    key, end = jars.key(), 0
    if state != "never opened":
        jars.open(UNIT, 100)
    if state == "ended":
        end = at(NOON + 100)
    elif state == "paused":
        pause(jars, key)
        end = 100
    elif state == "cancelled":
        jars.cancel(key)
    with reverts("Jar_StreamNotRunning", jars.id_of(key), end):
        pause(jars, key)


@pytest.mark.parametrize("state", ["never opened", "runs", "ended", "resumed"])
def test_resume_reverts_where_nothing_is_paused(jars: Jars, state: str) -> None:
    at(NOON)
    key = jars.key()
    if state != "never opened":
        jars.open(UNIT, 100)
    if state == "ended":
        at(NOON + 100)
    elif state == "resumed":
        pause(jars, key)
        resume(jars, key)
    with reverts("Jar_StreamNotPaused", jars.id_of(key)):
        resume(jars, key)


def test_pause_and_resume_revert_for_anybody_but_the_payer(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, DAY)
    with reverts("Custody_NotItself", jars.supporter, jars.creator):
        pause(jars, key, jars.creator)
    pause(jars, key)
    with reverts("Custody_NotItself", jars.supporter, jars.creator):
        resume(jars, key, jars.creator)


def test_resume_reverts_for_an_end_beyond_40_bits(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, LATEST - NOON)
    pause(jars, key)
    at(NOON + 1)
    with reverts("Jar_EndTooLate", LATEST + 1, LATEST):
        resume(jars, key)
    # its payer is not stuck
    assert returned(jars.cancel(key)) == LATEST - NOON


# they pause and resume


@pytest.mark.parametrize("seconds", [100, DAY, 3 * DAY])
@pytest.mark.parametrize("waits", [0, 10, 500 * DAY])
def test_pause_keeps_what_is_left(jars: Jars, seconds: int, waits: int) -> None:
    rate = 7 * UNIT + 3
    amount = -(-rate * seconds // UNIT)
    dust = amount * UNIT - rate * seconds
    at(NOON)
    key = jars.open(rate, amount)
    at(NOON + 37)
    tx = pause(jars, key)
    assert jars.escrow.stream(key) == (rate, 0, seconds - 37, 0)
    assert jars.escrow.refundable(key) == rate * (seconds - 37) // UNIT
    assert jars.stored() == (0, TODAY, rate * 37 + dust, TODAY if seconds == 100 else 0, 0)
    assert jars.escrow.endsOn(jars.jar, (NOON + seconds) // DAY) == (0, 0)
    assert logs_of(tx, jars.escrow) == [("StreamPaused", jars.supporter, jars.jar, 0, seconds - 37)]
    now = NOON + 37 + waits
    mine_at(now)
    assert jars.due() == rate * 37 + dust
    at(now)
    tx = resume(jars, key)
    end = now + seconds - 37
    assert returned(tx) == end
    assert jars.escrow.stream(key) == (rate, now, end, 0)
    assert logs_of(tx, jars.escrow) == [("StreamResumed", jars.supporter, jars.jar, 0, end)]
    for time in sorted({end, (end // DAY + 1) * DAY}):
        mine_at(time)
        assert jars.due() == claimable_scaled([Flow(rate, now, end)], time, rate * 37 + dust)
    jars.collect()
    assert jars.balance(jars.creator) == amount
    assert jars.held() == 0


def test_pause_in_the_last_second(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, DAY)
    at(NOON + DAY - 1)
    pause(jars, key)
    assert jars.escrow.stream(key) == (UNIT, 0, 1, 0)
    at(MIDNIGHT + DAY)
    assert returned(resume(jars, key)) == MIDNIGHT + DAY + 1
    mine_at(MIDNIGHT + DAY + 1)
    assert jars.due() == (DAY - 1) * UNIT  # begins and ends on one day: due at its midnight
    mine_at(MIDNIGHT + 2 * DAY)
    assert jars.due() == DAY * UNIT


def test_a_resumed_stream_can_do_everything_again(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, DAY)
    pause(jars, key)
    at(NOON + 3 * DAY)
    resume(jars, key)
    jars.escrow.topUp(key, jars.giver, DAY, ITSELF, {"from": jars.giver})
    jars.escrow.changeRate(key, 2 * UNIT, ITSELF, {"from": jars.supporter})
    assert jars.escrow.stream(key) == (2 * UNIT, NOON + 3 * DAY, NOON + 4 * DAY, 0)
    at(NOON + 3 * DAY + 100)
    pause(jars, key)
    assert returned(jars.cancel(key)) == 2 * DAY - 200
    assert jars.due() == 200 * UNIT
