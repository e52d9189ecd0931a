"""open: the buyer pays an order when it is placed, and the money lies in the contract."""

import pytest

from tests.support.certificates import DAY, ZERO
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.orders import MAX_HOLD, NOTHING, PURSE, Orders, State

MOST = 2**96 - 1

# reverts


def test_open_reverts_with_nothing(orders: Orders) -> None:
    with reverts("Orders_ZeroAmount"):
        orders.open(0)


def test_open_reverts_for_no_seller_and_for_the_contract_itself(orders: Orders) -> None:
    """What were paid to the contract itself nobody could ever fetch."""
    for seller in (ZERO, orders.contract):
        with reverts("Custody_ZeroAddress"):
            orders.open(seller=seller)


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_open_reverts_when_the_end_is_not_ahead(orders: Orders, late: int) -> None:
    ends_at = orders.now() + 100
    now = at(ends_at + late)
    if late < 0:
        assert orders.state(orders.open(ends_at=ends_at)) == State(1_000, ends_at, False, 0)
        return
    with reverts("Orders_EndOutOfRange", ends_at, now + 1, now + MAX_HOLD):
        orders.open(ends_at=ends_at)


@pytest.mark.parametrize("ends_at", [0, 2**40 - 1, 1_900_000_000_000])
def test_open_reverts_for_a_slip_of_the_clock(orders: Orders, ends_at: int) -> None:
    """No end, no end in a life, a time in milliseconds (cut by 40 bits)."""
    ends_at %= 2**40
    now = at(orders.now() + 10)
    with reverts("Orders_EndOutOfRange", ends_at, now + 1, now + MAX_HOLD):
        orders.open(ends_at=ends_at)


@pytest.mark.parametrize("more", [0, 1])
def test_open_reverts_beyond_two_years(orders: Orders, more: int) -> None:
    now = at(orders.now() + 10)
    ends_at = now + MAX_HOLD + more
    if not more:
        assert orders.state(orders.open(ends_at=ends_at)).ends_at == ends_at
        return
    with reverts("Orders_EndOutOfRange", ends_at, now + 1, now + MAX_HOLD):
        orders.open(ends_at=ends_at)


@pytest.mark.parametrize("how", ["held", "confirmed", "refunded", "ended"])
def test_open_reverts_for_a_number_that_was_used(orders: Orders, how: str) -> None:
    """Once for good: what somebody agreed to of an order is never said of another one."""
    key = orders.open()
    if how == "confirmed":
        orders.confirm(key, 1_000)
    elif how == "refunded":
        orders.refund(key, 1_000)
    elif how == "ended":
        at(orders.state(key).ends_at)
        orders.end(key)
    before = orders.state(key)
    with reverts("Orders_Exists", *key):
        orders.open(5)
    assert orders.state(key) == before


def test_open_reverts_without_the_money(orders: Orders) -> None:
    orders.token.approve(orders.contract, 999, {"from": orders.holder})
    with reverts("ERC20InsufficientAllowance", orders.contract, 999, 1_000):
        orders.open()
    orders.token.approve(orders.contract, 2**255, {"from": orders.recipient})
    with reverts("ERC20InsufficientBalance", orders.recipient, 0, 1_000):
        orders.open(buyer=orders.recipient)
    assert orders.state(orders.key()) == NOTHING


# it holds


@pytest.mark.parametrize("to_seller", [False, True])
@pytest.mark.parametrize("number", [0, 7, 2**64 - 1])
def test_open(orders: Orders, to_seller: bool, number: int) -> None:
    ends_at = orders.now() + 14 * DAY
    opening = orders.opening(number, ends_at=ends_at, to_seller=to_seller)
    tx = orders.contract.open(opening, 1_234, {"from": orders.holder})
    key = orders.key(number)
    assert logs_of(tx, orders.contract) == [("OrderOpened", *key, 1_234, ends_at, to_seller, 0)]
    assert orders.state(key) == State(1_234, ends_at, to_seller, 0)
    assert (orders.held(), orders.balance(orders.holder)) == (1_234, PURSE - 1_234)


def test_open_the_most(orders: Orders) -> None:
    key = orders.open(MOST)
    assert orders.state(key).held == orders.held() == MOST
    orders.confirm(key, MOST)
    assert orders.balance(orders.merchant) == MOST


def test_orders_of_one_number_are_told_apart_by_buyer_and_seller(orders: Orders) -> None:
    """Nobody takes a number from somebody else, or opens an order in another's name."""
    keys = [
        orders.open(1),
        orders.open(20, buyer=orders.giver),
        orders.open(300, seller=orders.creator),
        orders.open(4_000, buyer=orders.giver, seller=orders.creator),
        orders.open(50_000, 2),
    ]
    assert len(set(keys)) == 5
    assert [orders.state(key).held for key in keys] == [1, 20, 300, 4_000, 50_000]
    orders.confirm(keys[2], 300)
    orders.refund(keys[1], 20)
    assert [orders.state(key).held for key in keys] == [1, 0, 0, 4_000, 50_000]
    assert orders.balance(orders.creator) == 300


def test_a_buyer_can_be_the_seller(orders: Orders) -> None:
    """It pays itself: of no use, and no harm."""
    key = orders.open(buyer=orders.holder, seller=orders.holder)
    orders.confirm(key, 400)
    orders.refund(key, 600)
    assert orders.balance(orders.holder) == PURSE
