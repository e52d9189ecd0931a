"""collectFees: the issuer's share of redemptions, accrued to the unit."""

from typing import Any

import pytest

from tests.fixtures.tokens import MakeToken
from tests.support.certificates import MAX_AMOUNT, ZERO, World
from tests.support.clock import mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series(fee_bps=250)
    world.issue(series_id, world.holder, 100_000)
    return series_id


def redeem(world: World, series: int, amount: int) -> None:
    world.certificates.redeem(series, amount, world.merchant, {"from": world.holder})


def collect(world: World, series: int) -> Any:
    return world.certificates.collectFees(series, {"from": world.stranger})


def test_collect_fees_reverts_when_there_are_none(world: World, series: int) -> None:
    with reverts("GiftCertificates_NothingOwed", world.issuer):
        collect(world, series)
    redeem(world, series, 39)  # 250 bps of 39 is below one unit
    with reverts("GiftCertificates_NothingOwed", world.issuer):
        collect(world, series)


def test_collect_fees_reverts_in_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_NothingOwed", ZERO):
        collect(world, series + 1)


def test_collect_fees_reverts_the_second_time(world: World, series: int) -> None:
    redeem(world, series, 40)
    collect(world, series)
    with reverts("GiftCertificates_NothingOwed", world.issuer):
        collect(world, series)


@pytest.mark.parametrize(("amount", "fee"), [(39, 0), (40, 1), (79, 1), (80, 2), (100_000, 2_500)])
def test_fees_are_rounded_down_for_the_merchant(world: World, series: int, amount: int, fee: int) -> None:
    redeem(world, series, amount)
    assert world.token.balanceOf(world.merchant) == amount - fee
    assert world.certificates.state(series)[2] == fee
    assert world.reserve() == world.liabilities() == 100_000 - amount + fee


def test_collect_fees_pays_the_issuer_whoever_asks(world: World, series: int) -> None:
    redeem(world, series, 40_000)
    redeem(world, series, 1_000)
    purse = world.token.balanceOf(world.issuer)
    tx = collect(world, series)
    assert world.token.balanceOf(world.issuer) == purse + 1_025
    assert world.token.balanceOf(world.stranger) == 0
    assert world.certificates.state(series)[1:3] == (59_000, 0)
    assert world.reserve() == world.liabilities() == 59_000
    assert logs_of(tx, world.certificates) == [("FeesCollected", series, world.issuer, 1_025)]


def test_fees_of_one_series_are_not_anothers(world: World, series: int) -> None:
    other = world.create_series(fee_bps=2_000)
    world.issue(other, world.holder, 1_000)
    redeem(world, series, 40)
    redeem(world, other, 1_000)
    collect(world, series)
    assert (world.certificates.state(series)[2], world.certificates.state(other)[2]) == (0, 200)


def test_fees_outlive_expiry_wind_down_and_forfeiture(world: World, series: int) -> None:
    redeem(world, series, 100)
    world.certificates.windDown(series, {"from": world.issuer})
    mine_at(world.certificates.terms(series)[3])
    world.certificates.forfeit(series, {"from": world.stranger})
    purse = world.token.balanceOf(world.issuer)
    collect(world, series)
    assert world.token.balanceOf(world.issuer) == purse + 2
    assert world.token.balanceOf(world.beneficiary) == 99_900
    assert world.reserve() == world.liabilities() == 0


def test_the_largest_fee_of_the_largest_amount_fits(world: World) -> None:
    series = world.create_series(fee_bps=2_000)
    world.issue(series, world.holder, MAX_AMOUNT)
    redeem(world, series, MAX_AMOUNT)
    assert world.certificates.state(series)[2] == MAX_AMOUNT * 2_000 // 10_000
    collect(world, series)
    assert world.token.balanceOf(world.issuer) == MAX_AMOUNT * 2_000 // 10_000


def test_an_issuer_whom_the_currency_refuses_is_owed(make_world: Any, make_token: MakeToken) -> None:
    world: World = make_world(make_token("BlacklistToken"))
    series = world.create_series(fee_bps=250)
    world.issue(series, world.holder, 100)
    redeem(world, series, 100)
    world.token.blacklist(world.issuer, {"from": world.deployer})
    tx = collect(world, series)
    assert logs_of(tx, world.certificates) == [
        ("FeesCollected", series, world.issuer, 2),
        ("PayoutOwed", world.issuer, 2),
    ]
    assert world.certificates.owed(world.issuer) == world.reserve() == world.liabilities() == 2
