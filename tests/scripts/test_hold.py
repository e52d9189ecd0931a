"""The script of held orders, as people type it."""

from __future__ import annotations

import pytest

from largesse.arguments import ArgumentError
from largesse.clients.orders import HeldOrder, Opening, OrderKey
from largesse.clients.service import ServiceError
from largesse.errors import LargesseError
from scripts import hold, solvency
from tests.fixtures.desk import KR, US, Desk
from tests.support.clock import mine_at

USDC = 10**6
ORDER = ("currency=USDC", "number=7001")
SELLER, BUYER = "seller=merchant", "buyer=holder"


def opened(*more: str) -> OrderKey:
    key = hold.open(*ORDER, SELLER, "amount=25", *more, "from=holder")
    assert key is not None
    return key


def money(desk: Desk, role: str) -> int:
    return desk.session.orders("USDC").token.balance(desk.address(role))


def state(desk: Desk, key: OrderKey) -> HeldOrder:
    return desk.session.orders("USDC").order(key)


def test_an_order_from_its_opening_to_its_end(desk: Desk) -> None:
    buyer, seller = money(desk, "holder"), money(desk, "merchant")
    key = opened("days=3")
    assert key == OrderKey(desk.address("holder"), desk.address("merchant"), 7001)
    assert hold.show(*ORDER, SELLER, BUYER) == state(desk, key)
    assert hold.confirm(*ORDER, SELLER, "amount=10", "from=holder") == 10 * USDC
    assert hold.refund(*ORDER, BUYER, "amount=2.5", "from=merchant") == 2_500_000
    assert money(desk, "merchant") - seller == 10 * USDC
    with pytest.raises(ArgumentError, match="it ends at"):
        hold.end(*ORDER, SELLER, BUYER)
    mine_at(state(desk, key).ends_at)
    assert hold.end(*ORDER, SELLER, BUYER) == 12_500_000
    assert buyer - money(desk, "holder") == 10 * USDC
    solvency.main("currency=USDC")


def test_all_of_it_unless_a_part_is_named(desk: Desk) -> None:
    buyer, seller = money(desk, "holder"), money(desk, "merchant")
    opened()
    assert hold.confirm(*ORDER, SELLER, "from=holder") == 25 * USDC
    hold.open("currency=USDC", "number=7002", SELLER, "amount=4", "from=holder")
    assert hold.refund("currency=USDC", "number=7002", BUYER, "from=merchant") == 4 * USDC
    assert (buyer - money(desk, "holder"), money(desk, "merchant") - seller) == (25 * USDC, 25 * USDC)


def test_an_end_in_the_sellers_favour(desk: Desk) -> None:
    seller = money(desk, "merchant")
    key = opened("favours=seller", "days=1")
    mine_at(state(desk, key).ends_at)
    for late in (lambda: hold.confirm(*ORDER, SELLER), lambda: hold.refund(*ORDER, BUYER)):
        with pytest.raises(ArgumentError, match="it ended at"):
            late()
    hold.end(*ORDER, SELLER, BUYER, "from=merchant")
    assert money(desk, "merchant") - seller == 25 * USDC
    with pytest.raises(ArgumentError, match="nothing is left of order 7001"):
        hold.end(*ORDER, SELLER, BUYER)


def test_an_order_is_paid_with_a_certificate(desk: Desk) -> None:
    """What is sold out comes back to the card."""
    desk.issue("holder", "50000")
    orders, order = desk.session.orders("KRWT"), ("currency=KRWT", "number=1")
    with pytest.raises(ServiceError) as refused:
        hold.open(*order, "seller=bookshop", "amount=30000", f"series={KR}", "from=holder")
    assert refused.value.reason == "not_a_service"
    orders.admit(desk.wallet("issuer"), 1, desk.address("bookshop"))
    hold.open(*order, "seller=bookshop", "amount=30000", f"series={KR}", "from=holder")
    hold.refund(*order, BUYER, "amount=12000", "from=bookshop")
    hold.confirm(*order, "seller=bookshop", "from=holder")
    assert desk.krw.account(1, desk.address("holder")).balance == 32_000
    solvency.main("currency=KRWT")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((*ORDER, SELLER, "amount=0.0000001"), "too_many_decimals"),
        ((*ORDER, SELLER, "amount=25", "days=0"), "out_of_range"),
        ((*ORDER, SELLER, "amount=25", "days=731"), "out_of_range"),
        ((*ORDER, SELLER, "amount=25", "favours=nobody"), "bad_side"),
        ((*ORDER, "seller=nobody", "amount=25"), "bad_address"),
        (("currency=USDC", "number=18446744073709551616", SELLER, "amount=25"), "out_of_range"),
        (("currency=XYZ", "number=1", SELLER, "amount=25"), "unknown_currency"),
        ((*ORDER, SELLER, "amount=25", f"series={KR}"), "other_currency"),
        ((*ORDER, SELLER, "amount=25", f"series={US}"), "not_a_service"),
        ((*ORDER, SELLER, "amount=25", "from=relayer"), "not_enough_money"),
    ],
)
def test_openings_that_are_refused(desk: Desk, arguments: tuple[str, ...], reason: str) -> None:
    block = desk.block()
    with pytest.raises(LargesseError) as error:
        hold.open(*arguments)
    assert (error.value.reason, desk.block()) == (reason, block)


def test_what_is_refused_of_an_order(desk: Desk) -> None:
    """Before anything is sent, with the value and the rule."""
    opened()
    block = desk.block()
    other = ("currency=USDC", "number=8")
    for act, reason, words in (
        (lambda: opened(), "number_used", "number 7001 was used"),
        (lambda: hold.confirm(*ORDER, SELLER, "amount=25.000001"), "over_held", "25 USDC is held"),
        (lambda: hold.confirm(*ORDER, SELLER, "amount=0"), None, "amount"),
        (lambda: hold.refund(*ORDER, "buyer=agent"), "no_such_order", "there is no order 7001"),
        (lambda: hold.confirm(*other, SELLER), "no_such_order", "there is no order 8"),
        (lambda: hold.end(*other, SELLER, BUYER), "no_such_order", "there is no order 8"),
        (lambda: hold.show(*other, SELLER, BUYER), "no_such_order", "there is no order 8"),
    ):
        with pytest.raises(LargesseError, match=words) as error:
            act()
        assert reason in (None, error.value.reason)
    assert desk.block() == block


def test_one_signature_opens_and_one_confirms(desk: Desk) -> None:
    """From Python: the buyer sends nothing. In real USDC, by EIP-3009."""
    orders, buyer, relayer = desk.session.orders("USDC"), desk.wallet("supporter"), desk.wallet("relayer")
    nonce = orders.node.web3.eth.get_transaction_count(buyer.address)
    seller = desk.wallet("merchant")
    opening = Opening(seller.address, 5, orders.node.now() + 1_000, to_seller=True)
    orders.submit(relayer, orders.sign_open(buyer, opening, 9 * USDC))
    key = OrderKey(buyer.address, seller.address, 5)
    assert orders.order(key) == HeldOrder(9 * USDC, opening.ends_at, True, 0)
    orders.submit(relayer, orders.sign_refund(seller, key, USDC))
    orders.submit(seller, orders.sign_confirm(buyer, key, 3 * USDC))
    orders.submit(seller, orders.sign_confirm(buyer, key, 5 * USDC))
    assert orders.order(key).held == orders.owed(seller.address) == 0
    assert orders.node.web3.eth.get_transaction_count(buyer.address) == nonce
