"""Row conditional_payment: pay on delivery. The buyer's confirmation or the seller's refund ends a held
order; a deadline ends it otherwise, for the side that was agreed at the start. With money, and with a
certificate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.certificates import DAY
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.orders import PURSE, Key, Orders, use
from tests.support.payments import assert_books

PRICE = 30_000
FACE = 50_000
Order = Callable[..., Key]


@pytest.fixture(scope="module")
def won(make_token: Any, make_orders: Any) -> Orders:
    """A currency without decimals, as the won."""
    orders: Orders = make_orders(make_token("TestToken", decimals=0))
    return orders


@pytest.fixture(scope="module")
def series(won: Orders) -> int:
    """Gift certificates of a chain of shops, one of which is the seller; the buyer has one."""
    return won.named_series(FACE)


@pytest.fixture(params=["money", "certificate"])
def order(request: pytest.FixtureRequest, won: Orders, series: int) -> Order:
    """The buyer's order 1 for 30,000, paid with the one or the other."""
    if request.param == "money":
        return lambda **how: won.open(PRICE, **how)
    return lambda **how: won.open_with(series, PRICE, **how)


def wealth(won: Orders) -> tuple[int, int]:
    """What the buyer has in cash and face, more or less than before; and what the seller has."""
    face = sum(
        int(won.world.certificates.balanceOf(won.holder, one)) - FACE
        for one in range(1, int(won.world.certificates.seriesCount()) + 1)
    )
    return won.balance(won.holder) - PURSE + face, won.balance(won.merchant)


def is_over(won: Orders, key: Key) -> bool:
    """Whether neither side, nor anybody, can move anything of it any more."""
    with reverts("Orders_OverHeld", 1, 0):
        won.confirm(key, 1)
    with reverts("Orders_OverHeld", 1, 0):
        won.refund(key, 1)
    at(won.state(key).ends_at)
    with reverts("Orders_Closed", *key):
        won.end(key)
    won.check_books()
    assert_books(won.world)
    return won.held() == 0


def test_the_buyers_confirmation_ends_it(won: Orders, order: Order) -> None:
    key = order()
    assert wealth(won) == (-PRICE, 0)
    assert won.held() == PRICE
    won.confirm(key, PRICE)
    assert wealth(won) == (-PRICE, PRICE)
    assert is_over(won, key)


def test_the_sellers_refund_ends_it(won: Orders, order: Order) -> None:
    """Sold out: the buyer has all of it back, as what it was."""
    key = order(to_seller=True)
    won.refund(key, PRICE)
    assert wealth(won) == (0, 0)
    assert is_over(won, key)


def test_part_of_it_is_delivered(won: Orders, order: Order) -> None:
    key = order()
    won.refund(key, 12_000)
    won.confirm(key, 18_000)
    assert wealth(won) == (-18_000, 18_000)
    assert is_over(won, key)


@pytest.mark.parametrize("to_seller", [False, True])
@pytest.mark.parametrize("second", [-1, 0])
def test_a_deadline_ends_it_otherwise(won: Orders, order: Order, to_seller: bool, second: int) -> None:
    """Nobody says a word: it is neither the seller's nor the buyer's a second before, and from then on it is
    the one's that was agreed, whoever asks."""
    deadline = won.now() + 14 * DAY
    key = order(ends_at=deadline, to_seller=to_seller)
    at(deadline + second)
    if second < 0:
        with reverts("Orders_NotYet", deadline, deadline - 1):
            won.end(key, won.stranger)
        assert wealth(won) == (-PRICE, 0)
        return
    for side, amount in (("confirm", PRICE), ("refund", PRICE)):
        with reverts("Orders_Ended", deadline, deadline):
            getattr(won, side)(key, amount)
        at(deadline)
    won.end(key, won.stranger)
    assert wealth(won) == ((-PRICE, PRICE) if to_seller else (0, 0))
    with reverts("Orders_Closed", *key):
        won.end(key)


def test_a_certificate_is_never_cash_on_the_way(won: Orders, series: int) -> None:
    key = won.open_with(series, PRICE)
    won.confirm(key, 10_000)
    won.refund(key, 5_000)
    at(won.state(key).ends_at)
    won.end(key)
    assert won.balance(won.holder) == PURSE
    assert won.world.certificates.balanceOf(won.holder, series) == FACE - 10_000
    assert won.balance(won.merchant) == 10_000


def test_neither_side_needs_gas(won: Orders, series: int) -> None:
    """The buyer signs the card and the confirmation, the seller the refund; a relayer sends all three, pays
    the gas and gets nothing of the money."""
    sent = won.holder.nonce, won.merchant.nonce
    key, data = won.key(9), use(9, won.now() + DAY)
    card = won.world.redemption(
        series, PRICE, holder=won.holder, merchant=won.contract, payee=won.merchant, data=data
    )
    won.redeem([card], data, sender=won.relayer)
    refunds = won.consent("RefundOrder", *key, 1_000, signer=won.merchant)
    won.contract.refund(key, 1_000, refunds, {"from": won.relayer})
    confirms = won.consent("ConfirmOrder", *key, PRICE - 1_000)
    won.contract.confirm(key, PRICE - 1_000, confirms, {"from": won.relayer})
    assert (won.holder.nonce, won.merchant.nonce) == sent
    assert wealth(won) == (1_000 - PRICE, PRICE - 1_000)
    assert won.balance(won.relayer) == 0
