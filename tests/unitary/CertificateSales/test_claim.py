"""claimCashBack and claimReferral: rewards vest when the purchase can't be withdrawn any more."""

import pytest

from tests.fixtures.accounts import REFUSER_MODES, call_as
from tests.support.certificates import MAX_AMOUNT
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.sales import ISSUED, PAID, RETURNED


@pytest.fixture
def series(shop):
    return shop.on_sale()


@pytest.fixture
def reward(shop):
    return shop.series()


@pytest.fixture
def promotion(shop, series, reward):
    return shop.promote(series, 1_000, reward_series_id=reward)


@pytest.fixture
def bought(shop, promotion):
    """1,000 of face by the holder, on the supporter's word: 50 off, 30 and 20 to come."""
    return shop.buy_with_coupon(promotion, 1_000, referrer=shop.world.supporter)


def vest(shop, purchase, seconds=0):
    return at(shop.sales.purchase(purchase)["withdrawUntil"] + seconds)


CLAIMS = ["claimCashBack", "claimReferral"]


@pytest.mark.parametrize("claim", CLAIMS)
def test_it_reverts_for_an_unknown_purchase(shop, claim):
    with reverts("CertificateSales_UnknownPurchase", 4):
        getattr(shop.sales, claim)(4, {"from": shop.world.stranger})


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_it_vests_on_the_second(shop, bought, claim, seconds):
    now = vest(shop, bought, seconds)
    if seconds < 0:
        with reverts("CertificateSales_NotVested", bought, now + 1, now):
            getattr(shop.sales, claim)(bought, {"from": shop.world.stranger})
    else:
        getattr(shop.sales, claim)(bought, {"from": shop.world.stranger})
        assert shop.budget(1)["reserved"] == {"claimCashBack": 20, "claimReferral": 30}[claim]


@pytest.mark.parametrize("claim", CLAIMS)
def test_it_pays_once(shop, bought, claim):
    vest(shop, bought)
    getattr(shop.sales, claim)(bought, {"from": shop.world.stranger})
    with reverts("CertificateSales_NothingToClaim", bought):
        getattr(shop.sales, claim)(bought, {"from": shop.world.stranger})


@pytest.mark.parametrize("claim", CLAIMS)
def test_it_reverts_without_a_reward(shop, series, claim):
    plain = shop.buy(series, 1_000)
    vest(shop, plain)
    with reverts("CertificateSales_NothingToClaim", plain):
        getattr(shop.sales, claim)(plain, {"from": shop.world.stranger})


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_withdrawn_purchase_earns_nothing(shop, bought, claim):
    """The faucet: buy, withdraw, keep the reward."""
    shop.withdraw(bought)
    vest(shop, bought)
    with reverts("CertificateSales_AlreadyWithdrawn", bought):
        getattr(shop.sales, claim)(bought, {"from": shop.world.stranger})
    assert shop.budget(1)["free"] == 1_000


def test_nobody_to_refer_nothing_to_claim(shop, promotion):
    purchase = shop.buy_with_coupon(promotion, 1_000)
    vest(shop, purchase)
    with reverts("CertificateSales_NothingToClaim", purchase):
        shop.sales.claimReferral(purchase, {"from": shop.world.supporter})


def test_cash_back_is_issued_to_the_buyer(shop, series, reward, promotion, bought):
    world = shop.world
    vest(shop, bought)
    tx = shop.sales.claimCashBack(bought, {"from": world.stranger})
    assert world.certificates.account(reward, world.holder) == (30, 0, 0)
    assert world.certificates.state(reward)["outstanding"] == 30
    assert shop.balance(world.holder) == 0
    assert shop.sales.purchase(bought)["cashBack"] == 0
    assert shop.budget(promotion) == {
        "free": 900,
        "reserved": 20,
        "spent": 80,
        "funded": 1_000,
        "taken_back": 0,
    }
    assert tx.events["CashBackClaimed"] == {
        "purchaseId": bought,
        "buyer": world.holder,
        "outcome": ISSUED,
        "amount": 30,
    }
    shop.check_books([series, reward])


def test_a_referral_is_paid_to_the_referrer_out_of_the_budget(shop, series, promotion, bought):
    world = shop.world
    reserve = world.reserve()
    vest(shop, bought)
    tx = shop.sales.claimReferral(bought, {"from": world.stranger})
    assert shop.balance(world.supporter) == 20
    assert world.reserve() == reserve
    assert shop.sales.purchase(bought)["referral"] == 0
    assert shop.budget(promotion)["spent"] == 70
    assert tx.events["ReferralClaimed"] == {
        "purchaseId": bought,
        "referrer": world.supporter,
        "amount": 20,
    }
    shop.check_books([series])


def test_rewards_outlive_a_purchase_that_was_spent(shop, series, reward, bought):
    world = shop.world
    world.certificates.redeem(series, 1_000, world.merchant, {"from": world.holder})
    vest(shop, bought)
    shop.sales.claimCashBack(bought, {"from": world.holder})
    assert world.certificates.balanceOf(world.holder, reward) == 30


def test_winding_the_bought_series_down_takes_no_reward_back(shop, series, reward, bought):
    """Between purchase and vesting: the buyer is refunded, both rewards still vest, all was paid in."""
    world = shop.world
    world.certificates.windDown(series, {"from": world.issuer})
    world.certificates.refund(world.holder, series, 1_000, 1_000, (0, 0, b""), {"from": world.holder})
    vest(shop, bought)
    shop.sales.claimCashBack(bought, {"from": world.stranger})
    shop.sales.claimReferral(bought, {"from": world.stranger})
    assert shop.balance(world.holder) == 1_000
    assert world.certificates.balanceOf(world.holder, reward) == 30
    # in: 950 paid + 1,000 funded. Out: 1,000 + 20; held: 30 of face, 900 free
    assert world.reserve() == 30 and shop.sales.booked() == 900
    shop.check_books([series, reward])


def test_cash_back_of_a_series_wound_down_is_paid_in_currency(shop, series, reward, bought):
    world = shop.world
    world.certificates.windDown(reward, {"from": world.issuer})
    vest(shop, bought)
    tx = shop.sales.claimCashBack(bought, {"from": world.stranger})
    assert tx.events["CashBackClaimed"]["outcome"] == PAID
    assert shop.balance(world.holder) == 30
    assert shop.budget(1)["spent"] == 80
    shop.check_books([series, reward])


@pytest.mark.parametrize("limit", [0, MAX_AMOUNT - 1])
def test_an_issuer_who_stops_the_shop_takes_no_cash_back_away(shop, series, reward, bought, limit):
    """Else it could promise, end the power to issue, wait for the sale to close, and take the budget back."""
    world = shop.world
    shop.appoint(reward, limit)
    vest(shop, bought)
    tx = shop.sales.claimCashBack(bought, {"from": world.stranger})
    assert tx.events["CashBackClaimed"]["outcome"] == PAID
    assert shop.balance(world.holder) == 30
    shop.check_books([series, reward])


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_unclaimed_cash_back_returns_when_the_reward_series_closes(
    shop, series, reward, promotion, bought, seconds
):
    world = shop.world
    at(world.certificates.terms(reward)[1] + seconds)
    tx = shop.sales.claimCashBack(bought, {"from": world.stranger})
    outcome = tx.events["CashBackClaimed"]["outcome"]
    if seconds < 0:
        assert (outcome, world.certificates.balanceOf(world.holder, reward)) == (ISSUED, 30)
        assert shop.budget(promotion)["free"] == 900
    else:
        assert (outcome, world.certificates.balanceOf(world.holder, reward)) == (RETURNED, 0)
        assert shop.budget(promotion) == {
            "free": 930,
            "reserved": 20,
            "spent": 50,
            "funded": 1_000,
            "taken_back": 0,
        }
        assert shop.balance(world.holder) == 0
    shop.check_books([series, reward])


def test_a_referral_has_no_end(shop, series, reward, bought):
    world = shop.world
    mine_at(world.certificates.terms(series)[3])
    shop.sales.claimReferral(bought, {"from": world.stranger})
    assert shop.balance(world.supporter) == 20


def test_a_buyer_who_refuses_certificates_does_not_hold_up_the_referrer(shop, promotion, make_account):
    """A contract bought, then began to refuse: its cash-back waits, the referral is paid."""
    world = shop.world
    wallet = make_account("Refuser1155", world.agent, mode="Accepts")
    world.token.mint(wallet, 950, {"from": world.issuer})
    call_as(wallet, world.agent, world.token.approve, shop.sales.address, 950)
    coupon = shop.coupon(promotion, buyer=wallet, referrer=world.supporter)
    call_as(wallet, world.agent, shop.sales.buyWithCoupon, 1_000, 950, *coupon)
    wallet.setMode(REFUSER_MODES.index("Reverts"), {"from": world.agent})
    reward = shop.sales.promotion(promotion)["rewardSeriesId"]
    vest(shop, 1)
    with reverts("Refuser1155_Refused", shop.sales, "0x" + "00" * 20, reward, 30):
        shop.sales.claimCashBack(1, {"from": world.stranger})
    shop.sales.claimReferral(1, {"from": world.stranger})
    assert shop.balance(world.supporter) == 20
    wallet.setMode(REFUSER_MODES.index("Accepts"), {"from": world.agent})
    shop.sales.claimCashBack(1, {"from": world.stranger})
    assert world.certificates.balanceOf(wallet, reward) == 30
