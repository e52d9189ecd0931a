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
from tests.support.tipping import ITSELF, MONTH, Tipping, deploy_tipping, jar_of, stream_id

START = 1_930_000_123
MONTHLY = 25_000_000
RENT = 7 * MONTHLY  # paid beforehand


@pytest.fixture(scope="module")
def tips(world: World) -> Tipping:
    mine_at(START - DAY)
    tips = deploy_tipping(world)
    tips.fund(world.supporter, RENT)
    return tips


@pytest.fixture(scope="module")
def key(tips: Tipping) -> tuple[Any, int, int]:
    return (tips.world.supporter, jar_of(tips.world.creator), 3)


@pytest.fixture(scope="module")
def running(tips: Tipping, key: tuple[Any, int, int]) -> int:
    """The stream begins at `START`; when it ends."""
    rate = tips.rate_of(MONTHLY)
    consent = tips.consent("OpenStream", *key, rate, RENT, by=key[0], nonce=1)
    at(START)
    tips.escrow.open(key, rate, RENT, consent, {"from": tips.world.relayer})
    stream = tips.escrow.stream(key)
    assert stream[:2] == (rate, START)
    return int(stream[2])


def creator_has(tips: Tipping) -> int:
    """Scaled units that reached the creator or that it could collect now."""
    world = tips.world
    return int(tips.escrow.claimableScaled(jar_of(world.creator))) + tips.purse(world.creator) * tips.scale


def test_the_exact_remainder_comes_back_on_day_10(tips: Tipping, key: Any, running: int) -> None:
    world, scale, rate = tips.world, tips.scale, tips.rate_of(MONTHLY)
    dust = RENT * scale % rate
    for day in range(1, 10):
        mine_at(START + day * DAY + 311)
        assert creator_has(tips) == rate * (day * DAY + 311) + dust
        assert tips.escrow.refundable(key) == rate * (running - START - day * DAY - 311) // scale
        if day % 4 == 0:
            at(START + day * DAY + 311)
            tips.escrow.collect(key[1], 10, {"from": world.relayer})
    stop = START + 10 * DAY
    consent = tips.consent("CancelStream", *key, by=world.supporter, nonce=2, deadline=stop + 1)
    at(stop)
    tips.escrow.cancel(key, consent, {"from": world.relayer})
    refund = rate * (running - stop) // scale
    assert tips.purse(world.supporter) == refund
    assert creator_has(tips) == (RENT - refund) * scale
    at(stop)
    tips.escrow.collect(key[1], 10, {"from": world.relayer})
    assert tips.purse(world.creator) == RENT - refund
    assert tips.held() == 0
    # of seven months, a third of one is gone, to the unit but for what a month's price leaves over
    assert RENT - refund - MONTHLY * 10 * DAY // MONTH in (0, 1)
    assert web3.eth.get_transaction_count(world.supporter.address) == 1  # the allowance's


def test_nobody_has_to_liquidate_anything(tips: Tipping, key: Any, running: int) -> None:
    """Two years after the money has run out, without one transaction in between: there is no debt, nobody
    got a fee for stopping it, and each has what it had at the last second."""
    world = tips.world
    mine_at(running - 1)
    assert tips.escrow.refundable(key) == tips.rate_of(MONTHLY) // tips.scale
    mine_at(running + 2 * 365 * DAY)
    assert tips.escrow.refundable(key) == 0
    assert tips.escrow.claimable(key[1]) == tips.held() == RENT
    assert tips.purse(world.supporter) == 0
    with reverts("Jar_StreamNotRunning", stream_id(key), running):
        tips.escrow.cancel(key, ITSELF, {"from": world.supporter})
    tips.escrow.collect(key[1], 10, {"from": world.stranger})
    assert (tips.purse(world.creator), tips.purse(world.stranger)) == (RENT, 0)
    assert tips.escrow.jar(key[1])[0] == 0


def test_nobody_else_can_end_it(tips: Tipping, key: Any, running: int) -> None:
    """Not the creator, not a keeper, not by a signature that was meant for something else."""
    world = tips.world
    for person in (world.creator, world.stranger):
        with reverts("Custody_NotItself", world.supporter, person):
            tips.escrow.cancel(key, ITSELF, {"from": person})
    pausing = tips.consent("PauseStream", *key, by=world.supporter, nonce=2)
    digest = tips.digest("CancelStream", key, *pausing[:2])
    with reverts("Custody_InvalidSignature", world.supporter, digest):
        tips.escrow.cancel(key, pausing, {"from": world.relayer})
    assert tips.escrow.stream(key)[2] == running


def test_another_month_is_added_and_the_rate_changed_on_the_way(
    tips: Tipping, key: Any, running: int
) -> None:
    world, scale, rate = tips.world, tips.scale, tips.rate_of(MONTHLY)
    tips.fund(world.giver, MONTHLY)
    more = tips.consent("TopUpStream", world.giver, *key, MONTHLY, by=world.giver)
    at(START + 3 * DAY)
    tips.escrow.topUp(key, world.giver, MONTHLY, more, {"from": world.relayer})
    longer = running + MONTHLY * scale // rate
    assert tips.escrow.stream(key)[2] == longer
    half = rate // 2
    slower = tips.consent("ChangeStreamRate", *key, half, by=world.supporter, nonce=2)
    at(START + 4 * DAY)
    tips.escrow.changeRate(key, half, slower, {"from": world.relayer})
    left = rate * (longer - START - 4 * DAY)
    end = START + 4 * DAY + left // half
    assert tips.escrow.stream(key) == (half, START + 4 * DAY, end, 0)
    mine_at(START + 10 * DAY)
    undivided = RENT * scale % rate + left % half
    assert creator_has(tips) == rate * 4 * DAY + half * 6 * DAY + undivided
    stop = tips.consent("CancelStream", *key, by=world.supporter, nonce=3)
    at(START + 10 * DAY)
    tips.escrow.cancel(key, stop, {"from": world.relayer})
    # all of it is the payer's, the giver's month too
    refund = half * (end - START - 10 * DAY) // scale
    assert tips.purse(world.supporter) == refund
    assert tips.purse(world.giver) == 0
    # what the giver's month left over came with the day on which it would have ended
    mine_at(longer // DAY * DAY + DAY)
    assert creator_has(tips) == (RENT + MONTHLY - refund) * scale
