"""The books of a HeldOrders from logs alone: right after every act, wrong when one unit is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3

from largesse.books.orders import OrderBooks
from largesse.books.replay import InsolventError
from largesse.chain import Node
from largesse.chainlogs import Event, LogError
from largesse.clients.certificates import Certificates
from largesse.clients.orders import HeldOrder, OrderKey
from largesse.solvency.orders import OrderAudit, audit_orders
from tests.support.clock import at
from tests.support.orders import ITSELF, Orders

Audit = Callable[[], OrderAudit]
KEY = OrderKey("0x" + "11" * 20, "0x" + "22" * 20, 1)


@pytest.fixture
def audited(orders: Orders, node_url: str) -> Audit:
    """Audits, and finds nothing wrong."""
    certificates = Certificates(Node.at(node_url), orders.world.certificates.address)

    def audit() -> OrderAudit:
        found = audit_orders(certificates, orders.contract.address)
        assert (found.problems, found.surplus, found.narrowest) == ((), 0, 0)
        assert found.books.liabilities == orders.held()
        return found

    return audit


def test_every_way_of_an_order(orders: Orders, audited: Audit) -> None:
    series = orders.named_series(50_000)
    keys = [orders.open(1_000), orders.open_with(series, 500, 2, to_seller=True)]
    audited()
    orders.confirm(keys[0], 300)
    orders.refund(keys[0], 100)
    orders.refund(keys[1], 50)
    audited()
    ends_at = orders.state(keys[1]).ends_at
    at(ends_at)
    for key in keys:
        orders.end(key)
    books = audited().books
    first, second = (books.orders[OrderKey(*key)] for key in keys)
    assert (first.opened, first.confirmed, first.refunded, first.ended) == (1_000, 300, 100, 600)
    assert (second.confirmed, second.refunded, second.ended) == (0, 50, 450)
    assert second.order == HeldOrder(0, ends_at, True, series)
    assert (books.paid_in, books.paid_out, books.liabilities) == (1_500, 1_500, 0)


def test_a_payout_that_the_currency_refuses_is_owed(make_orders: Any, make_token: Any, node_url: str) -> None:
    orders = make_orders(make_token("BlacklistToken"))
    certificates = Certificates(Node.at(node_url), orders.world.certificates.address)
    key = orders.open(1_000)
    orders.token.blacklist(orders.merchant, {"from": orders.deployer})
    orders.confirm(key, 400)
    found = audit_orders(certificates, orders.contract.address)
    assert (found.problems, found.books.total_owed, found.surplus) == ((), 400, 0)
    orders.contract.withdrawOwed(orders.merchant, orders.recipient, ITSELF, {"from": orders.merchant})
    found = audit_orders(certificates, orders.contract.address)
    assert (found.problems, found.books.liabilities, found.books.total_owed) == ((), 600, 0)


def test_one_unit_taken_away_is_missed(orders: Orders, node_url: str) -> None:
    orders.open(1_000)
    # OpenZeppelin's ERC-20 keeps balances in the mapping at slot 0.
    slot = web3.keccak(bytes(12) + bytes.fromhex(orders.contract.address[2:]) + bytes(32))
    answer = web3.provider.make_request(
        "anvil_setStorageAt",
        [orders.token.address, slot.to_0x_hex(), "0x" + (999).to_bytes(32, "big").hex()],
    )
    assert answer["result"]
    certificates = Certificates(Node.at(node_url), orders.world.certificates.address)
    found = audit_orders(certificates, orders.contract.address)
    with pytest.raises(InsolventError) as error:
        found.require_solvent()
    assert error.value.reason == "missing_money"


def event(name: str, amount: int, **more: Any) -> Event:
    values = {"buyer": KEY.buyer, "seller": KEY.seller, "number": KEY.number, "amount": amount, **more}
    return Event(1, "0x", 0, name, values)


OPENED = event("OrderOpened", 100, endsAt=9, toSeller=False, seriesId=0)


@pytest.mark.parametrize(
    "events",
    [
        [OPENED, OPENED],
        [event("OrderConfirmed", 1)],
        [OPENED, event("OrderConfirmed", 101)],
        [OPENED, event("OrderRefunded", 100), event("OrderRefunded", 1)],
        [OPENED, event("OrderEnded", 100, toSeller=True)],
        [OPENED, event("OrderEnded", 99, toSeller=False)],
    ],
    ids=["twice", "unknown", "over held", "refunded twice", "other side", "something left"],
)
def test_logs_that_cant_have_happened(events: list[Event]) -> None:
    with pytest.raises(LogError) as error:
        OrderBooks().add(events)
    assert error.value.reason == "inconsistent"
