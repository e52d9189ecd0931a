"""Row munsang: certificates are bought below face on the market and top a balance up with their full face, in
one transaction; ten of them at once too, and what is left of a balance returns to the card.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.market import PURSE, Market
from tests.support.prepaid import DAY, Prepaid, use

FACE = 50_000
TEN = 5_000


@pytest.fixture(scope="module")
def won(make_token: Any, make_prepaid: Any) -> Prepaid:
    """A currency without decimals, as the won."""
    prepaid: Prepaid = make_prepaid(make_token("TestToken", decimals=0))
    return prepaid


@pytest.fixture(scope="module")
def series(won: Prepaid) -> int:
    found: int = won.world.named_series(services=[won.contract], denomination=FACE)
    return found


@pytest.fixture(scope="module")
def market(won: Prepaid, project: Any) -> Market:
    """Where it is sold; the holder has approved it for money."""
    made = Market(won.world, project.CertificateMarket.deploy(won.world.certificates, {"from": won.deployer}))
    made.fund(won.holder, PURSE)
    return made


def test_a_certificate_of_50_000_sells_at_46_500_and_is_a_balance_of_50_000_in_one_transaction(
    won: Prepaid, series: int, market: Market
) -> None:
    """Bought and redeemed into a new account; the buyer had no certificate before and has none after."""
    market.stock(series, FACE)
    offer = market.offer(series, FACE, 46_500)
    opening = won.opening(owner=won.holder)
    data = use("Open", *opening[1:])
    card = won.world.redemption(
        series, FACE, holder=won.holder, merchant=won.contract, payee=won.merchant, data=data
    )
    payment = won.world.payment(won.contract, payee=won.merchant, data=data)
    purchase = market.purchase(series, FACE, FACE, (46_500, FACE))
    money, blocks = market.money(won.holder, won.giver), won.chain.height
    market.contract.fillAndPay([market.signed(offer)], purchase, payment, [card], {"from": won.holder})
    assert won.chain.height == blocks + 1
    key = won.key(owner=won.holder)
    assert won.money(key) == (FACE, 0)
    assert won.state(key).owner == won.holder
    assert market.money(won.holder, won.giver) == (money[0] - 46_500, money[1] + 46_500)
    assert market.face(series, won.holder, won.giver, market.contract) == (0, 0, 0)
    # It is spent in full with the seller, who gets face and not what was paid for it.
    held = won.balance(won.merchant)
    won.settle(won.voucher(key, FACE))
    assert won.balance(won.merchant) == held + FACE
    won.check_books()


def test_a_balance_is_topped_up_from_several_sellers(won: Prepaid, series: int, market: Market) -> None:
    """Best offers first, up to 8 % below face; what was asked more for stays."""
    sellers = (won.giver, won.creator, won.supporter)
    for seller in sellers:
        market.stock(series, FACE, seller)
    prices = (46_000, 46_400, 47_000)
    rows = [
        market.signed(market.offer(series, FACE, price, seller=seller))
        for seller, price in zip(sellers, prices, strict=True)
    ]
    opening = won.opening(owner=won.holder)
    data = use("Open", *opening[1:])
    card = won.world.redemption(
        series, 2 * FACE, holder=won.holder, merchant=won.contract, payee=won.merchant, data=data
    )
    payment = won.world.payment(won.contract, payee=won.merchant, data=data)
    purchase = market.purchase(series, 2 * FACE, 2 * FACE, (93, 100))
    money = market.money(won.holder)[0]
    market.contract.fillAndPay(rows, purchase, payment, [card], {"from": won.holder})
    key = won.key(owner=won.holder)
    assert won.money(key) == (2 * FACE, 0)
    assert money - market.money(won.holder)[0] == 92_400
    assert market.face(series, *sellers) == (0, 0, FACE)


def test_a_dearer_market_tops_nothing_up(won: Prepaid, series: int, market: Market) -> None:
    market.stock(series, FACE)
    opening = won.opening(owner=won.holder)
    data = use("Open", *opening[1:])
    card = won.world.redemption(
        series, FACE, holder=won.holder, merchant=won.contract, payee=won.merchant, data=data
    )
    payment = won.world.payment(won.contract, payee=won.merchant, data=data)
    row = market.signed(market.offer(series, FACE, 46_501))
    purchase = market.purchase(series, FACE, FACE, (46_500, FACE))
    with reverts("Market_TooLittle", 0, FACE):
        market.contract.fillAndPay([row], purchase, payment, [card], {"from": won.holder})
    assert won.keys() == []


def test_ten_certificates_in_one_transaction(won: Prepaid, series: int) -> None:
    won.world.issue(series, won.holder, FACE)
    opening = won.opening(owner=won.holder)
    blocks = won.chain.height
    won.redeem([won.world.own_card(series, TEN) for _ in range(10)], use("Open", *opening[1:]))
    assert won.chain.height == blocks + 1
    key = won.key(owner=won.holder)
    assert won.money(key) == (FACE, 0)
    assert won.world.certificates.balanceOf(won.holder, series) == 0


def test_the_balance_is_never_cash(won: Prepaid, series: int, market: Market) -> None:
    """Who bought at 93 % and withdraws has the certificate again, not 100 %."""
    money = won.balance(won.holder)
    market.stock(series, FACE)
    market.fill(market.offer(series, FACE, 46_500))
    opening = won.opening(owner=won.holder)
    won.redeem([won.world.own_card(series, FACE)], use("Open", *opening[1:]))
    key = won.key(owner=won.holder)
    with reverts("Accounts_SeriesDiffers", series, 0):
        won.top_up(key, 1, won.holder)
    start = won.now()
    won.request_withdrawal(key, won.holder)
    at(start + DAY)
    won.withdraw(key, won.holder)
    assert won.balance(won.holder) == money - 46_500
    assert won.world.certificates.account(series, won.holder)[:2] == (FACE, 0)
    won.check_books()
