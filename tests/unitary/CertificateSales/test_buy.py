"""buy: face for a buyer, against face and premium from the caller."""

import pytest

from tests.support.certificates import DAY, MAX_AMOUNT, NEVER, YEAR, ZERO
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.sales import WEEK


def test_buy_reverts_for_a_series_without_sale(shop):
    series = shop.series()
    now = at(shop.world.now() + 1)
    with reverts("CertificateSales_SaleClosed", series, 0, 0, now):
        shop.sales.buy(series, shop.world.holder, 100, 100, {"from": shop.world.holder})


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_buy_opens_on_the_second(shop, seconds):
    world = shop.world
    series = shop.series()
    opens = world.now() + DAY
    closes = opens + DAY
    shop.sales.setSale(series, opens, closes, 0, {"from": world.issuer})
    shop.give_money(world.holder, 100)
    now = at(opens + seconds)
    if seconds < 0:
        with reverts("CertificateSales_SaleClosed", series, opens, closes, now):
            shop.sales.buy(series, world.holder, 100, 100, {"from": world.holder})
    else:
        shop.sales.buy(series, world.holder, 100, 100, {"from": world.holder})
        assert world.certificates.balanceOf(world.holder, series) == 100


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_buy_closes_on_the_second(shop, seconds):
    world = shop.world
    series = shop.on_sale()
    opens, closes = shop.sales.sale(series)[:2]
    shop.give_money(world.holder, 100)
    now = at(closes + seconds)
    if seconds < 0:
        shop.sales.buy(series, world.holder, 100, 100, {"from": world.holder})
        assert world.certificates.balanceOf(world.holder, series) == 100
    else:
        with reverts("CertificateSales_SaleClosed", series, opens, closes, now):
            shop.sales.buy(series, world.holder, 100, 100, {"from": world.holder})


def test_buy_reverts_for_the_zero_address(shop):
    series = shop.on_sale()
    with reverts("Custody_ZeroAddress"):
        shop.sales.buy(series, ZERO, 100, 100, {"from": shop.world.holder})


def test_buy_reverts_for_no_face(shop):
    series = shop.on_sale()
    with reverts("GiftCertificates_ZeroAmount", series):
        shop.sales.buy(series, shop.world.holder, 0, 0, {"from": shop.world.holder})


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_buy_holds_the_price_limit(shop, over):
    world = shop.world
    series = shop.on_sale(premium_bps=300)
    shop.give_money(world.holder, 2_000)
    if over < 0:
        with reverts("CertificateSales_OverMaxPrice", 1_030, 1_029):
            shop.sales.buy(series, world.holder, 1_000, 1_029, {"from": world.holder})
    else:
        shop.sales.buy(series, world.holder, 1_000, 1_030 + over, {"from": world.holder})
        assert shop.balance(world.holder) == 970


def test_a_premium_raised_in_front_of_a_purchase_does_not_cost_the_buyer(shop):
    """The issuer sees the purchase in the mempool and raises the premium just before it."""
    world = shop.world
    series = shop.on_sale(premium_bps=100)
    price, _ = shop.sales.priceOf(series, 1_000)
    shop.give_money(world.holder, 2_000)
    opens, closes = shop.sales.sale(series)[:2]
    shop.sales.setSale(series, opens, closes, 10_000, {"from": world.issuer})
    with reverts("CertificateSales_OverMaxPrice", 2_000, 1_010):
        shop.sales.buy(series, world.holder, 1_000, price, {"from": world.holder})
    assert shop.balance(world.holder) == 2_000


def test_buy_reverts_without_the_money(shop):
    world = shop.world
    series = shop.on_sale()
    world.token.mint(world.holder, 99, {"from": world.issuer})
    world.token.approve(shop.sales, 2**256 - 1, {"from": world.holder})
    with reverts("ERC20InsufficientBalance", world.holder, 99, 100):
        shop.sales.buy(series, world.holder, 100, 100, {"from": world.holder})


def test_buy_reverts_when_the_shop_may_not_issue(shop):
    world = shop.world
    series = shop.on_sale()
    shop.appoint(series, 0)
    shop.give_money(world.holder, 100)
    with reverts("GiftCertificates_NotOperator", series, shop.sales):
        shop.sales.buy(series, world.holder, 100, 100, {"from": world.holder})


def test_buy_reverts_when_the_series_was_wound_down(shop):
    world = shop.world
    series = shop.on_sale()
    world.certificates.windDown(series, {"from": world.issuer})
    shop.give_money(world.holder, 100)
    with reverts("GiftCertificates_AlreadyWoundDown", series):
        shop.sales.buy(series, world.holder, 100, 100, {"from": world.holder})


@pytest.mark.parametrize("as_merchant", [False, True])
def test_buy_reverts_when_the_shop_is_no_service(shop, as_merchant):
    """A purchase that could not be withdrawn is not sold; being a merchant does not help."""
    world = shop.world
    merchants = [world.merchant, shop.sales] if as_merchant else [world.merchant]
    series = shop.on_sale(merchants=merchants, services=[])
    shop.give_money(world.holder, 100)
    now = at(world.now() + 1)
    with reverts("CertificateSales_NotWithdrawable", series, 0, now + WEEK):
        shop.sales.buy(series, world.holder, 100, 100, {"from": world.holder})


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_buy_ends_when_the_shop_is_being_removed(shop, seconds):
    """Noticed, the shop is a service for 30 more days: it sells while a purchase keeps its whole week."""
    world = shop.world
    series = shop.on_sale(refund_on_removal=True)
    world.certificates.removeMerchant(series, shop.sales, {"from": world.issuer})
    until = world.certificates.merchantUntil(series, shop.sales)
    shop.give_money(world.holder, 100)
    now = at(until - WEEK + seconds)
    if seconds > 0:
        with reverts("CertificateSales_NotWithdrawable", series, until, now + WEEK):
            shop.sales.buy(series, world.holder, 100, 100, {"from": world.holder})
    else:
        shop.sales.buy(series, world.holder, 100, 100, {"from": world.holder})
        assert shop.sales.purchase(1)["withdrawUntil"] == now + WEEK


def test_buy_needs_no_service_where_nothing_can_be_withdrawn(shop):
    world = shop.world
    series = shop.on_sale(services=[], withdrawal_seconds=0)
    shop.buy(series, 100)
    assert world.certificates.balanceOf(world.holder, series) == 100


def test_buy_obeys_the_denomination(shop):
    world = shop.world
    series = shop.on_sale(denomination=50_000)
    shop.give_money(world.holder, 50_001)
    with reverts("GiftCertificates_NotWholeCertificates", 50_001, 50_000):
        shop.sales.buy(series, world.holder, 50_001, 50_001, {"from": world.holder})


def test_buy_issues_full_face_and_records_the_purchase(shop):
    world = shop.world
    series = shop.on_sale(premium_bps=333)
    world.issue(series, world.holder, 70)
    world.certificates.redeem(series, 30, world.merchant, {"from": world.holder})
    shop.give_money(world.giver, 2_000)
    now = at(world.now() + 5)

    tx = shop.sales.buy(series, world.holder, 1_000, 1_033, {"from": world.giver})

    assert world.certificates.account(series, world.holder) == (1_040, 30, 0)
    assert shop.balance(world.giver) == 967  # 3.33 % of 1,000 is 33.3, rounded down
    assert shop.sales.purchaseCount() == 1
    assert shop.sales.purchase(1) == (
        world.holder, 1_000, series, 0, now, now + WEEK, False, 30, 40, 33, 0, ZERO, 0, 0,
    )  # fmt: skip
    assert tx.events["Purchased"] == {
        "purchaseId": 1,
        "seriesId": series,
        "buyer": world.holder,
        "payer": world.giver,
        "face": 1_000,
        "premium": 33,
        "price": 1_033,
        "netSpentThen": 30,
        "balanceThen": 40,
    }
    transfer = tx.events["TransferSingle"]
    assert (transfer["operator"], transfer["to"], transfer["value"]) == (shop.sales, world.holder, 1_000)
    assert shop.sales.premiumsHeld(series) == shop.balance(shop.sales) == 33
    shop.check_books([series])


def test_buy_of_an_open_series(shop):
    world = shop.world
    series = world.create_series()
    shop.appoint(series)
    shop.sales.setSale(series, 0, world.now() + DAY, 0, {"from": world.issuer})
    shop.buy(series, 100)
    assert world.certificates.balanceOf(world.holder, series) == 100
    shop.check_books([series])


def test_the_largest_purchase(shop):
    world = shop.world
    series = shop.on_sale()
    shop.buy(series, MAX_AMOUNT)
    assert world.certificates.account(series, world.holder) == (MAX_AMOUNT, 0, 0)
    shop.give_money(world.holder, 1)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT, 1):
        shop.sales.buy(series, world.holder, 1, 1, {"from": world.holder})


def test_a_series_without_expiry_sells(shop):
    world = shop.world
    series = shop.on_sale(expires_at=NEVER, limitation_at=NEVER)
    shop.buy(series, 5)
    assert shop.sales.sale(series)[1] < world.now() + YEAR
    assert world.certificates.balanceOf(world.holder, series) == 5
