"""All kinds of steps that the machine of the swaps takes."""

from __future__ import annotations

from dataclasses import astuple

from tests.model.swap_words import Lock
from tests.stateful.custody.steps import (
    MOST,
    cancel_consents,
    give_card_away,
    new_series,
    permit,
    permit_of,
    withdraw_owed,
)
from tests.stateful.people import HOLDERS, STRANGER
from tests.stateful.registry import Act, Steps
from tests.stateful.swaps.hand import SENDERS, SwapHand, SwapStore

SWAP_STEPS = Steps[SwapHand, SwapStore]()
step = SWAP_STEPS.step


def _locking(hand: SwapHand, what: Lock) -> Act:
    """By its sender, or by its consent; a currency's own signature pays for currency only."""
    caller = hand.sender(what.sender)
    amount = what.amount if what.series_id == 0 else None
    return "lock", caller, (what, hand.consent(caller, what.sender, ("Lock", *astuple(what)), amount))


@step(20)
def lock_money(hand: SwapHand, store: SwapStore) -> Act:
    return _locking(hand, hand.lock(0, hand.one(SENDERS), hand.price()))


@step(22)
def lock_card(hand: SwapHand, store: SwapStore) -> Act:
    series_id, holder = hand.card()
    held = hand.model.account(series_id, holder).balance
    amount = hand.mostly(min(hand.price(), held), held, held + 1, percent=90)
    return _locking(hand, hand.lock(series_id, holder, amount))


@step(26)
def claim(hand: SwapHand, store: SwapStore) -> Act | None:
    what = hand.known(lambda what: hand.now <= what.expires_at)
    if what is None:
        return None
    preimage = hand.preimage(what)
    if hand.odds(55):
        return "claim", hand.one([STRANGER, what.to, hand.one(HOLDERS)]), (what, preimage)
    caller, receiver, consent = hand.named("ClaimTo", what, what.to, what.sender)
    return "claimTo", caller, (what, preimage, receiver, consent)


@step(22)
def refund(hand: SwapHand, store: SwapStore) -> Act | None:
    what = hand.known(lambda what: what.expires_at <= hand.now + 1)
    if what is None:
        return None
    if hand.odds(55):
        return "refund", hand.one([STRANGER, what.sender, hand.one(HOLDERS)]), (what,)
    caller, receiver, consent = hand.named("RefundTo", what, what.sender, what.to)
    return "refundTo", caller, (what, receiver, consent)


@step(4)
def several_calls(hand: SwapHand, store: SwapStore) -> Act | None:
    """A permit and what it pays for; or whatever two other steps would do."""
    if hand.odds(50):
        sender, amount = hand.one(HOLDERS), hand.price()
        enough = hand.mostly(MOST, amount, max(amount - 1, 0), percent=80)
        _, _, args = _locking(hand, hand.lock(0, sender, amount))
        return "multicall", sender, ([("permit", permit_of(hand, sender, enough)), ("lock", args)],)
    acts = [act for one in (hand.one([claim, lock_card]), refund) if (act := one(hand, store))]
    if not acts:
        return None
    return "multicall", acts[0][1], ([(function, args) for function, _, args in acts],)


@step(4)
def send_card_here(hand: SwapHand, store: SwapStore) -> Act:
    """Certificates that no lock asked for."""
    series_id, holder = hand.card()
    amount = hand.of_balance(series_id, holder)
    if hand.odds(30):
        return "safeBatchTransferFrom", holder, (holder, hand.here, [series_id], [amount], b"")
    return "safeTransferFrom", holder, (holder, hand.here, series_id, amount, b"")


@step(2)
def approve_cards(hand: SwapHand, store: SwapStore) -> Act:
    """Mostly what makes locking possible."""
    return "setApprovalForAll", hand.one(SENDERS), (hand.here, hand.odds(75))


@step(1)
def forfeit(hand: SwapHand, store: SwapStore) -> Act:
    """A series after its limitation, with what is locked of it."""
    old = [
        i
        for i, one in hand.model.books.series.items()
        if one.terms.limitation_at <= hand.now and not one.forfeited
    ]
    return "forfeit", STRANGER, (hand.mostly(hand.one(old or [1]), hand.series()),)


step(4)(withdraw_owed)
step(2)(cancel_consents)
step(2)(permit)
step(4)(new_series)
step(1)(give_card_away)
