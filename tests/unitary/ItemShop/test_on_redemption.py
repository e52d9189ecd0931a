"""A redemption into ItemShop: the merchant is paid and the items are delivered, or neither."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fixtures.accounts import MakeAccount
from tests.fixtures.items import PRICE, STOCK, SWORD, Items
from tests.support.certificates import YEAR
from tests.support.clock import later
from tests.support.errors import reverts, reverts_without_data
from tests.support.logs import logs_of


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
    with reverts("Items_PaymentDiffers", amount, PRICE):
        items.buy(items.data(), amount)


@pytest.mark.parametrize("agreed", [PRICE - 1, PRICE + 1, 0])
def test_it_reverts_at_another_price_than_is_asked(items: Items, agreed: int) -> None:
    with reverts("Items_PriceDiffers", agreed, PRICE):
        items.buy(items.data(item=items.item(agreed)), max(agreed, 1))


def test_it_reverts_for_nothing(items: Items) -> None:
    with reverts("Items_PaymentDiffers", PRICE, 0):
        items.buy(items.data(0))


def test_it_reverts_for_what_the_payee_did_not_list(items: Items) -> None:
    """Another's stock and approval do not sell under one's own name."""
    with reverts("Items_NotListed", items.other_merchant, items.collection, SWORD):
        items.buy(items.data(), payee=items.other_merchant)
    with reverts("Items_NotListed", items.merchant, items.collection, SWORD + 1):
        items.buy(items.data(item=items.item(item_id=SWORD + 1)))
    items.contract.list(items.item(), 1, {"from": items.other_merchant})
    with reverts("ERC1155MissingApprovalForAll", items.contract, items.other_merchant):
        items.buy(items.data(), payee=items.other_merchant)


@pytest.mark.parametrize("quantity", [STOCK + 1, 2**64, 2**256 - 1])
def test_it_reverts_beyond_the_listed_stock(items: Items, quantity: int) -> None:
    """The merchant has one more, which it did not list."""
    with reverts("Items_OverStock", quantity, STOCK):
        items.buy(items.data(quantity), 100)


def test_it_reverts_when_all_are_sold(items: Items) -> None:
    items.buy(items.data(STOCK), STOCK * PRICE)
    with reverts("Items_OverStock", 1, 0):
        items.buy(items.data())
    items.contract.list(items.item(), 1, {"from": items.merchant})
    items.buy(items.data())
    assert (items.has(items.holder), items.has(items.merchant)) == (STOCK + 1, 0)


def test_it_reverts_for_what_is_not_there_or_not_approved(items: Items) -> None:
    items.contract.list(items.item(), STOCK + 2, {"from": items.merchant})
    with reverts("ERC1155InsufficientBalance", items.merchant, STOCK + 1, STOCK + 2, SWORD):
        items.buy(items.data(STOCK + 2), PRICE * (STOCK + 2))
    items.collection.setApprovalForAll(items.contract, False, {"from": items.merchant})
    with reverts("ERC1155MissingApprovalForAll", items.contract, items.merchant):
        items.buy(items.data())


@pytest.mark.parametrize("cut", [0, 32, 159])
def test_it_reverts_for_data_that_say_nothing(items: Items, cut: int) -> None:
    with reverts_without_data():
        items.buy(items.data()[:cut])


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
    assert (items.has(items.holder), items.has(items.merchant)) == (quantity, STOCK + 1 - quantity)
    assert items.listing() == (PRICE, STOCK - quantity)
    sold = ("ItemSold", items.merchant, items.collection, SWORD, PRICE, quantity, items.holder)
    assert logs_of(tx, items.contract) == [sold]
    assert items.certificates.placed(series, items.contract, items.holder) == 0
    assert items.certificates.account(series, items.holder)[1] == quantity * PRICE


def test_a_gift_goes_to_whom_the_buyer_named(items: Items) -> None:
    items.buy(items.data(recipient=items.recipient))
    assert items.has(items.recipient) == 1


def test_several_cards_buy_together(items: Items) -> None:
    """Of one holder's two series; both are counted as used."""
    payment = items.world.payment(items.contract, payee=items.merchant, data=items.data(2))
    cards = [
        items.world.own_card(series, amount)
        for series, amount in ((items.named, PRICE - 1), (items.open_series, PRICE + 1))
    ]
    items.certificates.pay(payment, cards, {"from": items.holder})
    assert items.has(items.holder) == 2
    assert items.certificates.placed(items.named, items.contract, items.holder) == 0


def test_what_the_currency_refuses_is_owed_and_the_item_delivered(make_items: Any, make_token: Any) -> None:
    token = make_token("BlacklistToken")
    items: Items = make_items(token)
    token.blacklist(items.merchant, {"from": items.deployer})
    items.buy(items.data())
    assert (items.has(items.holder), items.contract.owed(items.merchant)) == (1, PRICE)
    items.contract.withdrawOwed(items.merchant, items.giver, (0, 0, False, b""), {"from": items.merchant})
    assert token.balanceOf(items.giver) == PRICE
