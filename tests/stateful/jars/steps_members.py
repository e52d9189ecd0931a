"""Steps: tiers, memberships, gift subscriptions, and tips to handles."""

from __future__ import annotations

from dataclasses import astuple

from eth_utils.crypto import keccak

from tests.model.jar_words import HandleTip, Subscription, handle_tip_id
from tests.model.words import ZERO
from tests.stateful.jars.hand import ATTESTORS, MEMBERS, PAYERS, TIERS, GiftBatch, JarHand, JarStore
from tests.stateful.jars.steps_streams import TEXTS, step
from tests.stateful.people import HOLDING, STRANGER
from tests.stateful.registry import Act

HANDLES = tuple(keccak(text=f"github:{name}") for name in ("anna", "bob"))


@step(8)
def set_tier(hand: JarHand, store: JarStore) -> Act:
    creator = hand.creator()
    made = hand.books.versions.get(creator, 0)
    month = 30 * 86_400
    usual = hand.one([1, 500_000, 9_999_999, 10**9, month, 31 * month])
    price = hand.mostly(usual, 0, 2**96 - 1, -(-month // hand.jars.scale) - 1, percent=85)
    version = hand.mostly(0, made, made, made, made + 1, percent=45)
    return "setTier", creator, (hand.one(TIERS), max(price, 0), version)


@step(15)
def subscribe(hand: JarHand, store: JarStore) -> Act:
    creator, number = hand.tier()
    payer, account = hand.one(PAYERS), hand.mostly(hand.one(MEMBERS), ZERO, percent=98)
    inside = [who for who in hand.books.members if hand.jars.membership(*who)]
    if inside and hand.odds(50):  # mostly the one who pays for it already
        creator, account, number = hand.one(inside)
        member = hand.jars.membership(creator, account, number)
        paid = member.payer if member else ZERO
        payer = payer if paid == ZERO else hand.mostly(paid, payer, percent=85)
    rate = hand.jars.tier_of(creator, number).rate
    rate = min(hand.mostly(rate, rate + 1, max(rate - 1, 0), 0, percent=90), 2**80 - 1)
    amount = hand.more(rate, hand.now)
    version = _version(hand, creator, account, number)
    said = Subscription(payer, account, creator, number, version, rate, amount)
    caller = hand.sender(payer)
    message = ("Subscribe", *astuple(said))
    return "subscribe", caller, (said, hand.consent(caller, payer, message, amount))


def _version(hand: JarHand, creator: str, account: str, number: int) -> int:
    """The tier's, mostly; or that of the membership that it would go on with."""
    version = hand.jars.tier_of(creator, number).version
    member = hand.jars.membership(creator, account, number)
    return hand.mostly(version, member.version if member else version, version + 1, percent=94) % 2**16


@step(5)
def unsubscribe(hand: JarHand, store: JarStore) -> Act | None:
    who = hand.member()
    if who is None:
        return None
    creator, account, number = who
    member = hand.jars.membership(creator, account, number)
    payer = member.payer if member else hand.one(PAYERS)
    caller = hand.sender(hand.one(PAYERS) if payer == ZERO else payer)
    message = ("Unsubscribe", payer, account, creator, number)
    return "unsubscribe", caller, (creator, number, account, hand.consent(caller, payer, message))


# ------------------------------------------------------------------------------------------------ gifts


@step(8)
def give_subscriptions(hand: JarHand, store: JarStore) -> Act:
    payer = hand.one(PAYERS)
    batch = hand.gifts(store, payer)
    given = [one for one in store.batches if one.id in hand.books.gifts and hand.now < one.gifts.reclaim_at]
    if given and hand.odds(25):
        batch = hand.one(given)  # once more
        payer = batch.gifts.payer
    else:
        store.batches.append(batch)
    amount = batch.gifts.count * batch.gifts.amount_each
    caller = hand.sender(payer)
    message = ("GiveSubscriptions", payer, batch.id)
    consent = hand.consent(caller, payer, message, amount)
    return "giveSubscriptions", caller, (batch.gifts, consent)


def _batch(hand: JarHand, store: JarStore, *, over: bool) -> GiftBatch | None:
    """Mostly one that has gifts left, and whose reclaim date is past or not."""
    left = [batch for batch in store.batches if hand.books.gifts.get(batch.id, 0)]
    fit = [batch for batch in left if (batch.gifts.reclaim_at <= hand.now) == over]
    if fit and hand.odds(92):
        return hand.one(fit)
    return hand.one(left or store.batches) if store.batches and hand.odds(25) else None


@step(13)
def claim_subscription(hand: JarHand, store: JarStore) -> Act | None:
    batch = _batch(hand, store, over=False)
    if batch is None:
        return None
    still = [i for i in range(len(batch.leaves)) if not hand.books.claimed.get((batch.id, i), False)]
    at = hand.one(still) if still and hand.odds(92) else hand.rng.randrange(len(batch.leaves))
    leaf, proof = batch.leaves[at], batch.proofs[at]
    index = hand.mostly(at, at + 1, batch.gifts.count, 299, percent=96)
    if hand.odds(4):
        proof = hand.one([proof[:-1], [*proof, bytes(32)], [*proof[:-1], hand.rng.randbytes(32)]])
    inside = [who for who in MEMBERS if hand.jars.membership(batch.gifts.creator, who, batch.gifts.tier)]
    out = [who for who in MEMBERS if who not in inside]
    others = hand.one(inside or MEMBERS), hand.one(inside or MEMBERS), ZERO
    account = hand.mostly(hand.one(out or MEMBERS), *others, percent=60)
    signature = None
    key = leaf.key
    if leaf.named != ZERO:
        account = hand.mostly(leaf.named, account, percent=80)
        key = hand.mostly(key, ZERO, STRANGER, percent=94)
    else:
        message = ("GiftSubscriptionClaim", batch.id, index, account)
        signature = hand.said(key, message, hand.here)
    args = (batch.gifts, index, key, leaf.named, proof, account, signature)
    return "claimSubscription", hand.one([account if account in HOLDING else STRANGER, STRANGER]), args


@step(4)
def reclaim_subscriptions(hand: JarHand, store: JarStore) -> Act | None:
    batch = _batch(hand, store, over=True)
    return None if batch is None else ("reclaimSubscriptions", STRANGER, (batch.gifts,))


# ---------------------------------------------------------------------------------------------- handles


@step(8)
def tip_handle(hand: JarHand, store: JarStore) -> Act:
    payer = hand.one(PAYERS)
    attestor = hand.mostly(hand.one(ATTESTORS), ZERO, percent=96)
    salt = hand.mostly(store.next_salt(), 1)
    tip = HandleTip(payer, hand.one(HANDLES), attestor, hand.small(), hand.reclaim_at(), salt)
    if store.tips and hand.odds(8):
        tip = hand.one(store.tips)
        payer = tip.payer
    store.tips.append(tip)
    text, caller = hand.one(TEXTS), hand.sender(payer)
    message = ("TipHandle", payer, handle_tip_id(tip), text)
    return "tipHandle", caller, (tip, text, hand.consent(caller, payer, message, tip.amount))


@step(9)
def claim_handle_tips(hand: JarHand, store: JarStore) -> Act | None:
    waiting = [tip for tip in store.tips if hand.books.tips.get(handle_tip_id(tip), False)]
    if not store.tips or not (waiting or hand.odds(20)):
        return None
    attestor = hand.one(waiting or store.tips).attestor
    mine = [tip for tip in waiting if tip.attestor == attestor]
    others = [tip for tip in waiting if tip.attestor != attestor]
    tips = hand.rng.sample(mine, hand.rng.randrange(len(mine) + 1))[:4]
    if not tips or hand.odds(20):
        tips = [*tips, hand.one(mine or store.tips)]
    if hand.odds(25):
        tips = [*tips, hand.one(others or store.tips)]
    if hand.odds(2):
        tips = []
    recipient = hand.mostly(hand.creator(), ZERO, hand.here, percent=96)
    deadline = hand.deadline()
    names = tuple(handle_tip_id(tip) for tip in tips)
    message = ("HandleClaim", names, recipient, deadline)
    signature = hand.said(attestor, message, hand.here)
    return "claimHandleTips", STRANGER, (tips, recipient, deadline, signature)


@step(5)
def reclaim_handle_tip(hand: JarHand, store: JarStore) -> Act | None:
    if not store.tips:
        return None
    waiting = [tip for tip in store.tips if hand.books.tips.get(handle_tip_id(tip), False)]
    due = [tip for tip in waiting if tip.reclaim_at <= hand.now]
    if not due and not hand.odds(20):
        return None
    tip = hand.one(due) if due and hand.odds(85) else hand.one(waiting or store.tips)
    return "reclaimHandleTip", STRANGER, (tip,)
