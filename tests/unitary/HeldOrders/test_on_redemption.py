"""onRedemption: certificates pay for an order; a named series' money goes back as it came."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode

from largesse.signed.certificates import PaymentRequest, Redemption
from tests.support.certificates import DAY
from tests.support.clock import at, mine_at
from tests.support.errors import reverts, reverts_without_data
from tests.support.logs import logs_of
from tests.support.orders import MAX_HOLD, NOTHING, PURSE, Orders, State, use
from tests.support.outputs import returned
from tests.support.payments import assert_books

PLENTY = 10_000_000


@pytest.fixture(scope="module")
def open_series(orders: Orders) -> int:
    series = orders.world.create_series()
    for person in (orders.holder, orders.giver):
        orders.world.issue(series, person, PLENTY)
    return series


@pytest.fixture(scope="module")
def named(orders: Orders) -> int:
    """The merchant is in its set, and the orders are a service of it."""
    return orders.named_series(PLENTY)


def tomorrow(orders: Orders, number: int = 1, *, to_seller: bool = False) -> bytes:
    return use(number, orders.now() + DAY, to_seller)


def signed(orders: Orders, series: int, amount: int, data: bytes, holder: Any, nonce: int = 1) -> Any:
    return orders.world.redemption(
        series, amount, holder=holder, merchant=orders.contract, payee=orders.merchant, data=data, nonce=nonce
    )


def account(orders: Orders, series: int) -> tuple[int, int]:
    """(balance, spent) of the holder."""
    balance, spent, _ = orders.world.certificates.account(series, orders.holder)
    return int(balance), int(spent)


def placed(orders: Orders, series: int) -> int:
    return int(orders.world.certificates.placed(series, orders.contract, orders.holder))


# reverts


def test_on_redemption_reverts_for_any_other_caller(orders: Orders) -> None:
    """A stranger that reports a payment that never happened."""
    orders.open()  # there is money to be had
    portion = (str(orders.stranger), 1, 100)
    for caller in (orders.stranger, orders.merchant, orders.deployer):
        with reverts("Orders_NotCertificates", caller):
            orders.contract.onRedemption(
                orders.merchant, 100, 0, [portion], tomorrow(orders), {"from": caller}
            )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        use(1, 2_000_000_000)[:-1],
        encode(["uint64", "uint40"], [1, 2_000_000_000]),
        encode(["uint256", "uint256", "uint256"], [2**64, 2_000_000_000, 0]),
        encode(["uint256", "uint256", "uint256"], [1, 2**40, 0]),
        encode(["uint256", "uint256", "uint256"], [1, 2_000_000_000, 2]),
    ],
    ids=["none", "a byte less", "no side", "wide number", "wide end", "a third side"],
)
def test_on_redemption_reverts_for_data_that_say_nothing(
    orders: Orders, open_series: int, data: bytes
) -> None:
    with reverts_without_data():
        orders.redeem([orders.world.own_card(open_series, 100)], data)
    assert account(orders, open_series) == (PLENTY, 0)


def test_on_redemption_reverts_as_open_does(orders: Orders, open_series: int) -> None:
    cards = [orders.world.own_card(open_series, 100)]
    now = at(orders.now() + 10)
    with reverts("Orders_EndOutOfRange", now, now + 1, now + MAX_HOLD):
        orders.redeem(cards, use(1, now))
    now = orders.now()
    with reverts("Orders_EndOutOfRange", now + MAX_HOLD + 1, now + 1, now + MAX_HOLD):
        orders.redeem(cards, use(1, now + MAX_HOLD + 1))
    with reverts("Custody_ZeroAddress"):
        orders.redeem(cards, tomorrow(orders), payee=orders.contract)
    key = orders.open(5)
    with reverts("Orders_Exists", *key):
        orders.redeem(cards, tomorrow(orders))
    assert orders.state(key).held == 5


def test_on_redemption_reverts_for_more_than_96_bits(orders: Orders) -> None:
    """Of several cards."""
    series = [orders.world.create_series() for _ in range(2)]
    for one in series:
        orders.world.issue(one, orders.holder, 2**95)
    cards = [orders.world.own_card(one, 2**95) for one in series]
    with reverts("Custody_AmountTooLarge", 2**96, 2**96 - 1):
        orders.redeem(cards, tomorrow(orders))


@pytest.mark.parametrize("kind", ["open", "named"])
def test_on_redemption_reverts_for_cards_of_two_holders(
    orders: Orders, open_series: int, named: int, kind: str
) -> None:
    """Whoever's is first would be the buyer of it all."""
    series, seen = (open_series, 0) if kind == "open" else (named, named)
    data = tomorrow(orders)
    mine = orders.world.own_card(series, 100)
    theirs = signed(orders, series, 50, data, orders.giver)
    for cards, other, first in (
        ([mine, theirs], orders.giver, orders.holder),
        ([theirs, mine], orders.holder, orders.giver),
        ([mine, mine, theirs], orders.giver, orders.holder),
    ):
        with reverts("Orders_MixedCards", other, first, seen, seen):
            orders.redeem(cards, data)


def test_on_redemption_reverts_for_named_and_open_cards_together(
    orders: Orders, open_series: int, named: int
) -> None:
    """Else it could be had back as cash, or cash be bound to a card; and two named series neither."""
    twin = orders.named_series(50_000)
    plain, first, second = (orders.world.own_card(one, 10) for one in (open_series, named, twin))
    me = orders.holder
    for cards, other, one in (
        ([plain, first], named, 0),
        ([first, plain], 0, named),
        ([first, first, plain], 0, named),
        ([first, second], twin, named),
    ):
        with reverts("Orders_MixedCards", me, me, other, one):
            orders.redeem(cards, tomorrow(orders))


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_on_redemption_reverts_for_an_end_after_the_series(orders: Orders, named: int, late: int) -> None:
    series = named
    expires_at = int(orders.world.certificates.terms(series)[2])
    mine_at(expires_at - 100 * DAY)
    if late < 0:
        key = orders.open_with(series, 1_000, ends_at=expires_at - 1)
        assert orders.state(key) == State(1_000, expires_at - 1, False, series)
        return
    with reverts("Orders_EndsAfterSeries", expires_at + late, expires_at):
        orders.open_with(series, 1_000, ends_at=expires_at + late)


def test_an_open_series_may_expire_before_the_order(orders: Orders, open_series: int) -> None:
    """It became plain money."""
    expires_at = int(orders.world.certificates.terms(open_series)[2])
    mine_at(expires_at - DAY)
    key = orders.open_with(open_series, 1_000, ends_at=expires_at + DAY)
    at(expires_at + DAY)
    assert returned(orders.end(key)) == 1_000
    assert orders.balance(orders.holder) == PURSE + 1_000


def test_a_named_series_pays_only_whom_its_issuer_admitted(orders: Orders, named: int) -> None:
    with reverts("GiftCertificates_NotMerchant", named, orders.stranger):
        orders.redeem([orders.world.own_card(named, 100)], tomorrow(orders), payee=orders.stranger)
    other = orders.world.named_series()
    orders.world.issue(other, orders.holder, 50_000)
    with reverts("GiftCertificates_NotService", other, orders.contract):
        orders.redeem([orders.world.own_card(other, 100)], tomorrow(orders))


# it takes them


@pytest.mark.parametrize("kind", ["open", "named"])
def test_redeem_into_a_new_order(orders: Orders, open_series: int, named: int, kind: str) -> None:
    series = open_series if kind == "open" else named
    ends_at = orders.now() + 9 * DAY
    cards = [orders.world.own_card(series, 700), orders.world.own_card(series, 3)]
    tx = orders.redeem(cards, use(8, ends_at, to_seller=True))
    key, own = orders.key(8), series if kind == "named" else 0
    assert logs_of(tx, orders.contract) == [("OrderOpened", *key, 703, ends_at, True, own)]
    assert orders.state(key) == State(703, ends_at, True, own)
    assert orders.held() == 703
    assert account(orders, series) == (PLENTY - 703, 703)
    orders.confirm(key, 703)
    assert orders.balance(orders.merchant) == 703
    assert_books(orders.world)


def test_somebody_without_gas_pays_with_a_card(orders: Orders, named: int) -> None:
    """Signed by its holder, sent by the seller; the number, the end and the side are what was signed."""
    data = tomorrow(orders, 5)
    card = signed(orders, named, 900, data, orders.holder)
    other = tomorrow(orders, 5, to_seller=True)
    paid = Redemption(
        str(orders.holder), named, 900, orders.contract.address, str(orders.merchant), 0, other, *card[4:6]
    )
    with reverts("GiftCertificates_InvalidSignature", orders.holder, paid.digest(orders.world.domain)):
        orders.redeem([card], other, sender=orders.merchant)
    orders.redeem([card], data, sender=orders.merchant)
    assert orders.state(orders.key(5)).held == 900


def test_a_seller_that_asks_binds_what_it_asked_for(orders: Orders, named: int) -> None:
    """With an order number of the seller's nobody opens it with another end, or in the other's favour."""
    data = tomorrow(orders, 77, to_seller=True)
    payment = orders.world.payment(
        orders.contract, payee=orders.merchant, order=77, total=900, data=data, signer=orders.merchant
    )
    card = orders.world.own_card(named, 900, order=77)
    other = (*payment[:6], tomorrow(orders, 77), payment[7])
    asked = PaymentRequest(
        str(orders.merchant), orders.contract.address, 77, orders.token.address, *payment[3:6], other[6]
    )
    with reverts("GiftCertificates_InvalidSignature", orders.merchant, asked.digest(orders.world.domain)):
        orders.world.certificates.pay(other, [card], {"from": orders.holder})
    orders.world.certificates.pay(payment, [card], {"from": orders.holder})
    assert orders.state(orders.key(77)).held == 900
    assert orders.world.certificates.isOrderUsed(orders.merchant, 77)


# what becomes of it


def test_open_cards_come_back_as_cash(orders: Orders, open_series: int) -> None:
    """An open series is as good as cash, and its terms say so."""
    key = orders.open_with(open_series, 1_000)
    orders.refund(key, 400)
    at(orders.state(key).ends_at)
    orders.end(key)
    assert orders.balance(orders.holder) == PURSE + 1_000
    assert account(orders, open_series) == (PLENTY - 1_000, 1_000)


def test_a_refund_of_a_named_series_is_restored(orders: Orders, named: int) -> None:
    """Part by part, as face, never as cash."""
    key = orders.open_with(named, 1_000)
    tx = orders.refund(key, 300)
    assert logs_of(tx, orders.contract) == [("OrderRefunded", *key, 300)]
    assert account(orders, named) == (PLENTY - 700, 700)
    assert placed(orders, named) == 700
    orders.refund(key, 700)
    assert account(orders, named) == (PLENTY, 0)
    assert (placed(orders, named), orders.held()) == (0, 0)
    assert orders.balance(orders.holder) == PURSE
    assert_books(orders.world)


@pytest.mark.parametrize("how", ["confirmed", "ended"])
def test_what_the_seller_gets_counts_as_used(orders: Orders, named: int, how: str) -> None:
    """From then on, and not before: what may still come back counts for no refund."""
    key = orders.open_with(named, 1_000, to_seller=how == "ended")
    assert placed(orders, named) == 1_000
    if how == "ended":
        at(orders.state(key).ends_at)
        tx = orders.end(key)
    else:
        orders.confirm(key, 400)
        assert placed(orders, named) == 600
        tx = orders.confirm(key, 600)
    certificates = orders.world.certificates
    counted = 1_000 if how == "ended" else 600
    assert ("CountedUsed", named, orders.holder, orders.contract.address, counted) in logs_of(
        tx, certificates
    )
    assert (placed(orders, named), orders.balance(orders.merchant)) == (0, 1_000)
    assert account(orders, named) == (PLENTY - 1_000, 1_000)
    assert_books(orders.world)


def test_orders_of_one_card_do_not_touch_each_others_money(orders: Orders, named: int) -> None:
    """What is placed is enough for all of them."""
    keys = [orders.open_with(named, 100, number) for number in range(3)]
    orders.confirm(keys[1], 60)
    for key, amount in ((keys[0], 100), (keys[1], 40), (keys[2], 100)):
        orders.refund(key, amount)
    assert account(orders, named) == (PLENTY - 60, 60)
    assert placed(orders, named) == 0


def test_it_comes_back_after_the_orders_and_the_merchant_were_removed(orders: Orders, named: int) -> None:
    """An issuer can't lock up what is held: the seller is paid, and the rest comes back."""
    certificates, issuer = orders.world.certificates, {"from": orders.issuer}
    key = orders.open_with(named, 100, ends_at=orders.now() + 90 * DAY)
    certificates.removeMerchant(named, orders.contract, issuer)
    certificates.removeMerchant(named, orders.merchant, issuer)
    certificates.windDown(named, issuer)
    mine_at(orders.now() + 60 * DAY)
    orders.confirm(key, 40)
    orders.refund(key, 10)
    at(orders.state(key).ends_at)
    orders.end(key)
    assert orders.balance(orders.merchant) == 40
    assert account(orders, named) == (PLENTY - 40, 40)


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_what_comes_back_after_limitation_is_the_beneficiarys(orders: Orders, named: int, late: int) -> None:
    """Never the buyer's: the card is worth nothing by then. Nobody had ended the order for years."""
    limitation = int(orders.world.certificates.terms(named)[3])
    key = orders.open_with(named, 100)
    at(limitation + late)
    tx = orders.end(key)
    assert logs_of(tx, orders.contract) == [("OrderEnded", *key, 100, False)]
    restored = 100 if late < 0 else 0
    assert orders.balance(orders.holder) == PURSE
    assert orders.balance(orders.beneficiary) == 100 - restored
    assert account(orders, named)[0] == PLENTY - 100 + restored


def test_the_seller_has_what_ended_in_its_favour_after_limitation_too(orders: Orders, named: int) -> None:
    """It was the seller's before the series expired; also when the series was forfeited since."""
    limitation = int(orders.world.certificates.terms(named)[3])
    key = orders.open_with(named, 100, to_seller=True)
    mine_at(limitation)
    orders.world.certificates.forfeit(named, {"from": orders.stranger})
    orders.end(key)
    assert orders.balance(orders.merchant) == 100
    assert orders.state(key).held == orders.held() == 0


def test_an_order_that_was_refused_is_none(orders: Orders, named: int) -> None:
    with reverts("GiftCertificates_InsufficientBalance", PLENTY, PLENTY + 1):
        orders.open_with(named, PLENTY + 1)
    assert orders.state(orders.key()) == NOTHING
