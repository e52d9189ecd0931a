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
from tests.support.tipping import ITSELF, MONTH, Tipping, deploy_tipping, jar_of

TIER = 1
PRICE = 12_000_000  # 12 dollars a month
MONTHS = 3
PAID = MONTHS * PRICE
START = int(datetime(2031, 5, 6, 9, 41, 7, tzinfo=UTC).timestamp())
NEXT_MONTH = int(datetime(2031, 6, 1, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def tips(world: World) -> Tipping:
    mine_at(START - DAY)
    tips = deploy_tipping(world)
    tips.tier(world.creator, PRICE, TIER)
    tips.fund(world.supporter, 10 * PAID)
    return tips


def subscription(tips: Tipping, amount: int = PAID) -> tuple[object, ...]:
    world = tips.world
    rate = tips.rate_of(PRICE)
    return (world.supporter, world.supporter, world.creator, TIER, rate, amount)


def join(tips: Tipping, amount: int = PAID, time: int = START) -> int:
    """Become a member; when it is over."""
    at(time)
    tips.escrow.subscribe(subscription(tips, amount), ITSELF, {"from": tips.world.supporter})
    return int(tips.escrow.membership(tips.world.creator, tips.world.supporter, TIER)[2])


def leave(tips: Tipping, time: int) -> int:
    """Cancel; what came back."""
    world = tips.world
    before = tips.purse(world.supporter)
    at(time)
    tx = tips.escrow.unsubscribe(world.creator, TIER, world.supporter, ITSELF, {"from": world.supporter})
    refund = tips.purse(world.supporter) - before
    assert tx.events["Unsubscribed"]["refund"] == refund
    return refund


def test_the_membership_lasts_as_long_as_its_money(tips: Tipping) -> None:
    world = tips.world
    rate = tips.rate_of(PRICE)
    until = join(tips)
    seconds, dust = divmod(PAID * tips.scale, rate)
    assert until == START + seconds
    assert seconds >= MONTHS * MONTH  # the rate is rounded down, in the supporter's favour
    assert dust < rate
    asked = (world.creator, world.supporter, TIER)
    assert tips.escrow.membership(*asked) == (world.supporter, START, until, 0)
    assert tips.escrow.isSupporter(*asked) == START
    mine_at(until - 1)
    assert tips.escrow.isSupporter(*asked) == START
    mine_at(until)
    assert tips.escrow.isSupporter(*asked) == 0


def test_the_creator_never_takes_more_than_has_accrued(tips: Tipping) -> None:
    """It tries at random moments of ten days, twice in each: the sum is what accrued, rounded down."""
    world = tips.world
    jar, rate = jar_of(world.creator), tips.rate_of(PRICE)
    join(tips)
    dust = PAID * tips.scale % rate  # less than a second's worth, the creator's from the start
    moments = sorted(random.Random(4).sample(range(1, 10 * DAY), 24))
    for moment in moments:
        for _ in range(2):
            at(START + moment)
            tips.escrow.collect(jar, 10, {"from": world.creator})
            assert tips.purse(world.creator) == (rate * moment + dust) // tips.scale
            assert tips.held() == PAID - tips.purse(world.creator)
    # what is not accrued yet can be reached by no other way either
    with reverts("Custody_NotItself", world.supporter, world.creator):
        tips.escrow.unsubscribe(world.creator, TIER, world.supporter, ITSELF, {"from": world.creator})
    with reverts("Custody_NothingOwed", world.creator):
        tips.escrow.withdrawOwed(world.creator, world.creator, ITSELF, {"from": world.creator})
    tips.escrow.setTier(TIER, 2**60, 0, {"from": world.creator})
    mine_at(START + 10 * DAY)
    assert tips.escrow.claimable(jar) + tips.purse(world.creator) == (rate * 10 * DAY + dust) // tips.scale


@pytest.mark.parametrize("collects", [False, True])
def test_cancelling_on_day_10_returns_the_exact_remainder(tips: Tipping, collects: bool) -> None:
    world = tips.world
    jar, rate = jar_of(world.creator), tips.rate_of(PRICE)
    until = join(tips)
    if collects:
        at(START + 4 * DAY)
        tips.escrow.collect(jar, 10, {"from": world.creator})
    cancelled = START + 10 * DAY
    mine_at(cancelled)
    refund = leave(tips, cancelled)
    assert refund == rate * (until - cancelled) // tips.scale
    assert tips.escrow.isSupporter(world.creator, world.supporter, TIER) == 0
    # the creator keeps ten days, and what neither rate nor base unit divides: nothing is left over
    tips.escrow.collect(jar, 100, {"from": world.creator})
    assert tips.purse(world.creator) == PAID - refund
    undivided = PAID * tips.scale % rate + rate * (until - cancelled) % tips.scale
    assert tips.purse(world.creator) * tips.scale == rate * 10 * DAY + undivided
    assert tips.held() == tips.escrow.claimableScaled(jar) == 0
    assert tips.escrow.jar(jar)[0] == 0


@pytest.mark.parametrize("second", [0, 1, 37, DAY, 45 * DAY + 1, "last"])
def test_cancelling_any_time_returns_the_exact_remainder(tips: Tipping, second: int | str) -> None:
    rate = tips.rate_of(PRICE)
    until = join(tips)
    cancelled = until - 1 if isinstance(second, str) else START + second
    refund = leave(tips, cancelled)
    assert refund == rate * (until - cancelled) // tips.scale
    tips.escrow.collect(jar_of(tips.world.creator), 100, {"from": tips.world.creator})
    assert tips.purse(tips.world.creator) == PAID - refund
    assert tips.held() == 0


def test_nothing_is_left_to_cancel_at_the_end_and_nothing_renews(tips: Tipping) -> None:
    world = tips.world
    before = tips.purse(world.supporter)
    until = join(tips)
    at(until)
    with reverts("Jar_NotMember", world.supporter, TIER):
        tips.escrow.unsubscribe(world.creator, TIER, world.supporter, ITSELF, {"from": world.supporter})
    mine_at(until + 400 * DAY)
    assert tips.purse(world.supporter) == before - PAID
    assert tips.escrow.claimable(jar_of(world.creator)) == PAID
    assert tips.escrow.isSupporter(world.creator, world.supporter, TIER) == 0


def test_paying_on_keeps_the_membership_unbroken(tips: Tipping) -> None:
    world = tips.world
    until = join(tips)
    at(until - 1)
    tips.escrow.subscribe(subscription(tips, PRICE), ITSELF, {"from": world.supporter})
    seconds = PRICE * tips.scale // tips.rate_of(PRICE)
    assert tips.escrow.membership(world.creator, world.supporter, TIER) == (
        world.supporter, START, until + seconds, 0,
    )  # fmt: skip
    mine_at(until + 1)
    assert tips.escrow.isSupporter(world.creator, world.supporter, TIER) == START


def test_a_tier_that_became_dearer_keeps_its_price_for_who_is_in(tips: Tipping) -> None:
    world = tips.world
    jar, rate = jar_of(world.creator), tips.rate_of(PRICE)
    until = join(tips)
    dearer = tips.tier(world.creator, 2 * PRICE, TIER)
    mine_at(START + 20 * DAY)
    assert tips.escrow.claimableScaled(jar) == rate * 20 * DAY + PAID * tips.scale % rate
    # nobody joins at a price that it did not agree to, and nobody is moved to one
    with reverts("Jar_TierRateDiffers", TIER, dearer, rate):
        tips.escrow.subscribe(subscription(tips), ITSELF, {"from": world.supporter})
    assert tips.escrow.membership(world.creator, world.supporter, TIER)[2] == until
    assert leave(tips, START + 20 * DAY + 1) == rate * (until - START - 20 * DAY - 1) // tips.scale


def test_a_monthly_cap_holds_and_rises_only_next_month(tips: Tipping) -> None:
    world = tips.world
    cap = PAID + PRICE
    tips.escrow.setMonthlyCap(world.supporter, cap, ITSELF, {"from": world.supporter})
    join(tips)
    with reverts("Jar_OverMonthlyCap", world.supporter, PAID, PRICE + 1, cap):
        tips.escrow.subscribe(subscription(tips, PRICE + 1), ITSELF, {"from": world.supporter})
    at(START + 1)
    tips.escrow.setMonthlyCap(world.supporter, 10 * cap, ITSELF, {"from": world.supporter})
    assert tips.escrow.monthlyCap(world.supporter) == (cap, PAID, 10 * cap)
    jar = jar_of(world.creator)
    tips.escrow.tip(world.supporter, jar, PRICE, "", ITSELF, {"from": world.supporter})
    at(NEXT_MONTH - 1)
    with reverts("Jar_OverMonthlyCap", world.supporter, cap, 1, cap):
        tips.escrow.tip(world.supporter, jar, 1, "", ITSELF, {"from": world.supporter})
    at(NEXT_MONTH)
    tips.escrow.tip(world.supporter, jar, cap + 1, "", ITSELF, {"from": world.supporter})
    assert tips.escrow.monthlyCap(world.supporter) == (10 * cap, cap + 1, 10 * cap)
