"""All kinds of steps that the machine of the held orders takes."""

from __future__ import annotations

from dataclasses import astuple

from eth_abi.abi import encode

from tests.model.order_words import OrderKey
from tests.model.orders import opening_message
from tests.model.words import NEVER, Portion
from tests.stateful.custody.steps import (
    MOST,
    cancel_consents,
    give_card_away,
    new_series,
    paid_with_cards,
    permit,
    permit_of,
    withdraw_owed,
)
from tests.stateful.orders.hand import BUYERS, SELLERS, OrderHand, OrderStore
from tests.stateful.people import HOLDERS, STRANGER
from tests.stateful.registry import Act, Steps

ORDER_STEPS = Steps[OrderHand, OrderStore]()
step = ORDER_STEPS.step


@step(12)
def open_order(hand: OrderHand, store: OrderStore) -> Act:
    return "open", hand.one(BUYERS), (hand.opening(), hand.price())


@step(10)
def open_signed(hand: OrderHand, store: OrderStore) -> Act:
    buyer, opening, amount = hand.one(BUYERS), hand.opening(), hand.price()
    caller = hand.one([STRANGER, buyer, hand.one(HOLDERS)])
    consent = hand.consent("", buyer, opening_message(buyer, opening, amount), amount)
    return "openSigned", caller, (buyer, opening, amount, consent)


@step(22)
def redeem_into(hand: OrderHand, store: OrderStore) -> Act:
    """A card into a new order, mostly one that ends before its series does."""
    series_id, holder = hand.card()
    opening = hand.opening()
    series = hand.of(series_id)
    ends_at = opening.ends_at
    if series is not None and series.terms.expires_at != NEVER and hand.odds(35):
        ends_at = series.terms.expires_at + hand.one([-1, 0, 0, 1])
    merchants = [who for who in SELLERS if hand.model.is_merchant(series_id, who)]
    seller = hand.mostly(hand.one(merchants or SELLERS), opening.seller, percent=94)
    number, side = hand.mostly(opening.number, 2**64, percent=98), int(opening.to_seller)
    said = [number, hand.mostly(ends_at, 2**40, percent=98), hand.mostly(side, 2, percent=98)]
    data = encode(["uint256"] * 3, said)
    if hand.odds(2):
        data = hand.one([b"", data[:64], data[:-1], data + b"\0"])
    caller = hand.one([holder, STRANGER if seller == hand.here else seller, STRANGER])
    held = hand.model.account(series_id, holder).balance
    wanted = min(hand.price(), held) if hand.odds(90) else hand.price()
    return paid_with_cards(hand, caller, (seller, data), (series_id, holder), wanted)


@step(1)
def pretend(hand: OrderHand, store: OrderStore) -> Act:
    """Somebody who is not the certificates says that money came."""
    series_id, holder = hand.card()
    data = encode(["uint256"] * 3, [hand.number(), hand.ends_at(), 0])
    said = [Portion(holder, series_id, hand.small())]
    return "onRedemption", STRANGER, (hand.one(SELLERS), said[0].amount, 0, said, data)


def _taken(hand: OrderHand, name: str, side: str, key: OrderKey) -> Act:
    """Who sends what a side agrees to, and its consent."""
    caller, amount = hand.sender(side), hand.part(key)
    consent = hand.consent(caller, side, (name, *astuple(key), amount))
    return "confirm" if name == "ConfirmOrder" else "refund", caller, (key, amount, consent)


@step(20)
def confirm(hand: OrderHand, store: OrderStore) -> Act | None:
    key = hand.key(lambda order: order.held and hand.now <= order.ends_at)
    if key is None:
        return None
    return _taken(hand, "ConfirmOrder", hand.mostly(key.buyer, key.seller, percent=97), key)


@step(20)
def refund(hand: OrderHand, store: OrderStore) -> Act | None:
    key = hand.key(lambda order: order.held and hand.now <= order.ends_at)
    if key is None:
        return None
    return _taken(hand, "RefundOrder", hand.mostly(key.seller, key.buyer, percent=97), key)


@step(16)
def end(hand: OrderHand, store: OrderStore) -> Act | None:
    key = hand.key(lambda order: order.held and order.ends_at <= hand.now + 1)
    if key is None:
        return None
    return "end", hand.one([STRANGER, *HOLDERS]), (key,)


@step(4)
def several_calls(hand: OrderHand, store: OrderStore) -> Act | None:
    """A permit and what it pays for; or whatever two other steps would do."""
    if hand.odds(50):
        buyer, amount = hand.one(HOLDERS), hand.price()
        enough = hand.mostly(MOST, amount, max(amount - 1, 0), percent=80)
        calls = [("permit", permit_of(hand, buyer, enough)), ("open", (hand.opening(), amount))]
        return "multicall", buyer, (calls,)
    first, second = hand.one([confirm, refund]), hand.one([end, refund])
    acts = [act for one in (first, second) if (act := one(hand, store))]
    if not acts:
        return None
    return "multicall", acts[0][1], ([(function, args) for function, _, args in acts],)


step(4)(withdraw_owed)
step(2)(cancel_consents)
step(2)(permit)
step(4)(new_series)
step(1)(give_card_away)
