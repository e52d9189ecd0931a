"""Journey 5: a subscriber streams monthly, cancels on day 10 and recovers the exact remainder; nobody has to
liquidate anything.

The subscriber owns currency and nothing else: all it does it signs, and a relayer pays the gas.
"""

from __future__ import annotations

from typing import Any

import pytest
from brownie import web3

from tests.support.certificates import DAY, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import ITSELF, Jars
from tests.support.tipping import FOREVER, MONTH, deploy_jars, rate_of

START = 1_930_000_123
MONTHLY = 25_000_000
RENT = 7 * MONTHLY  # paid beforehand


@pytest.fixture(scope="module")
def jars(world: World) -> Jars:
    mine_at(START - DAY)
    jars = deploy_jars(world)
    jars.fund(world.supporter, RENT)
    return jars


@pytest.fixture(scope="module")
def key(jars: Jars) -> tuple[Any, int, int]:
    return jars.key(3)


@pytest.fixture(scope="module")
def running(jars: Jars, key: tuple[Any, int, int]) -> int:
    """The stream begins at `START`; when it ends."""
    rate = rate_of(jars, MONTHLY)
    consent = jars.consent("OpenStream", *key, rate, RENT, deadline=FOREVER)
    at(START)
    jars.escrow.open(key, rate, RENT, consent, {"from": jars.relayer})
    stream = jars.escrow.stream(key)
    assert stream[:2] == (rate, START)
    return int(stream[2])


def creator_has(jars: Jars) -> int:
    """Scaled units that reached the creator or that it could collect now."""
    world = jars.world
    return int(jars.escrow.claimableScaled(jars.jar)) + jars.balance(world.creator) * jars.scale


def test_the_exact_remainder_comes_back_on_day_10(jars: Jars, key: Any, running: int) -> None:
    world, scale, rate = jars.world, jars.scale, rate_of(jars, MONTHLY)
    dust = RENT * scale % rate
    for day in range(1, 10):
        mine_at(START + day * DAY + 311)
        assert creator_has(jars) == rate * (day * DAY + 311) + dust
        assert jars.escrow.refundable(key) == rate * (running - START - day * DAY - 311) // scale
        if day % 4 == 0:
            at(START + day * DAY + 311)
            jars.escrow.collect(key[1], 10, {"from": world.relayer})
    stop = START + 10 * DAY
    consent = jars.consent("CancelStream", *key, nonce=2, deadline=stop + 1)
    at(stop)
    jars.escrow.cancel(key, consent, {"from": world.relayer})
    refund = rate * (running - stop) // scale
    assert jars.balance(world.supporter) == refund
    assert creator_has(jars) == (RENT - refund) * scale
    at(stop)
    jars.escrow.collect(key[1], 10, {"from": world.relayer})
    assert jars.balance(world.creator) == RENT - refund
    assert jars.held() == 0
    # of seven months, a third of one is gone, to the unit but for what a month's price leaves over
    assert RENT - refund - MONTHLY * 10 * DAY // MONTH in (0, 1)
    assert web3.eth.get_transaction_count(world.supporter.address) == 1  # the allowance's


def test_nobody_has_to_liquidate_anything(jars: Jars, key: Any, running: int) -> None:
    """Two years after the money has run out, without one transaction in between: there is no debt, nobody
    got a fee for stopping it, and each has what it had at the last second."""
    world = jars.world
    mine_at(running - 1)
    assert jars.escrow.refundable(key) == rate_of(jars, MONTHLY) // jars.scale
    mine_at(running + 2 * 365 * DAY)
    assert jars.escrow.refundable(key) == 0
    assert jars.escrow.claimable(key[1]) == jars.held() == RENT
    assert jars.balance(world.supporter) == 0
    with reverts("Jar_StreamNotRunning", jars.id_of(key), running):
        jars.escrow.cancel(key, ITSELF, {"from": world.supporter})
    jars.escrow.collect(key[1], 10, {"from": world.stranger})
    assert (jars.balance(world.creator), jars.balance(world.stranger)) == (RENT, 0)
    assert jars.escrow.jar(key[1])[0] == 0


def test_nobody_else_can_end_it(jars: Jars, key: Any, running: int) -> None:
    """Not the creator, not a keeper, not by a signature that was meant for something else."""
    world = jars.world
    for person in (world.creator, world.stranger):
        with reverts("Custody_NotItself", world.supporter, person):
            jars.escrow.cancel(key, ITSELF, {"from": person})
    pausing = jars.consent("PauseStream", *key, nonce=2)
    digest = jars.digest("CancelStream", *key, *pausing[:2])
    with reverts("Custody_InvalidSignature", world.supporter, digest):
        jars.escrow.cancel(key, pausing, {"from": world.relayer})
    assert jars.escrow.stream(key)[2] == running


def test_another_month_is_added_and_the_rate_changed_on_the_way(jars: Jars, key: Any, running: int) -> None:
    world, scale, rate = jars.world, jars.scale, rate_of(jars, MONTHLY)
    jars.fund(world.giver, MONTHLY)
    more = jars.consent("TopUpStream", world.giver, *key, MONTHLY, signer=world.giver, deadline=FOREVER)
    at(START + 3 * DAY)
    jars.escrow.topUp(key, world.giver, MONTHLY, more, {"from": world.relayer})
    longer = running + MONTHLY * scale // rate
    assert jars.escrow.stream(key)[2] == longer
    half = rate // 2
    slower = jars.consent("ChangeStreamRate", *key, half, nonce=2, deadline=FOREVER)
    at(START + 4 * DAY)
    jars.escrow.changeRate(key, half, slower, {"from": world.relayer})
    left = rate * (longer - START - 4 * DAY)
    end = START + 4 * DAY + left // half
    assert jars.escrow.stream(key) == (half, START + 4 * DAY, end, 0)
    mine_at(START + 10 * DAY)
    undivided = RENT * scale % rate + left % half
    assert creator_has(jars) == rate * 4 * DAY + half * 6 * DAY + undivided
    stop = jars.consent("CancelStream", *key, nonce=3, deadline=FOREVER)
    at(START + 10 * DAY)
    jars.escrow.cancel(key, stop, {"from": world.relayer})
    # all of it is the payer's, the giver's month too
    refund = half * (end - START - 10 * DAY) // scale
    assert jars.balance(world.supporter) == refund
    assert jars.balance(world.giver) == 0
    # what the giver's month left over came with the day on which it would have ended
    mine_at(longer // DAY * DAY + DAY)
    assert creator_has(jars) == (RENT + MONTHLY - refund) * scale
