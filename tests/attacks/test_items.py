"""What a thief, a bad merchant or an odd collection would try in the item shop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from brownie import web3

from tests.fixtures.accounts import MakeAccount, container
from tests.fixtures.items import PRICE, STOCK, SWORD, Items
from tests.fixtures.tokens import MakeToken
from tests.support.certificates import NO_SIGNATURE
from tests.support.consents import ITSELF
from tests.support.entitlements import NONE, REMAINDER
from tests.support.errors import reverts
from tests.support.payments import card_digest, payment_with, selector
from tests.zoo.raw import raw_send

LOCKED = "ReentrancyGuardReentrantCall"


@pytest.fixture(scope="module")
def odd(items: Items) -> Any:
    """The merchant sells 5 items of an odd collection."""
    collection = container("OddItems").deploy({"from": items.deployer})
    collection.mint(items.merchant, SWORD, 5, {"from": items.deployer})
    collection.setApprovalForAll(items.contract, True, {"from": items.merchant})
    items.contract.list((collection, SWORD, PRICE), 5, {"from": items.merchant})
    return collection


@pytest.fixture(autouse=True)
def nothing_stays(items: Items, isolation: None) -> Iterator[None]:
    """After each test the shop holds what it owes, and no items."""
    yield
    assert items.token.balanceOf(items.contract) == items.contract.totalOwed() == 0
    assert items.has(items.contract) == 0


def signed(items: Items, data: bytes, amount: int = PRICE) -> tuple[Any, tuple[Any, ...]]:
    """A payment by anybody, and the holder's signed card for it."""
    payment = items.world.payment(items.contract, payee=items.merchant, data=data)
    card = items.world.redemption(
        items.named, amount, merchant=items.contract, payee=items.merchant, data=data
    )
    return payment, card


# front-running


@pytest.mark.parametrize("change", [-1, 1])
def test_a_price_changed_in_front_of_a_purchase_buys_nothing(items: Items, change: int) -> None:
    """Up or down, at whatever quantity the sum would fit: what was signed has the price in it."""
    payment, card = signed(items, items.data(2), 2 * PRICE)
    items.contract.list(items.item(PRICE + change), STOCK, {"from": items.merchant})
    with reverts("Items_PriceDiffers", PRICE, PRICE + change):
        items.certificates.pay(payment, [card], {"from": items.relayer})
    items.contract.list(items.item(), STOCK, {"from": items.merchant})
    items.certificates.pay(payment, [card], {"from": items.relayer})
    assert items.has(items.holder) == 2


def test_whoever_sends_it_gets_nothing_of_it(items: Items) -> None:
    """A relayer that would have the sword itself, or fewer swords delivered, has no signature for it."""
    payment, card = signed(items, items.data(2), 2 * PRICE)
    for data in (items.data(2, recipient=items.relayer), items.data(1)):
        digest = card_digest(items.world, card, payment_with(payment, data=data))
        with reverts("GiftCertificates_InvalidSignature", items.holder, digest):
            items.certificates.pay(payment_with(payment, data=data), [card], {"from": items.relayer})


def test_a_purchase_happens_once(items: Items) -> None:
    payment, card = signed(items, items.data())
    items.certificates.pay(payment, [card], {"from": items.relayer})
    with reverts("GiftCertificates_NonceTooLow", 1, 1):
        items.certificates.pay(payment, [card], {"from": items.relayer})
    assert items.has(items.holder) == 1


def test_nobody_buys_up_the_stock_for_less(items: Items) -> None:
    """An old offer is none as soon as there is a new one, also where the new one is dearer by far."""
    items.contract.list(items.item(100 * PRICE), STOCK, {"from": items.merchant})
    with reverts("Items_PriceDiffers", PRICE, 100 * PRICE):
        items.buy(items.data(STOCK), STOCK * PRICE)


# who sells what


def test_what_a_merchant_approved_nobody_else_sells(items: Items) -> None:
    """A thief lists the merchant's collection: its own items would move, and it has none."""
    thief = items.stranger
    items.contract.list(items.item(1), STOCK, {"from": thief})
    items.collection.setApprovalForAll(items.contract, True, {"from": thief})
    with reverts("ERC1155InsufficientBalance", thief, 0, 1, SWORD):
        items.buy(items.data(item=items.item(1)), 1, series=items.open_series, payee=thief)
    with reverts("GiftCertificates_NotMerchant", items.named, thief):
        items.buy(items.data(item=items.item(1)), 1, payee=thief)


def test_the_shop_itself_sells_nothing(items: Items) -> None:
    """A service may be its own payee, in a named series too: its listings would be anybody's."""
    for series in (items.open_series, items.named):
        with reverts("Items_NotListed", items.contract, items.collection, SWORD):
            items.buy(items.data(), series=series, payee=items.contract)


def test_cards_of_certificates_are_items_too(items: Items) -> None:
    """A merchant may sell cards for cards: they come out of its own hand, at its own price."""
    world, series = items.world, items.open_series
    world.issue(series, items.merchant, 1_000)
    item = (str(items.certificates), series, 2)
    items.contract.list(item, 400, {"from": items.merchant})
    items.certificates.setApprovalForAll(items.contract, True, {"from": items.merchant})
    before = int(items.certificates.balanceOf(items.holder, series))
    items.buy(items.data(100, item=item), 200)
    assert items.certificates.balanceOf(items.holder, series) == before + 100
    assert items.certificates.balanceOf(items.merchant, series) == 900


def test_what_was_bought_frees_the_remainder_only_as_any_payment_does(items: Items) -> None:
    """Nothing stays placed with the shop, that could be handed back or would hold up a refund."""
    certificates, holder = items.certificates, items.holder
    series = items.world.named_series()
    certificates.addServices(series, [items.contract], {"from": items.issuer})
    items.world.issue(series, holder, 50_000)
    dear = items.item(29_999)
    items.contract.list(dear, 1, {"from": items.merchant})
    items.buy(items.data(item=dear), 29_999, series=series)
    assert certificates.refundable(series, holder) == (NONE, 0, 0)
    items.contract.list(items.item(1), 1, {"from": items.merchant})
    items.buy(items.data(item=items.item(1)), 1, series=series)
    assert certificates.refundable(series, holder) == (REMAINDER, 20_000, 20_000)
    assert certificates.placed(series, items.contract, holder) == 0
    certificates.refund(holder, series, 20_000, 20_000, NO_SIGNATURE, {"from": holder})


# collections and recipients


@pytest.mark.parametrize("extra", [-2, -1, 1])
def test_a_collection_that_delivers_another_number(items: Items, odd: Any, extra: int) -> None:
    """It says that all went well; what arrived is measured, and the money stays where it was."""
    odd.setExtra(extra, {"from": items.deployer})
    paid = items.token.balanceOf(items.merchant)
    with reverts("Items_NotDelivered", 2, 2 + extra):
        items.buy(items.data(2, item=(str(odd), SWORD, PRICE)), 2 * PRICE)
    assert items.token.balanceOf(items.merchant) == paid


def test_a_recipient_that_hands_on_what_it_was_just_handed_has_not_received_it(
    items: Items, make_account: MakeAccount
) -> None:
    account = make_account("ReentrantReceiver1155", items.stranger)
    on = items.collection.safeTransferFrom.encode_input(account, items.stranger, SWORD, 1, b"")
    account.program(items.collection, on, 1, {"from": items.stranger})
    with reverts("Items_NotDelivered", 1, 0):
        items.buy(items.data(recipient=account))


def calls(items: Items, me: Any) -> dict[str, tuple[Any, str, str]]:
    """What an account that is handed an item, or its collection, might call: target, data, refusal."""
    contract, certificates = items.contract, items.certificates
    payment = items.world.payment(contract, payee=items.merchant, data=items.data(recipient=me))
    card = items.world.own_card(items.open_series, PRICE, me)
    portions = [(str(me), items.open_series, PRICE)]
    return {
        "pay": (certificates, certificates.pay.encode_input(payment, [card]), LOCKED),
        "refund": (
            certificates,
            certificates.refund.encode_input(me, items.open_series, 1, 1, NO_SIGNATURE),
            LOCKED,
        ),
        "onRedemption": (
            contract,
            contract.onRedemption.encode_input(items.merchant, PRICE, 0, portions, items.data(recipient=me)),
            LOCKED,
        ),
        "withdrawOwed": (contract, contract.withdrawOwed.encode_input(me, me, ITSELF), LOCKED),
    }


@pytest.mark.parametrize("call", ["pay", "refund", "onRedemption", "withdrawOwed"])
def test_a_recipient_that_calls_back_finds_the_door_shut(
    items: Items, make_account: MakeAccount, call: str
) -> None:
    """In the middle of the delivery, with a card of its own."""
    account = make_account("ReentrantReceiver1155", items.stranger)
    items.world.issue(items.open_series, account, 100_000)
    target, data, refusal = calls(items, account)[call]
    account.program(target, data, 1, {"from": items.stranger})
    items.buy(items.data(recipient=account))
    assert (account.callsMade(), account.succeeded()) == (1, False)
    assert bytes.fromhex(str(account.returned())[2:]) == selector(refusal)
    assert items.has(account) == 1


@pytest.mark.parametrize("call", ["pay", "onRedemption", "withdrawOwed"])
def test_a_collection_that_calls_back_finds_the_door_shut(items: Items, odd: Any, call: str) -> None:
    target, data, refusal = calls(items, odd)[call]
    odd.program(target, data, 1, {"from": items.deployer})
    items.buy(items.data(item=(str(odd), SWORD, PRICE)))
    assert (odd.callsMade(), odd.succeeded()) == (1, False)
    assert bytes.fromhex(str(odd.returned())[2:]) == selector(refusal)


def test_a_merchant_that_takes_its_offer_back_in_the_middle(items: Items, odd: Any) -> None:
    """The offer was good when it was taken, and the stock went down before anything was called."""
    listing = items.contract.listing.encode_input(items.merchant, odd, SWORD)
    odd.program(items.contract, listing, 1, {"from": items.deployer})
    items.buy(items.data(3, item=(str(odd), SWORD, PRICE)), 3 * PRICE)
    assert [int(word) for word in web3.codec.decode(["uint256", "uint256"], odd.returned())] == [PRICE, 2]


# odd currencies


def test_a_currency_that_keeps_a_fee_is_refused(make_items: Any, make_token: MakeToken) -> None:
    items: Items = make_items(make_token("FeeToken"))
    items.token.setFeeBps(400, {"from": items.deployer})
    with reverts("GiftCertificates_ArrivedDiffers", PRICE, PRICE - 10):
        items.buy(items.data())
    assert items.has(items.holder) == 0


def test_a_currency_that_calls_back_finds_the_door_shut(make_items: Any, make_token: MakeToken) -> None:
    """While the merchant is paid, before the delivery."""
    token = make_token("ReenteringToken")
    items: Items = make_items(token)
    for target, data, refusal in calls(items, token).values():
        token.program(target, data, 2, {"from": items.deployer})  # the first on the money's way to the shop
        items.buy(items.data())
        assert (token.callsMade(), token.succeeded()) == (2, False)
        assert bytes.fromhex(str(token.returned())[2:]) == selector(refusal)
    assert items.has(items.holder) == 4


def test_a_payout_is_never_starved_into_a_debt(items: Items) -> None:
    """Whoever sends too little gas has its transaction reverted; nobody is owed what could be paid."""
    payment = items.world.payment(items.contract, payee=items.merchant, data=items.data())
    pay = items.certificates.pay
    args = (payment, [items.world.own_card(items.named, PRICE)])
    full = int(pay.estimate_gas(*args, {"from": items.holder}))
    for gas in range(full - 60_000, full + 6_000, 6_000):
        status = raw_send(pay, *args, sender=items.holder, gas=gas)["status"]
        assert items.contract.totalOwed() == 0
        if status == 1:
            break
    assert (status, items.has(items.holder)) == (1, 1)
