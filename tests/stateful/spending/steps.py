"""All kinds of steps that the machine of items and payouts takes."""

from __future__ import annotations

from tests.model.words import MAX_AMOUNT, Payment, Portion
from tests.stateful.certificates.hand import DENOMINATION
from tests.stateful.custody.steps import (
    cancel_consents,
    give_card_away,
    new_series,
    paid_with_cards,
    series_for,
    withdraw_owed,
)
from tests.stateful.people import HOLDERS, MERCHANTS, STRANGER
from tests.stateful.registry import Act, Steps
from tests.stateful.spending.hand import MOST_STOCK, SpendingHand, SpendingStore
from tests.stateful.spending.side import IDS, SWAP

SPENDING_STEPS = Steps[SpendingHand, SpendingStore]()
step = SPENDING_STEPS.step


@step(8)
def offer(hand: SpendingHand, store: SpendingStore) -> Act:
    stock = hand.mostly(hand.rng.randrange(1, 12), 0, MOST_STOCK, percent=92)
    return "list", hand.mostly(hand.one(MERCHANTS), STRANGER, percent=94), (hand.item(), stock)


@step(2)
def take_back(hand: SpendingHand, store: SpendingStore) -> Act:
    key = hand.key(hand.series())
    return "withdraw", hand.mostly(key.merchant, STRANGER, percent=90), (key.collection, key.item_id)


@step(5)
def stock_up(hand: SpendingHand, store: SpendingStore) -> Act:
    return "mint", STRANGER, (hand.one(MERCHANTS), hand.one(IDS), hand.rng.randrange(1, 20))


@step(4)
def approve(hand: SpendingHand, store: SpendingStore) -> Act:
    return "setApprovalForAll", hand.one(MERCHANTS), (hand.side.here, hand.odds(85))


@step(26)
def buy(hand: SpendingHand, store: SpendingStore) -> Act:
    series_id, holder = hand.card()
    key = hand.key(series_id)
    data, cost = hand.bought(key, holder)
    caller = hand.one([holder, holder, STRANGER, key.merchant])
    payee = hand.mostly(key.merchant, hand.here, hand.one(MERCHANTS), percent=96)
    return paid_with_cards(hand, caller, (payee, data), (series_id, holder), cost)


@step(1)
def pretend(hand: SpendingHand, store: SpendingStore) -> Act:
    """Somebody who is not the certificates says that money came."""
    series_id, holder = hand.card()
    key = hand.key(series_id)
    data, cost = hand.bought(key, holder)
    said = [Portion(holder, series_id, min(cost, MAX_AMOUNT))]
    return "onRedemption", STRANGER, (key.merchant, cost, 0, said, data)


@step(14)
def convert_own(hand: SpendingHand, store: SpendingStore) -> Act | None:
    """A holder's cards, for the holder: mostly of open series."""
    hand = hand.toward_payout()
    card = hand.open_card()
    if card is None:
        return None
    series_id, holder = card
    payee = hand.mostly(holder, hand.one(HOLDERS), hand.one(MERCHANTS), hand.here, percent=90)
    caller = hand.one([holder, STRANGER])
    amount = hand.of_balance(series_id, holder)
    data = hand.conversion(amount)
    target = hand.here, payee, data
    cards = [hand.redemption(caller, target, 0, (series_id, holder), amount)]
    if hand.odds(15):
        cards.append(
            hand.redemption(caller, target, 0, hand.mostly(hand.open_card() or card, hand.card(), percent=60))
        )
    payment = Payment(hand.here, payee, 0, 0, 0, 0, data, None)
    return "pay", caller, (hand.requested(payment, caller, cards), cards)


@step(16)
def convert_by_order(hand: SpendingHand, store: SpendingStore) -> Act:
    """A merchant's order, by its own call or its request; seldom without the order."""
    hand = hand.toward_payout()
    series_id, holder = hand.card()
    merchant = hand.one([who for who in MERCHANTS if hand.model.is_merchant(series_id, who)] or MERCHANTS)
    order = hand.mostly(hand.rng.randrange(1, 400), 0, percent=90)
    caller = hand.one([merchant, merchant, holder, STRANGER])
    amount = hand.of_balance(series_id, holder)
    data = hand.conversion(amount)
    card = hand.redemption(caller, (hand.here, merchant, data), order, (series_id, holder), amount)
    payment = Payment(hand.here, merchant, order, 0, 0, 0, data, None)
    return "pay", caller, (hand.requested(payment, caller, [card]), [card])


@step(9)
def trade(hand: SpendingHand, store: SpendingStore) -> Act | None:
    """Somebody else moves the price."""
    currency, other, third = hand.side.token, hand.side.other, hand.side.third
    path = hand.one([[currency, other], [other, currency], [other, third]])
    minimum = hand.mostly(0, 10**12, percent=90)
    return SWAP, STRANGER, (hand.traded(), minimum, path, STRANGER, hand.now + 1)


@step(2)
def admit_payout(hand: SpendingHand, store: SpendingStore) -> Act | None:
    """To a named series that does not have it."""
    for series_id, series in hand.model.books.series.items():
        if series.terms.named and hand.model.until(series_id, hand.side.payout) == 0:
            return "addServices", series.issuer, (series_id, [hand.side.payout])
    return None


@step(6)
def sell_open(hand: SpendingHand, store: SpendingStore) -> Act | None:
    """Of an open series on sale; a new one where there is none."""
    series = hand.model.books.series
    live = [i for i, one in series.items() if not one.terms.named and hand.now < one.terms.sales_close_at]
    if not live:
        return series_for(hand, "open") if len(series) < 16 else None
    series_id = hand.one(live)
    return "issue", series[series_id].issuer, (series_id, hand.one(HOLDERS), DENOMINATION * 20)


step(6)(withdraw_owed)
step(1)(cancel_consents)
step(3)(new_series)
step(1)(give_card_away)
