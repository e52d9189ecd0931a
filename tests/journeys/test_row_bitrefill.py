"""bitrefill: buy gift cards with crypto, agents too; who cancels in time gets all the money back. In USDC."""

import pytest
from eth_abi.abi import encode

from tests.fixtures.accounts import call_as
from tests.support.certificates import DAY, YEAR
from tests.support.clock import at
from tests.support.consents import ITSELF
from tests.support.errors import reverts

DOLLAR = 10**6


@pytest.fixture
def shop(make_world, make_shop, usdc, deployer):
    world = make_world(usdc)
    usdc.configureMinter(world.issuer, 2**255, {"from": deployer})
    return make_shop(world)


@pytest.fixture
def series(shop):
    """25-dollar cards for one merchant, 4 % activation fee, 14 days to change one's mind."""
    world = shop.world
    series = shop.series(denomination=25 * DOLLAR, withdrawal_seconds=14 * DAY)
    shop.sales.setSale(series, 0, world.now() + YEAR // 2, 400, {"from": world.issuer})
    return series


def test_row_bitrefill_a_buyer_cancels_and_gets_all_of_the_money_back(shop, series):
    world = shop.world
    price, premium = shop.sales.priceOf(series, 50 * DOLLAR)
    assert (price, premium) == (52 * DOLLAR, 2 * DOLLAR)
    shop.give_money(world.holder, 60 * DOLLAR)

    shop.sales.buy(series, world.holder, 50 * DOLLAR, price, {"from": world.holder})
    assert shop.balance(world.holder) == 8 * DOLLAR
    assert world.reserve() == 50 * DOLLAR

    at(shop.sales.purchase(1)["withdrawUntil"] - 1)
    shop.withdraw(1)
    assert shop.balance(world.holder) == 60 * DOLLAR
    assert world.reserve() == world.liabilities() == shop.balance(shop.sales) == 0


def test_row_bitrefill_a_card_that_was_used_is_not_cancelled(shop, series):
    world = shop.world
    purchase = shop.buy(series, 50 * DOLLAR)
    world.certificates.redeem(series, DOLLAR, world.merchant, {"from": world.holder})
    with reverts("GiftCertificates_InsufficientBalance", 49 * DOLLAR, 50 * DOLLAR):
        shop.withdraw(purchase)
    assert shop.balance(world.merchant) == DOLLAR


def test_row_bitrefill_an_agents_wallet_buys_for_its_owner_who_cancels_without_gas(
    shop, series, make_account
):
    """The agent's contract wallet pays; the card is the holder's, whose signature a relayer submits."""
    world = shop.world
    wallet = make_account("Wallet1271", world.agent)
    world.token.mint(wallet, 26 * DOLLAR, {"from": world.issuer})
    call_as(wallet, world.agent, world.token.approve, shop.sales.address, 26 * DOLLAR)
    call_as(wallet, world.agent, shop.sales.buy, series, world.holder.address, 25 * DOLLAR, 26 * DOLLAR)
    assert world.certificates.balanceOf(world.holder, series) == 25 * DOLLAR

    payment, _ = shop.withdrawal(1)
    card = world.redemption(
        series, 25 * DOLLAR, merchant=shop.sales, payee=shop.sales, data=encode(["uint256"], [1])
    )
    world.certificates.pay(payment, [card], {"from": world.relayer})
    assert shop.balance(world.holder) == 26 * DOLLAR


def test_row_bitrefill_a_blacklisted_buyer_loses_nothing(shop, series, usdc, deployer):
    world = shop.world
    purchase = shop.buy(series, 25 * DOLLAR)
    usdc.blacklist(world.holder, {"from": deployer})
    shop.withdraw(purchase)
    assert shop.sales.owed(world.holder) == 26 * DOLLAR
    usdc.unBlacklist(world.holder, {"from": deployer})
    shop.sales.withdrawOwed(world.holder, world.holder, ITSELF, {"from": world.holder})
    assert shop.balance(world.holder) == 26 * DOLLAR
    shop.check_books([series])
