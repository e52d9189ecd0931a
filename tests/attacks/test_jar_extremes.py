"""The ends of the types: rate 88 bits, moment 168, accrued 144 signed, lump 232, times 40. Nothing carries.

The rate is reached by 257 streams of an 18-decimal currency. A jar's sum of 2¹⁴² scaled
units is far beyond any supply: it is written into storage, to see that the next unit is refused, not cut off.
"""

from typing import Any

import pytest

from tests.support.clock import at, mine_at
from tests.support.crowd import crowd_chain, deploy, settle
from tests.support.errors import reverts
from tests.support.jars import (
    DAY,
    ITSELF,
    LATEST,
    MAX_ACCRUED,
    MAX_AMOUNT,
    MAX_JAR_RATE,
    MAX_RATE,
    MIDNIGHT,
    NOON,
    TODAY,
    Flow,
    Jars,
    claimable_scaled,
    set_storage,
    storage_slot,
)

UNIT = 10**9


def test_a_full_jar_pays_to_the_unit() -> None:
    """256 streams of the highest rate and one of the rest, ending on one day: rate and moment are full."""
    with crowd_chain() as web3:
        token = deploy(web3, "TestToken", "Test Euro", "TEUR", 18)
        crowd = settle(web3, token)
        payer, jar = crowd.person("supporter"), int(crowd.person("creator"), 16)
        crowd.send(token.functions.mint(payer, 2**105), "deployer")
        crowd.send(token.functions.approve(crowd.escrow.address, 2**256 - 1), "supporter")
        start = NOON + 100
        calls = [("open", ((payer, jar, i), MAX_RATE, MAX_AMOUNT, ITSELF)) for i in range(256)]
        calls.append(("open", ((payer, jar, 256), 255, 255 * DAY, ITSELF)))
        first = 128
        for bunch in (calls[:first], calls[first:]):
            crowd.at(start)
            crowd.many(bunch, "supporter", len(bunch))
        view = crowd.escrow.functions
        assert view.jar(jar).call()[0] == MAX_JAR_RATE
        end = start + MAX_AMOUNT // MAX_RATE
        flows = [Flow(MAX_RATE, start, end)] * 256 + [Flow(255, start, start + DAY)]
        dust = 256 * (MAX_AMOUNT - MAX_RATE * (end - start))
        moment = sum(f.rate * (f.end % DAY) for f in flows)
        assert view.endsOn(jar, TODAY + 1).call() == [MAX_JAR_RATE, moment]
        for time in (start + 1, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1, end, end + 1, MIDNIGHT + DAY):
            crowd.mine_at(time)
            assert view.claimableScaled(jar).call() == claimable_scaled(flows, time, dust)
        crowd.send(view.collect(jar, 1), "relayer")
        assert crowd.purse("creator") == 256 * MAX_AMOUNT + 255 * DAY
        assert crowd.held() == 0


@pytest.fixture(scope="module")
def coarse(make_jars: Any, krwt: Any) -> Jars:
    """Of no decimals: a base unit is 10⁹ scaled, so amounts of 96 bits are 126 bits scaled."""
    jars: Jars = make_jars(krwt)
    return jars


def set_accrued(jars: Jars, accrued: int) -> None:
    """The creator's jar, that must hold something, with another sum."""
    rate, day, before, *_ = jars.stored()
    slot = storage_slot(jars.escrow, (before % 2**144) << 112 | day << 88 | rate, jars.jar)
    set_storage(jars.escrow, slot, (accrued % 2**144) << 112 | day << 88 | rate)
    assert jars.stored()[2] == accrued


@pytest.mark.parametrize("way", ["tip", "handle", "a stream's dust", "an earlier day's lump"])
def test_a_jar_takes_2_to_the_142_and_no_more(coarse: Jars, way: str) -> None:
    jars, scale = coarse, coarse.scale
    at(NOON)
    jars.open(scale, 7, 9)
    jars.tip(1)
    tip = jars.handle_tip(5, payer=jars.giver)
    jars.escrow.tipHandle(tip, "", ITSELF, {"from": jars.giver})
    claim = ([tip], jars.creator, NOON + 9 * DAY, jars.attest([tip], jars.creator, NOON + 9 * DAY))
    # what comes into the sum, when, and how
    gain, time, act = {
        "tip": (5 * scale, NOON, lambda: jars.tip(5)),
        "handle": (5 * scale, NOON, lambda: jars.escrow.claimHandleTips(*claim, {"from": jars.relayer})),
        "a stream's dust": (scale, NOON, lambda: jars.open(3 * scale, 3 * 50 + 1)),
        "an earlier day's lump": (7 * scale, NOON + DAY, lambda: jars.open(scale, 60)),
    }[way]
    set_accrued(jars, MAX_ACCRUED - gain + 1)
    at(time)
    with reverts("Jar_Full", jars.jar, MAX_ACCRUED + 1, MAX_ACCRUED):
        act()
    set_accrued(jars, MAX_ACCRUED - gain)
    at(time)
    act()
    assert jars.stored()[2] == MAX_ACCRUED


def test_a_full_sum_stops_no_payer_and_no_creator(coarse: Jars) -> None:
    """Cancelling adds to a full jar what was earned; a sum of all bits is read back as it is."""
    jars, scale = coarse, coarse.scale
    at(NOON)
    key = jars.open(scale, 10 * DAY)
    jars.open(scale, 10 * DAY, 1)
    set_accrued(jars, MAX_ACCRUED)
    at(NOON + 100 * DAY - 95 * DAY)
    jars.cancel(key)
    assert jars.stored()[2] == MAX_ACCRUED + scale * (5 * DAY + DAY // 2)
    mine_at(NOON + 20 * DAY)
    assert jars.due() > MAX_ACCRUED
    assert jars.escrow.claimable(jars.jar) == jars.due() // scale


@pytest.mark.parametrize("accrued", [-(2**129), -1, 0, 1, 2**143 - 1, -(2**143)])
def test_every_sum_of_144_bits_is_read_back(coarse: Jars, accrued: int) -> None:
    at(NOON)
    coarse.open(coarse.scale, 10 * DAY)
    set_accrued(coarse, accrued)
    assert coarse.stored()[:2] == (coarse.scale, TODAY)


def test_the_lowest_sum_there_can_be(coarse: Jars) -> None:
    """Streams of the highest rate that begin in a jar that was not collected for 500 years."""
    jars = coarse
    rate = MAX_RATE - MAX_RATE % jars.scale
    at(NOON)
    jars.tip(1)
    late = NOON + 500 * 365 * DAY
    at(late)
    amounts = [rate // jars.scale * 2 * DAY] * 3
    for index, amount in enumerate(amounts):
        assert amount <= MAX_AMOUNT
        jars.open(rate, amount, index)
    since = late - TODAY * DAY
    assert jars.stored()[:3] == (3 * rate, TODAY, jars.scale - 3 * rate * since)
    assert jars.due() == jars.scale
    mine_at(late + DAY + 1)
    assert jars.due() == jars.scale + 3 * rate * (DAY + 1)
    at(late + 3 * DAY)
    jars.collect()
    assert jars.held() == 0


def test_a_bucket_of_the_highest_rate_and_moment(coarse: Jars) -> None:
    """Beside a stream of the lowest: the moment of one does not reach into the other's."""
    jars = coarse
    rate = MAX_RATE - MAX_RATE % jars.scale
    end = MIDNIGHT + DAY - 1  # the last second of a day
    at(NOON)
    jars.open(rate, rate // jars.scale * (end - NOON))
    jars.open(1, 1, 1)  # ends in 31 years
    low_end = NOON + jars.scale
    top = jars.key(2)
    jars.open(rate, rate // jars.scale * (end - NOON), 2)
    assert jars.escrow.endsOn(jars.jar, TODAY + 1) == (2 * rate, 2 * rate * (DAY - 1))
    jars.cancel(top)
    assert jars.escrow.endsOn(jars.jar, TODAY + 1) == (rate, rate * (DAY - 1))
    assert jars.escrow.endsOn(jars.jar, low_end // DAY) == (1, low_end % DAY)
    flows = [Flow(rate, NOON, end), Flow(1, NOON, low_end)]
    for time in (MIDNIGHT, end - 1, end, end + 1, low_end - 1, low_end, low_end + DAY):
        mine_at(time)
        assert jars.due() == claimable_scaled(flows, time)


def test_a_lump_of_the_largest_amounts(coarse: Jars) -> None:
    jars = coarse
    rate = MAX_RATE - MAX_RATE % jars.scale
    seconds = DAY // 2 - 1
    amount = rate // jars.scale * seconds
    at(NOON)
    for index in range(3):
        jars.open(rate, amount, index)
    assert jars.stored()[3:] == (TODAY, 3 * rate * seconds)
    at(MIDNIGHT)
    jars.collect()
    assert jars.balance(jars.creator) == 3 * amount
    assert jars.held() == 0


@pytest.mark.parametrize("rate", [1, 7, MAX_RATE])
def test_amounts_and_rates_of_every_size_are_conserved(any_jars: Jars, rate: int) -> None:
    """The smallest rate with the smallest amount, the largest with the largest, cancelled half-way."""
    jars = any_jars
    least = -(-rate // jars.scale)
    longest = rate * (LATEST - NOON) // jars.scale
    amounts = {least, least + 1, min(MAX_AMOUNT, longest, least * 1_000_003)}
    before = jars.balance(jars.supporter)
    at(NOON)
    keys = [jars.open(rate, amount, i) for i, amount in enumerate(sorted(amounts))]
    at(NOON + 1)
    for key in keys:
        if jars.escrow.stream(key)[2] > NOON + 1:
            jars.cancel(key)
    at(NOON + 2 * DAY)
    jars.collect()
    assert jars.balance(jars.supporter) + jars.balance(jars.creator) == before
    assert jars.held() == jars.due() == 0
