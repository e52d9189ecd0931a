"""removeMerchant: 30 days' notice, then everybody may have full face back."""

from typing import Any

import pytest

from tests.support.certificates import DAY, NEVER, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of

NOTICE = 30 * DAY


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series(
        [world.merchant, world.creator, world.other_merchant],
        named=True,
        refund_on_removal=True,
        denomination=50,
        use_threshold_bps=6_000,
    )
    world.issue(series_id, world.holder, 100)
    return series_id


def remove(world: World, series: int, merchant: Any = None, caller: Any = None) -> Any:
    return world.certificates.removeMerchant(
        series, merchant or world.merchant, {"from": caller or world.issuer}
    )


def test_remove_merchant_reverts_for_anybody_but_the_issuer(world: World, series: int) -> None:
    for caller in (world.stranger, world.merchant, world.beneficiary):
        with reverts("GiftCertificates_NotIssuer", series, caller):
            remove(world, series, caller=caller)


def test_remove_merchant_reverts_in_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_NotIssuer", series + 1, world.issuer):
        remove(world, series + 1)


def test_remove_merchant_reverts_where_the_terms_do_not_grant_the_refund(world: World) -> None:
    fixed = world.create_series([world.merchant, world.creator], named=True)
    opened = world.create_series()
    for series in (fixed, opened):
        with reverts("GiftCertificates_RemovalBarred", series):
            remove(world, series)


def test_remove_merchant_reverts_for_one_that_is_not_there(world: World, series: int) -> None:
    with reverts("GiftCertificates_NotMerchant", series, world.stranger):
        remove(world, series, world.stranger)


def test_remove_merchant_reverts_for_one_under_notice_or_gone(world: World, series: int) -> None:
    gone_at = remove(world, series).events["MerchantSet"]["removedAt"]
    with reverts("GiftCertificates_NotMerchant", series, world.merchant):
        remove(world, series)
    at(gone_at + 1)
    with reverts("GiftCertificates_NotMerchant", series, world.merchant):
        remove(world, series)
    assert world.certificates.merchantUntil(series, world.merchant) == gone_at


def test_remove_merchant_reverts_for_the_last_one(world: World, series: int) -> None:
    remove(world, series, world.merchant)
    remove(world, series, world.creator)
    with reverts("GiftCertificates_LastMerchant", series, world.other_merchant):
        remove(world, series, world.other_merchant)
    # One under notice doesn't count: the last that stays is the last.
    assert world.certificates.state(series)[4] == 1


def test_remove_merchant_gives_thirty_days_of_notice(world: World, series: int) -> None:
    tx = remove(world, series)
    gone_at = tx.timestamp + NOTICE
    assert logs_of(tx, world.certificates) == [("MerchantSet", series, world.merchant, gone_at)]
    assert world.certificates.merchantUntil(series, world.merchant) == gone_at
    assert world.certificates.merchantUntil(series, world.creator) == NEVER
    assert world.certificates.state(series) == (world.issuer, 100, 0, gone_at, 2, False, False)


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_at_the_end_of_the_notice_the_merchant_goes_and_the_refund_comes(
    world: World, series: int, past: int
) -> None:
    gone_at = remove(world, series).timestamp + NOTICE
    mine_at(gone_at + past)
    assert world.certificates.isMerchant(series, world.merchant) == (past < 0)
    assert world.certificates.refundable(series, world.holder) == ((0, 0, 0) if past < 0 else (1, 100, 100))
    at(gone_at + past)
    if past < 0:
        world.certificates.redeem(series, 10, world.merchant, {"from": world.holder})
        assert world.token.balanceOf(world.merchant) == 10
    else:
        with reverts("GiftCertificates_NotMerchant", series, world.merchant):
            world.certificates.redeem(series, 10, world.merchant, {"from": world.holder})
    world.certificates.redeem(series, 10, world.creator, {"from": world.holder})
    assert world.token.balanceOf(world.creator) == 10


def test_a_later_removal_does_not_put_the_refund_off(world: World, series: int) -> None:
    first = remove(world, series, world.merchant).timestamp + NOTICE
    at(first - 10)
    second = remove(world, series, world.creator).timestamp + NOTICE
    assert second > first
    assert world.certificates.state(series)[3] == first
    mine_at(first)
    assert world.certificates.refundable(series, world.holder) == (1, 100, 100)


def test_a_wind_down_brings_the_refund_forward(world: World, series: int) -> None:
    remove(world, series)
    wound_down = world.certificates.windDown(series, {"from": world.issuer}).timestamp
    assert world.certificates.state(series)[3] == wound_down
    assert world.certificates.refundable(series, world.holder) == (1, 100, 100)


def test_a_removal_after_the_wind_down_takes_nothing_away(world: World, series: int) -> None:
    wound_down = world.certificates.windDown(series, {"from": world.issuer}).timestamp
    remove(world, series)
    assert world.certificates.state(series)[3] == wound_down
    assert world.certificates.refundable(series, world.holder) == (1, 100, 100)


def test_the_full_refund_ends_with_the_limitation(world: World, series: int) -> None:
    limitation = world.certificates.terms(series)[3]
    at(limitation - DAY)
    remove(world, series)
    mine_at(limitation - 1)
    assert world.certificates.refundable(series, world.holder) == (4, 100, 90)  # the notice runs on beyond
    mine_at(limitation)
    assert world.certificates.refundable(series, world.holder) == (0, 0, 0)
