"""createPromotion: terms that can't pay out more than came in, and never change."""

import pytest

from tests.support.certificates import DAY, YEAR, ZERO
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.sales import WEEK, rule


def refused(shop, terms, name, *values, sender=None):
    with reverts(name, *values):
        shop.sales.createPromotion(terms, {"from": sender or shop.world.issuer})


def invalid(shop, terms, text, value, bound):
    refused(shop, terms, "CertificateSales_InvalidPromotion", rule(text), value, bound)


def test_only_the_issuer_creates(shop):
    series = shop.on_sale()
    stranger = shop.world.stranger
    refused(
        shop,
        shop.promotion_terms(series),
        "CertificateSales_NotIssuer",
        series,
        stranger,
        sender=stranger,
    )


def test_an_open_series_has_no_promotion(shop):
    series = shop.world.create_series()
    invalid(shop, shop.promotion_terms(series), "named merchants", 0, 1)


def test_a_series_that_pays_cash_for_unused_certificates_has_no_promotion(shop):
    series = shop.on_sale(denomination=1_000, cash_out_unused=True, cash_out_below=1_001, post_expiry_bps=0)
    invalid(
        shop,
        shop.promotion_terms(series, cash_back_bps=0, reward_series_id=0),
        "cash for unused certificates",
        1,
        0,
    )


def test_a_series_whose_refunds_are_open_has_no_promotion(shop):
    world, series = shop.world, shop.on_sale()
    world.certificates.windDown(series, {"from": world.issuer})
    refused(shop, shop.promotion_terms(series), "CertificateSales_RefundOpen", series, world.now())
    # Nor one that gives nothing back, and so has no reward series whose refunds are asked for too.
    plain = shop.promotion_terms(series, cash_back_bps=0, reward_series_id=0)
    refused(shop, plain, "CertificateSales_RefundOpen", series, world.now())


def test_a_series_whose_refunds_are_announced_has_no_promotion(shop):
    world, series = shop.world, shop.on_sale(refund_on_removal=True)
    world.certificates.removeMerchant(series, world.other_merchant, {"from": world.issuer})
    opens = world.now() + 30 * DAY
    refused(shop, shop.promotion_terms(series), "CertificateSales_RefundOpen", series, opens)


def test_it_closes_in_the_future(shop):
    series = shop.on_sale()
    now = at(shop.world.now() + 10)
    terms = shop.promotion_terms(series, opens_at=now - 20, closes_at=now)
    invalid(shop, terms, "closes in the future", now, now + 1)


def test_it_closes_after_opening(shop):
    series = shop.on_sale()
    opens = shop.world.now() + DAY
    invalid(
        shop,
        shop.promotion_terms(series, opens_at=opens, closes_at=opens),
        "closes after opening",
        opens,
        opens + 1,
    )


def test_it_closes_with_the_sale_of_the_series(shop):
    world, series = shop.world, shop.on_sale()
    closes = world.certificates.terms(series)[1]
    later = shop.promotion_terms(series, closes_at=closes + 1, cash_back_bps=0, reward_series_id=0)
    invalid(shop, later, "closes with the series' sale", closes + 1, closes)
    shop.promote(series, 0, closes_at=closes, cash_back_bps=0, reward_series_id=0)


def test_it_grants_something(shop):
    series = shop.on_sale()
    nothing = shop.promotion_terms(
        series, discount_bps=0, cash_back_bps=0, referral_bps=0, reward_series_id=0
    )
    invalid(shop, nothing, "rewards", 0, 1)


@pytest.mark.parametrize("kind", ["discount_bps", "cash_back_bps", "referral_bps"])
def test_all_rewards_together_stay_within_what_expiry_takes(shop, kind):
    """90 % are paid back after expiry: discount, cash-back and referral share the other 10 %."""
    series = shop.on_sale(post_expiry_bps=9_000)
    fitting = shop.promotion_terms(series)  # 5 + 3 + 2
    names = {"discount_bps": 500, "cash_back_bps": 300, "referral_bps": 200}
    over = shop.promotion_terms(series, **{kind: names[kind] + 1})
    invalid(shop, over, "rewards and post-expiry share", 10_001, 10_000)
    shop.sales.createPromotion(fitting, {"from": shop.world.issuer})
    assert shop.sales.promotionCount() == 1


def test_nothing_is_left_to_give_where_expiry_takes_nothing(shop):
    series = shop.on_sale(post_expiry_bps=10_000)
    terms = shop.promotion_terms(series, discount_bps=1, cash_back_bps=0, referral_bps=0, reward_series_id=0)
    invalid(shop, terms, "rewards and post-expiry share", 10_001, 10_000)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_all_rewards_together_stay_within_the_use_threshold(shop, off):
    """Use 10 %, have 90 % back in cash: a discount above 10 % would be money."""
    series = shop.on_sale(denomination=10_000, use_threshold_bps=1_000, post_expiry_bps=0)
    terms = shop.promotion_terms(
        series, discount_bps=1_000 + off, cash_back_bps=0, referral_bps=0, reward_series_id=0
    )
    if off > 0:
        invalid(shop, terms, "rewards and use threshold", 1_001, 1_000)
    else:
        shop.sales.createPromotion(terms, {"from": shop.world.issuer})
        assert shop.sales.promotionCount() == 1


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_all_rewards_together_stay_within_what_a_small_rest_leaves(shop, off):
    """Of a certificate of 1,000 the largest rest paid out is 900: spend 100, have 900 back for 900 paid."""
    series = shop.on_sale(denomination=1_000, cash_out_below=901 + off, post_expiry_bps=0)
    terms = shop.promotion_terms(series, reward_series_id=shop.series())  # 5 + 3 + 2 %
    if off > 0:
        invalid(shop, terms, "rewards and cash-out", 901, 900)
    else:
        shop.sales.createPromotion(terms, {"from": shop.world.issuer})
        assert shop.sales.promotionCount() == 1


def test_a_series_that_gives_change_for_any_use_has_no_promotion(shop):
    """As in Ireland, change is due after any use: spend one unit of a cheap card, have the rest in cash."""
    series = shop.on_sale(denomination=1_000, cash_out_below=1_000, post_expiry_bps=0)
    terms = shop.promotion_terms(series, discount_bps=11, cash_back_bps=0, referral_bps=0, reward_series_id=0)
    invalid(shop, terms, "rewards and cash-out", 999, 998)


def test_a_purchase_has_some_face(shop):
    series = shop.on_sale()
    invalid(shop, shop.promotion_terms(series, max_face_per_purchase=0), "face of a purchase", 0, 1)


def test_coupons_have_a_signer(shop):
    series = shop.on_sale()
    refused(shop, shop.promotion_terms(series, coupon_signer=ZERO), "Custody_ZeroAddress")


def test_no_reward_series_without_cash_back(shop):
    series = shop.on_sale()
    invalid(shop, shop.promotion_terms(series, cash_back_bps=0), "reward series, no cash-back", series, 0)


def test_the_reward_series_is_known(shop):
    series = shop.on_sale()
    refused(shop, shop.promotion_terms(series, reward_series_id=9), "GiftCertificates_UnknownSeries", 9)


def test_the_reward_series_is_the_issuers_own(shop):
    world, series = shop.world, shop.on_sale()
    world.certificates.createSeries(
        world.terms(named=True),
        [world.merchant.address],
        world.certificates.art(series),
        {"from": world.giver},
    )
    others = world.certificates.seriesCount()
    refused(
        shop,
        shop.promotion_terms(series, reward_series_id=others),
        "CertificateSales_NotIssuer",
        others,
        world.issuer,
    )


def test_the_reward_series_is_named(shop):
    series = shop.on_sale()
    cash_like = shop.world.create_series()
    invalid(shop, shop.promotion_terms(series, reward_series_id=cash_like), "reward series: named", 0, 1)


def test_the_reward_series_has_no_denomination(shop):
    series = shop.on_sale()
    coarse = shop.series(denomination=10)
    invalid(shop, shop.promotion_terms(series, reward_series_id=coarse), "reward series: denomination", 10, 0)


def test_no_refund_is_open_on_the_reward_series(shop):
    world, series, reward = shop.world, shop.on_sale(), shop.series()
    world.certificates.windDown(reward, {"from": world.issuer})
    terms = shop.promotion_terms(series, reward_series_id=reward)
    refused(shop, terms, "CertificateSales_RefundOpen", reward, world.now())


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_the_last_cash_back_can_be_claimed_for_30_days(shop, seconds):
    world, series = shop.world, shop.on_sale()
    closes = world.now() + 30 * DAY
    needed = closes + WEEK + 30 * DAY
    reward = shop.series(sales_close_at=needed + seconds)
    terms = shop.promotion_terms(series, closes_at=closes, reward_series_id=reward)
    if seconds < 0:
        invalid(shop, terms, "reward series: sales close", needed - 1, needed)
    else:
        shop.sales.createPromotion(terms, {"from": world.issuer})
        assert shop.sales.promotionCount() == 1


def test_it_is_recorded_and_reported(shop):
    world, series, reward = shop.world, shop.on_sale(), shop.series()
    terms = shop.promotion_terms(
        series, reward_series_id=reward, coupon_signer=world.agent.address, max_face_per_purchase=77
    )
    tx = shop.sales.createPromotion(terms, {"from": world.issuer})
    assert shop.sales.promotion(1) == terms
    assert shop.budget(1) == {"free": 0, "reserved": 0, "spent": 0, "funded": 0, "taken_back": 0}
    event = tx.events["PromotionCreated"]
    assert (event["promotionId"], event["seriesId"], event["terms"]) == (1, series, terms)


@pytest.mark.parametrize(
    ("face", "rewards"),
    [(0, (0, 0, 0)), (19, (0, 0, 0)), (20, (1, 0, 0)), (34, (1, 1, 0)), (50, (2, 1, 1)), (99, (4, 2, 1))],
)
def test_rewards_are_rounded_down(shop, face, rewards):
    promotion = shop.promote(shop.on_sale(), 0)
    assert shop.sales.rewardsOf(promotion, face, True) == rewards
    assert shop.sales.rewardsOf(promotion, face, False) == (*rewards[:2], 0)


def test_views_of_what_is_not_there(shop):
    with reverts("CertificateSales_UnknownPromotion", 1):
        shop.sales.promotion(1)
    with reverts("CertificateSales_UnknownPromotion", 0):
        shop.sales.rewardsOf(0, 100, False)
    with reverts("CertificateSales_UnknownPurchase", 1):
        shop.sales.purchase(1)
    with reverts("CertificateSales_UnknownPurchase", 0):
        shop.sales.withdrawable(0)


def test_a_promotion_ends_years_before_its_face_expires(shop):
    """The promotion's dates are its own: the reward series may be another and live longer."""
    world = shop.world
    series, reward = shop.on_sale(), shop.series(sales_close_at=world.now() + 2 * YEAR)
    promotion = shop.promote(series, 0, reward_series_id=reward, closes_at=world.now() + 300 * DAY)
    assert shop.sales.promotion(promotion)["rewardSeriesId"] == reward
