"""setOperator: whom the issuer lets issue, and how much a day."""

from typing import Any

import pytest

from tests.support.certificates import DAY, MAX_AMOUNT, ZERO, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.fund(world.operator, 10_000)
    return series_id


@pytest.fixture
def midday(world: World) -> int:
    """Noon of the next UTC day: what a test does within an hour is one day's work."""
    return mine_at((world.now() // DAY + 1) * DAY + DAY // 2)


def allow(world: World, series: int, limit: int, operator: Any = None, caller: Any = None) -> Any:
    return world.certificates.setOperator(
        series, operator or world.operator, limit, {"from": caller or world.issuer}
    )


def issue(world: World, series: int, amount: int) -> Any:
    return world.certificates.issue(series, world.holder, amount, {"from": world.operator})


def test_set_operator_reverts_for_anybody_but_the_issuer(world: World, series: int) -> None:
    allow(world, series, MAX_AMOUNT)
    for caller in (world.stranger, world.operator, world.beneficiary):
        with reverts("GiftCertificates_NotIssuer", series, caller):
            allow(world, series, 1, caller=caller)


def test_set_operator_reverts_in_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_NotIssuer", series + 1, world.issuer):
        allow(world, series + 1, 1)


def test_set_operator_reverts_for_nobody(world: World, series: int) -> None:
    with reverts("GiftCertificates_ZeroAddress"):
        allow(world, series, 1, operator=ZERO)


def test_set_operator_is_written_down(world: World, series: int) -> None:
    assert world.certificates.operatorLimit(series, world.operator) == (0, 0)
    tx = allow(world, series, 500)
    assert world.certificates.operatorLimit(series, world.operator) == (500, 0)
    assert logs_of(tx, world.certificates) == [("OperatorSet", series, world.operator, 500)]


def test_an_operator_of_one_series_is_none_of_another(world: World, series: int) -> None:
    other = world.create_series()
    allow(world, series, 500)
    with reverts("GiftCertificates_NotOperator", other, world.operator):
        issue(world, other, 1)


def test_an_operator_issues_up_to_its_limit(world: World, series: int, midday: int) -> None:
    allow(world, series, 500)
    with reverts("GiftCertificates_OverDailyLimit", 501, 500):
        issue(world, series, 501)
    issue(world, series, 499)
    assert world.certificates.operatorLimit(series, world.operator) == (500, 499)
    with reverts("GiftCertificates_OverDailyLimit", 2, 1):
        issue(world, series, 2)
    issue(world, series, 1)
    with reverts("GiftCertificates_OverDailyLimit", 1, 0):
        issue(world, series, 1)
    assert world.certificates.operatorLimit(series, world.operator) == (500, 500)
    assert world.certificates.balanceOf(world.holder, series) == 500


def test_the_limit_begins_anew_at_midnight(world: World, series: int, midday: int) -> None:
    allow(world, series, 500)
    issue(world, series, 500)
    midnight = (midday // DAY + 1) * DAY
    at(midnight - 1)
    with reverts("GiftCertificates_OverDailyLimit", 1, 0):
        issue(world, series, 1)
    mine_at(midnight)
    assert world.certificates.operatorLimit(series, world.operator) == (500, 0)
    at(midnight)
    issue(world, series, 500)
    assert world.certificates.operatorLimit(series, world.operator) == (500, 500)
    with reverts("GiftCertificates_OverDailyLimit", 1, 0):
        issue(world, series, 1)


def test_a_limit_is_changed_within_the_day(world: World, series: int, midday: int) -> None:
    allow(world, series, 500)
    issue(world, series, 300)
    allow(world, series, 400)
    with reverts("GiftCertificates_OverDailyLimit", 101, 100):
        issue(world, series, 101)
    allow(world, series, 200)  # below what was issued: nothing is left, nothing turns negative
    with reverts("GiftCertificates_OverDailyLimit", 1, 0):
        issue(world, series, 1)
    allow(world, series, 301)
    issue(world, series, 1)
    assert world.certificates.operatorLimit(series, world.operator) == (301, 301)


def test_a_limit_of_zero_takes_the_power_away(world: World, series: int, midday: int) -> None:
    allow(world, series, 500)
    issue(world, series, 1)
    tx = allow(world, series, 0)
    assert logs_of(tx, world.certificates) == [("OperatorSet", series, world.operator, 0)]
    with reverts("GiftCertificates_NotOperator", series, world.operator):
        issue(world, series, 1)
    allow(world, series, 500)  # taking it away and giving it back is no way around the day's limit
    with reverts("GiftCertificates_OverDailyLimit", 500, 499):
        issue(world, series, 500)


def test_the_largest_limit_is_none(world: World, series: int, midday: int) -> None:
    allow(world, series, MAX_AMOUNT)
    issue(world, series, 4_000)
    issue(world, series, 4_000)
    assert world.certificates.operatorLimit(series, world.operator) == (MAX_AMOUNT, 0)


def test_one_below_the_largest_limit_is_one(world: World, series: int, midday: int) -> None:
    allow(world, series, MAX_AMOUNT - 1)
    issue(world, series, 4_000)
    with reverts("GiftCertificates_OverDailyLimit", MAX_AMOUNT, MAX_AMOUNT - 4_001):
        issue(world, series, MAX_AMOUNT)


def test_an_issuer_needs_no_power_and_a_limit_does_not_bind_it(
    world: World, series: int, midday: int
) -> None:
    allow(world, series, 1, operator=world.issuer)
    world.issue(series, world.holder, 1_000)
    assert world.certificates.balanceOf(world.holder, series) == 1_000
    assert world.certificates.operatorLimit(series, world.issuer) == (1, 0)
