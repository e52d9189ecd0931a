"""A redemption into ItemShop: the merchant is paid and the items are delivered, or neither."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi.abi import encode

from largesse.signing import keccak
from tests.fixtures.accounts import MakeAccount
from tests.fixtures.items import PRICE, STOCK, SWORD, Items
from tests.support.certificates import YEAR
from tests.support.clock import later
from tests.support.errors import reverts
from tests.support.logs import logs_of


def listing(item: tuple[str, int, int]) -> bytes:
    return keccak(encode(["address", "uint256", "uint96"], list(item)))


@pytest.fixture(autouse=True)
def nothing_stays(items: Items, isolation: None) -> Iterator[None]:
    """After each test the shop holds what it owes, and no items."""
    yield
    assert items.token.balanceOf(items.contract) == items.contract.totalOwed()
    assert items.has(items.contract) == 0


# reverts


def test_it_reverts_for_anybody_but_the_certificates(items: Items) -> None:
    portions = [(items.holder, items.named, PRICE)]
    with reverts("Items_NotCertificates", items.stranger):
        items.contract.onRedemption(
            items.merchant, PRICE, 0, portions, items.data(), {"from": items.stranger}
        )


@pytest.mark.parametrize("amount", [PRICE - 1, PRICE + 1, 2 * PRICE, 1])
def test_it_reverts_unless_the_price_is_paid_exactly(items: Items, amount: int) -> None:
    with reverts("Items_PriceDiffers", amount, PRICE):
        items.buy(items.data(), amount)


def test_it_reverts_for_nothing(items: Items) -> None:
    with reverts("Items_ZeroQuantity"):
        items.buy(items.data(0))


def test_it_reverts_for_what_the_payee_did_not_list(items: Items) -> None:
    """At another price; of another merchant, whose stock and approval another's listing must not sell."""
    cheap = items.item(1)
    with reverts("Items_NotListed", items.merchant, listing(cheap)):
        items.buy(items.data(item=cheap), 1)
    items.contract.list(cheap, {"from": items.other_merchant})
    with reverts("ERC1155MissingApprovalForAll", items.contract, items.other_merchant):
        items.buy(items.data(item=cheap), 1, payee=items.other_merchant)


def test_a_price_that_rose_in_front_of_a_purchase_buys_nothing(items: Items) -> None:
    """What was signed has the price in it."""
    items.contract.withdraw(items.item(), {"from": items.merchant})
    items.contract.list(items.item(PRICE + 1), {"from": items.merchant})
    with reverts("Items_NotListed", items.merchant, listing(items.item())):
        items.buy(items.data())


def test_it_reverts_beyond_the_stock_or_without_approval(items: Items) -> None:
    with reverts("ERC1155InsufficientBalance", items.merchant, STOCK, STOCK + 1, SWORD):
        items.buy(items.data(STOCK + 1), PRICE * (STOCK + 1))
    items.collection.setApprovalForAll(items.contract, False, {"from": items.merchant})
    with reverts("ERC1155MissingApprovalForAll", items.contract, items.merchant):
        items.buy(items.data())


def test_it_reverts_where_the_recipient_refuses(items: Items, make_account: MakeAccount) -> None:
    """Nothing is paid then."""
    account = make_account("Refuser1155", items.stranger, mode="Reverts")
    before = items.token.balanceOf(items.merchant)
    with reverts("Refuser1155_Refused", items.contract, items.merchant, SWORD, 1):
        items.buy(items.data(recipient=account))
    assert items.token.balanceOf(items.merchant) == before


def test_a_merchant_delivers_nothing_to_itself(items: Items) -> None:
    with reverts("Items_NotDelivered", 1, 0):
        items.buy(items.data(recipient=items.merchant))


def test_it_reverts_after_the_cards_expiry(items: Items) -> None:
    expiry = items.certificates.terms(items.named)[2]
    later(2 * YEAR)
    with reverts("GiftCertificates_Expired", items.named, expiry):
        items.buy(items.data())


# what it does


@pytest.mark.parametrize("quantity", [1, 3, STOCK])
@pytest.mark.parametrize("named", [False, True])
def test_the_merchant_is_paid_and_the_items_are_there(items: Items, quantity: int, named: bool) -> None:
    series = items.named if named else items.open_series
    before = items.token.balanceOf(items.merchant)
    tx = items.buy(items.data(quantity), quantity * PRICE, series=series)
    assert items.token.balanceOf(items.merchant) == before + quantity * PRICE
    assert (items.has(items.holder), items.has(items.merchant)) == (quantity, STOCK - quantity)
    sold = ("ItemSold", items.merchant, items.collection, SWORD, PRICE, quantity, items.holder)
    assert logs_of(tx, items.contract) == [sold]
    assert items.certificates.placed(series, items.contract, items.holder) == 0
    assert items.certificates.account(series, items.holder)[1] == quantity * PRICE


def test_a_gift_goes_to_whom_the_buyer_named(items: Items) -> None:
    items.buy(items.data(recipient=items.recipient))
    assert items.has(items.recipient) == 1


def test_what_the_currency_refuses_is_owed_and_the_item_delivered(make_items: Any, make_token: Any) -> None:
    token = make_token("BlacklistToken")
    items: Items = make_items(token)
    token.blacklist(items.merchant, {"from": items.deployer})
    items.buy(items.data())
    assert (items.has(items.holder), items.contract.owed(items.merchant)) == (1, PRICE)
    items.contract.withdrawOwed(items.merchant, items.giver, (0, 0, False, b""), {"from": items.merchant})
    assert token.balanceOf(items.giver) == PRICE


def test_a_recipient_that_comes_back_finds_the_door_shut(items: Items, make_account: MakeAccount) -> None:
    """It has a card of its own and tries to buy again, and to withdraw what is owed."""
    account = make_account("ReentrantReceiver1155", items.stranger)
    items.world.issue(items.open_series, account, 100_000)
    payment = items.world.payment(items.contract, payee=items.merchant, data=items.data(recipient=account))
    calls = [
        (items.certificates, items.certificates.pay.encode_input(
            payment, [items.world.own_card(items.open_series, PRICE, account)])),
        (items.contract, items.contract.withdrawOwed.encode_input(account, account, (0, 0, False, b""))),
    ]  # fmt: skip
    for target, call in calls:
        account.program(target, call, 1, {"from": items.stranger})
        items.buy(items.data(recipient=account))
        assert (account.callsMade(), account.succeeded()) == (1, False)
    assert items.has(account) == 2
