"""The kinds of steps that the machine takes. Each chooses one transaction: function, caller, arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, replace
from typing import Any

from tests.model.ids import SUM, gift_id, tree
from tests.model.words import (
    DAY,
    MAX_AMOUNT,
    NEVER,
    ZERO,
    Gift,
    GiftBatch,
    GiftLeaf,
    GiftOrder,
    IssueRow,
)
from tests.stateful.hand import DENOMINATION, Hand
from tests.stateful.people import (
    HOLDERS,
    HOLDING,
    ISSUERS,
    MERCHANTS,
    OPERATOR,
    PAID,
    SERVICES,
    STRANGER,
    person,
)
from tests.stateful.support import ART, Batch, Link, Store

Act = tuple[str, str, tuple[Any, ...]]
Step = Callable[[Hand, Store], Act | None]
STEPS: dict[str, tuple[int, Step]] = {}
KINDS = ("open", "korean", "cash-out", "for ever")


def step(weight: int) -> Callable[[Step], Step]:
    """Registers a kind of step; None from it means that there is nothing to do it with."""

    def register(choose: Step) -> Step:
        STEPS[choose.__name__] = weight, choose
        return choose

    return register


# ------------------------------------------------------------------------------------------- series


def series_of(hand: Hand, kind: str) -> Act:
    """Opens a series of a kind."""
    terms = hand.terms(kind)
    merchants: list[str] = []
    if terms.named:
        merchants = hand.rng.sample(PAID, hand.rng.randrange(1, 4)) if hand.odds(20) else list(MERCHANTS[:2])
    if hand.odds(3):
        merchants = [*merchants, hand.one([ZERO, hand.model.here, *PAID])]
    return "createSeries", hand.mostly(*ISSUERS, percent=80), (terms, merchants, ART)


@step(5)
def create_series(hand: Hand, store: Store) -> Act | None:
    if len(hand.model.books.series) >= 12:
        return None
    return series_of(hand, hand.mostly(hand.one(KINDS), "wrong", percent=75))


@step(3)
def add_merchants(hand: Hand, store: Store) -> Act:
    series_id = hand.series()
    out = [who for who in PAID if hand.model.until(series_id, who) != NEVER]
    merchants = hand.rng.sample(out, min(len(out), hand.rng.randrange(3)))
    if hand.odds(10):
        merchants = [*merchants, hand.one([ZERO, hand.model.here, *PAID])]
    return "addMerchants", hand.issuer(series_id), (series_id, merchants)


@step(4)
def add_services(hand: Hand, store: Store) -> Act:
    series_id = hand.series()
    out = [who for who in SERVICES if hand.model.until(series_id, who) != NEVER]
    services = hand.rng.sample(out, min(len(out), hand.rng.randrange(1, 3)))
    if hand.odds(8):
        services = [*services, hand.one([ZERO, hand.model.here, *PAID])]
    return "addServices", hand.issuer(series_id), (series_id, services)


@step(3)
def remove_merchant(hand: Hand, store: Store) -> Act:
    series_id = hand.series()
    inside = [who for who in PAID if hand.model.until(series_id, who) == NEVER]
    merchant = hand.mostly(hand.one(inside or PAID), hand.one(PAID))
    return "removeMerchant", hand.issuer(series_id), (series_id, merchant)


@step(3)
def set_operator(hand: Hand, store: Store) -> Act:
    series_id = hand.series()
    operator = hand.mostly(OPERATOR, STRANGER, ZERO)
    limit = hand.one([0, DENOMINATION, 3 * DENOMINATION, 3 * DENOMINATION, MAX_AMOUNT])
    return "setOperator", hand.issuer(series_id), (series_id, operator, limit)


@step(1)
def wind_down(hand: Hand, store: Store) -> Act:
    series_id = hand.series()
    return "windDown", hand.issuer(series_id), (series_id,)


@step(3)
def collect_fees(hand: Hand, store: Store) -> Act:
    charged = [i for i, series in hand.model.books.series.items() if series.fees]
    return "collectFees", STRANGER, (hand.mostly(hand.one(charged or [1]), hand.series()),)


@step(2)
def forfeit(hand: Hand, store: Store) -> Act:
    over = [
        i
        for i, series in hand.model.books.series.items()
        if not series.forfeited and series.terms.limitation_at <= hand.now
    ]
    return "forfeit", STRANGER, (hand.mostly(hand.one(over or [1]), hand.series(), percent=70),)


# ----------------------------------------------------------------------------------------- the sale


def _face(hand: Hand, series_id: int) -> int:
    """Mostly whole certificates."""
    series = hand.of(series_id)
    unit = series.terms.denomination if series else 0
    if unit == 0:
        return hand.mostly(hand.rng.randrange(1, 200_000), 0, 1, MAX_AMOUNT)
    whole = unit * hand.rng.randrange(1, 4)
    return hand.mostly(whole, whole + 1, whole - 1, 0, MAX_AMOUNT // unit * unit, percent=92)


def _seller(hand: Hand, series_id: int) -> str:
    return hand.mostly(hand.issuer(series_id), OPERATOR, percent=60)


def _on_sale(hand: Hand) -> int:
    """A series, mostly one that is sold."""
    sold = [
        i
        for i, series in hand.model.books.series.items()
        if not series.wound_down and hand.now < series.terms.sales_close_at
    ]
    return hand.mostly(hand.one(sold or [1]), hand.series(), percent=85)


@step(9)
def issue(hand: Hand, store: Store) -> Act:
    series_id = _on_sale(hand)
    return "issue", _seller(hand, series_id), (series_id, hand.recipient(), _face(hand, series_id))


@step(4)
def issue_batch(hand: Hand, store: Store) -> Act:
    series_id = _on_sale(hand)
    count = hand.rng.randrange(5)
    whole = DENOMINATION if hand.odds(95) else 1
    rows = tuple(
        IssueRow(
            hand.mostly(hand.one(HOLDING), hand.model.here, percent=85), whole * hand.rng.randrange(1, 3)
        )
        for _ in range(count)
    )
    if rows and hand.odds(6):
        rows = (*rows, IssueRow(hand.one([ZERO, HOLDERS[0]]), hand.one([0, DENOMINATION])))
    return "issueBatch", _seller(hand, series_id), (series_id, rows)


# ----------------------------------------------------------------------------------------- transfer


@step(2)
def approve(hand: Hand, store: Store) -> Act:
    operator = hand.mostly(OPERATOR, ZERO, HOLDERS[0])
    return "setApprovalForAll", hand.one(HOLDING), (operator, hand.odds(60))


@step(3)
def transfer(hand: Hand, store: Store) -> Act:
    series_id, holder = hand.card()
    caller = hand.mostly(holder, OPERATOR, STRANGER, percent=60)
    to = hand.recipient()
    return "safeTransferFrom", caller, (holder, to, series_id, hand.of_balance(series_id, holder), b"")


@step(2)
def transfer_batch(hand: Hand, store: Store) -> Act:
    holder = hand.one(HOLDING)
    ids = [hand.series() for _ in range(hand.rng.randrange(4))]
    amounts = [hand.of_balance(series_id, holder) for series_id in ids]
    if hand.odds(5):
        amounts = [*amounts, 1]
    caller = hand.mostly(holder, OPERATOR, percent=60)
    return "safeBatchTransferFrom", caller, (holder, hand.recipient(), ids, amounts, b"")


@step(2)
def transfer_signed(hand: Hand, store: Store) -> Act:
    series_id, holder = hand.card()
    caller, to = hand.caller(holder), hand.recipient()
    amount = hand.of_balance(series_id, holder)
    message = ("Transfer", holder, to, series_id, amount)
    permit = hand.authorization(caller, holder, series_id, message)
    return "transferSigned", caller, (holder, to, series_id, amount, permit)


# ----------------------------------------------------------------------------------------- payments


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


@step(9)
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
    payment = hand.requested(payment, caller, sum(card.amount for card in cards))
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


@step(4)
def restore_from_service(hand: Hand, store: Store) -> Act:
    places = [key for key, amount in hand.model.books.placed.items() if amount]
    if places and hand.odds(85):
        series_id, service, holder = hand.one(places)
        left = hand.model.books.placed[series_id, service, holder]
    else:
        series_id, holder = hand.card()
        service, left = hand.service(series_id), 5_000
    amount = min(hand.amount(left), MAX_AMOUNT)
    return "restoreFromService", service, (holder, series_id, amount)


# ------------------------------------------------------------------------------------------ refunds


@step(7)
def refund(hand: Hand, store: Store) -> Act:
    entitled = [
        (series_id, who)
        for series_id in hand.model.books.series
        for who in HOLDING
        if hand.model.refundable(series_id, who)[1]
    ]
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
    live = [
        i
        for i, series in books.items()
        if series.terms.named
        and hand.now < series.terms.sales_close_at
        and source
        and source.issuer == series.issuer
        and series.full_refund_from == 0
        and series.terms.post_expiry_bps <= source.terms.post_expiry_bps
    ]
    if ready and source and not live and hand.odds(80):  # a series to convert into
        terms = replace(hand.terms("korean"), post_expiry_bps=9_000)
        return "createSeries", source.issuer, (terms, list(MERCHANTS[:2]), ART)
    to_id = hand.mostly(hand.one(live or [1]), hand.series())
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
        permit = type(permit)(hand.nonce(series_id, holder), permit.deadline, None)
    return "cancelAuthorizations", caller, (holder, series_id, permit)


@step(3)
def withdraw_owed(hand: Hand, store: Store) -> Act:
    creditors = [who for who, amount in hand.model.books.owed.items() if amount and who != hand.model.here]
    payee = hand.one(creditors) if creditors and hand.odds(85) else hand.one(HOLDING)
    caller = hand.caller(payee)
    to = hand.mostly(payee, hand.one(HOLDING), ZERO, hand.model.here, percent=60)
    permit = hand.authorization(caller, payee, 0, ("OwedWithdrawal", payee, to))
    return "withdrawOwed", caller, (payee, to, permit)


# -------------------------------------------------------------------------------------------- gifts


def _order(hand: Hand, store: Store, series_id: int, giver: str) -> tuple[GiftOrder, str]:
    series = hand.of(series_id)
    terms = series.terms if series else hand.terms("open")
    deliver = hand.mostly(0, hand.now, hand.date(hand.now, terms.expires_at), percent=35)
    reclaim = hand.mostly(0, hand.date((deliver or hand.now) + 1, terms.limitation_at), percent=30)
    key = hand.mostly(person(f"link {store.next_link()}"), ZERO, percent=80)
    named = hand.mostly(ZERO, hand.one(HOLDING), percent=60 if key != ZERO else 5)
    note = hand.mostly(bytes(32), hand.rng.randbytes(32), percent=70)
    amount = hand.of_balance(series_id, giver)
    return GiftOrder(series_id, amount, key, named, deliver, reclaim, note), key


def _kept(hand: Hand, store: Store, giver: str, order: GiftOrder) -> None:
    """Remembers the gift that this order would make."""
    series = hand.of(order.series_id)
    limitation = series.terms.limitation_at if series else 0
    gift = Gift(
        giver,
        order.key,
        order.recipient,
        order.series_id,
        order.amount,
        order.deliver_at or hand.now,
        order.reclaim_at or NEVER,
        hand.now,
        limitation,
        order.message_hash,
    )
    store.links.append(Link(gift, gift_id(gift)))
    hand.side.made[gift_id(gift)] = gift


@step(6)
def give(hand: Hand, store: Store) -> Act:
    series_id, giver = hand.card()
    order, _ = _order(hand, store, series_id, giver)
    _kept(hand, store, giver, order)
    return "give", giver, (order,)


@step(4)
def give_signed(hand: Hand, store: Store) -> Act:
    series_id, giver = hand.card()
    order, _ = _order(hand, store, series_id, giver)
    _kept(hand, store, giver, order)
    caller = hand.caller(giver)
    message = ("GiftOrder", giver, *astuple(order))
    return "giveSigned", caller, (giver, order, hand.authorization(caller, giver, series_id, message))


@step(4)
def give_many(hand: Hand, store: Store) -> Act:
    series_id, giver = hand.card()
    series = hand.of(series_id)
    limitation = series.terms.limitation_at if series else 0
    balance = hand.model.account(series_id, giver).balance
    share = max(1, balance // 6)
    leaves = [
        GiftLeaf(
            i,
            hand.mostly(person(f"link {store.next_link()}"), ZERO, percent=85),
            hand.mostly(ZERO, hand.one(HOLDING), percent=75),
            hand.rng.randrange(1, share + 1),
            hand.mostly(hand.now, hand.now + hand.rng.randrange(2, 5 * DAY), percent=50),
            bytes(32),
        )
        for i in range(hand.rng.randrange(1, 6))
    ]
    reclaim = hand.mostly(0, hand.date(hand.now + 1, limitation), percent=30)
    if reclaim == 0:  # what nobody can claim must be reclaimable, or the last step finds it stuck
        leaves = [replace(one, recipient=HOLDERS[0]) if one.key == ZERO else one for one in leaves]
    root, proofs = tree(leaves)
    if reclaim and hand.odds(6):
        root ^= 1  # a sum that is not the leaves'
    batch = GiftBatch(giver, series_id, root, reclaim or NEVER, hand.now, limitation)
    store.keep_batch(hand.side, Batch(batch, leaves, proofs))
    caller = hand.caller(giver)
    message = ("GiftBatch", giver, series_id, root, reclaim)
    permit = hand.authorization(caller, giver, series_id, message)
    return "giveMany", caller, (giver, series_id, root, reclaim, permit)


def _open_link(hand: Hand, store: Store, *, recallable: bool = False) -> Gift | None:
    """Mostly one that is open, and delivered or to be recalled."""
    still = list(hand.model.books.gifts.values())
    fit = [
        gift
        for gift in still
        if (
            hand.now < gift.deliver_at or hand.now >= gift.reclaim_at
            if recallable
            else hand.now >= gift.deliver_at
        )
        and hand.now < gift.limitation_at
    ]
    if fit and hand.odds(80):
        return hand.one(fit)
    if still and hand.odds(70):
        return hand.one(still)
    return hand.one(store.links).gift if store.links else None


def _recipient(hand: Hand, named: str) -> str:
    return hand.mostly(named if named != ZERO else hand.one(HOLDING), hand.recipient(), percent=93)


@step(6)
def claim(hand: Hand, store: Store) -> Act | None:
    gift = _open_link(hand, store)
    if gift is None:
        return None
    recipient = _recipient(hand, gift.recipient)
    said = ("Claim", gift_id(gift), recipient, ())
    return "claim", STRANGER, (gift, recipient, hand.signature(gift.key, said))


@step(5)
def claim_and_pay(hand: Hand, store: Store) -> Act | None:
    gift = _open_link(hand, store)
    if gift is None:
        return None
    recipient = _recipient(hand, gift.recipient)
    payment = hand.payment(gift.series_id)
    card = ("Redemption", recipient, gift.series_id, gift.amount, payment.merchant, payment.payee)
    follow_up = (*card, payment.order, payment.data, 0, 0)
    paid = payment.merchant if payment.payee == ZERO else payment.payee
    callers = [who for who in (recipient, paid) if who not in (ZERO, hand.model.here)]
    caller = hand.one([*callers, STRANGER])
    signature = hand.signature(gift.key, ("Claim", gift_id(gift), recipient, hand.mostly(follow_up, ())))
    payment = hand.requested(payment, caller, gift.amount)
    return "claimAndPay", caller, (gift, recipient, signature, payment)


def _open_batch(hand: Hand, store: Store) -> Batch | None:
    still = [batch for batch in store.batches if batch.id in hand.model.books.batches]
    if still and hand.odds(93):
        return hand.one(still)
    return hand.one(store.batches) if store.batches else None


def _leaf(hand: Hand, batch: Batch, *, recallable: bool = False) -> tuple[GiftLeaf, list[int]]:
    """A gift of the batch with its proof, mostly a true one that is still there."""
    still = [i for i in range(len(batch.leaves)) if not hand.model.books.taken.get((batch.id, i), False)]
    fit = [i for i in still if (hand.now < batch.leaves[i].deliver_at) == recallable]
    at = hand.one(fit or still) if still and hand.odds(90) else hand.rng.randrange(len(batch.leaves))
    leaf, proof = batch.leaves[at], list(batch.proofs[at])
    if hand.odds(4):
        leaf = replace(leaf, amount=leaf.amount + hand.one([1, SUM]))
    if hand.odds(3):
        leaf = replace(leaf, index=leaf.index + (1 << len(proof)))
    if proof and hand.odds(3):
        proof[0] = (proof[0] + hand.one([1, 2**96 - 1])) % 2**256
    return leaf, proof


@step(6)
def claim_from_batch(hand: Hand, store: Store) -> Act | None:
    batch = _open_batch(hand, store)
    if batch is None:
        return None
    leaf, proof = _leaf(hand, batch)
    recipient = _recipient(hand, leaf.recipient)
    said = ("Claim", hand.side.batch_leaf(batch.id, leaf.index), recipient, ())
    signature = hand.signature(leaf.key, said)
    return "claimFromBatch", STRANGER, (batch.batch, leaf, proof, recipient, signature)


@step(4)
def recall(hand: Hand, store: Store) -> Act | None:
    gift = _open_link(hand, store, recallable=True)
    if gift is None:
        return None
    caller = hand.caller(gift.giver)
    said = ("Recall", gift.giver, gift_id(gift))
    return "recall", caller, (gift, hand.authorization(caller, gift.giver, gift.series_id, said))


@step(3)
def recall_from_batch(hand: Hand, store: Store) -> Act | None:
    batch = _open_batch(hand, store)
    if batch is None:
        return None
    waiting = [
        one
        for one in store.batches
        if one.id in hand.model.books.batches and any(hand.now < leaf.deliver_at for leaf in one.leaves)
    ]
    batch = hand.one(waiting) if waiting and hand.odds(85) else batch
    leaf, proof = _leaf(hand, batch, recallable=True)
    giver = batch.batch.giver
    caller = hand.caller(giver)
    said = ("Recall", giver, hand.side.batch_leaf(batch.id, leaf.index))
    permit = hand.authorization(caller, giver, batch.batch.series_id, said)
    return "recallFromBatch", caller, (batch.batch, leaf, proof, permit)


@step(3)
def reclaim_batch(hand: Hand, store: Store) -> Act | None:
    batch = _open_batch(hand, store)
    if batch is None:
        return None
    due = [one for one in store.batches if one.batch.reclaim_at <= hand.now < one.batch.limitation_at]
    due = [one for one in due if hand.model.books.batches.get(one.id, (None, 0))[1]]
    batch = hand.one(due) if due and hand.odds(85) else batch
    giver = batch.batch.giver
    caller = hand.caller(giver)
    permit = hand.authorization(caller, giver, batch.batch.series_id, ("Recall", giver, batch.id))
    return "reclaimBatch", caller, (batch.batch, permit)
