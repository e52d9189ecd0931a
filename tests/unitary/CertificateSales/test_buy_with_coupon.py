"""buyWithCoupon: a discount at once, cash-back and referral set aside, by a coupon that names its buyer."""

import pytest

from largesse.signed.sales import Coupon
from tests.support.certificates import DAY, MAX_AMOUNT, ZERO
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.sales import WEEK

BUDGET = 10_000


@pytest.fixture
def series(shop):
    return shop.on_sale()


@pytest.fixture
def promotion(shop, series):
    shop.give_money(shop.world.holder, 10_000)
    return shop.promote(series, BUDGET)


def refused(shop, face, coupon, name, *values, sender=None, max_price=MAX_AMOUNT):
    with reverts(name, *values):
        shop.sales.buyWithCoupon(face, max_price, *coupon, {"from": sender or shop.world.holder})


def test_it_reverts_for_an_unknown_promotion(shop):
    refused(shop, 100, shop.coupon(3), "CertificateSales_UnknownPromotion", 3)


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_it_opens_on_the_second(shop, series, seconds):
    world = shop.world
    opens = world.now() + DAY
    promotion = shop.promote(series, BUDGET, opens_at=opens)
    shop.give_money(world.holder, 1_000)
    coupon = shop.coupon(promotion, deadline=opens + DAY)
    now = at(opens + seconds)
    if seconds < 0:
        closes = shop.sales.promotion(promotion)["closesAt"]
        refused(shop, 100, coupon, "CertificateSales_PromotionClosed", promotion, opens, closes, now)
    else:
        shop.sales.buyWithCoupon(100, 95, *coupon, {"from": world.holder})
        assert shop.balance(world.holder) == 905


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_it_closes_on_the_second(shop, promotion, seconds):
    world = shop.world
    opens, closes = shop.sales.promotion(promotion)[2:4]
    coupon = shop.coupon(promotion, deadline=closes + DAY)
    now = at(closes + seconds)
    if seconds < 0:
        shop.sales.buyWithCoupon(100, 95, *coupon, {"from": world.holder})
        assert shop.balance(world.holder) == 9_905
    else:
        refused(shop, 100, coupon, "CertificateSales_PromotionClosed", promotion, opens, closes, now)


def test_it_reverts_outside_of_the_sale(shop, series, promotion):
    shop.sales.setSale(series, 0, 0, 0, {"from": shop.world.issuer})
    coupon = shop.coupon(promotion)
    now = at(shop.world.now() + 1)
    refused(shop, 100, coupon, "CertificateSales_SaleClosed", series, 0, 0, now)


def test_a_copied_coupon_is_of_no_use(shop, promotion):
    """Seen in the mempool: only the buyer it names may send it, even to buy for the buyer."""
    world = shop.world
    shop.give_money(world.stranger, 1_000)
    coupon = shop.coupon(promotion)
    refused(shop, 1, coupon, "CertificateSales_NotBuyer", world.stranger, world.holder, sender=world.stranger)
    assert not shop.sales.isCouponUsed(promotion, 1)


def test_a_changed_coupon_is_of_no_use(shop, promotion):
    world = shop.world
    coupon, signature = shop.coupon(promotion, max_face=100)
    for place, value in ((1, 2), (3, world.supporter.address), (4, 101), (5, world.now() + 2 * DAY)):
        changed = (*coupon[:place], value, *coupon[place + 1 :])
        digest = digest_of(shop, changed)
        refused(
            shop,
            100,
            (changed, signature),
            "Custody_InvalidSignature",
            world.issuer,
            digest,
        )
    stolen = (*coupon[:2], world.stranger.address, *coupon[3:])
    refused(
        shop,
        100,
        (stolen, signature),
        "Custody_InvalidSignature",
        world.issuer,
        digest_of(shop, stolen),
        sender=world.stranger,
    )
    shop.sales.buyWithCoupon(100, 95, coupon, signature, {"from": world.holder})


def digest_of(shop, coupon):
    return Coupon(*coupon).digest(shop.domain)


def test_a_coupon_is_of_one_promotion(shop, series, promotion):
    world = shop.world
    other = shop.promote(series, BUDGET)
    coupon, signature = shop.coupon(promotion)
    moved = (other, *coupon[1:])
    refused(
        shop,
        100,
        (moved, signature),
        "Custody_InvalidSignature",
        world.issuer,
        digest_of(shop, moved),
    )


def test_a_coupon_by_somebody_else_is_of_no_use(shop, promotion):
    world = shop.world
    coupon, signature = shop.coupon(promotion, signer=world.stranger)
    refused(
        shop,
        100,
        (coupon, signature),
        "Custody_InvalidSignature",
        world.issuer,
        digest_of(shop, coupon),
    )


def test_a_coupon_of_another_shop_is_of_no_use(shop, promotion, make_shop):
    world = shop.world
    twin = make_shop(world)
    coupon, signature = twin.coupon(promotion)
    refused(
        shop,
        100,
        (coupon, signature),
        "Custody_InvalidSignature",
        world.issuer,
        digest_of(shop, coupon),
    )


def test_a_coupon_is_used_once(shop, promotion):
    coupon = shop.coupon(promotion, coupon_id=300)
    shop.sales.buyWithCoupon(100, 95, *coupon, {"from": shop.world.holder})
    assert shop.sales.isCouponUsed(promotion, 300)
    assert not shop.sales.isCouponUsed(promotion, 299)
    assert not shop.sales.isCouponUsed(promotion, 301)
    refused(shop, 100, coupon, "CertificateSales_CouponUsed", promotion, 300)
    # nor is another coupon with the same number
    again = shop.coupon(promotion, coupon_id=300, max_face=99)
    refused(shop, 99, again, "CertificateSales_CouponUsed", promotion, 300)


def test_a_number_is_used_up_in_its_own_promotion_only(shop, series, promotion):
    other = shop.promote(series, BUDGET)
    shop.buy_with_coupon(promotion, 100)
    shop.buy_with_coupon(other, 100)
    assert shop.sales.purchaseCount() == 2


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_coupon_ends_on_the_second(shop, promotion, seconds):
    deadline = shop.world.now() + 100
    coupon = shop.coupon(promotion, deadline=deadline)
    now = at(deadline + seconds)
    if seconds < 0:
        shop.sales.buyWithCoupon(100, 95, *coupon, {"from": shop.world.holder})
        assert shop.sales.isCouponUsed(promotion, 1)
    else:
        refused(shop, 100, coupon, "Custody_DeadlinePassed", deadline, now)


def test_face_is_bounded_by_the_coupon(shop, promotion):
    coupon = shop.coupon(promotion, max_face=100)
    refused(shop, 101, coupon, "CertificateSales_OverMaxFace", 101, 100)
    shop.sales.buyWithCoupon(100, 95, *coupon, {"from": shop.world.holder})


def test_face_is_bounded_by_the_promotion(shop, series):
    shop.give_money(shop.world.holder, 1_000)
    promotion = shop.promote(series, BUDGET, max_face_per_purchase=100)
    coupon = shop.coupon(promotion, max_face=101)
    refused(shop, 101, coupon, "CertificateSales_OverMaxFace", 101, 100)
    shop.sales.buyWithCoupon(100, 95, *coupon, {"from": shop.world.holder})


def test_no_face_uses_no_coupon_up(shop, series, promotion):
    refused(shop, 0, shop.coupon(promotion), "GiftCertificates_ZeroAmount", series)
    assert not shop.sales.isCouponUsed(promotion, 1)


def test_a_buyer_does_not_refer_itself(shop, promotion):
    holder = shop.world.holder
    refused(shop, 100, shop.coupon(promotion, referrer=holder), "CertificateSales_SelfReferral", holder)


def test_the_shop_is_nobodys_referrer(shop, promotion):
    coupon = shop.coupon(promotion, referrer=shop.sales)
    refused(shop, 100, coupon, "CertificateSales_SelfReferral", shop.sales)


@pytest.mark.parametrize("short", [0, 1])
def test_an_empty_budget_says_so(shop, series, short):
    """1,000 need 50 + 30 + 20: no reward is silently smaller."""
    world = shop.world
    promotion = shop.promote(series, 100 - short)
    shop.give_money(world.holder, 1_000)
    coupon = shop.coupon(promotion, referrer=world.supporter)
    if short:
        refused(shop, 1_000, coupon, "CertificateSales_OverBudget", promotion, 100, 99)
        assert not shop.sales.isCouponUsed(promotion, 1)
    else:
        shop.sales.buyWithCoupon(1_000, 950, *coupon, {"from": world.holder})
        assert shop.budget(promotion)["free"] == 0


def test_another_promotions_budget_is_not_touched(shop, series, promotion):
    empty = shop.promote(series, 0)
    refused(shop, 1_000, shop.coupon(empty), "CertificateSales_OverBudget", empty, 80, 0)
    assert shop.budget(promotion)["free"] == BUDGET


@pytest.mark.parametrize("over", [-1, 0])
def test_the_price_limit_counts_the_discount(shop, promotion, over):
    coupon = shop.coupon(promotion)
    if over:
        refused(shop, 1_000, coupon, "CertificateSales_OverMaxPrice", 950, 949, max_price=949)
    else:
        shop.sales.buyWithCoupon(1_000, 950, *coupon, {"from": shop.world.holder})
        assert shop.balance(shop.world.holder) == 9_050


def test_no_promotion_once_the_series_is_wound_down(shop, series):
    world = shop.world
    promotion = shop.promote(series, BUDGET, cash_back_bps=0, reward_series_id=0)
    world.certificates.windDown(series, {"from": world.issuer})
    refused(shop, 100, shop.coupon(promotion), "CertificateSales_RefundOpen", series, world.now())


def test_no_promotion_once_a_refund_is_announced(shop):
    """Bought at 95 %, paid back at 100 % a month later: what the announcement would otherwise invite."""
    world = shop.world
    series = shop.on_sale(refund_on_removal=True)
    promotion = shop.promote(series, BUDGET, cash_back_bps=0, reward_series_id=0)
    world.certificates.removeMerchant(series, world.other_merchant, {"from": world.issuer})
    opens = world.now() + 30 * DAY
    refused(shop, 100, shop.coupon(promotion), "CertificateSales_RefundOpen", series, opens)


def test_no_promotion_once_the_reward_series_is_wound_down(shop, series):
    world, reward = shop.world, shop.series()
    promotion = shop.promote(series, BUDGET, reward_series_id=reward)
    world.certificates.windDown(reward, {"from": world.issuer})
    refused(shop, 100, shop.coupon(promotion), "CertificateSales_RefundOpen", reward, world.now())


@pytest.mark.parametrize("limit", [0, MAX_AMOUNT - 1])
def test_no_promotion_where_the_cash_back_could_not_be_issued(shop, series, limit):
    reward = shop.series()
    promotion = shop.promote(series, BUDGET, reward_series_id=reward)
    shop.appoint(reward, limit)
    refused(shop, 100, shop.coupon(promotion), "CertificateSales_LimitedOperator", reward, limit)


def test_a_contract_wallet_signs_coupons(shop, series, make_account):
    world = shop.world
    wallet = make_account("Wallet1271", world.agent)
    promotion = shop.promote(series, BUDGET, coupon_signer=wallet.address)
    shop.give_money(world.holder, 1_000)
    coupon, signature = shop.coupon(promotion, signer=world.stranger)
    refused(
        shop,
        100,
        (coupon, signature),
        "Custody_InvalidSignature",
        wallet,
        digest_of(shop, coupon),
    )
    shop.sales.buyWithCoupon(100, 95, *shop.coupon(promotion, signer=world.agent), {"from": world.holder})
    assert shop.balance(world.holder) == 905


def test_it_moves_every_unit_where_it_belongs(shop):
    world = shop.world
    series = shop.on_sale(premium_bps=100)
    promotion = shop.promote(series, BUDGET)
    shop.give_money(world.holder, 2_000)
    coupon = shop.coupon(promotion, coupon_id=5, referrer=world.supporter)
    now = at(world.now() + 3)

    tx = shop.sales.buyWithCoupon(1_999, 1_919, *coupon, {"from": world.holder})

    # 1,999 + 19 premium − 99 discount; 59 cash-back and 39 referral: each rounded down
    assert shop.balance(world.holder) == 2_000 - 1_919
    assert world.certificates.account(series, world.holder) == (1_999, 0, 0)
    assert shop.budget(promotion) == {
        "free": BUDGET - 99 - 59 - 39,
        "reserved": 98,
        "spent": 99,
        "funded": BUDGET,
        "taken_back": 0,
    }
    assert shop.sales.purchase(1) == (
        world.holder, 1_999, series, promotion, now, now + WEEK, False, 0, 0, 19, 99, world.supporter, 39, 59,
    )  # fmt: skip
    assert tx.events["Purchased"]["price"] == 1_919
    assert tx.events["CouponRedeemed"] == {
        "promotionId": promotion,
        "purchaseId": 1,
        "couponId": 5,
        "referrer": world.supporter,
        "discount": 99,
        "cashBack": 59,
        "referral": 39,
    }
    shop.check_books([series])


def test_without_a_referrer_nothing_is_set_aside_for_one(shop, promotion):
    shop.buy_with_coupon(promotion, 1_000)
    record = shop.sales.purchase(1)
    assert (record["referrer"], record["referral"], record["cashBack"]) == (ZERO, 0, 30)
    assert shop.budget(promotion)["reserved"] == 30
    shop.check_books([1])


def test_a_free_certificate_is_paid_by_the_budget_alone(shop):
    """Where expiry takes everything, a promotion may give everything: still at full reserve."""
    world = shop.world
    series = shop.on_sale(post_expiry_bps=0)
    promotion = shop.promote(
        series, 1_000, discount_bps=10_000, cash_back_bps=0, referral_bps=0, reward_series_id=0
    )
    shop.sales.buyWithCoupon(1_000, 0, *shop.coupon(promotion), {"from": world.holder})
    assert world.certificates.balanceOf(world.holder, series) == world.reserve() == 1_000
    assert shop.budget(promotion)["free"] == shop.balance(shop.sales) == 0
    shop.check_books([series])
