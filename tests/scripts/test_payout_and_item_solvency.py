"""The books of a UniswapV2Payout and an ItemShop from logs alone: right after every act, wrong when one unit
is gone."""

from __future__ import annotations

from typing import Any

import pytest
from brownie import web3

from largesse.books.items import ItemBooks, ItemKey
from largesse.books.replay import InsolventError
from largesse.chain import Node
from largesse.chainlogs import Event, LogError
from largesse.clients.certificates import Certificates
from largesse.clients.items import Listing
from largesse.solvency.items import ItemAudit, audit_items
from largesse.solvency.payout import audit_payout
from tests.fixtures.items import PRICE, STOCK, SWORD, Items
from tests.fixtures.payout import Payouts
from tests.support.consents import ITSELF


def client(world: Any, node_url: str) -> Certificates:
    return Certificates(Node.at(node_url), world.certificates.address)


def test_payouts_add_up_and_nothing_lies_there(payouts: Payouts, node_url: str) -> None:
    certificates, fair = client(payouts.world, node_url), payouts.quote(1_000)
    payouts.redeem(payouts.data(fair))
    payouts.redeem(payouts.data(path=[payouts.token, payouts.other, payouts.third]))
    found = audit_payout(certificates, payouts.contract.address)
    assert (found.problems, found.surplus, found.narrowest) == ((), 0, 0)
    books = found.books
    assert (books.payouts, books.paid_in, books.paid_out) == (2, 2_000, 2_000)
    other, third = payouts.other, payouts.third
    assert books.received == {other.address: fair, third.address: third.balanceOf(payouts.holder)}
    payouts.token.mint(payouts.contract, 3, {"from": payouts.deployer})
    assert audit_payout(certificates, payouts.contract.address).surplus == 3


def audited(items: Items, node_url: str) -> ItemAudit:
    """With nothing wrong."""
    found = audit_items(client(items.world, node_url), items.contract.address)
    assert (found.problems, found.surplus, found.narrowest) == ((), 0, 0)
    return found


def test_offers_and_sales(items: Items, node_url: str) -> None:
    key = ItemKey(items.merchant.address, items.collection.address, SWORD)
    items.buy(items.data(2), 2 * PRICE)
    books = audited(items, node_url).books
    assert books.listings == {key: Listing(PRICE, STOCK - 2)}
    assert (books.sales, books.paid_in, books.paid_out, books.liabilities) == (1, 2 * PRICE, 2 * PRICE, 0)
    items.contract.withdraw(items.collection, SWORD, {"from": items.merchant})
    items.contract.list(items.item(7, SWORD + 1), 3, {"from": items.merchant})
    books = audited(items, node_url).books
    assert books.listings == {key: Listing(0, 0), key._replace(item_id=SWORD + 1): Listing(7, 3)}


def test_what_the_currency_refuses_is_owed(make_items: Any, make_token: Any, node_url: str) -> None:
    items: Items = make_items(make_token("BlacklistToken"))
    items.token.blacklist(items.merchant, {"from": items.deployer})
    items.buy(items.data())
    found = audited(items, node_url)
    assert (found.books.total_owed, found.books.liabilities, found.reserve) == (PRICE, PRICE, PRICE)
    # OpenZeppelin's ERC-20 keeps balances in the mapping at slot 0.
    take_one(items)
    with pytest.raises(InsolventError) as error:
        audit_items(client(items.world, node_url), items.contract.address).require_solvent()
    assert error.value.reason == "missing_money"


def test_what_was_owed_is_paid(make_items: Any, make_token: Any, node_url: str) -> None:
    items: Items = make_items(make_token("BlacklistToken"))
    items.token.blacklist(items.merchant, {"from": items.deployer})
    items.buy(items.data())
    items.contract.withdrawOwed(items.merchant, items.recipient, ITSELF, {"from": items.merchant})
    assert audited(items, node_url).books.liabilities == 0


def take_one(items: Items) -> None:
    """One unit less lies in the shop."""
    slot = web3.keccak(bytes(12) + bytes.fromhex(items.contract.address[2:]) + bytes(32))
    value = "0x" + (PRICE - 1).to_bytes(32, "big").hex()
    answer = web3.provider.make_request("anvil_setStorageAt", [items.token.address, slot.to_0x_hex(), value])
    assert answer["result"]


def event(name: str, **more: Any) -> Event:
    values = {"merchant": "0x" + "11" * 20, "collection": "0x" + "22" * 20, "itemId": 1, **more}
    return Event(1, "0x", 0, name, values)


LISTED = event("ItemListed", price=5, stock=2)
SOLD = event("ItemSold", price=5, quantity=2, recipient="0x" + "33" * 20)


@pytest.mark.parametrize(
    "events",
    [
        [SOLD],
        [LISTED, SOLD, SOLD],
        [LISTED, event("ItemSold", price=4, quantity=1)],
        [LISTED, event("ItemSold", price=5, quantity=0)],
        [LISTED, event("ItemWithdrawn"), SOLD],
    ],
    ids=["not listed", "over stock", "another price", "nothing", "withdrawn"],
)
def test_logs_that_cant_have_happened(events: list[Event]) -> None:
    with pytest.raises(LogError) as error:
        ItemBooks().add(events)
    assert error.value.reason == "inconsistent"
