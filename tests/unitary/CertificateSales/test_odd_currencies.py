"""Currencies that misbehave: refused with what they did, and never at somebody else's cost."""

import pytest

from tests.fixtures.tokens import BOMB_MODES, FALSE_MODES
from tests.support.clock import at
from tests.support.consents import ITSELF
from tests.support.errors import reverts
from tests.support.payments import selector
from tests.support.sales import WEEK
from tests.zoo.raw import raw_call


@pytest.fixture
def open_shop(make_world, make_shop, make_token):
    """A shop over an odd token, with a series on sale at 3 % premium."""

    def make(kind, decimals=6):
        shop = make_shop(make_world(make_token(kind, decimals=decimals)))
        return shop, shop.on_sale(premium_bps=300)

    return make


@pytest.mark.parametrize(
    ("kind", "decimals"),
    [("TestToken", 0), ("TestToken", 6), ("TestToken", 18), ("NoReturnToken", 6)],
)
def test_a_whole_life_in_currencies_that_behave(open_shop, kind, decimals):
    shop, series = open_shop(kind, decimals)
    world = shop.world
    unit = 10**decimals
    promotion = shop.promote(series, 1_000 * unit)
    kept = shop.buy_with_coupon(promotion, 1_000 * unit, referrer=world.supporter)
    shop.withdraw(shop.buy(series, 500 * unit, buyer=world.giver))
    at(shop.sales.purchase(kept)["withdrawUntil"])
    shop.sales.claimReferral(kept, {"from": world.stranger})
    shop.sales.claimCashBack(kept, {"from": world.stranger})
    shop.sales.collectPremiums(series, [kept], {"from": world.stranger})
    shop.sales.takeBack(promotion, 900 * unit, world.issuer, {"from": world.issuer})
    assert world.certificates.balanceOf(world.holder, series) == 1_030 * unit
    assert shop.balance(world.giver) == 515 * unit
    assert shop.balance(world.supporter) == 20 * unit
    assert shop.balance(world.issuer) == 930 * unit
    assert shop.balance(shop.sales) == shop.sales.booked() == 0
    shop.check_books([series])


def test_a_fee_turned_on_stops_buying_and_funding(open_shop):
    shop, series = open_shop("FeeToken")
    world = shop.world
    promotion = shop.promote(series, 0)
    shop.give_money(world.holder, 2_000)
    world.token.setFeeBps(100, {"from": world.issuer})
    with reverts("Custody_ArrivedDiffers", 1_030, 1_019):
        shop.sales.buy(series, world.holder, 1_000, 1_030, {"from": world.holder})
    with reverts("Custody_ArrivedDiffers", 1_000, 990):
        shop.sales.fund(promotion, 1_000, {"from": world.holder})
    receipt = shop.receipt(series, 1_000, payer=world.holder.address)
    with reverts("Custody_ArrivedDiffers", 1_000, 990):
        shop.sales.issueByReceipt(*receipt, {"from": world.holder})
    assert shop.balance(world.holder) == 2_000


def test_a_fee_turned_on_stops_a_withdrawal_instead_of_eating_budgets(open_shop):
    """990 of 1,000 come back; the missing 10 would come out of a promotion. The face stays instead."""
    shop, series = open_shop("FeeToken")
    world = shop.world
    shop.promote(series, 5_000)
    purchase = shop.buy(series, 1_000)
    world.token.setFeeBps(100, {"from": world.issuer})
    with reverts("GiftCertificates_ArrivedDiffers", 1_000, 990):
        shop.withdraw(purchase)
    assert world.certificates.balanceOf(world.holder, series) == 1_000
    world.token.setFeeBps(0, {"from": world.issuer})
    shop.withdraw(purchase)
    assert shop.balance(world.holder) == 1_030
    shop.check_books([series])


def test_a_currency_that_takes_more_than_it_was_told_to_is_refused(open_shop):
    shop, series = open_shop("SenderFeeToken")
    world = shop.world
    promotion = shop.promote(series, 5_000)
    purchase = shop.buy_with_coupon(promotion, 1_000, referrer=world.supporter)
    shop.give_money(world.holder, 3_000)
    receipt = shop.receipt(series, 1_000, payer=world.holder.address)
    world.token.setFeeBps(100, {"from": world.issuer})
    # What the shop hands on for face costs it more than the buyer paid: the rest would be the promotion's.
    with reverts("Custody_LeftDiffers", 1_000, 1_010):
        shop.sales.buy(series, world.holder, 1_000, 1_030, {"from": world.holder})
    with reverts("Custody_LeftDiffers", 1_000, 1_010):
        shop.sales.issueByReceipt(*receipt, {"from": world.holder})
    with reverts("Custody_LeftDiffers", 1_000, 1_010):
        shop.sales.takeBack(promotion, 1_000, world.issuer, {"from": world.issuer})
    at(shop.sales.purchase(purchase)["withdrawUntil"])
    with reverts("Custody_LeftDiffers", 20, 21):
        shop.sales.claimReferral(purchase, {"from": world.stranger})
    with reverts("Custody_LeftDiffers", 30, 31):
        shop.sales.claimCashBack(purchase, {"from": world.stranger})
    world.token.setFeeBps(0, {"from": world.issuer})
    shop.sales.claimReferral(purchase, {"from": world.stranger})
    shop.check_books([series])


def test_a_currency_that_shrank_pays_nobody_with_anothers_money(open_shop):
    """A rebase took half of everything: what comes back is first needed for what is owed."""
    shop, series = open_shop("RebasingToken")
    world = shop.world
    shop.promote(series, 500)
    purchase = shop.buy(series, 1_000)
    world.token.rebase(1, 2, {"from": world.issuer})
    world.token.mint(world.certificates, 500, {"from": world.issuer})
    assert (shop.sales.booked(), shop.balance(shop.sales)) == (530, 265)
    with reverts("Custody_ArrivedDiffers", 1_000, 735):
        shop.withdraw(purchase)
    world.token.mint(shop.sales, 265, {"from": world.issuer})
    shop.withdraw(purchase)
    assert shop.balance(world.holder) == 1_030


def test_a_currency_that_shrank_below_what_is_owed_gives_nothing_back(open_shop):
    shop, series = open_shop("RebasingToken")
    world = shop.world
    shop.promote(series, 5_000)
    purchase = shop.buy(series, 1_000)
    world.token.rebase(1, 2, {"from": world.issuer})
    world.token.mint(world.certificates, 500, {"from": world.issuer})
    assert (shop.sales.booked(), shop.balance(shop.sales)) == (5_030, 2_515)
    with reverts("Custody_ArrivedDiffers", 1_000, 0):
        shop.withdraw(purchase)
    assert world.certificates.balanceOf(world.holder, series) == 1_000


@pytest.mark.parametrize("mode", ["Refusing", "Lying"])
def test_a_currency_that_answers_false_or_lies_has_not_paid(open_shop, mode):
    shop, series = open_shop("FalseReturnToken")
    world = shop.world
    promotion = shop.promote(series, 5_000)
    purchase = shop.buy_with_coupon(promotion, 1_000, referrer=world.supporter)
    at(shop.sales.purchase(purchase)["withdrawUntil"])
    world.token.setMode(FALSE_MODES.index(mode), {"from": world.issuer})
    shop.sales.claimReferral(purchase, {"from": world.stranger})
    assert shop.sales.owed(world.supporter) == 20
    with reverts("Custody_LeftDiffers", 1_000, 0):
        shop.sales.takeBack(promotion, 1_000, world.issuer, {"from": world.issuer})
    shop.give_money(world.holder, 1_030)
    if mode == "Refusing":
        with reverts("SafeERC20FailedOperation", world.token):
            shop.sales.buy(series, world.holder, 1_000, 1_030, {"from": world.holder})
    else:
        with reverts("Custody_ArrivedDiffers", 1_030, 0):
            shop.sales.buy(series, world.holder, 1_000, 1_030, {"from": world.holder})
    shop.check_books([series])


def test_a_paused_currency_owes(open_shop):
    shop, series = open_shop("PausableToken")
    world = shop.world
    promotion = shop.promote(series, 5_000)
    purchase = shop.buy_with_coupon(promotion, 1_000, referrer=world.supporter)
    at(shop.sales.purchase(purchase)["withdrawUntil"])
    world.token.pause({"from": world.issuer})
    shop.sales.claimReferral(purchase, {"from": world.stranger})
    assert shop.sales.owed(world.supporter) == 20
    world.token.unpause({"from": world.issuer})
    shop.sales.withdrawOwed(world.supporter, world.supporter, ITSELF, {"from": world.supporter})
    assert shop.balance(world.supporter) == 20
    shop.check_books([series])


def test_a_payout_starved_of_gas_reverts_instead_of_being_owed(open_shop):
    """Anybody may claim a reward for its owner: with little gas it must not become a debt."""
    shop, series = open_shop("GasGuzzlerToken")
    world = shop.world
    purchase = shop.buy_with_coupon(shop.promote(series, 5_000), 1_000, referrer=world.supporter)
    at(shop.sales.purchase(purchase)["withdrawUntil"])
    world.token.setBurns(True, False, {"from": world.issuer})
    starved = raw_call(shop.sales.claimReferral, purchase, sender=world.stranger, gas=150_000)
    assert (starved.succeeded, starved.data[:4]) == (False, selector("Custody_GasFloor"))
    shop.sales.claimReferral(purchase, {"from": world.stranger, "gas_limit": 10_000_000})
    assert shop.sales.owed(world.supporter) == 20
    shop.check_books([series])


@pytest.mark.parametrize("mode", ["Success", "Failure"])
def test_a_bomb_of_return_data_blocks_nobody(open_shop, mode):
    shop, series = open_shop("ReturnBombToken")
    world = shop.world
    promotion = shop.promote(series, 5_000)
    purchase = shop.buy_with_coupon(promotion, 1_000, referrer=world.supporter)
    at(shop.sales.purchase(purchase)["withdrawUntil"])
    world.token.setMode(BOMB_MODES.index(mode), 1 << 20, {"from": world.issuer})
    shop.sales.claimReferral(purchase, {"from": world.stranger})
    owed = shop.sales.owed(world.supporter)
    assert (shop.balance(world.supporter), owed) == ((20, 0) if mode == "Success" else (0, 20))
    shop.check_books([series])


def test_the_deployment_names_certificates(project, accounts):
    with reverts("Custody_ZeroAddress"):
        project.CertificateSales.deploy(accounts[5], {"from": accounts[0]})


def test_the_deployment_is_of_one_currency(open_shop):
    shop, series = open_shop("TestToken")
    assert shop.sales.certificates() == shop.world.certificates
    assert shop.sales.currency() == shop.world.token
    assert shop.sales.sale(series)["withdrawalSeconds"] == WEEK
    assert bytes(shop.sales.DOMAIN_SEPARATOR()) == shop.domain.separator
    parts = ("0x0f", "Largesse CertificateSales", "1", shop.world.chain.id, shop.sales, "0x" + "00" * 32, ())
    assert tuple(shop.sales.eip712Domain()) == parts
