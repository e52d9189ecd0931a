"""Steps: payments, restores and refunds."""

from __future__ import annotations

from dataclasses import replace

from tests.model.words import (
    MAX_AMOUNT,
    NONCE_WINDOW,
    ZERO,
    Right,
)
from tests.stateful.certificates.hand import Hand
from tests.stateful.certificates.store import ART, Store
from tests.stateful.people import (
    HOLDING,
    MERCHANTS,
    PAID,
    STRANGER,
)
from tests.stateful.registry import Act, step


@step(8)
def redeem(hand: Hand, store: Store) -> Act:
    series_id, holder = hand.card()
    amount = hand.of_balance(series_id, holder)
    return "redeem", holder, (series_id, amount, hand.merchant(series_id))


@step(7)
def redeem_signed(hand: Hand, store: Store) -> Act:
    card = hand.card()
    merchant = hand.merchant(card[0])
    merchant = STRANGER if merchant in (ZERO, hand.model.here) else merchant
    row = hand.redemption(merchant, (merchant, ZERO, b""), hand.order(), card)
    return "redeemSigned", merchant, (row,)


@step(6)
def redeem_batch(hand: Hand, store: Store) -> Act:
    merchant = hand.one(PAID)
    rows = [
        hand.redemption(merchant, (merchant, ZERO, b""), hand.order())
        for _ in range(hand.rng.randrange(1, 6))
    ]
    if hand.odds(20):
        rows += hand.rng.sample(rows, 1)  # the same row twice
    if hand.odds(50):
        rows.sort(key=lambda row: row.series_id)
    return "redeemBatch", merchant, (rows,)


@step(11)
def pay(hand: Hand, store: Store) -> Act:
    first = hand.card()
    payment = hand.payment(first[0])
    paid = payment.merchant if payment.payee == ZERO else payment.payee
    paid = STRANGER if paid in (ZERO, hand.model.here) else paid
    caller = hand.one([first[1], paid, paid, STRANGER])
    target = payment.merchant, payment.payee, payment.data
    cards = [hand.redemption(caller, target, payment.order, first)]
    while hand.odds(40) and len(cards) < 4:
        same = first if hand.odds(70) else None
        cards.append(hand.redemption(caller, target, hand.mostly(payment.order, 2, percent=97), same))
    if hand.odds(2):
        cards = []
    payment = hand.requested(payment, caller, cards)
    return "pay", caller, (payment, cards)


@step(4)
def restore(hand: Hand, store: Store) -> Act:
    used = [
        key for key, held in hand.model.books.accounts.items() if held.spent and key[0] and key[1] in HOLDING
    ]
    series_id, holder = hand.one(used) if used and hand.odds(90) else hand.card()
    known = [who for who in PAID if hand.model.until(series_id, who)] or list(PAID)
    merchant = hand.mostly(hand.one(known), STRANGER, holder, percent=93)
    amount = min(hand.amount(hand.model.account(series_id, holder).spent), MAX_AMOUNT)
    message = ("Restoration", holder, series_id, amount, merchant)
    permit = hand.authorization(merchant, holder, series_id, message)
    return "restore", merchant, (holder, series_id, amount, permit)


@step(6)
def redeem_up_to_a_right(hand: Hand, store: Store) -> Act | None:
    """Just so much that a rest can be paid out, which by chance alone happens seldom."""
    fit: list[tuple[int, str, int]] = []
    for (series_id, holder), held in hand.model.books.accounts.items():
        series = hand.of(series_id)
        if series is None or holder not in HOLDING or not series.terms.denomination:
            continue
        terms = series.terms
        edges = [terms.denomination - terms.cash_out_below + 1] if terms.cash_out_below else []
        if terms.use_threshold_bps:
            edges.append(-(-terms.use_threshold_bps * terms.denomination // 10_000))
        used = (held.spent - hand.model.returnable(series_id, holder)) % terms.denomination
        amounts = [edge - used for edge in edges if 0 < edge - used <= held.balance]
        if amounts and hand.now < terms.expires_at:
            fit.append((series_id, holder, hand.one(amounts)))
    if not fit:
        return None
    series_id, holder, amount = hand.one(fit)
    return "redeem", holder, (series_id, amount, hand.merchant(series_id))


@step(6)
def restore_after_a_payout(hand: Hand, store: Store) -> Act | None:
    """What was used when a rest was paid out can't come back; what was spent since then can."""
    paid = [key for key, amount in hand.side.accounts.remainders.items() if amount]
    closed = [key for key, amount in hand.model.books.closed.items() if amount]
    if not paid and not closed:
        return None
    series_id, holder = hand.one([*paid, *closed])
    merchant = hand.one([who for who in PAID if hand.model.until(series_id, who)] or list(PAID))
    used = hand.model.account(series_id, holder).spent - hand.model.returnable(series_id, holder)
    since = max(0, used - hand.model.books.closed.get((series_id, holder), 0))
    amount = min(max(1, hand.one([since, since + 1, used])), MAX_AMOUNT)
    permit = hand.authorization(
        merchant, holder, series_id, ("Restoration", holder, series_id, amount, merchant)
    )
    return "restore", merchant, (holder, series_id, amount, permit)


@step(8)
def restore_from_service(hand: Hand, store: Store) -> Act:
    places = [key for key, amount in hand.model.books.placed.items() if amount]
    if places and hand.odds(85):
        series_id, service, holder = hand.one(places)
        left = hand.model.books.placed[series_id, service, holder]
    else:
        series_id, holder = hand.card()
        service, left = hand.service(series_id), 5_000
    amount = min(hand.amount(left), MAX_AMOUNT)
    holder = hand.mostly(holder, ZERO, percent=97)
    return "restoreFromService", service, (holder, series_id, amount)


@step(4)
def count_used(hand: Hand, store: Store) -> Act:
    places = [key for key, amount in hand.model.books.placed.items() if amount]
    if places and hand.odds(90):
        series_id, service, holder = hand.one(places)
        left = hand.model.books.placed[series_id, service, holder]
    else:
        series_id, holder = hand.card()
        service, left = hand.service(series_id), 5_000
    amount = min(hand.amount(left), MAX_AMOUNT)
    return "countUsed", service, (holder, series_id, amount)


@step(7)
def refund(hand: Hand, store: Store) -> Act:
    rights = {
        (series_id, who): hand.model.refundable(series_id, who)[:2]
        for series_id in hand.model.books.series
        for who in HOLDING
    }
    entitled = [key for key, (_, amount) in rights.items() if amount]
    by_right: dict[Right, list[tuple[int, str]]] = {}
    for key in entitled:
        by_right.setdefault(rights[key][0], []).append(key)
    if entitled and hand.odds(50):
        entitled = hand.one([*by_right.values()])  # else the rights that last would crowd out the others
    series_id, holder = hand.one(entitled) if entitled and hand.odds(80) else hand.card()
    caller = hand.caller(holder)
    amount = hand.refund_amount(series_id, holder)
    series = hand.of(series_id)
    share = series.terms.post_expiry_bps if series else 0
    floor = hand.mostly(0, amount, amount * share // 10_000, amount * share // 10_000 + 1, percent=60)
    message = ("Refund", holder, series_id, amount, floor)
    permit = hand.authorization(caller, holder, series_id, message)
    return "refund", caller, (holder, series_id, amount, floor, permit)


@step(5)
def convert(hand: Hand, store: Store) -> Act | None:
    books = hand.model.books.series
    ready = [
        (i, who)
        for i, series in books.items()
        for who in HOLDING
        if series.terms.convertible
        and series.terms.expires_at <= hand.now < series.terms.limitation_at
        and hand.model.account(i, who).balance
    ]
    if not ready and hand.odds(70):
        return None
    from_id, holder = hand.one(ready) if ready else hand.card()
    source = books.get(from_id)
    near = [
        i
        for i, series in books.items()
        if series.terms.named
        and hand.now < series.terms.sales_close_at
        and source
        and source.issuer == series.issuer
    ]
    fit = [i for i in near if source and hand.model.converts(source, books[i])]
    if ready and source and not near and hand.odds(80):  # a series to convert into
        terms = replace(hand.terms("korean"), post_expiry_bps=hand.one([9_000, 9_000, 10_000]))
        return "createSeries", source.issuer, (terms, list(MERCHANTS[:2]), ART)
    to_id = hand.mostly(hand.one(fit or near or [1]), hand.one(near or [1]), hand.series(), percent=65)
    caller = hand.caller(holder)
    amount = hand.of_balance(from_id, holder)
    message = ("Conversion", holder, from_id, to_id, amount)
    permit = hand.authorization(caller, holder, from_id, message)
    return "convertExpired", caller, (holder, from_id, to_id, amount, permit)


@step(2)
def cancel_authorizations(hand: Hand, store: Store) -> Act:
    series_id, holder = hand.card()
    series_id = hand.mostly(series_id, 0)
    caller = hand.caller(holder)
    permit = hand.authorization(caller, holder, series_id, ("Cancellation", holder, series_id))
    if permit.signature is None and hand.odds(90):
        mark = hand.model.account(series_id, holder).nonce
        permit = replace(permit, nonce=hand.mostly(mark + 1, mark, mark + NONCE_WINDOW + 1, percent=70))
    return "cancelAuthorizations", caller, (holder, series_id, permit)


@step(3)
def withdraw_owed(hand: Hand, store: Store) -> Act:
    creditors = [who for who, amount in hand.model.books.owed.items() if amount and who != hand.model.here]
    payee = hand.one(creditors) if creditors and hand.odds(85) else hand.one(HOLDING)
    caller = hand.caller(payee)
    to = hand.mostly(payee, hand.one(HOLDING), ZERO, hand.model.here, percent=60)
    permit = hand.authorization(caller, payee, 0, ("OwedWithdrawal", payee, to))
    return "withdrawOwed", caller, (payee, to, permit)
