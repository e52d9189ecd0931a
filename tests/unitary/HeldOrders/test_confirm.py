"""confirm: the buyer has what it was to have, and the seller is paid."""

import pytest

from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.orders import PURSE, Orders, State

# reverts


def test_confirm_reverts_for_an_order_that_nobody_opened(orders: Orders) -> None:
    orders.open()
    for key in (orders.key(2), orders.key(buyer=orders.giver), orders.key(seller=orders.creator)):
        with reverts("Orders_Unknown", *key):
            orders.confirm(key, 1)


@pytest.mark.parametrize("who", ["merchant", "stranger", "relayer"])
def test_confirm_reverts_for_anybody_but_the_buyer(orders: Orders, who: str) -> None:
    key = orders.open()
    other = getattr(orders, who)
    with reverts("Custody_NotItself", orders.holder, other):
        orders.confirm(key, 1, other)


def test_confirm_reverts_for_nothing(orders: Orders) -> None:
    key = orders.open()
    with reverts("Orders_ZeroAmount"):
        orders.confirm(key, 0)


def test_confirm_reverts_for_more_than_is_held(orders: Orders) -> None:
    key = orders.open(1_000)
    orders.open(5_000, 2)
    with reverts("Orders_OverHeld", 1_001, 1_000):
        orders.confirm(key, 1_001)
    orders.confirm(key, 300)
    orders.refund(key, 200)
    with reverts("Orders_OverHeld", 501, 500):
        orders.confirm(key, 501)
    orders.confirm(key, 500)
    for amount in (1, 2**96 - 1):
        with reverts("Orders_OverHeld", amount, 0):
            orders.confirm(key, amount)


@pytest.mark.parametrize("to_seller", [False, True])
@pytest.mark.parametrize("late", [-1, 0, 1])
def test_confirm_reverts_from_the_end_on(orders: Orders, late: int, to_seller: bool) -> None:
    """What was agreed for the end counts from there on, whichever side it favours."""
    key = orders.open(to_seller=to_seller)
    ends_at = orders.state(key).ends_at
    at(ends_at + late)
    if late < 0:
        orders.confirm(key, 1_000)
        assert orders.balance(orders.merchant) == 1_000
        return
    with reverts("Orders_Ended", ends_at, ends_at + late):
        orders.confirm(key, 1_000)


# it pays


def test_confirm(orders: Orders) -> None:
    key = orders.open(1_000)
    other = orders.open(77, 2)
    before = orders.state(key)
    tx = orders.confirm(key, 1_000)
    assert logs_of(tx, orders.contract) == [("OrderConfirmed", *key, 1_000)]
    assert orders.state(key) == before._replace(held=0)
    assert (orders.balance(orders.merchant), orders.held()) == (1_000, 77)
    assert orders.state(other).held == 77


def test_confirm_in_parts(orders: Orders) -> None:
    """What was delivered so far; the rest waits, under the same end."""
    key = orders.open(1_000, to_seller=True)
    ends_at = orders.state(key).ends_at
    for amount, left in ((1, 999), (600, 399), (399, 0)):
        tx = orders.confirm(key, amount)
        assert logs_of(tx, orders.contract) == [("OrderConfirmed", *key, amount)]
        assert orders.state(key) == State(left, ends_at, True, 0)
    assert (orders.balance(orders.merchant), orders.balance(orders.holder)) == (1_000, PURSE - 1_000)
