"""All kinds of steps that the machine of the shop window takes."""

from __future__ import annotations

from collections.abc import Callable

from tests.model.sales_words import Purchase
from tests.model.words import DAY, MAX_AMOUNT, ZERO, Payment, Portion
from tests.stateful.certificates.hand import DENOMINATION
from tests.stateful.custody.steps import (
    MOST,
    cancel_consents,
    give_card_away,
    of_amount,
    permit,
    permit_of,
)
from tests.stateful.people import HOLDERS, HOLDING, ISSUERS, MERCHANTS, STRANGER, WALLET
from tests.stateful.registry import Act, Steps
from tests.stateful.sales.hand import SalesHand, SalesStore

SALES_STEPS = Steps[SalesHand, SalesStore]()
step = SALES_STEPS.step
MOST_SERIES = 30


# ----------------------------------------------------------------------------------------- what is for sale


@step(4)
def set_sale(hand: SalesHand, store: SalesStore) -> Act:
    series_id = hand.of_kind(lambda i, one: hand.now < one.terms.sales_close_at)
    return "setSale", hand.issuer(series_id), (series_id, *hand.sale(series_id))


@step(4)
def create_promotion(hand: SalesHand, store: SalesStore) -> Act | None:
    series_id = hand.promotable()
    if series_id is None:
        return None
    return "createPromotion", hand.issuer(series_id), (hand.promotion_terms(series_id),)


@step(6)
def fund(hand: SalesHand, store: SalesStore) -> Act:
    empty = [i for i, money in hand.books.budgets.items() if not money.free]
    promotion_id = hand.one(empty[-3:]) if empty and hand.odds(50) else hand.promotion()
    amount = hand.mostly(hand.rng.randrange(1, 10 ** hand.rng.randrange(3, 7)), 0, MAX_AMOUNT, percent=95)
    return "fund", hand.one([ISSUERS[0], STRANGER]), (promotion_id, amount)


@step(4)
def take_back(hand: SalesHand, store: SalesStore) -> Act:
    rich = [i for i, money in hand.books.budgets.items() if money.free]
    promotion_id = hand.one(rich) if rich and hand.odds(60) else hand.promotion()
    terms = hand.books.promotions.get(promotion_id)
    free = hand.books.budgets[promotion_id].free if terms else 0
    amount = hand.one([free, free, free // 2, free + 1, hand.rng.randrange(free + 1)])
    to = hand.mostly(hand.one([ISSUERS[0], STRANGER]), ZERO, hand.here, hand.side.token, percent=92)
    caller = hand.issuer(terms.series_id) if terms else ISSUERS[0]
    return "takeBack", caller, (promotion_id, min(hand.mostly(amount, 0, percent=97), MAX_AMOUNT), to)


@step(12)
def prepare(hand: SalesHand, store: SalesStore) -> Act | None:
    """What is missing to sell a series, or a new one where little is for sale."""
    books = hand.model.books
    live = [
        i for i, one in books.series.items() if hand.now < one.terms.sales_close_at and not one.wound_down
    ]
    for i in live:
        series, sale = books.series[i], hand.sales.sale(i)
        if series.terms.named and hand.model.until(i, hand.here) == 0:
            return "addServices", series.issuer, (i, [hand.here])
        if hand.sales.issuing_limit(i) == 0 and hand.odds(70):
            return "setOperator", series.issuer, (i, hand.here, MAX_AMOUNT)
        if not sale.closes_at and hand.odds(70):
            return "setSale", series.issuer, (i, *hand.sale(i))
    named = [i for i in live if books.series[i].terms.named and not books.series[i].full_refund_from]
    rewards = [i for i in named if books.series[i].terms.sales_close_at > hand.now + 38 * DAY]
    there = {"reward": rewards, "open": set(live) - set(named), "named": set(named) - set(rewards)}
    missing = [kind for kind, series_ids in there.items() if not series_ids]
    if not missing or len(books.series) >= MOST_SERIES:
        return None
    named_kind = hand.one(["share", "threshold", "rest"])
    return hand.series_for_sale(named_kind if missing[0] == "named" else missing[0])


@step(3)
def set_limit(hand: SalesHand, store: SalesStore) -> Act:
    """How much the shop may issue in a day."""
    series_id = hand.series()
    limit = hand.mostly(MAX_AMOUNT, 0, 1_000, 10**6, MAX_AMOUNT - 1, percent=55)
    return "setOperator", hand.issuer(series_id), (series_id, hand.here, limit)


@step(1)
def give_notice(hand: SalesHand, store: SalesStore) -> Act:
    """To the shop, or to a merchant: full refunds are announced."""
    series_id = hand.of_kind(lambda i, one: one.terms.refund_on_removal, percent=60)
    return "removeMerchant", hand.issuer(series_id), (series_id, hand.one([hand.here, MERCHANTS[1]]))


@step(1)
def wind_down(hand: SalesHand, store: SalesStore) -> Act:
    series_id = hand.series()
    return "windDown", hand.issuer(series_id), (series_id,)


@step(1)
def forfeit(hand: SalesHand, store: SalesStore) -> Act:
    series_id = hand.of_kind(lambda i, one: one.terms.limitation_at <= hand.now and not one.forfeited)
    return "forfeit", STRANGER, (series_id,)


# --------------------------------------------------------------------------------------------------- buying


@step(20)
def buy(hand: SalesHand, store: SalesStore) -> Act | None:
    series_id = hand.sold()
    if not hand.on_sale(series_id) and hand.odds(70):
        return prepare(hand, store)
    face = hand.face(series_id)
    buyer = hand.mostly(hand.one(HOLDING), ZERO, hand.here, hand.side.address, percent=96)
    payer = hand.mostly(buyer if buyer in HOLDING else STRANGER, hand.one([STRANGER, *HOLDERS]), percent=80)
    price = face + face * hand.sales.sale(series_id).premium_bps // 10_000
    return "buy", payer, (series_id, buyer, face, hand.max_price(price))


@step(26)
def buy_with_coupon(hand: SalesHand, store: SalesStore) -> Act | None:
    """First a promotion, or money for it, where there is none."""
    if not hand.running() and hand.odds(85):
        return create_promotion(hand, store)
    promotion_id = hand.promotion()
    if promotion_id in hand.running() and not hand.books.budgets[promotion_id].free and hand.odds(80):
        return "fund", ISSUERS[0], (promotion_id, hand.rng.randrange(1, 10**6))
    terms = hand.books.promotions.get(promotion_id)
    series_id = terms.series_id if terms else 0
    face = hand.face(series_id)
    free = hand.books.budgets[promotion_id].free if terms else 0
    share = terms.discount_bps + terms.cash_back_bps + terms.referral_bps if terms else 1
    series = hand.of(series_id)
    if share and series and not series.terms.denomination and hand.odds(15):
        face = min(free * 10_000 // share + hand.one([0, 1]), MAX_AMOUNT)  # about all that the budget has
    coupon = hand.coupon(store, promotion_id, face)
    price = face + face * hand.sales.sale(series_id).premium_bps // 10_000
    if terms:
        price -= face * terms.discount_bps // 10_000
    caller = hand.mostly(coupon.buyer, STRANGER, hand.one(HOLDERS), percent=95)
    return "buyWithCoupon", caller, (face, hand.max_price(price), coupon, hand.coupon_signature(coupon))


@step(7)
def issue_by_receipt(hand: SalesHand, store: SalesStore) -> Act:
    receipt = hand.receipt(store)
    series = hand.of(receipt.series_id)
    signer = hand.sales.receipt_signer(series.issuer if series else ISSUERS[0])
    message = ("Receipt", *vars(receipt).values())
    caller = hand.mostly(receipt.payer, STRANGER, percent=95)
    return "issueByReceipt", caller, (receipt, hand.word(signer, message))


@step(2)
def set_receipt_signer(hand: SalesHand, store: SalesStore) -> Act:
    return "setReceiptSigner", hand.one(ISSUERS), (hand.one([ZERO, MERCHANTS[2], WALLET]),)


# ---------------------------------------------------------------------------------------------- withdrawing


@step(16)
def withdraw(hand: SalesHand, store: SalesStore) -> Act | None:
    """One card of the buyer's over the face, mostly."""
    if hand.odds(82):
        purchase_id = hand.purchase(lambda i, _: hand.sales.withdrawable(i))
    else:
        purchase_id = hand.purchase(
            lambda i, one: hand.touched(i) or (not one.withdrawn and one.withdraw_until == hand.now)
        )
    if purchase_id is None:
        return None
    record = hand.books.purchases.get(purchase_id)
    series_id, holder = (record.series_id, record.buyer) if record else hand.card()
    if hand.odds(6):
        series_id, holder = hand.mostly(hand.card(), (series_id, hand.one(HOLDERS)), percent=50)
    face = record.face if record else 1
    data = purchase_id.to_bytes(32, "big")
    data = hand.mostly(data, b"", data[:-1], data + b"\0", bytes(31) + b"\1", percent=96)
    payee = hand.mostly(hand.here, MERCHANTS[0], STRANGER, percent=96)
    caller = hand.mostly(holder, STRANGER, hand.one(HOLDING), percent=75)
    target = hand.here, payee, data
    card = hand.redemption(caller, target, 0, (series_id, holder))
    card = of_amount(hand, caller, target, card, hand.mostly(face, face + 1, card.amount, percent=94))
    cards = [card, hand.redemption(caller, target, 0, hand.card())] if hand.odds(3) else [card]
    payment = Payment(hand.here, payee, 0, 0, 0, 0, data, None)
    return "pay", caller, (hand.requested(payment, caller, cards), cards)


@step(1)
def pretend(hand: SalesHand, store: SalesStore) -> Act:
    """Somebody who is not the certificates says that money came."""
    purchase_id = hand.purchase(lambda i, _: hand.sales.withdrawable(i)) or 1
    record = hand.books.purchases.get(purchase_id)
    said = Portion(record.buyer, record.series_id, record.face) if record else Portion(STRANGER, 1, 1)
    return "onRedemption", said.holder, (hand.here, said.amount, 0, [said], purchase_id.to_bytes(32, "big"))


@step(13)
def spend(hand: SalesHand, store: SalesStore) -> Act:
    """Often just so much that a purchase stays untouched, or one unit more."""
    found = [one for i, one in hand.books.purchases.items() if hand.sales.withdrawable(i)]
    rich = [
        one
        for one in found
        if hand.model.account(one.series_id, one.buyer).balance > one.face + hand.margin(one)
    ]
    if not found or hand.odds(20):
        series_id, holder = hand.card()
        amount = hand.of_balance(series_id, holder)
        return "redeem", holder, (series_id, amount, hand.merchant(series_id))
    record = hand.one(rich if rich and hand.odds(70) else found)
    amount = hand.mostly(hand.margin(record) + hand.one([0, 1, 1]), hand.small(), percent=75)
    merchant = hand.merchant(record.series_id)
    return "redeem", record.buyer, (record.series_id, max(min(amount, MAX_AMOUNT), 0), merchant)


@step(3)
def restore(hand: SalesHand, store: SalesStore) -> Act:
    """A merchant hands back what was spent: of an open series anybody may, also what was withdrawn from."""
    used = [(i, who) for (i, who), held in hand.model.books.accounts.items() if held.spent and i]
    series_id, holder = hand.one(used) if used and hand.odds(90) else hand.card()
    merchant = hand.one([*MERCHANTS[:2], STRANGER])
    spent = hand.model.account(series_id, holder).spent - hand.model.returnable(series_id, holder)
    amount = min(hand.amount(spent), MAX_AMOUNT)
    message = ("Restoration", holder, series_id, amount, merchant)
    permit = hand.authorization(merchant, holder, series_id, message)
    return "restore", merchant, (holder, series_id, amount, permit)


@step(3)
def refund(hand: SalesHand, store: SalesStore) -> Act:
    """What a holder is given back of its cards counts as spent, too."""
    entitled = [
        (i, who) for i in hand.model.books.series for who in HOLDING if hand.model.refundable(i, who)[1]
    ]
    series_id, holder = hand.one(entitled) if entitled and hand.odds(85) else hand.card()
    amount = hand.refund_amount(series_id, holder)
    message = ("Refund", holder, series_id, amount, 0)
    permit = hand.authorization(holder, holder, series_id, message)
    return "refund", holder, (holder, series_id, amount, 0, permit)


# ------------------------------------------------------------------------------------------ rewards, premiums


@step(8)
def claim_cash_back(hand: SalesHand, store: SalesStore) -> Act | None:
    return _claim(hand, "claimCashBack", lambda one: one.cash_back)


@step(6)
def claim_referral(hand: SalesHand, store: SalesStore) -> Act | None:
    return _claim(hand, "claimReferral", lambda one: one.referral)


def _claim(hand: SalesHand, function: str, reward: Callable[[Purchase], int]) -> Act | None:
    vested = hand.odds(92)
    purchase_id = hand.purchase(lambda i, one: reward(one) and vested == (one.withdraw_until <= hand.now))
    return None if purchase_id is None else (function, hand.one([STRANGER, *HOLDERS]), (purchase_id,))


@step(6)
def collect_premiums(hand: SalesHand, store: SalesStore) -> Act | None:
    purchase_id = hand.purchase(lambda i, one: one.premium and one.withdraw_until <= hand.now)
    if purchase_id is None:
        return None
    record = hand.books.purchases.get(purchase_id)
    series_id = record.series_id if record else hand.series()
    rows = [
        hand.purchase(lambda i, one: one.series_id == series_id) or 0 for _ in range(hand.rng.randrange(4))
    ]
    rows.insert(hand.rng.randrange(len(rows) + 1), purchase_id)
    return "collectPremiums", STRANGER, (hand.mostly(series_id, hand.series(), percent=94), rows)


@step(5)
def withdraw_owed(hand: SalesHand, store: SalesStore) -> Act | None:
    contracts = hand.here, hand.side.token  # which send nothing
    creditors = [who for who, amount in hand.books.owed.items() if amount and who not in contracts]
    if not creditors and hand.odds(85):
        return None
    payee = hand.one(creditors) if creditors and hand.odds(85) else hand.one(HOLDING)
    caller = hand.sender(payee)
    to = hand.mostly(payee, hand.one(HOLDING), ZERO, hand.here, percent=70)
    consent = hand.consent(caller, payee, ("OwedWithdrawal", payee, to))
    return "withdrawOwed", caller, (payee, to, consent)


@step(4)
def several_calls(hand: SalesHand, store: SalesStore) -> Act | None:
    """A permit and the purchase that it pays for; or whatever two other steps of one caller would do."""
    bought = hand.one([buy, buy_with_coupon])(hand, store)
    if bought is None or bought[0] not in ("buy", "buyWithCoupon"):
        return None
    function, payer, args = bought
    if payer in HOLDERS and hand.odds(60):
        price = hand.small()
        enough = hand.mostly(MOST, price, percent=80)
        return "multicall", payer, ([("permit", permit_of(hand, payer, enough)), (function, args)],)
    other = hand.one([fund, claim_referral, claim_cash_back])(hand, store)
    if other is None:
        return None
    calls = [(other[0], other[2]), (function, args)]
    return "multicall", payer, (calls if hand.odds(50) else calls[::-1],)


# ------------------------------------------------------------------------------------------------- the rest


@step(6)
def issue(hand: SalesHand, store: SalesStore) -> Act:
    """By the issuer itself: what a buyer has beside its purchases."""
    found = [one for i, one in hand.books.purchases.items() if hand.sales.withdrawable(i)]
    series_id, holder = hand.sold(), hand.one(HOLDING)
    if found and hand.odds(70):
        record = hand.one(found)
        series_id, holder = record.series_id, record.buyer
    series = hand.of(series_id)
    return "issue", series.issuer if series else ISSUERS[0], (series_id, holder, DENOMINATION)


step(2)(cancel_consents)
step(1)(permit)
step(3)(give_card_away)
