"""Row patreon: a supporter streams a tier; the creator can never take more than has accrued; cancelling on
day 10 returns the exact remainder. And what its users do there: a monthly cap, cancel any time.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from tests.support.certificates import DAY, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import ITSELF, Jars
from tests.support.tipping import MONTH, deploy_jars, rate_of

TIER = 1
PRICE = 12_000_000  # 12 dollars a month
MONTHS = 3
PAID = MONTHS * PRICE
START = int(datetime(2031, 5, 6, 9, 41, 7, tzinfo=UTC).timestamp())
NEXT_MONTH = int(datetime(2031, 6, 1, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def jars(world: World) -> Jars:
    mine_at(START - DAY)
    jars = deploy_jars(world)
    jars.set_tier(TIER, PRICE)
    jars.fund(world.supporter, 10 * PAID)
    return jars


def subscription(jars: Jars, amount: int = PAID) -> tuple[object, ...]:
    world = jars.world
    rate = rate_of(jars, PRICE)
    return (world.supporter, world.supporter, world.creator, TIER, 0, rate, amount)


def join(jars: Jars, amount: int = PAID, time: int = START) -> int:
    """Become a member; when it is over."""
    at(time)
    jars.escrow.subscribe(subscription(jars, amount), ITSELF, {"from": jars.supporter})
    return int(jars.escrow.membership(jars.creator, jars.supporter, TIER)[2])


def leave(jars: Jars, time: int) -> int:
    """Cancel; what came back."""
    world = jars.world
    before = jars.balance(world.supporter)
    at(time)
    tx = jars.escrow.unsubscribe(world.creator, TIER, world.supporter, ITSELF, {"from": world.supporter})
    refund = jars.balance(world.supporter) - before
    assert tx.events["Unsubscribed"]["refund"] == refund
    return refund


def test_the_membership_lasts_as_long_as_its_money(jars: Jars) -> None:
    world = jars.world
    rate = rate_of(jars, PRICE)
    until = join(jars)
    seconds, dust = divmod(PAID * jars.scale, rate)
    assert until == START + seconds
    assert seconds >= MONTHS * MONTH  # the rate is rounded down, in the supporter's favour
    assert dust < rate
    asked = (world.creator, world.supporter, TIER)
    assert jars.escrow.membership(*asked) == (world.supporter, START, until, 0)
    assert jars.escrow.isSupporter(*asked) == START
    mine_at(until - 1)
    assert jars.escrow.isSupporter(*asked) == START
    mine_at(until)
    assert jars.escrow.isSupporter(*asked) == 0


def test_the_creator_never_takes_more_than_has_accrued(jars: Jars) -> None:
    """It tries at random moments of ten days, twice in each: the sum is what accrued, rounded down."""
    world = jars.world
    jar, rate = jars.jar, rate_of(jars, PRICE)
    join(jars)
    dust = PAID * jars.scale % rate  # less than a second's worth, the creator's from the start
    moments = sorted(random.Random(4).sample(range(1, 10 * DAY), 24))
    for moment in moments:
        for _ in range(2):
            at(START + moment)
            jars.escrow.collect(jar, 10, {"from": world.creator})
            assert jars.balance(world.creator) == (rate * moment + dust) // jars.scale
            assert jars.held() == PAID - jars.balance(world.creator)
    # what is not accrued yet can be reached by no other way either
    with reverts("Custody_NotItself", world.supporter, world.creator):
        jars.escrow.unsubscribe(world.creator, TIER, world.supporter, ITSELF, {"from": world.creator})
    with reverts("Custody_NothingOwed", world.creator):
        jars.escrow.withdrawOwed(world.creator, world.creator, ITSELF, {"from": world.creator})
    jars.escrow.setTier(TIER, 2**60, 0, {"from": world.creator})
    mine_at(START + 10 * DAY)
    assert jars.escrow.claimable(jar) + jars.balance(world.creator) == (rate * 10 * DAY + dust) // jars.scale


@pytest.mark.parametrize("collects", [False, True])
def test_cancelling_on_day_10_returns_the_exact_remainder(jars: Jars, collects: bool) -> None:
    world = jars.world
    jar, rate = jars.jar, rate_of(jars, PRICE)
    until = join(jars)
    if collects:
        at(START + 4 * DAY)
        jars.escrow.collect(jar, 10, {"from": world.creator})
    cancelled = START + 10 * DAY
    mine_at(cancelled)
    refund = leave(jars, cancelled)
    assert refund == rate * (until - cancelled) // jars.scale
    assert jars.escrow.isSupporter(world.creator, world.supporter, TIER) == 0
    # the creator keeps ten days, and what neither rate nor base unit divides: nothing is left over
    jars.escrow.collect(jar, 100, {"from": world.creator})
    assert jars.balance(world.creator) == PAID - refund
    undivided = PAID * jars.scale % rate + rate * (until - cancelled) % jars.scale
    assert jars.balance(world.creator) * jars.scale == rate * 10 * DAY + undivided
    assert jars.held() == jars.escrow.claimableScaled(jar) == 0
    assert jars.escrow.jar(jar)[0] == 0


@pytest.mark.parametrize("second", [0, 1, 37, DAY, 45 * DAY + 1, "last"])
def test_cancelling_any_time_returns_the_exact_remainder(jars: Jars, second: int | str) -> None:
    rate = rate_of(jars, PRICE)
    until = join(jars)
    cancelled = until - 1 if isinstance(second, str) else START + second
    refund = leave(jars, cancelled)
    assert refund == rate * (until - cancelled) // jars.scale
    jars.escrow.collect(jars.jar, 100, {"from": jars.creator})
    assert jars.balance(jars.creator) == PAID - refund
    assert jars.held() == 0


def test_nothing_is_left_to_cancel_at_the_end_and_nothing_renews(jars: Jars) -> None:
    world = jars.world
    before = jars.balance(world.supporter)
    until = join(jars)
    at(until)
    with reverts("Jar_NotMember", world.supporter, TIER):
        jars.escrow.unsubscribe(world.creator, TIER, world.supporter, ITSELF, {"from": world.supporter})
    mine_at(until + 400 * DAY)
    assert jars.balance(world.supporter) == before - PAID
    assert jars.escrow.claimable(jars.jar) == PAID
    assert jars.escrow.isSupporter(world.creator, world.supporter, TIER) == 0


def test_paying_on_keeps_the_membership_unbroken(jars: Jars) -> None:
    world = jars.world
    until = join(jars)
    at(until - 1)
    jars.escrow.subscribe(subscription(jars, PRICE), ITSELF, {"from": world.supporter})
    seconds = PRICE * jars.scale // rate_of(jars, PRICE)
    assert jars.escrow.membership(world.creator, world.supporter, TIER) == (
        world.supporter, START, until + seconds, 0,
    )  # fmt: skip
    mine_at(until + 1)
    assert jars.escrow.isSupporter(world.creator, world.supporter, TIER) == START


def test_a_tier_that_became_dearer_keeps_its_price_for_who_is_in(jars: Jars) -> None:
    world = jars.world
    jar, rate = jars.jar, rate_of(jars, PRICE)
    until = join(jars)
    dearer = jars.set_tier(TIER, 2 * PRICE)
    mine_at(START + 20 * DAY)
    assert jars.escrow.claimableScaled(jar) == rate * 20 * DAY + PAID * jars.scale % rate
    # nobody joins at a price that it did not agree to, and nobody is moved to one
    with reverts("Jar_TierRateDiffers", TIER, dearer, rate):
        jars.escrow.subscribe(subscription(jars), ITSELF, {"from": world.supporter})
    assert jars.escrow.membership(world.creator, world.supporter, TIER)[2] == until
    assert leave(jars, START + 20 * DAY + 1) == rate * (until - START - 20 * DAY - 1) // jars.scale


def test_a_monthly_cap_holds_and_rises_only_next_month(jars: Jars) -> None:
    world = jars.world
    cap = PAID + PRICE
    jars.escrow.setMonthlyCap(world.supporter, cap, ITSELF, {"from": world.supporter})
    join(jars)
    with reverts("Jar_OverMonthlyCap", world.supporter, PAID, PRICE + 1, cap):
        jars.escrow.subscribe(subscription(jars, PRICE + 1), ITSELF, {"from": world.supporter})
    at(START + 1)
    jars.escrow.setMonthlyCap(world.supporter, 10 * cap, ITSELF, {"from": world.supporter})
    assert jars.escrow.monthlyCap(world.supporter) == (cap, PAID, 10 * cap)
    jar = jars.jar
    jars.escrow.tip(world.supporter, jar, PRICE, "", ITSELF, {"from": world.supporter})
    at(NEXT_MONTH - 1)
    with reverts("Jar_OverMonthlyCap", world.supporter, cap, 1, cap):
        jars.escrow.tip(world.supporter, jar, 1, "", ITSELF, {"from": world.supporter})
    at(NEXT_MONTH)
    jars.escrow.tip(world.supporter, jar, cap + 1, "", ITSELF, {"from": world.supporter})
    assert jars.escrow.monthlyCap(world.supporter) == (10 * cap, cap + 1, 10 * cap)
