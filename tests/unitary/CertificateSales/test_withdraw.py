"""Withdrawing from a purchase: its face is redeemed into the shop, everybody gets back what they gave."""

import pytest
from eth_abi.abi import encode

from largesse.signed.certificates import Redemption, Restoration
from tests.support.certificates import ZERO
from tests.support.clock import at, mine_at
from tests.support.errors import reverts, reverts_without_data
from tests.support.sales import WEEK


@pytest.fixture
def series(shop):
    return shop.on_sale(premium_bps=300)


@pytest.fixture
def bought(shop, series):
    """1,000 of face at 1,030, by the holder."""
    return shop.buy(series, 1_000)


def refused(shop, purchase, name, *values, **overrides):
    with reverts(name, *values):
        shop.withdraw(purchase, **overrides)


# ---------------------------------------------------------------------------------------- who and what


def test_nobody_but_the_certificates_reports_a_redemption(shop, series, bought):
    stranger = shop.world.stranger
    portions = [(shop.world.holder.address, series, 1_000)]
    with reverts("CertificateSales_NotCertificates", stranger):
        shop.sales.onRedemption(
            shop.sales, 1_000, 0, portions, encode(["uint256"], [bought]), {"from": stranger}
        )


def test_other_certificates_report_nothing(shop, make_world, bought):
    """A thief's own GiftCertificates, over the same currency, with a card of the same series number."""
    world = shop.world
    fake = make_world(world.token)
    series = fake.create_series()
    fake.issue(series, fake.holder, 1_000)
    with reverts("CertificateSales_NotCertificates", fake.certificates):
        fake.certificates.pay(*shop.withdrawal(bought, series=series), {"from": fake.holder})
    assert shop.sales.withdrawable(bought) == 1_030


def test_it_reverts_for_another_payee(shop, bought):
    world = shop.world
    refused(shop, bought, "CertificateSales_WrongPayee", world.merchant, payee=world.merchant)


def test_it_reverts_for_two_cards(shop, bought):
    payment, cards = shop.withdrawal(bought, face=500)
    with reverts("CertificateSales_NotOneCard", 2):
        shop.world.certificates.pay(payment, cards * 2, {"from": shop.world.holder})


def test_it_reverts_for_an_unknown_purchase(shop, bought):
    data = encode(["uint256"], [bought + 1])
    refused(shop, bought, "CertificateSales_UnknownPurchase", bought + 1, data=data)


def test_it_reverts_without_a_purchase(shop, bought):
    with reverts_without_data():
        shop.withdraw(bought, data=b"\0" * 31)


def test_nobody_withdraws_anothers_purchase(shop, series, bought):
    world = shop.world
    world.issue(series, world.giver, 1_000)
    refused(shop, bought, "CertificateSales_NotBuyersCard", world.giver, world.holder, sender=world.giver)


def test_it_reverts_for_another_series(shop, series, bought):
    other = shop.on_sale()
    shop.buy(other, 1_000)
    refused(shop, bought, "CertificateSales_OtherSeries", other, series, series=other)


@pytest.mark.parametrize("off", [-1, 1])
def test_it_reverts_for_another_face(shop, series, bought, off):
    shop.world.issue(series, shop.world.holder, 1)
    refused(shop, bought, "CertificateSales_FaceDiffers", 1_000 + off, 1_000, face=1_000 + off)


def test_it_happens_once(shop, series, bought):
    world = shop.world
    world.issue(series, world.holder, 5_000)
    shop.withdraw(bought)
    refused(shop, bought, "CertificateSales_AlreadyWithdrawn", bought)
    assert shop.sales.withdrawable(bought) == 0


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_it_ends_on_the_second(shop, bought, seconds):
    until = shop.sales.purchase(bought)["withdrawUntil"]
    now = at(until + seconds)
    if seconds < 0:
        shop.withdraw(bought)
        assert shop.balance(shop.world.holder) == 1_030
    else:
        refused(shop, bought, "CertificateSales_WithdrawalClosed", bought, until, now)
        assert shop.sales.withdrawable(bought) == 0


def test_there_is_none_where_the_terms_grant_none(shop):
    series = shop.on_sale(withdrawal_seconds=0)
    purchase = shop.buy(series, 1_000)
    bought_at = shop.sales.purchase(purchase)["boughtAt"]
    now = at(bought_at)  # even in the second of the purchase
    refused(shop, purchase, "CertificateSales_WithdrawalClosed", purchase, bought_at, now)


# ------------------------------------------------------------------------------------------- untouched


@pytest.mark.parametrize("over", [0, 1])
def test_what_was_held_before_is_spent_first(shop, series, over):
    """40 held before: 40 may be spent, the 41st is of this purchase, though its face is there."""
    world = shop.world
    world.issue(series, world.holder, 40)
    purchase = shop.buy(series, 1_000)
    world.issue(series, world.holder, 100)
    world.certificates.redeem(series, 40 + over, world.merchant, {"from": world.holder})
    if over:
        assert shop.sales.withdrawable(purchase) == 0
        refused(shop, purchase, "CertificateSales_Touched", purchase, 41, 40)
    else:
        assert shop.sales.withdrawable(purchase) == 1_030
        shop.withdraw(purchase)
        assert shop.balance(world.holder) == 1_030


def test_what_was_spent_before_does_not_count(shop, series):
    world = shop.world
    world.issue(series, world.holder, 500)
    world.certificates.redeem(series, 500, world.merchant, {"from": world.holder})
    purchase = shop.buy(series, 1_000)
    shop.withdraw(purchase)
    assert world.certificates.account(series, world.holder) == (0, 1_500, 0)


def test_it_reverts_over_the_balance(shop, series, bought):
    world = shop.world
    world.certificates.redeem(series, 1, world.merchant, {"from": world.holder})
    assert shop.sales.withdrawable(bought) == 0
    refused(shop, bought, "GiftCertificates_InsufficientBalance", 999, 1_000)


def test_it_reverts_after_it_was_transferred_away(shop, series, bought):
    world = shop.world
    world.certificates.safeTransferFrom(world.holder, world.giver, series, 1_000, b"", {"from": world.holder})
    refused(shop, bought, "GiftCertificates_InsufficientBalance", 0, 1_000)


def test_transferred_away_and_back_it_is_untouched(shop, series, bought):
    world = shop.world
    world.certificates.safeTransferFrom(world.holder, world.giver, series, 1_000, b"", {"from": world.holder})
    world.certificates.safeTransferFrom(world.giver, world.holder, series, 1_000, b"", {"from": world.giver})
    shop.withdraw(bought)
    assert shop.balance(world.holder) == 1_030
    shop.check_books([series])


def test_bought_spent_and_restored_it_is_untouched(shop, series, bought):
    """The merchant took the goods back and paid for it: nobody is out of pocket."""
    world = shop.world
    world.certificates.redeem(series, 1_000, world.merchant, {"from": world.holder})
    world.token.approve(world.certificates, 1_000, {"from": world.merchant})
    consent = Restoration(world.holder.address, series, 1_000, world.merchant.address, 1, world.now() + WEEK)
    world.certificates.restore(
        world.holder, series, 1_000, world.authorize(consent, world.holder), {"from": world.merchant}
    )
    shop.withdraw(bought)
    assert (shop.balance(world.holder), shop.balance(world.merchant)) == (1_030, 0)
    shop.check_books([series])


def test_bought_spent_and_refilled_it_stays_touched(shop, series, bought):
    """Spent at a shop, refilled with a friend's certificates: the friend's are no part of the purchase."""
    world = shop.world
    world.certificates.redeem(series, 1_000, world.merchant, {"from": world.holder})
    world.issue(series, world.giver, 1_000)
    world.certificates.safeTransferFrom(world.giver, world.holder, series, 1_000, b"", {"from": world.giver})
    refused(shop, bought, "CertificateSales_Touched", bought, 1_000, 0)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_two_purchases_are_withdrawn_in_any_order(shop, series, order):
    """A withdrawal raises `spent`, but does not touch the other purchase."""
    world = shop.world
    shop.buy(series, 1_000)
    shop.buy(series, 500)
    for purchase in order:
        assert shop.sales.withdrawable(purchase) == {1: 1_030, 2: 515}[purchase]
        shop.withdraw(purchase)
    assert world.certificates.account(series, world.holder) == (0, 1_500, 0)
    assert shop.balance(world.holder) == 1_545
    shop.check_books([series])


def test_of_two_purchases_only_one_is_untouched(shop, series):
    """1,000 and 1,000 bought, 1,000 spent: the later one counts the earlier one's face as held before."""
    world = shop.world
    first, second = shop.buy(series, 1_000), shop.buy(series, 1_000)
    world.certificates.redeem(series, 1_000, world.merchant, {"from": world.holder})
    refused(shop, first, "CertificateSales_Touched", first, 1_000, 0)
    shop.withdraw(second)
    refused(shop, first, "GiftCertificates_InsufficientBalance", 0, 1_000)
    world.issue(series, world.holder, 1_000)
    refused(shop, first, "CertificateSales_Touched", first, 1_000, 0)


def test_a_withdrawn_purchase_does_not_make_room_to_spend_another(shop, series):
    """Withdraw one, spend the other, refill: the spent one does not come back as money."""
    world = shop.world
    first, second = shop.buy(series, 1_000), shop.buy(series, 1_000)
    shop.withdraw(second)
    world.certificates.redeem(series, 1_000, world.merchant, {"from": world.holder})
    world.issue(series, world.holder, 1_000)
    refused(shop, first, "CertificateSales_Touched", first, 1_000, 0)


def test_what_was_withdrawn_is_no_merchants_to_restore(shop, series):
    """It was handed to the sale, not to a merchant; what a merchant was paid later, it may restore."""
    world = shop.world
    shop.withdraw(shop.buy(series, 1_000))
    world.fund(world.merchant, 1_000)
    consent = Restoration(world.holder.address, series, 200, world.merchant.address, 1, world.now() + WEEK)
    authorization = world.authorize(consent, world.holder)
    with reverts("GiftCertificates_OverSpent", 200, 0):
        world.certificates.restore(world.holder, series, 200, authorization, {"from": world.merchant})
    world.issue(series, world.holder, 200)
    world.certificates.redeem(series, 200, world.merchant, {"from": world.holder})
    world.certificates.restore(world.holder, series, 200, authorization, {"from": world.merchant})
    purchase = shop.buy(series, 300)
    record = shop.sales.purchase(purchase)
    assert (record["netSpentThen"], record["balanceThen"]) == (0, 200)
    world.certificates.redeem(series, 200, world.merchant, {"from": world.holder})
    assert shop.sales.withdrawable(purchase) == 309
    world.certificates.redeem(series, 1, world.merchant, {"from": world.holder})
    world.issue(series, world.holder, 1)
    refused(shop, purchase, "CertificateSales_Touched", purchase, 201, 200)


# ---------------------------------------------------------------------------------------- what is paid


def test_it_pays_back_price_and_premium(shop, series, bought):
    world = shop.world
    tx = shop.withdraw(bought)
    assert shop.balance(world.holder) == 1_030
    assert world.certificates.account(series, world.holder) == (0, 1_000, 0)
    record = shop.sales.purchase(bought)
    assert (record["withdrawn"], record["premium"]) == (True, 0)
    assert shop.balance(shop.sales) == shop.sales.premiumsHeld(series) == 0
    assert tx.events["PurchaseWithdrawn"] == {
        "purchaseId": bought,
        "buyer": world.holder,
        "paid": 1_030,
        "returned": 0,
    }
    shop.check_books([series])


def test_it_returns_discount_and_rewards_to_the_budget(shop, series):
    world = shop.world
    promotion = shop.promote(series, 200)
    purchase = shop.buy_with_coupon(promotion, 1_000, referrer=world.supporter)
    assert shop.budget(promotion)["free"] == 100
    assert shop.sales.withdrawable(purchase) == 980

    tx = shop.withdraw(purchase)

    assert shop.balance(world.holder) == 980  # 1,000 + 30 − 50
    assert shop.budget(promotion) == {
        "free": 200,
        "reserved": 0,
        "spent": 0,
        "funded": 200,
        "taken_back": 0,
    }
    record = shop.sales.purchase(purchase)
    assert (record["cashBack"], record["referral"], record["premium"]) == (0, 0, 0)
    assert tx.events["PurchaseWithdrawn"]["returned"] == 100
    assert shop.sales.isCouponUsed(promotion, 1)
    shop.check_books([series])


def test_the_money_goes_to_the_buyer_whoever_paid(shop, series):
    world = shop.world
    purchase = shop.buy(series, 1_000, buyer=world.holder, payer=world.giver)
    shop.withdraw(purchase)
    assert (shop.balance(world.holder), shop.balance(world.giver)) == (1_030, 0)


def test_the_price_of_its_own_day_is_paid_back(shop, series, bought):
    world = shop.world
    opens, closes = shop.sales.sale(series)[:2]
    shop.sales.setSale(series, opens, closes, 5_000, {"from": world.issuer})
    assert shop.sales.withdrawable(bought) == 1_030
    shop.withdraw(bought)
    assert shop.balance(world.holder) == 1_030


def test_a_relayer_submits_the_buyers_signature(shop, series, bought):
    world = shop.world
    payment, _ = shop.withdrawal(bought)
    card = world.redemption(
        series, 1_000, merchant=shop.sales, payee=shop.sales, data=encode(["uint256"], [bought])
    )
    world.certificates.pay(payment, [card], {"from": world.relayer})
    assert (shop.balance(world.holder), shop.balance(world.relayer)) == (1_030, 0)


def test_a_signature_for_one_purchase_withdraws_no_other(shop, series):
    world = shop.world
    first, second = shop.buy(series, 1_000), shop.buy(series, 1_000)
    payment, _ = shop.withdrawal(second)
    card = world.redemption(
        series, 1_000, merchant=shop.sales, payee=shop.sales, data=encode(["uint256"], [first])
    )
    holder, _, amount, order, nonce, deadline, _ = card
    digest = Redemption(
        holder, series, amount, str(shop.sales), str(shop.sales), order,
        encode(["uint256"], [second]), nonce, deadline,
    ).digest(world.domain)  # fmt: skip
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest):
        world.certificates.pay(payment, [card], {"from": world.relayer})


def test_it_goes_on_after_the_sale_was_stopped_and_the_series_wound_down(shop, series, bought):
    world = shop.world
    shop.sales.setSale(series, 0, 0, 0, {"from": world.issuer})
    shop.appoint(series, 0)
    world.certificates.windDown(series, {"from": world.issuer})
    shop.withdraw(bought)
    assert shop.balance(world.holder) == 1_030
    shop.check_books([series])


def test_it_goes_on_while_the_shop_is_being_removed(shop):
    """30 days' notice cover every window: the last second of the window is still within."""
    world = shop.world
    series = shop.on_sale(refund_on_removal=True)
    purchase = shop.buy(series, 1_000)
    world.certificates.removeMerchant(series, shop.sales, {"from": world.issuer})
    at(shop.sales.purchase(purchase)["withdrawUntil"] - 1)
    shop.withdraw(purchase)
    assert shop.balance(world.holder) == 1_000


def test_it_works_for_an_open_series(shop):
    world = shop.world
    series = world.create_series()
    shop.appoint(series)
    shop.sales.setSale(series, 0, world.now() + WEEK, 0, {"from": world.issuer})
    purchase = shop.buy(series, 1_000)
    shop.withdraw(purchase)
    assert shop.balance(world.holder) == 1_000
    shop.check_books([series])


def test_a_named_card_is_not_redeemed_past_the_purchase(shop, series, bought):
    """The shop is a service and no merchant: nobody pays it by mistake."""
    world = shop.world
    with reverts("GiftCertificates_NotMerchant", series, shop.sales):
        world.certificates.redeem(series, 400, shop.sales, {"from": world.holder})
    assert shop.sales.withdrawable(bought) == 1_030


def test_an_open_card_redeemed_past_the_purchase_is_nobodys(shop):
    """Of an open series anybody is a merchant: who pays the shop directly gives it away, no book changes."""
    world = shop.world
    series = world.create_series()
    world.issue(series, world.holder, 400)
    world.certificates.redeem(series, 400, shop.sales, {"from": world.holder})
    assert (shop.balance(shop.sales), shop.sales.booked()) == (400, 0)


def test_the_view_says_what_a_withdrawal_pays(shop, series, bought):
    world = shop.world
    until = shop.sales.purchase(bought)["withdrawUntil"]
    mine_at(until - 1)
    assert shop.sales.withdrawable(bought) == 1_030
    mine_at(until)
    assert shop.sales.withdrawable(bought) == 0
    assert shop.sales.purchase(bought)["referrer"] == ZERO
    assert world.certificates.balanceOf(world.holder, series) == 1_000


def test_what_cost_nothing_is_withdrawn_for_nothing(shop):
    """A discount of 100 %, where nothing is paid back after expiry: all of it is budget again."""
    series = shop.on_sale(post_expiry_bps=0)
    free = {"discount_bps": 10_000, "cash_back_bps": 0, "referral_bps": 0, "reward_series_id": 0}
    promotion = shop.promote(series, 1_000, **free)
    purchase = shop.buy_with_coupon(promotion, 1_000)
    assert shop.budget(promotion)["spent"] == 1_000
    held = shop.balance(shop.world.holder)
    tx = shop.withdraw(purchase)
    assert (shop.balance(shop.world.holder), shop.sales.owed(shop.world.holder)) == (held, 0)
    assert "PayoutOwed" not in tx.events
    assert (shop.budget(promotion)["free"], shop.budget(promotion)["spent"]) == (1_000, 0)
    shop.check_books([series])
