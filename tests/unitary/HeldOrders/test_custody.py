"""permit, multicall, withdrawOwed and the views."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from largesse.eip712 import Message, keccak, orders_domain
from largesse.signed import orders as order_messages
from largesse.signed.certificates import OwedWithdrawal
from tests.fixtures.tokens import sign_permit, token_domain
from tests.support.certificates import DAY, ZERO
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.orders import ITSELF, NOTHING, TYPES, Orders
from tests.support.outputs import returned

INTERFACE = Path(__file__).resolve().parents[3] / "interfaces" / "IHeldOrders.sol"


def test_permit_and_open_in_one_transaction(orders: Orders) -> None:
    buyer, deadline = orders.recipient, orders.now() + DAY
    orders.token.mint(buyer, 1_000, {"from": orders.deployer})
    domain = token_domain(orders.token)
    signature = sign_permit(
        orders.world.key(buyer), domain, buyer, orders.contract, 1_000, orders.token.nonces(buyer), deadline
    )
    permit = (buyer, 1_000, deadline, *signature)
    orders.token.permit(buyer, orders.contract, *permit[1:], {"from": orders.stranger})  # seen, and used
    calls = [
        orders.contract.permit.encode_input(*permit),
        orders.contract.open.encode_input(orders.opening(1), 600),
        orders.contract.open.encode_input(orders.opening(2), 400),
    ]
    orders.contract.multicall(calls, {"from": buyer})
    assert [orders.state(orders.key(number, buyer=buyer)).held for number in (1, 2)] == [600, 400]


def test_multicall_is_all_or_nothing_and_acts_as_its_sender(orders: Orders) -> None:
    keys = [orders.open(100, number) for number in (1, 2)]
    calls = [orders.contract.confirm.encode_input(key, 100, ITSELF) for key in keys]
    with reverts("Custody_NotItself", orders.holder, orders.merchant):
        orders.contract.multicall(calls, {"from": orders.merchant})
    with reverts("Orders_OverHeld", 100, 0):
        orders.contract.multicall([*calls, calls[0]], {"from": orders.holder})
    assert orders.held() == 200
    orders.contract.multicall(calls, {"from": orders.holder})
    assert orders.balance(orders.merchant) == 200


def test_a_seller_ends_many_orders_at_once(orders: Orders) -> None:
    keys = [orders.open(10, number, to_seller=True) for number in range(5)]
    at(orders.state(keys[-1]).ends_at)
    calls = [orders.contract.end.encode_input(key) for key in keys]
    orders.contract.multicall(calls, {"from": orders.merchant})
    assert (orders.balance(orders.merchant), orders.held()) == (50, 0)


def test_what_the_currency_refuses_is_owed(make_orders: Any, make_token: Any) -> None:
    """To whom it was due, who can have it sent elsewhere; and to nobody else."""
    orders: Orders = make_orders(make_token("BlacklistToken"))
    key = orders.open(100)
    for who in (orders.merchant, orders.holder):
        orders.token.blacklist(who, {"from": orders.deployer})
    tx = orders.confirm(key, 60)
    assert logs_of(tx, orders.contract) == [
        ("OrderConfirmed", *key, 60),
        ("PayoutOwed", orders.merchant, 60),
    ]
    orders.refund(key, 10)
    at(orders.state(key).ends_at)
    orders.end(key)
    owed = [orders.contract.owed(who) for who in (orders.merchant, orders.holder, orders.stranger)]
    assert (owed, orders.contract.totalOwed(), orders.held()) == ([60, 40, 0], 100, 100)
    orders.check_books()

    withdraw, merchant = orders.contract.withdrawOwed, {"from": orders.merchant}
    with reverts("Custody_NotItself", orders.merchant, orders.stranger):
        withdraw(orders.merchant, orders.stranger, ITSELF, {"from": orders.stranger})
    for to in (ZERO, orders.contract):
        with reverts("Custody_ZeroAddress"):
            withdraw(orders.merchant, to, ITSELF, merchant)
    with reverts("Custody_LeftDiffers", 60, 0):
        withdraw(orders.merchant, orders.merchant, ITSELF, merchant)
    tx = withdraw(orders.merchant, orders.recipient, ITSELF, merchant)
    assert returned(tx) == orders.balance(orders.recipient) == 60
    assert logs_of(tx, orders.contract) == [("OwedPaid", orders.merchant, orders.recipient, 60)]
    with reverts("Custody_NothingOwed", orders.merchant):
        withdraw(orders.merchant, orders.recipient, ITSELF, merchant)
    orders.check_books()


def test_the_views_of_nothing(orders: Orders) -> None:
    assert orders.state(orders.key()) == NOTHING
    assert (orders.contract.owed(orders.stranger), orders.contract.totalOwed()) == (0, 0)
    assert orders.contract.currency() == orders.token
    assert orders.contract.certificates() == orders.world.certificates


def test_the_domain_separator_is_that_of_eip_712(orders: Orders) -> None:
    separator = bytes.fromhex(str(orders.contract.DOMAIN_SEPARATOR())[2:])
    assert separator == orders.domain.separator
    assert orders_domain(orders.world.chain.id, orders.contract.address) == orders.domain


def test_the_messages_of_the_package_are_those_of_the_interface() -> None:
    """Each type is written out in the interface's documentation, and hashed alike by the package."""
    documented = INTERFACE.read_text(encoding="utf-8")
    for name, members in TYPES.items():
        kind: type[Message] = OwedWithdrawal if name == "OwedWithdrawal" else getattr(order_messages, name)
        assert kind.typehash() == keccak(f"{name}({members})".encode())
        assert name == "OwedWithdrawal" or f"{name}({members})" in documented


def test_the_constructor_takes_certificates_only(orders: Orders, project: Any) -> None:
    with reverts("Custody_ZeroAddress"):
        project.HeldOrders.deploy(orders.stranger, {"from": orders.deployer})
