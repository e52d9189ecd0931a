"""Steps: gifts, single and in batches."""

from __future__ import annotations

from dataclasses import astuple, replace

from tests.model.ids import SUM, comb, gift_id, tree
from tests.model.words import (
    DAY,
    NEVER,
    ZERO,
    Gift,
    GiftBatch,
    GiftLeaf,
    GiftOrder,
    Redemption,
)
from tests.stateful.certificates.hand import Hand
from tests.stateful.certificates.store import Batch, Link, Store
from tests.stateful.people import (
    HOLDERS,
    HOLDING,
    STRANGER,
    person,
)
from tests.stateful.registry import Act, step


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


def _decoys(leaves: list[GiftLeaf]) -> list[GiftLeaf]:
    """As a giver lays them who wants one gift to void another: all but the last have one index, the second is
    the first one again, and the third is a gift of nothing."""
    laid = [replace(one, index=1) for one in leaves[:-1]] + [replace(leaves[-1], index=0)]
    laid[1:3] = [replace(laid[0], amount=laid[1].amount), replace(laid[2], amount=0)]
    return laid


@step(4)
def give_many(hand: Hand, store: Store) -> Act:
    series_id, giver = hand.card()
    series = hand.of(series_id)
    limitation = series.terms.limitation_at if series else 0
    balance = hand.model.account(series_id, giver).balance
    share = max(1, balance // 6)
    lopsided = len(store.batches) % 2
    leaves = [
        GiftLeaf(
            i,
            hand.mostly(person(f"link {store.next_link()}"), ZERO, percent=85),
            hand.mostly(ZERO, hand.one(HOLDING), percent=75),
            hand.rng.randrange(1, share + 1),
            hand.mostly(hand.now, hand.now + hand.rng.randrange(2, 5 * DAY), percent=50),
            bytes(32),
        )
        for i in range(hand.rng.randrange(1, 6) + 3 * lopsided)
    ]
    reclaim = hand.mostly(0, hand.date(hand.now + 1, limitation), percent=30)
    if reclaim == 0:  # what nobody can claim must be reclaimable, or the last step finds it stuck
        leaves = [replace(one, recipient=HOLDERS[0]) if one.key == ZERO else one for one in leaves]
    if lopsided:
        leaves = _decoys(leaves)
        root, proofs = comb(leaves)
    else:
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
    if gift.recipient == ZERO != gift.key and hand.odds(40):
        recipient = gift.key  # which signs for itself
    payment = hand.payment(gift.series_id)
    card = ("Redemption", recipient, gift.series_id, gift.amount, payment.merchant, payment.payee)
    follow_up = (*card, payment.order, payment.data, 0, 0)
    paid = payment.merchant if payment.payee == ZERO else payment.payee
    callers = [who for who in (recipient, paid) if who not in (ZERO, hand.model.here)]
    caller = hand.one([*callers, STRANGER])
    if recipient not in (gift.key, ZERO, hand.model.here):
        caller = hand.mostly(recipient, caller, percent=80)
    signature = hand.signature(gift.key, ("Claim", gift_id(gift), recipient, hand.mostly(follow_up, ())))
    paid_with = Redemption(recipient, gift.series_id, gift.amount, payment.order, 0, 0, None)
    payment = hand.requested(payment, caller, [paid_with])
    return "claimAndPay", caller, (gift, recipient, signature, payment)


def _open_batch(hand: Hand, store: Store) -> Batch | None:
    """Mostly one that is there; before all others one of which some gifts are gone and some left."""
    books = hand.model.books
    still = [batch for batch in store.batches if batch.id in books.batches]
    begun = [
        one for one in still if 0 < sum((one.id, path) in books.taken for path in one.paths) < len(one.paths)
    ]
    if still and hand.odds(93):
        return hand.one(begun or still)
    return hand.one(store.batches) if store.batches else None


def _leaf(hand: Hand, batch: Batch, *, recallable: bool = False) -> tuple[GiftLeaf, list[int]]:
    """A gift of the batch with its proof, mostly a true one that is still there."""
    gone = [(batch.id, path) in hand.model.books.taken for path in batch.paths]
    still = [i for i, taken in enumerate(gone) if not taken]
    fit = [i for i in still if (hand.now < batch.leaves[i].deliver_at) == recallable]
    used = {leaf.index for leaf, taken in zip(batch.leaves, gone, strict=True) if taken}
    twins = [i for i in fit if batch.leaves[i].index in used]
    at = hand.one(twins or fit or still) if still and hand.odds(90) else hand.rng.randrange(len(batch.leaves))
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
