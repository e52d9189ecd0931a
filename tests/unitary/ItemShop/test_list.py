"""list and withdraw: what a merchant sells, at which price, and how many."""

from __future__ import annotations

from tests.fixtures.items import PRICE, STOCK, SWORD, Items
from tests.support.errors import reverts
from tests.support.logs import logs_of

MOST = 2**64 - 1


def test_list_reverts_for_what_is_no_collection(items: Items) -> None:
    with reverts("Items_NoCollection", items.stranger):
        items.contract.list((items.stranger, 1, 5), 1, {"from": items.merchant})


def test_list_reverts_at_no_price(items: Items) -> None:
    with reverts("Items_ZeroPrice"):
        items.contract.list(items.item(0), 1, {"from": items.merchant})


def test_list_reverts_for_no_stock(items: Items) -> None:
    with reverts("Items_ZeroStock"):
        items.contract.list(items.item(), 0, {"from": items.merchant})


def test_withdraw_reverts_for_what_is_not_listed(items: Items) -> None:
    """Nobody takes another's offer back, nor its own twice."""
    with reverts("Items_NotListed", items.stranger, items.collection, SWORD):
        items.contract.withdraw(items.collection, SWORD, {"from": items.stranger})
    items.contract.withdraw(items.collection, SWORD, {"from": items.merchant})
    with reverts("Items_NotListed", items.merchant, items.collection, SWORD):
        items.contract.withdraw(items.collection, SWORD, {"from": items.merchant})


def test_list(items: Items) -> None:
    """By anybody, each for its own items; it need not have them yet."""
    tx = items.contract.list(items.item(2**96 - 1), MOST, {"from": items.stranger})
    listed = ("ItemListed", items.stranger, items.collection, SWORD, 2**96 - 1, MOST)
    assert logs_of(tx, items.contract) == [listed]
    assert items.listing(items.stranger) == (2**96 - 1, MOST)
    assert items.listing() == (PRICE, STOCK)


def test_another_price_takes_the_place_of_the_first(items: Items) -> None:
    """No forgotten low price stays open."""
    items.contract.list(items.item(PRICE + 50), 3, {"from": items.merchant})
    assert items.listing() == (PRICE + 50, 3)


def test_withdraw(items: Items) -> None:
    items.contract.list(items.item(item_id=SWORD + 1), 1, {"from": items.merchant})
    tx = items.contract.withdraw(items.collection, SWORD, {"from": items.merchant})
    assert logs_of(tx, items.contract) == [("ItemWithdrawn", items.merchant, items.collection, SWORD)]
    assert items.listing() == (0, 0)
    assert items.contract.listing(items.merchant, items.collection, SWORD + 1) == (PRICE, 1)


def test_certificates(items: Items) -> None:
    assert items.contract.certificates() == items.certificates
    assert items.contract.currency() == items.token
