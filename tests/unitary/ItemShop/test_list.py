"""list and withdraw: what a merchant sells, at which price."""

from __future__ import annotations

from eth_abi.abi import encode

from largesse.signing import keccak
from tests.fixtures.items import PRICE, SWORD, Items
from tests.support.errors import reverts
from tests.support.logs import logs_of


def listing(items: Items, price: int = PRICE) -> bytes:
    return keccak(encode(["address", "uint256", "uint96"], list(items.item(price))))


def test_list_reverts_for_what_is_no_collection(items: Items) -> None:
    with reverts("Items_NoCollection", items.stranger):
        items.contract.list((items.stranger, 1, 5), {"from": items.merchant})


def test_list_reverts_at_no_price(items: Items) -> None:
    with reverts("Items_ZeroPrice"):
        items.contract.list(items.item(0), {"from": items.merchant})


def test_list_reverts_twice(items: Items) -> None:
    with reverts("Items_Listed", items.merchant, listing(items)):
        items.contract.list(items.item(), {"from": items.merchant})


def test_withdraw_reverts_for_what_is_not_listed(items: Items) -> None:
    """Nobody takes another's listing back."""
    with reverts("Items_NotListed", items.stranger, listing(items)):
        items.contract.withdraw(items.item(), {"from": items.stranger})


def test_list_and_withdraw(items: Items) -> None:
    tx = items.contract.list(items.item(300), {"from": items.merchant})
    assert logs_of(tx, items.contract) == [("ItemListed", items.merchant, items.collection, SWORD, 300)]
    assert items.contract.isListed(items.merchant, items.item(300))
    assert not items.contract.isListed(items.stranger, items.item(300))
    tx = items.contract.withdraw(items.item(300), {"from": items.merchant})
    assert logs_of(tx, items.contract) == [("ItemWithdrawn", items.merchant, items.collection, SWORD, 300)]
    assert not items.contract.isListed(items.merchant, items.item(300))
    assert items.contract.isListed(items.merchant, items.item())
