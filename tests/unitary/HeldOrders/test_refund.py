"""refund: the seller gives back, whole or in parts."""

import pytest

from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.orders import PURSE, Orders, State

# reverts


def test_refund_reverts_for_an_order_that_nobody_opened(orders: Orders) -> None:
    orders.open()
    for key in (orders.key(2), orders.key(buyer=orders.giver), orders.key(seller=orders.creator)):
        with reverts("Orders_Unknown", *key):
            orders.refund(key, 1)


@pytest.mark.parametrize("who", ["holder", "stranger", "relayer"])
def test_refund_reverts_for_anybody_but_the_seller(orders: Orders, who: str) -> None:
    key = orders.open()
    other = getattr(orders, who)
    with reverts("Custody_NotItself", orders.merchant, other):
        orders.refund(key, 1, other)


def test_refund_reverts_for_nothing_and_for_more_than_is_held(orders: Orders) -> None:
    key = orders.open(1_000)
    orders.open(5_000, 2)
    with reverts("Orders_ZeroAmount"):
        orders.refund(key, 0)
    with reverts("Orders_OverHeld", 1_001, 1_000):
        orders.refund(key, 1_001)
    orders.confirm(key, 700)
    with reverts("Orders_OverHeld", 301, 300):
        orders.refund(key, 301)
    orders.refund(key, 300)
    with reverts("Orders_OverHeld", 1, 0):
        orders.refund(key, 1)


@pytest.mark.parametrize("to_seller", [False, True])
@pytest.mark.parametrize("late", [-1, 0, 1])
def test_refund_reverts_from_the_end_on(orders: Orders, late: int, to_seller: bool) -> None:
    key = orders.open(to_seller=to_seller)
    ends_at = orders.state(key).ends_at
    at(ends_at + late)
    if late < 0:
        orders.refund(key, 1_000)
        assert orders.balance(orders.holder) == PURSE
        return
    with reverts("Orders_Ended", ends_at, ends_at + late):
        orders.refund(key, 1_000)


# it gives back


def test_refund(orders: Orders) -> None:
    key = orders.open(1_000)
    orders.open(77, 2)
    before = orders.state(key)
    tx = orders.refund(key, 1_000)
    assert logs_of(tx, orders.contract) == [("OrderRefunded", *key, 1_000)]
    assert orders.state(key) == before._replace(held=0)
    assert (orders.balance(orders.holder), orders.held()) == (PURSE - 77, 77)
    assert orders.balance(orders.merchant) == 0


def test_refund_in_parts(orders: Orders) -> None:
    """One of three shirts does not fit: the buyer confirms two, the seller gives the third back."""
    key = orders.open(90)
    ends_at = orders.state(key).ends_at
    tx = orders.refund(key, 30)
    assert logs_of(tx, orders.contract) == [("OrderRefunded", *key, 30)]
    assert orders.state(key) == State(60, ends_at, False, 0)
    orders.refund(key, 1)
    orders.confirm(key, 58)
    orders.refund(key, 1)
    assert orders.state(key).held == 0
    assert (orders.balance(orders.holder), orders.balance(orders.merchant)) == (PURSE - 58, 58)
