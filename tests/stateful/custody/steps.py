"""Steps that are the same for every contract that keeps money: debts, consents, and certificates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.model.words import DAY, MAX_AMOUNT, ZERO, Payment, Redemption, Signature
from tests.stateful.certificates.hand import DENOMINATION
from tests.stateful.certificates.store import ART
from tests.stateful.custody.hand import CustodyHand, CustodyStore
from tests.stateful.people import HOLDERS, HOLDING, ISSUERS, MERCHANTS, STRANGER, WALLET
from tests.stateful.registry import Act

MOST = 2**256 - 1


def withdraw_owed(hand: CustodyHand, store: CustodyStore) -> Act | None:
    creditors = [who for who, amount in hand.books.owed.items() if amount]
    if not creditors and hand.odds(85):
        return None
    payee = hand.one(creditors) if creditors and hand.odds(85) else hand.one(HOLDING)
    caller = hand.sender(payee)
    to = hand.mostly(payee, hand.one(HOLDING), ZERO, hand.here, percent=60)
    message = ("OwedWithdrawal", payee, to)
    return "withdrawOwed", caller, (payee, to, hand.consent(caller, payee, message))


def cancel_consents(hand: CustodyHand, store: CustodyStore) -> Act:
    who = hand.one(HOLDING)
    mark = hand.mark(who)
    return "cancelConsents", who, (hand.mostly(mark, 0, mark + 2**33, percent=75) % 2**64,)


def permit_of(hand: CustodyHand, owner: str, amount: int) -> tuple[Any, ...]:
    """Arguments of `permit`, mostly good."""
    nonce = hand.books.permits.get(owner, 0)
    deadline = hand.deadline()
    said = ("Permit", owner, hand.here, amount, nonce, deadline)
    signature = Signature(hand.signer(owner), hand.side.token, said)
    return owner, amount, deadline, signature


def permit(hand: CustodyHand, store: CustodyStore) -> Act:
    owner = hand.one(HOLDERS)
    return "permit", hand.one([owner, STRANGER]), permit_of(hand, owner, hand.mostly(MOST, hand.small()))


def of_amount(
    hand: CustodyHand, caller: str, target: tuple[str, str, bytes], card: Redemption, amount: int
) -> Redemption:
    """The card over another amount, signed again."""
    card = replace(card, amount=min(amount, MAX_AMOUNT))
    if card.signature is None:
        return card
    merchant, payee, data = target
    row = ("Redemption", card.holder, card.series_id, card.amount, merchant, payee, 0, data)
    return replace(card, signature=hand.signature(card.holder, (*row, card.nonce, card.deadline)))


def paid_with_cards(
    hand: CustodyHand, caller: str, into: tuple[str, bytes], card_of: tuple[int, str], wanted: int
) -> Act:
    """A redemption for a payee, with these data, of a card of a series and holder; of `wanted` base units,
    or of any amount for 0. Sometimes there is another card: of the same holder, of the same series, or
    any."""
    (payee, data), (series_id, holder) = into, card_of
    target = hand.here, payee, data
    held = hand.model.account(series_id, holder).balance
    card = hand.redemption(caller, target, 0, (series_id, holder))
    if wanted and hand.odds(85):
        card = of_amount(
            hand, caller, target, card, hand.mostly(wanted if wanted <= held else held, wanted, percent=88)
        )
    cards = [card]
    while hand.odds(35) and len(cards) < 3:
        mine = [i for i in hand.model.books.series if hand.model.account(i, holder).balance]
        others = (series_id, hand.one(HOLDERS)), (series_id, hand.one(HOLDERS)), hand.card()
        other = hand.mostly((hand.one(mine or [series_id]), holder), *others, percent=65)
        cards.append(hand.redemption(caller, target, 0, other))
    payment = Payment(hand.here, payee, 0, 0, 0, 0, data, None)
    return "pay", caller, (hand.requested(payment, caller, cards), cards)


def series_for(hand: CustodyHand, kind: str) -> Act:
    """A series whose certificates may be redeemed into the contract: open, or named for two of the
    merchants."""
    terms = hand.terms("for ever" if kind == "for ever" else "korean")
    if kind != "for ever":
        expires_at = terms.sales_close_at + hand.one([1, DAY, 9 * DAY, 60 * DAY])
        terms = replace(terms, expires_at=expires_at, limitation_at=expires_at + hand.one([0, DAY]))
    terms = replace(terms, fee_bps=hand.mostly(0, 333), convertible=False)
    merchants = list(MERCHANTS[:2])
    if kind == "open":
        terms = replace(terms, named=False, refund_on_removal=False, use_threshold_bps=0)
        merchants = []
    return "createSeries", ISSUERS[0], (terms, merchants, ART)


def new_series(hand: CustodyHand, store: CustodyStore) -> Act | None:
    """One that sells while there are few; then the contract is admitted to it, and holders buy."""
    books = hand.model.books
    live = [i for i, one in books.series.items() if hand.now < one.terms.sales_close_at]
    if len(live) < 3 and len(books.series) < 14:
        return series_for(hand, hand.one(["open", "named", "named", "for ever"]))
    for i in live:
        if books.series[i].terms.named and hand.model.until(i, hand.here) == 0 and hand.odds(80):
            return "addServices", books.series[i].issuer, (i, [hand.here])
    if not live:
        return None
    series_id = hand.one(live)
    holder = hand.one([*HOLDERS, WALLET])
    amount = DENOMINATION * hand.one([1, 20, 2_000])
    return "issue", books.series[series_id].issuer, (series_id, holder, amount)


def give_card_away(hand: CustodyHand, store: CustodyStore) -> Act:
    series_id, holder = hand.card()
    amount = hand.of_balance(series_id, holder)
    return "safeTransferFrom", holder, (holder, hand.one(HOLDERS), series_id, amount, b"")
