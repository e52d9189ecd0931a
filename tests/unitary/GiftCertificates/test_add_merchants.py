"""addMerchants: more places to spend, at once."""

from typing import Any

import pytest

from tests.support.certificates import DAY, NEVER, ZERO, World
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of


@pytest.fixture(scope="module")
def series(world: World) -> int:
    return world.create_series([world.merchant], named=True, refund_on_removal=True)


def add(world: World, series: int, *merchants: Any, caller: Any = None) -> Any:
    return world.certificates.addMerchants(
        series, [str(merchant) for merchant in merchants], {"from": caller or world.issuer}
    )


def test_add_merchants_reverts_for_anybody_but_the_issuer(world: World, series: int) -> None:
    for caller in (world.stranger, world.merchant, world.beneficiary):
        with reverts("GiftCertificates_NotIssuer", series, caller):
            add(world, series, world.creator, caller=caller)


def test_add_merchants_reverts_in_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_NotIssuer", series + 1, world.issuer):
        add(world, series + 1, world.creator)


def test_add_merchants_reverts_in_an_open_series(world: World) -> None:
    opened = world.create_series()
    with reverts("GiftCertificates_OpenSeries", opened):
        add(world, opened, world.merchant)


def test_add_merchants_reverts_for_one_that_is_there(world: World, series: int) -> None:
    with reverts("GiftCertificates_MerchantKnown", series, world.merchant):
        add(world, series, world.merchant)
    with reverts("GiftCertificates_MerchantKnown", series, world.creator):
        add(world, series, world.creator, world.creator)


def test_add_merchants_reverts_for_nobody_and_for_the_ledger_itself(world: World, series: int) -> None:
    for address in (ZERO, world.certificates.address):
        with reverts("GiftCertificates_ZeroAddress"):
            add(world, series, address)


def test_add_merchants_admits_them_at_once(world: World, series: int) -> None:
    assert not world.certificates.isMerchant(series, world.creator)
    tx = add(world, series, world.creator, world.other_merchant)
    for merchant in (world.merchant, world.creator, world.other_merchant):
        assert world.certificates.isMerchant(series, merchant)
        assert world.certificates.merchantUntil(series, merchant) == NEVER
    assert world.certificates.state(series)[4] == 3
    assert logs_of(tx, world.certificates) == [
        ("MerchantSet", series, world.creator, NEVER),
        ("MerchantSet", series, world.other_merchant, NEVER),
    ]
    world.issue(series, world.holder, 100)
    world.certificates.redeem(series, 100, world.creator, {"from": world.holder})
    assert world.token.balanceOf(world.creator) == 100


def test_add_merchants_of_an_empty_list_changes_nothing(world: World, series: int) -> None:
    tx = add(world, series)
    assert logs_of(tx, world.certificates) == []
    assert world.certificates.state(series)[4] == 1


def test_add_merchants_in_one_series_says_nothing_of_another(world: World, series: int) -> None:
    other = world.create_series([world.merchant], named=True)
    add(world, series, world.creator)
    assert not world.certificates.isMerchant(other, world.creator)


@pytest.mark.parametrize("when", ["during notice", "after removal"])
def test_add_merchants_takes_one_back_but_not_the_right_that_its_removal_opened(
    world: World, series: int, when: str
) -> None:
    add(world, series, world.creator)
    removed_at = world.certificates.removeMerchant(series, world.creator, {"from": world.issuer}).events[
        "MerchantSet"
    ]["removedAt"]
    if when == "after removal":
        at(removed_at)
    add(world, series, world.creator)
    assert world.certificates.merchantUntil(series, world.creator) == NEVER
    assert world.certificates.state(series)[3:5] == (removed_at, 2)
    at(removed_at + DAY)
    world.issue(series, world.holder, 100)
    assert world.certificates.refundable(series, world.holder) == (1, 100, 100)


def test_add_merchants_passes_after_the_wind_down_and_after_expiry(world: World, series: int) -> None:
    """More places to spend never hurt a holder."""
    world.certificates.windDown(series, {"from": world.issuer})
    add(world, series, world.creator)
    at(world.certificates.terms(series)[2])
    add(world, series, world.other_merchant)
    assert world.certificates.state(series)[4] == 3
