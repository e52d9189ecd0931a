"""fund and takeBack: anybody adds to a budget, the issuer takes what is free."""

import pytest

from tests.support.certificates import MAX_AMOUNT, ZERO
from tests.support.errors import reverts


@pytest.fixture
def promotion(shop):
    return shop.promote(shop.on_sale(), 0)


def test_fund_reverts_for_an_unknown_promotion(shop):
    with reverts("CertificateSales_UnknownPromotion", 7):
        shop.sales.fund(7, 1, {"from": shop.world.giver})


def test_fund_reverts_for_nothing(shop, promotion):
    with reverts("CertificateSales_ZeroAmount"):
        shop.sales.fund(promotion, 0, {"from": shop.world.giver})


def test_fund_reverts_without_the_money(shop, promotion):
    giver = shop.world.giver
    shop.give_money(giver, 99)
    with reverts("ERC20InsufficientBalance", giver, 99, 100):
        shop.sales.fund(promotion, 100, {"from": giver})
    assert shop.budget(promotion)["free"] == shop.sales.booked() == 0


def test_anybody_funds(shop, promotion):
    giver = shop.world.giver
    shop.give_money(giver, 150)
    tx = shop.sales.fund(promotion, 100, {"from": giver})
    assert shop.balance(giver) == 50
    assert shop.budget(promotion) == {
        "free": 100,
        "reserved": 0,
        "spent": 0,
        "funded": 100,
        "taken_back": 0,
    }
    assert tx.events["PromotionFunded"] == {"promotionId": promotion, "funder": giver, "amount": 100}
    shop.check_books([1])


def test_the_largest_funding(shop, promotion):
    shop.fund(promotion, MAX_AMOUNT)
    shop.fund(promotion, MAX_AMOUNT)
    assert shop.budget(promotion)["free"] == 2 * MAX_AMOUNT
    shop.check_books([1])


def test_take_back_reverts_for_anybody_but_the_issuer(shop, promotion):
    giver = shop.world.giver
    shop.fund(promotion, 100, giver)
    with reverts("CertificateSales_NotIssuer", 1, giver):
        shop.sales.takeBack(promotion, 100, giver, {"from": giver})


def test_take_back_reverts_for_an_unknown_promotion(shop):
    with reverts("CertificateSales_UnknownPromotion", 7):
        shop.sales.takeBack(7, 1, shop.world.issuer, {"from": shop.world.issuer})


def test_take_back_reverts_for_nowhere_and_nothing(shop, promotion):
    issuer = shop.world.issuer
    shop.fund(promotion, 100)
    for nowhere in (ZERO, shop.sales):
        with reverts("Custody_ZeroAddress"):
            shop.sales.takeBack(promotion, 100, nowhere, {"from": issuer})
    with reverts("CertificateSales_ZeroAmount"):
        shop.sales.takeBack(promotion, 0, issuer, {"from": issuer})


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_take_back_stops_at_what_is_reserved(shop, promotion, over):
    """Of 1,000: 50 became a discount, 30 + 20 wait for buyer and referrer, 900 are free."""
    world = shop.world
    shop.fund(promotion, 1_000)
    shop.buy_with_coupon(promotion, 1_000, referrer=world.supporter)
    if over > 0:
        with reverts("CertificateSales_OverBudget", promotion, 901, 900):
            shop.sales.takeBack(promotion, 901, world.stranger, {"from": world.issuer})
        return
    tx = shop.sales.takeBack(promotion, 900 + over, world.stranger, {"from": world.issuer})
    assert shop.balance(world.stranger) == 900 + over
    assert shop.budget(promotion) == {
        "free": -over,
        "reserved": 50,
        "spent": 50,
        "funded": 1_000,
        "taken_back": 900 + over,
    }
    assert tx.events["BudgetTakenBack"] == {
        "promotionId": promotion,
        "to": world.stranger,
        "amount": 900 + over,
    }
    shop.check_books([1])


def test_budgets_are_apart(shop, promotion):
    other = shop.promote(1, 500)
    with reverts("CertificateSales_OverBudget", promotion, 1, 0):
        shop.sales.takeBack(promotion, 1, shop.world.issuer, {"from": shop.world.issuer})
    assert shop.budget(other)["free"] == 500
