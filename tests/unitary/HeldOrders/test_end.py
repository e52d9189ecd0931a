"""end: what is left at an order's end goes where it was agreed, whoever sends it there."""

import pytest

from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.orders import PURSE, Orders
from tests.support.outputs import returned


def test_end_reverts_for_an_order_that_nobody_opened(orders: Orders) -> None:
    orders.open()
    for key in (orders.key(2), orders.key(buyer=orders.giver), orders.key(seller=orders.creator)):
        with reverts("Orders_Unknown", *key):
            orders.end(key)


@pytest.mark.parametrize("to_seller", [False, True])
@pytest.mark.parametrize("late", [-1, 0, 1])
def test_end_reverts_before_the_end(orders: Orders, late: int, to_seller: bool) -> None:
    """Neither side has it a second early; nobody waits a second longer."""
    key = orders.open(to_seller=to_seller)
    ends_at = orders.state(key).ends_at
    at(ends_at + late)
    if late < 0:
        with reverts("Orders_NotYet", ends_at, ends_at - 1):
            orders.end(key)
        return
    assert returned(orders.end(key)) == 1_000
    assert orders.balance(orders.merchant) == (1_000 if to_seller else 0)


@pytest.mark.parametrize("how", ["confirmed", "refunded", "ended"])
def test_end_reverts_when_nothing_is_left(orders: Orders, how: str) -> None:
    key = orders.open()
    if how == "confirmed":
        orders.confirm(key, 1_000)
    elif how == "refunded":
        orders.refund(key, 1_000)
    at(orders.state(key).ends_at)
    if how == "ended":
        orders.end(key)
    with reverts("Orders_Closed", *key):
        orders.end(key)


@pytest.mark.parametrize("who", ["holder", "merchant", "relayer"])
@pytest.mark.parametrize("to_seller", [False, True])
def test_end(orders: Orders, to_seller: bool, who: str) -> None:
    key = orders.open(1_000, to_seller=to_seller)
    orders.open(77, 2, to_seller=not to_seller)
    orders.confirm(key, 100)
    orders.refund(key, 50)
    at(orders.state(key).ends_at)
    before = orders.state(key)
    tx = orders.end(key, getattr(orders, who))
    assert returned(tx) == 850
    assert logs_of(tx, orders.contract) == [("OrderEnded", *key, 850, to_seller)]
    assert orders.state(key) == before._replace(held=0)
    sold = 950 if to_seller else 100
    assert (orders.balance(orders.merchant), orders.balance(orders.holder)) == (sold, PURSE - 77 - sold)
    assert orders.held() == 77
