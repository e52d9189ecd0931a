"""collectPremiums: to the issuer, once a purchase can't be withdrawn any more."""

import pytest

from tests.support.clock import at
from tests.support.errors import reverts


@pytest.fixture
def series(shop):
    return shop.on_sale(premium_bps=300)


def skipped(tx):
    return [event["purchaseId"] for event in tx.events["PremiumSkipped"]]


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_it_waits_for_the_window(shop, series, seconds):
    world = shop.world
    purchase = shop.buy(series, 1_000)
    at(shop.sales.purchase(purchase)["withdrawUntil"] + seconds)
    if seconds < 0:
        with reverts("CertificateSales_NothingToCollect", series):
            shop.sales.collectPremiums(series, [purchase], {"from": world.issuer})
    else:
        tx = shop.sales.collectPremiums(series, [purchase], {"from": world.stranger})
        assert shop.balance(world.issuer) == 30
        assert tx.events["PremiumsCollected"] == {
            "seriesId": series,
            "issuer": world.issuer,
            "amount": 30,
        }
        assert shop.sales.premiumsHeld(series) == shop.sales.purchase(purchase)["premium"] == 0
        shop.check_books([series])


def test_it_reverts_for_nothing(shop, series):
    with reverts("CertificateSales_NothingToCollect", series):
        shop.sales.collectPremiums(series, [], {"from": shop.world.issuer})


def test_a_bad_row_does_not_block_the_others(shop, series):
    world = shop.world
    other = shop.on_sale(premium_bps=300)
    first, withdrawn, foreign, last = (
        shop.buy(series, 1_000),
        shop.buy(series, 1_000),
        shop.buy(other, 1_000),
        shop.buy(series, 500),
    )
    shop.withdraw(withdrawn)
    at(shop.sales.purchase(last)["withdrawUntil"])
    tx = shop.sales.collectPremiums(
        series, [first, withdrawn, foreign, 99, first, last], {"from": world.stranger}
    )
    assert skipped(tx) == [withdrawn, foreign, 99, first]
    assert shop.balance(world.issuer) == 45
    assert shop.sales.premiumsHeld(other) == 30
    shop.check_books([series, other])
    with reverts("CertificateSales_NothingToCollect", series):
        shop.sales.collectPremiums(series, [first, last], {"from": world.stranger})


def test_it_waits_for_none_where_nothing_can_be_withdrawn(shop):
    world = shop.world
    series = shop.on_sale(premium_bps=300, withdrawal_seconds=0)
    purchase = shop.buy(series, 1_000)
    shop.sales.collectPremiums(series, [purchase], {"from": world.stranger})
    assert shop.balance(world.issuer) == 30
