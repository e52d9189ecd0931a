"""influencer: a referrer's share comes out of the promotion budget, never out of the reserve."""

import pytest

from tests.support.clock import at
from tests.support.errors import reverts


@pytest.fixture
def series(shop):
    return shop.on_sale()


def test_row_influencer(shop, series):
    world = shop.world
    creator = world.creator
    promotion = shop.promote(
        series, 500, discount_bps=300, cash_back_bps=0, referral_bps=700, reward_series_id=0
    )
    bought = [
        shop.buy_with_coupon(promotion, 1_000, buyer=buyer, coupon_id=number, referrer=creator)
        for number, buyer in enumerate((world.holder, world.giver, world.agent))
    ]
    reserve = world.reserve()
    assert reserve == 3_000
    assert shop.budget(promotion)["reserved"] == 3 * 70

    # One sale is undone, and its share is the budget's again. The others vest when they can't be undone.
    shop.withdraw(bought[1])
    assert world.reserve() == 2_000
    purchase = shop.sales.purchase(bought[0])
    now = at(purchase["withdrawUntil"] - 1)
    with reverts("CertificateSales_NotVested", bought[0], now + 1, now):
        shop.sales.claimReferral(bought[0], {"from": creator})

    at(shop.sales.purchase(bought[2])["withdrawUntil"])
    reserve = world.reserve()
    for sold in (bought[0], bought[2]):
        shop.sales.claimReferral(sold, {"from": creator})
    with reverts("CertificateSales_AlreadyWithdrawn", bought[1]):
        shop.sales.claimReferral(bought[1], {"from": creator})

    assert shop.balance(creator) == 140
    assert world.reserve() == reserve == world.liabilities() == 2_000
    assert shop.budget(promotion) == {
        "free": 500 - 2 * 100,
        "reserved": 0,
        "spent": 200,
        "funded": 500,
        "taken_back": 0,
    }
    shop.check_books([series])


def test_row_influencer_nobody_refers_itself_or_without_a_budget(shop, series):
    world = shop.world
    promotion = shop.promote(
        series, 69, discount_bps=0, cash_back_bps=0, referral_bps=700, reward_series_id=0
    )
    shop.give_money(world.holder, 1_000)
    own = shop.coupon(promotion, referrer=world.holder)
    with reverts("CertificateSales_SelfReferral", world.holder):
        shop.sales.buyWithCoupon(1_000, 1_000, *own, {"from": world.holder})
    coupon = shop.coupon(promotion, referrer=world.creator)
    with reverts("CertificateSales_OverBudget", promotion, 70, 69):
        shop.sales.buyWithCoupon(1_000, 1_000, *coupon, {"from": world.holder})
    assert world.reserve() == 0
