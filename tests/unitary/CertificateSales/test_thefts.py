"""Whole schemes of a thief: none ends with more money than was put in."""

import pytest

from largesse.signed.certificates import OwedWithdrawal
from largesse.signed.sales import Coupon
from tests.fixtures.accounts import call_as
from tests.support.certificates import DAY, NO_SIGNATURE, ZERO
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.sales import WEEK


@pytest.fixture
def series(shop):
    return shop.on_sale()


def test_turning_a_discount_faucet(shop, series):
    """Buy with a coupon, withdraw, again with the next: each round ends where it began."""
    world = shop.world
    promotion = shop.promote(series, 1_000)
    shop.give_money(world.holder, 950)
    for number in range(3):
        coupon = shop.coupon(promotion, coupon_id=number, referrer=world.supporter)
        shop.sales.buyWithCoupon(1_000, 950, *coupon, {"from": world.holder})
        shop.withdraw(number + 1)
        assert shop.balance(world.holder) == 950
        assert shop.budget(promotion)["free"] == 1_000
        shop.check_books([series])
    at(world.now() + WEEK)
    for purchase in (1, 2, 3):
        with reverts("CertificateSales_AlreadyWithdrawn", purchase):
            shop.sales.claimReferral(purchase, {"from": world.supporter})


def test_waiting_for_expiry_with_discount_cash_back_and_a_friend_as_referrer(shop, series):
    """The most that terms allow: 5 + 3 + 2 % in, 90 % out after expiry. Nothing is gained, to the unit."""
    world = shop.world
    promotion = shop.promote(series, 10_000)
    purchase = shop.buy_with_coupon(promotion, 9_999, referrer=world.supporter)
    paid = 9_999 - 499
    mine_at(shop.sales.purchase(purchase)["withdrawUntil"])
    shop.sales.claimCashBack(purchase, {"from": world.holder})
    shop.sales.claimReferral(purchase, {"from": world.supporter})
    mine_at(world.certificates.terms(series)[2])
    held = world.certificates.balanceOf(world.holder, series)
    world.certificates.refund(world.holder, series, held, 0, NO_SIGNATURE, {"from": world.holder})
    assert held == 9_999 + 299
    assert shop.balance(world.holder) == held * 9_000 // 10_000
    assert shop.balance(world.holder) + shop.balance(world.supporter) <= paid
    assert world.reserve() == world.liabilities()


def test_using_just_enough_to_have_the_rest_in_cash(shop):
    """The smallest use that opens a refund, with the largest rewards that the terms allow: cash ≤ price."""
    world = shop.world
    series, points = (
        shop.on_sale(denomination=1_000, use_threshold_bps=1_000, post_expiry_bps=0),
        shop.series(),
    )
    promotion = shop.promote(series, 1_000, reward_series_id=points)
    purchase = shop.buy_with_coupon(promotion, 1_000, referrer=world.supporter)
    world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    world.certificates.refund(world.holder, series, 900, 900, NO_SIGNATURE, {"from": world.holder})
    at(shop.sales.purchase(purchase)["withdrawUntil"])
    shop.sales.claimReferral(purchase, {"from": world.supporter})
    shop.sales.claimCashBack(purchase, {"from": world.holder})
    assert shop.balance(world.holder) + shop.balance(world.supporter) == 920
    assert world.certificates.balanceOf(world.holder, points) == 30
    assert 920 + 30 == 1_000 - 50  # all of it, even the cash-back at face, is what was paid


def test_withdrawing_what_a_discount_did_not_buy(shop, series):
    """Two purchases of the same face, one discounted and spent: only the other's price comes back."""
    world = shop.world
    promotion = shop.promote(series, 1_000)
    cheap = shop.buy_with_coupon(promotion, 1_000)
    dear = shop.buy(series, 1_000)
    world.certificates.redeem(series, 1_000, world.merchant, {"from": world.holder})
    with reverts("CertificateSales_Touched", cheap, 1_000, 0):
        shop.withdraw(cheap)
    shop.withdraw(dear)
    assert shop.balance(world.holder) == 1_000
    at(world.now() + WEEK)
    shop.sales.claimCashBack(cheap, {"from": world.holder})
    # 950 + 1,000 paid; 1,000 of goods, 1,000 back, 30 of face: the 80 more are the promotion's
    assert shop.budget(promotion)["spent"] == 80
    shop.check_books([series])


def test_taking_back_a_budget_that_buyers_rely_on(shop, series):
    world = shop.world
    promotion = shop.promote(series, 100)
    purchase = shop.buy_with_coupon(promotion, 1_000, referrer=world.supporter)
    with reverts("CertificateSales_OverBudget", promotion, 1, 0):
        shop.sales.takeBack(promotion, 1, world.issuer, {"from": world.issuer})
    at(shop.sales.purchase(purchase)["withdrawUntil"])
    shop.sales.claimReferral(purchase, {"from": world.stranger})
    shop.sales.claimCashBack(purchase, {"from": world.stranger})
    assert shop.balance(world.supporter) == 20
    assert shop.balance(shop.sales) == 0


def test_buying_in_another_persons_name_changes_nothing_for_them(shop, series):
    """A stranger's present raises the balance, so it must not make a spent purchase look untouched."""
    world = shop.world
    own = shop.buy(series, 1_000)
    world.certificates.redeem(series, 1_000, world.merchant, {"from": world.holder})
    present = shop.buy(series, 1_000, buyer=world.holder, payer=world.stranger)
    with reverts("CertificateSales_Touched", own, 1_000, 0):
        shop.withdraw(own)
    shop.withdraw(present)
    assert shop.balance(world.holder) == 1_000
    assert shop.balance(world.stranger) == 0
    shop.check_books([series])


def test_spending_through_a_gift_and_withdrawing(shop, series):
    """Face given away by link is gone from the balance; taken back, it is there again."""
    world = shop.world
    purchase = shop.buy(series, 1_000)
    _, gift, _ = give(world, series)
    with reverts("GiftCertificates_InsufficientBalance", 0, 1_000):
        shop.withdraw(purchase)
    world.certificates.recall(gift, NO_SIGNATURE, {"from": world.holder})
    shop.withdraw(purchase)
    assert shop.balance(world.holder) == 1_000


def give(world, series):
    return world.give(series, 1_000, giver=world.holder, deliver_at=world.now() + DAY)


def test_a_buyer_who_refuses_certificates_uses_up_nothing(shop, series, make_account):
    world = shop.world
    wallet = make_account("Refuser1155", world.holder, mode="RevertsEmpty")
    world.token.mint(wallet, 1_000, {"from": world.issuer})
    call_as(wallet, world.holder, world.token.approve, shop.sales.address, 1_000)
    promotion = shop.promote(series, 1_000)
    coupon = shop.coupon(promotion, buyer=wallet)
    with reverts("ERC1155InvalidReceiver", wallet):
        call_as(wallet, world.holder, shop.sales.buyWithCoupon, 1_000, 950, *coupon)
    with reverts("ERC1155InvalidReceiver", wallet):
        call_as(wallet, world.holder, shop.sales.buy, series, wallet, 1_000, 1_000)
    assert shop.balance(wallet) == 1_000
    assert not shop.sales.isCouponUsed(promotion, 1)
    assert (shop.sales.purchaseCount(), shop.budget(promotion)["free"]) == (0, 1_000)


def test_a_coupon_without_a_referrer_is_not_given_one(shop, series):
    world = shop.world
    promotion = shop.promote(series, 1_000)
    shop.give_money(world.holder, 1_000)
    coupon, signature = shop.coupon(promotion)
    assert coupon[3] == ZERO
    mine = (*coupon[:3], world.giver.address, *coupon[4:])
    digest = Coupon(*mine).digest(shop.domain)
    with reverts("Custody_InvalidSignature", world.issuer, digest):
        shop.sales.buyWithCoupon(1_000, 950, mine, signature, {"from": world.holder})


def test_nothing_valid_for_the_certificates_is_valid_here(shop, series):
    """The domains differ: a signature that withdraws what the certificates owe opens nothing in the shop."""
    world = shop.world
    message = OwedWithdrawal(world.holder.address, world.giver.address, 1, world.now() + DAY)
    with reverts("Custody_InvalidSignature", world.holder, message.digest(shop.domain)):
        shop.sales.withdrawOwed(
            world.holder,
            world.giver,
            (1, message.deadline, False, message.sign(world.domain, world.key(world.holder))),
            {"from": world.stranger},
        )
