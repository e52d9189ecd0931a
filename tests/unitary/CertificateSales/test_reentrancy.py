"""Whoever is handed control in the middle, a buyer or the currency, gets nowhere with it."""

import pytest
from eth_utils.crypto import keccak

from tests.fixtures.accounts import call_as
from tests.support.certificates import DAY
from tests.support.clock import at
from tests.support.consents import ITSELF

LOCKED = keccak(text="ReentrancyGuardReentrantCall()")[:4]


@pytest.fixture
def series(shop):
    return shop.on_sale(premium_bps=300)


@pytest.fixture
def buyer(shop, make_account):
    """A contract that calls what it is told to while it is being handed certificates."""
    world = shop.world
    wallet = make_account("ReentrantReceiver1155", world.holder)
    world.token.mint(wallet, 10_000, {"from": world.issuer})
    call_as(wallet, world.holder, world.token.approve, shop.sales.address, 2**256 - 1)
    return wallet


def test_a_buyer_does_not_buy_while_it_buys(shop, series, buyer):
    world = shop.world
    again = shop.sales.buy.encode_input(series, buyer, 500, 515)
    buyer.program(shop.sales, again, 1, {"from": world.holder})
    call_as(buyer, world.holder, shop.sales.buy, series, buyer, 1_000, 1_030)
    assert (buyer.callsMade(), buyer.succeeded()) == (1, False)
    assert bytes(buyer.returned()) == LOCKED
    assert world.certificates.balanceOf(buyer, series) == 1_000
    shop.check_books([series])


def test_a_buyer_does_not_use_its_coupon_twice_at_once(shop, series, buyer):
    world = shop.world
    promotion = shop.promote(series, 1_000)
    coupon = shop.coupon(promotion, buyer=buyer)
    again = shop.sales.buyWithCoupon.encode_input(1_000, 980, *coupon)
    buyer.program(shop.sales, again, 1, {"from": world.holder})
    call_as(buyer, world.holder, shop.sales.buyWithCoupon, 1_000, 980, *coupon)
    assert (buyer.callsMade(), buyer.succeeded()) == (1, False)
    assert bytes(buyer.returned()) == LOCKED
    assert shop.sales.purchaseCount() == 1
    shop.check_books([series])


def test_a_buyer_does_not_withdraw_while_it_buys(shop, series, buyer):
    """Neither contract lets it: the certificates are locked while they issue."""
    world = shop.world
    payment, cards = shop.withdrawal(1, holder=buyer.address, series=series, face=1_000)
    buyer.program(
        world.certificates, world.certificates.pay.encode_input(payment, cards), 1, {"from": world.holder}
    )
    call_as(buyer, world.holder, shop.sales.buy, series, buyer, 1_000, 1_030)
    assert (buyer.callsMade(), buyer.succeeded()) == (1, False)
    assert bytes(buyer.returned()) == LOCKED
    shop.check_books([series])


def test_a_buyer_does_not_claim_while_it_claims(shop, series, buyer):
    world = shop.world
    promotion = shop.promote(series, 1_000)
    call_as(buyer, world.holder, shop.sales.buyWithCoupon, 1_000, 980, *shop.coupon(promotion, buyer=buyer))
    at(shop.sales.purchase(1)["withdrawUntil"])
    buyer.program(shop.sales, shop.sales.claimCashBack.encode_input(1), 1, {"from": world.holder})
    shop.sales.claimCashBack(1, {"from": world.stranger})
    assert (buyer.callsMade(), buyer.succeeded()) == (1, False)
    assert bytes(buyer.returned()) == LOCKED
    assert world.certificates.balanceOf(buyer, series) == 1_030
    shop.check_books([series])


def test_a_buyer_may_pass_its_certificates_on_at_once(shop, series, buyer):
    """Transfers are not locked: the record was written before, and the withdrawal needs the face back."""
    world = shop.world
    move = world.certificates.safeTransferFrom.encode_input(buyer, world.giver, series, 1_000, b"")
    buyer.program(world.certificates, move, 1, {"from": world.holder})
    call_as(buyer, world.holder, shop.sales.buy, series, buyer, 1_000, 1_030)
    assert buyer.succeeded()
    assert world.certificates.balanceOf(world.giver, series) == 1_000
    assert shop.sales.withdrawable(1) == 0
    shop.check_books([series])


CALLS = {
    "buy": lambda shop, series: shop.sales.buy.encode_input(series, shop.world.token, 100, 103),
    "takeBack": lambda shop, series: shop.sales.takeBack.encode_input(1, 1, shop.world.stranger),
    "claimReferral": lambda shop, series: shop.sales.claimReferral.encode_input(1),
    "claimCashBack": lambda shop, series: shop.sales.claimCashBack.encode_input(1),
    "collectPremiums": lambda shop, series: shop.sales.collectPremiums.encode_input(series, [1]),
    "withdrawOwed": lambda shop, series: shop.sales.withdrawOwed.encode_input(
        shop.world.token, shop.world.stranger, ITSELF
    ),
}


@pytest.mark.parametrize("inner", CALLS)
@pytest.mark.parametrize("calls_first", [True, False])
def test_the_currency_calls_back_in_vain(make_world, make_shop, make_token, inner, calls_first):
    """While a referral is paid, the currency calls every function that moves money."""
    shop = make_shop(make_world(make_token("ReenteringToken")))
    world, series = shop.world, shop.on_sale(premium_bps=300)
    promotion = shop.promote(series, 1_000)
    shop.buy_with_coupon(promotion, 1_000, referrer=world.supporter)
    at(world.now() + 8 * DAY)
    world.token.setCallsFirst(calls_first, {"from": world.issuer})
    world.token.program(shop.sales, CALLS[inner](shop, series), 1, {"from": world.issuer})
    shop.sales.claimReferral(1, {"from": world.stranger})
    # a call before the balances change makes the payout look like any other
    assert (world.token.callsMade(), world.token.succeeded()) == (1, False)
    assert bytes(world.token.returned()) == LOCKED
    assert shop.balance(world.supporter) == 20
    shop.check_books([series])


def test_the_currency_does_not_withdraw_while_the_shop_pays(make_world, make_shop, make_token):
    """It holds certificates itself, and redeems them into the shop while the shop pays somebody."""
    shop = make_shop(make_world(make_token("ReenteringToken")))
    world, series = shop.world, shop.on_sale(premium_bps=300)
    promotion = shop.promote(series, 1_000)
    own = shop.buy(series, 500, buyer=world.token, payer=world.giver)
    payment, cards = shop.withdrawal(own, holder=world.token.address)
    world.token.program(
        world.certificates, world.certificates.pay.encode_input(payment, cards), 1, {"from": world.issuer}
    )
    shop.sales.takeBack(promotion, 100, world.stranger, {"from": world.issuer})
    assert (world.token.callsMade(), world.token.succeeded()) == (1, False)
    assert bytes(world.token.returned()) == LOCKED
    assert shop.sales.withdrawable(own) == 515
    shop.check_books([series])
