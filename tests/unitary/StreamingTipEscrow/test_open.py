"""open: a stream begins (open.tree)."""

import pytest

from tests.support.clock import at, mine_at
from tests.support.errors import reverts, reverts_without_data
from tests.support.jars import (
    DAY,
    ITSELF,
    LATEST,
    MAX_AMOUNT,
    MAX_JAR_RATE,
    MAX_RATE,
    MIDNIGHT,
    NOON,
    TODAY,
    ZERO,
    Flow,
    Jars,
    claimable_scaled,
    set_storage,
    storage_slot,
)
from tests.support.logs import logs_of
from tests.support.outputs import returned

UNIT = 10**9
"""A base unit of `jars`' currency, scaled: as a rate, one a second."""


# reverts


def test_open_reverts_for_a_jar_that_nobody_can_have(jars: Jars) -> None:
    shared = jars.shared_jar([jars.creator, jars.agent], [5_000, 5_000])
    wrong = [jars.jar_of(ZERO), jars.jar_of(ZERO, 1), jars.jar_of(jars.creator, 2), shared + (1 << 176)]
    for jar in [*wrong, jars.jar_of(jars.stranger, 1), 2**256 - 1]:
        with reverts("Jar_UnknownJar", jar):
            jars.open(UNIT, 100, jar=jar)
    jars.open(UNIT, 100, jar=shared)


def test_open_reverts_while_the_index_runs(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, 100)
    at(NOON + 99)
    with reverts("Jar_StreamExists", jars.id_of(key), NOON + 100):
        jars.open(UNIT, 100)
    at(NOON + 100)
    jars.open(UNIT, 100)
    assert jars.escrow.stream(key) == (UNIT, NOON + 100, NOON + 200, 0)


def test_open_reverts_while_the_index_is_paused(jars: Jars) -> None:
    at(NOON)
    key = jars.open(UNIT, 100)
    at(NOON + 60)
    jars.escrow.pause(key, ITSELF, {"from": jars.supporter})
    at(NOON + DAY)
    with reverts("Jar_StreamExists", jars.id_of(key), 40):
        jars.open(UNIT, 100)


def test_open_reverts_for_a_rate_of_zero(jars: Jars) -> None:
    with reverts("Jar_RateOutOfRange", 0, MAX_RATE):
        jars.open(0, 100)


def test_open_reverts_without_data_for_a_rate_over_80_bits(jars: Jars) -> None:
    good = jars.escrow.open.encode_input(jars.key(), MAX_RATE, MAX_RATE, ITSELF)
    place = 2 + 2 * (4 + 3 * 32)
    bad = good[:place] + f"{MAX_RATE + 1:064x}" + good[place + 64 :]
    with reverts_without_data():
        jars.supporter.transfer(jars.escrow, 0, data=bad, gas_limit=500_000)
    jars.supporter.transfer(jars.escrow, 0, data=good, gas_limit=500_000)
    assert jars.escrow.stream(jars.key())[0] == MAX_RATE


@pytest.mark.parametrize("rate", [1, UNIT, UNIT + 1, MAX_RATE])
def test_open_reverts_for_less_than_a_second(any_jars: Jars, rate: int) -> None:
    scale = any_jars.scale
    enough = -(-rate // scale)
    with reverts("Jar_AmountBelowOneSecond", (enough - 1) * scale, rate):
        any_jars.open(rate, enough - 1)
    at(NOON)
    key = any_jars.open(rate, enough)
    assert any_jars.escrow.stream(key) == (rate, NOON, NOON + enough * scale // rate, 0)


def test_open_reverts_for_an_end_beyond_40_bits(jars: Jars) -> None:
    left = LATEST - NOON
    at(NOON)
    with reverts("Jar_EndTooLate", LATEST + 1, LATEST):
        jars.open(UNIT, left + 1)
    at(NOON)
    with reverts("Jar_EndTooLate", NOON + MAX_AMOUNT * UNIT, LATEST):
        jars.open(1, MAX_AMOUNT)
    at(NOON)
    key = jars.open(UNIT, left)
    assert jars.escrow.stream(key)[2] == LATEST
    assert jars.escrow.endsOn(jars.jar, LATEST // DAY) == (UNIT, UNIT * (LATEST % DAY))


def test_open_reverts_when_the_jar_is_full(jars: Jars) -> None:
    """Its rates are below 2⁸⁸ together; what so many real streams pay is in attacks/test_jar_extremes."""
    at(NOON)
    jars.open(UNIT, DAY)
    rate, day, accrued, *_ = jars.stored()
    rest = (accrued % 2**144) << 112 | day << 88
    slot = storage_slot(jars.escrow, rest | rate, jars.jar)
    set_storage(jars.escrow, slot, rest | MAX_JAR_RATE - UNIT)
    with reverts("Jar_Full", jars.jar, MAX_JAR_RATE + 1, MAX_JAR_RATE):
        jars.open(UNIT + 1, 2 * DAY, 1)
    jars.open(UNIT, DAY, 1)
    assert jars.stored()[0] == MAX_JAR_RATE
    with reverts("Jar_Full", jars.jar, MAX_JAR_RATE + 1, MAX_JAR_RATE):
        jars.open(1, 1, 2)
    # what ends on this day, and what goes to somebody else, needs no room
    jars.open(UNIT, 60, 2)
    jars.open(UNIT, DAY, 3, jar=jars.jar_of(jars.agent))
    assert jars.stored()[0] == MAX_JAR_RATE


@pytest.mark.parametrize("missing", ["money", "approval"])
def test_open_reverts_without_money_or_approval(jars: Jars, missing: str) -> None:
    poor = jars.recipient
    key = jars.key(payer=poor)
    if missing == "money":
        jars.fund(poor, 99)
        with reverts("ERC20InsufficientBalance", poor, 99, 100):
            jars.escrow.open(key, UNIT, 100, ITSELF, {"from": poor})
    else:
        jars.token.mint(poor, 100, {"from": poor})
        jars.token.approve(jars.escrow, 99, {"from": poor})
        with reverts("ERC20InsufficientAllowance", jars.escrow, 99, 100):
            jars.escrow.open(key, UNIT, 100, ITSELF, {"from": poor})


# it opens


def test_open_into_a_later_day(any_jars: Jars) -> None:
    jars = any_jars
    rate, amount = 7 * jars.scale + 1, 7 * DAY + 3
    seconds, dust = divmod(amount * jars.scale, rate)
    end = NOON + seconds
    before = jars.balance(jars.supporter)
    at(NOON)
    tx = jars.escrow.open(jars.key(5), rate, amount, ITSELF, {"from": jars.supporter})
    assert before - jars.balance(jars.supporter) == jars.held() == amount
    assert jars.escrow.stream(jars.key(5)) == (rate, NOON, end, 0)
    assert jars.stored() == (rate, TODAY, dust - rate * (DAY // 2), 0, 0)
    assert jars.escrow.endsOn(jars.jar, end // DAY) == (rate, rate * (end % DAY))
    assert jars.escrow.endDays(jars.jar, end // DAY // 256) == 1 << (end // DAY % 256)
    assert jars.due() == dust
    assert jars.escrow.claimable(jars.jar) == dust // jars.scale
    assert returned(tx) == end
    assert logs_of(tx, jars.escrow) == [
        ("StreamOpened", jars.supporter, jars.jar, 5, rate, amount, end),
    ]


def test_open_within_a_day(any_jars: Jars) -> None:
    jars = any_jars
    rate = 7 * jars.scale + 1
    at(NOON)
    tx = jars.escrow.open(jars.key(), rate, 703, ITSELF, {"from": jars.supporter})
    seconds, dust = divmod(703 * jars.scale, rate)
    assert jars.stored() == (0, TODAY, dust, TODAY, rate * seconds)
    assert jars.escrow.endsOn(jars.jar, TODAY) == (0, 0)
    assert jars.escrow.endDays(jars.jar, TODAY // 256) == 0
    assert returned(tx) == NOON + seconds
    for time, due in ((NOON + seconds, dust), (MIDNIGHT - 1, dust), (MIDNIGHT, 703 * jars.scale)):
        mine_at(time)
        assert jars.due() == due


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_open_until_about_midnight(jars: Jars, past: int) -> None:
    """What ends at midnight exactly ends on the next day, at its second 0."""
    seconds = DAY // 2 + past
    at(NOON)
    jars.open(UNIT, seconds)
    if past < 0:
        assert jars.stored() == (0, TODAY, 0, TODAY, UNIT * seconds)
    else:
        assert jars.stored() == (UNIT, TODAY, -UNIT * (DAY // 2), 0, 0)
        assert jars.escrow.endsOn(jars.jar, TODAY + 1) == (UNIT, UNIT * past)
    for time in (MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1, MIDNIGHT + 2, MIDNIGHT + DAY - 1, MIDNIGHT + DAY):
        mine_at(time)
        assert jars.due() == claimable_scaled([Flow(UNIT, NOON, NOON + seconds)], time)
    assert jars.due() == UNIT * seconds


@pytest.mark.parametrize("start", [NOON, MIDNIGHT - 1, MIDNIGHT])
def test_open_for_one_second(jars: Jars, start: int) -> None:
    """At noon, as a day's last second (which ends the next day) and as its first."""
    at(start)
    jars.open(UNIT, 1)
    last = start == MIDNIGHT - 1
    assert jars.stored()[0] == (UNIT if last else 0)
    assert jars.due() == 0
    mine_at(start + 1)
    assert jars.due() == (UNIT if last else 0)
    mine_at(MIDNIGHT + (0 if start < MIDNIGHT else DAY))
    assert jars.due() == UNIT


def test_open_does_not_wait_for_collecting(jars: Jars) -> None:
    """The cursor stays where it is, a year behind."""
    at(NOON)
    jars.open(UNIT, 10 * DAY)
    later = NOON + 400 * DAY
    at(later)
    jars.open(3 * UNIT, 30 * DAY, 1)
    assert jars.stored() == (4 * UNIT, TODAY, -UNIT * DAY // 2 - 3 * UNIT * (later - TODAY * DAY), 0, 0)
    assert jars.due() == 10 * DAY * UNIT
    mine_at(later + DAY)
    assert jars.due() == (10 * DAY + 3 * DAY) * UNIT


def test_open_brings_an_earlier_days_lump_into_the_sum(jars: Jars) -> None:
    at(NOON)
    jars.open(UNIT, 100)
    jars.open(2 * UNIT, 100, 1)
    assert jars.stored() == (0, TODAY, 0, TODAY, 200 * UNIT)
    at(NOON + DAY)
    jars.open(UNIT, 50, 2)
    assert jars.stored() == (0, TODAY, 200 * UNIT, TODAY + 1, 50 * UNIT)


def test_open_many_between_the_same_two(jars: Jars) -> None:
    """Any index, any number; each has its own end."""
    at(NOON)
    for index in (0, 1, 2**256 - 1):
        jars.open(UNIT, (index % 2 + 1) * DAY, index)
    assert [jars.escrow.stream(jars.key(i))[2] - NOON for i in (0, 1, 2**256 - 1)] == [DAY, 2 * DAY, 2 * DAY]
    assert jars.stored()[0] == 3 * UNIT
    assert jars.escrow.endsOn(jars.jar, TODAY + 2)[0] == 2 * UNIT


def test_open_to_oneself(jars: Jars) -> None:
    """It has no sense and does no harm."""
    at(NOON)
    jars.open(UNIT, DAY, jar=jars.jar_of(jars.supporter))
    at(NOON + DAY + DAY)
    assert returned(jars.collect(jars.jar_of(jars.supporter))) == DAY


def test_open_reuses_the_index_of_an_ended_stream(jars: Jars) -> None:
    """What the ended one earned stays the creator's."""
    at(NOON)
    jars.open(UNIT, DAY)
    at(NOON + DAY)
    jars.open(2 * UNIT, 2 * DAY)
    flows = [Flow(UNIT, NOON, NOON + DAY), Flow(2 * UNIT, NOON + DAY, NOON + 2 * DAY)]
    for time in (NOON + DAY + 1, MIDNIGHT + DAY, NOON + 2 * DAY, MIDNIGHT + 2 * DAY):
        mine_at(time)
        assert jars.due() == claimable_scaled(flows, time)
    assert jars.due() == 3 * DAY * UNIT
