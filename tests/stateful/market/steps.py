"""All kinds of steps that the machine of the market takes."""

from __future__ import annotations

from tests.model.words import MAX_AMOUNT, Signature
from tests.stateful.custody.steps import MOST, give_card_away
from tests.stateful.custody.steps import new_series as series_or_cards
from tests.stateful.market.hand import BUYERS, EDGE_NONCES, SELLERS, MarketHand, MarketStore
from tests.stateful.people import HOLDERS, STRANGER
from tests.stateful.registry import Act, Steps

MARKET_STEPS = Steps[MarketHand, MarketStore]()
step = MARKET_STEPS.step


@step(24)
def fill(hand: MarketHand, store: MarketStore) -> Act:
    buyer = hand.one(BUYERS)
    signed = hand.offered(store, buyer)
    return "fill", buyer, (signed.offer, hand.wanted(signed.offer), signed.signature)


@step(22)
def fill_many(hand: MarketHand, store: MarketStore) -> Act:
    buyer, (series_id, _) = hand.one(BUYERS), hand.card()
    rows = hand.rows(store, buyer, series_id)
    return "fillMany", buyer, (rows, hand.purchase(rows, series_id))


@step(16)
def fill_and_pay(hand: MarketHand, store: MarketStore) -> Act:
    """Mostly into a service, or to a merchant, as much as is bought."""
    buyer, (series_id, _) = hand.one(BUYERS), hand.card()
    rows = hand.rows(store, buyer, series_id)
    purchase = hand.purchase(rows, series_id)
    payment = hand.payment(series_id)
    target = payment.merchant, payment.payee, payment.data
    wanted = hand.one([purchase.most, purchase.most, max(purchase.least, 1)])
    cards = hand.cards(buyer, target, payment.order, series_id, wanted)
    return "fillAndPay", buyer, (rows, purchase, hand.requested(payment, hand.here, cards), cards)


@step(2)
def pretend_to_be_the_market(hand: MarketHand, store: MarketStore) -> Act:
    """One row of many, for somebody else who has approved the market."""
    victim, caller = hand.one(BUYERS), hand.one([STRANGER, *SELLERS])
    signed = hand.offered(store, victim)
    purchase = hand.purchase([signed], signed.offer.series_id)
    return "fillRow", caller, (signed, purchase, victim, hand.wanted(signed.offer))


# ----------------------------------------------------------------------------------------------- cancelling


def _numbered(hand: MarketHand, store: MarketStore, seller: str) -> int:
    """Of an offer that there was, mostly."""
    used = [one.offer.nonce for one in store.offers if one.offer.seller == seller][-8:]
    return hand.mostly(hand.one(used or EDGE_NONCES), *EDGE_NONCES, percent=92)


@step(3)
def cancel(hand: MarketHand, store: MarketStore) -> Act:
    seller = hand.one(SELLERS)
    return "cancel", seller, ([_numbered(hand, store, seller) for _ in range(hand.one([1, 1, 2, 0]))],)


@step(3)
def cancel_by_signature(hand: MarketHand, store: MarketStore) -> Act:
    seller = hand.one(SELLERS)
    nonce = _numbered(hand, store, seller)
    said = hand.word(seller, ("CancelOffer", seller, nonce))
    return "cancelSigned", hand.sender(seller), (seller, nonce, *said)


@step(2)
def cancel_all(hand: MarketHand, store: MarketStore) -> Act:
    return "cancelAll", hand.one(SELLERS), ()


@step(2)
def cancel_all_by_signature(hand: MarketHand, store: MarketStore) -> Act:
    seller = hand.one(SELLERS)
    epoch = hand.market.books.epochs.get(seller, 0)
    epoch = hand.mostly(epoch, epoch + 1, max(epoch - 1, 0), percent=80)
    said = hand.word(seller, ("CancelAllOffers", seller, epoch))
    return "cancelAllSigned", hand.sender(seller), (seller, epoch, *said)


# ------------------------------------------------------------------------------------ what sellers do first


@step(4)
def approve_cards(hand: MarketHand, store: MarketStore) -> Act:
    """Revoked, or given again: mostly what makes selling possible."""
    missing = [who for who in SELLERS if not hand.model.books.approvals.get((who, hand.here))]
    seller = hand.one(missing) if missing and hand.odds(70) else hand.one(SELLERS)
    return "setApprovalForAll", seller, (hand.here, seller in missing or hand.odds(30))


def _sellers_card(hand: MarketHand, store: MarketStore) -> tuple[int, str, int]:
    """Series, seller and amount: often all of what was offered."""
    if store.offers and hand.odds(60):
        offer = hand.one(store.offers[-8:]).offer
        held = hand.model.account(offer.series_id, offer.seller).balance
        return offer.series_id, offer.seller, hand.one([held, max(held - 1, 0), held // 2])
    series_id, holder = hand.card()
    return series_id, holder, hand.of_balance(series_id, holder)


@step(4)
def spend_first(hand: MarketHand, store: MarketStore) -> Act:
    series_id, seller, amount = _sellers_card(hand, store)
    return "redeem", seller, (series_id, amount, hand.merchant(series_id))


@step(4)
def give_away_first(hand: MarketHand, store: MarketStore) -> Act:
    series_id, seller, amount = _sellers_card(hand, store)
    to = hand.mostly(hand.one(HOLDERS), hand.here, percent=85)
    return "safeTransferFrom", seller, (seller, to, series_id, amount, b"")


# ------------------------------------------------------------------------------------------------- the rest


def _permit(hand: MarketHand, owner: str, amount: int) -> tuple[object, ...]:
    """Arguments of `permit`, mostly good."""
    nonce, deadline = hand.market.books.permits.get(owner, 0), hand.deadline()
    said = ("Permit", owner, hand.here, amount, nonce, deadline)
    return amount, deadline, Signature(hand.signer(owner), hand.side.token, said)


@step(3)
def permit(hand: MarketHand, store: MarketStore) -> Act:
    owner = hand.one(HOLDERS)
    return "permit", owner, _permit(hand, owner, hand.mostly(MOST, hand.small(), percent=70))


@step(8)
def several_calls(hand: MarketHand, store: MarketStore) -> Act:
    """A permit and what it pays for; or what several other steps would do, by one of them."""
    buyer = hand.one(HOLDERS)
    signed = hand.offered(store, buyer)
    amount = hand.wanted(signed.offer)
    bought = "fill", (signed.offer, amount, signed.signature)
    if hand.odds(50):
        cost = -(-signed.offer.price * amount // max(signed.offer.amount, 1)) + signed.offer.referrer_share
        enough = min(hand.mostly(MOST, cost, max(cost - 1, 0), percent=70), MAX_AMOUNT)
        return "multicall", buyer, ([("permit", _permit(hand, buyer, enough)), bought],)
    others = [hand.one([fill, fill_many, fill_and_pay, cancel])(hand, store) for _ in range(hand.one([1, 2]))]
    return "multicall", buyer, ([bought, *((function, args) for function, _, args in others)],)


@step(1)
def forfeit(hand: MarketHand, store: MarketStore) -> Act:
    """A series after its limitation, with what is offered of it."""
    old = [
        i
        for i, one in hand.model.books.series.items()
        if one.terms.limitation_at <= hand.now and not one.forfeited
    ]
    return "forfeit", STRANGER, (hand.mostly(hand.one(old or [1]), hand.series()),)


@step(5)
def new_series(hand: MarketHand, store: MarketStore) -> Act | None:
    return series_or_cards(hand.toward_service(), store)


step(1)(give_card_away)
