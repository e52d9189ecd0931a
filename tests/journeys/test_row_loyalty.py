"""loyalty: cash-back is paid in certificates from a funded promotion only, and stops when it is empty."""

import pytest

from tests.support.clock import at
from tests.support.errors import reverts


@pytest.fixture
def series(shop):
    return shop.on_sale()


@pytest.fixture
def points(shop):
    return shop.series()


@pytest.fixture
def promotion(shop, series, points):
    """5 % cash-back, nothing else."""
    return shop.promote(
        series, 120, reward_series_id=points, discount_bps=0, cash_back_bps=500, referral_bps=0
    )


def test_row_loyalty(shop, series, points, promotion):
    world = shop.world
    first = shop.buy_with_coupon(promotion, 1_000, coupon_id=1)
    second = shop.buy_with_coupon(promotion, 1_000, coupon_id=2)
    assert shop.budget(promotion)["free"] == 20

    # Empty: no smaller cash-back, an error; and the full price still buys.
    shop.give_money(world.holder, 1_000)
    third = shop.coupon(promotion, coupon_id=3)
    with reverts("CertificateSales_OverBudget", promotion, 50, 20):
        shop.sales.buyWithCoupon(1_000, 1_000, *third, {"from": world.holder})
    shop.sales.buy(series, world.holder, 1_000, 1_000, {"from": world.holder})

    # Nobody can issue points but against money: they exist once the budget has paid for them.
    assert world.certificates.state(points)["outstanding"] == 0
    vests = shop.sales.purchase(second)["withdrawUntil"]
    at(vests)
    for purchase in (first, second):
        shop.sales.claimCashBack(purchase, {"from": world.relayer})
    assert world.certificates.balanceOf(world.holder, points) == 100
    assert world.reserve() == world.liabilities() == 3_100
    assert shop.budget(promotion) == {
        "free": 20,
        "reserved": 0,
        "spent": 100,
        "funded": 120,
        "taken_back": 0,
    }

    # Points buy at the same merchants.
    world.certificates.redeem(points, 100, world.merchant, {"from": world.holder})
    assert shop.balance(world.merchant) == 100

    # Funded again, it goes on, with the same coupon.
    shop.fund(promotion, 30)
    shop.give_money(world.holder, 1_000)
    again = shop.coupon(promotion, coupon_id=3)
    shop.sales.buyWithCoupon(1_000, 1_000, *again, {"from": world.holder})
    assert shop.budget(promotion)["free"] == 0
    shop.check_books([series, points])


def test_row_loyalty_points_are_not_cash(shop, series, points, promotion):
    """The way from points to money is the one that their terms grant: none before expiry."""
    world = shop.world
    purchase = shop.buy_with_coupon(promotion, 1_000)
    at(shop.sales.purchase(purchase)["withdrawUntil"])
    shop.sales.claimCashBack(purchase, {"from": world.relayer})
    with reverts("GiftCertificates_OverEntitlement", 50, 0):
        world.certificates.refund(world.holder, points, 50, 0, (0, 0, b""), {"from": world.holder})
    with reverts("GiftCertificates_NotMerchant", points, world.holder):
        world.certificates.redeem(points, 50, world.holder, {"from": world.holder})
