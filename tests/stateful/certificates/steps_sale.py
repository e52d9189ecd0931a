"""Steps: series, their sale, and transfers."""

from __future__ import annotations

from tests.model.words import (
    MAX_AMOUNT,
    NEVER,
    ZERO,
    IssueRow,
)
from tests.stateful.certificates.hand import DENOMINATION, Hand
from tests.stateful.certificates.store import ART, Store
from tests.stateful.people import (
    HOLDERS,
    HOLDING,
    ISSUERS,
    MERCHANTS,
    OPERATOR,
    PAID,
    SERVICES,
    STRANGER,
)
from tests.stateful.registry import Act, step

KINDS = ("open", "korean", "cash-out", "for ever")


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
    caller = hand.mostly(hand.issuer(series_id), STRANGER, percent=85)
    return "setOperator", caller, (series_id, operator, limit)


@step(2)
def wind_down(hand: Hand, store: Store) -> Act:
    series_id = hand.series()
    return "windDown", hand.mostly(hand.issuer(series_id), STRANGER, percent=50), (series_id,)


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


@step(3)
def approve(hand: Hand, store: Store) -> Act:
    operator = hand.mostly(OPERATOR, ZERO, percent=70)
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
