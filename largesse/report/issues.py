"""Face that came and went: by series, what promotions paid, refunds by reason, what expires."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from largesse.books.sales import PurchaseEntry
from largesse.report.history import History
from largesse.report.model import Row, amounts, counts, figures, text, times
from largesse.report.scope import DAY, Scope
from largesse.terms.fields import NO_EXPIRY

CAME: Final = ("issued", "restored", "converted in")
WENT: Final = ("redeemed", "withdrawn", "refunded", "converted out", "forfeited")


def flows(history: History, series_id: int, first: int, last: int) -> Counter[str]:
    """By kind, the face that moved in a series from second `first` on, before second `last`."""
    found: Counter[str] = Counter()
    for one in history.by_series[series_id]:
        if first <= one.time < last:
            found["withdrawn" if history.is_withdrawal(one) else one.kind] += one.amount
    return found


def change(found: Counter[str]) -> int:
    """What flows did to the outstanding face."""
    return sum(found[kind] for kind in CAME) - sum(found[kind] for kind in WENT)


@figures(
    "series", "Face by series", counts("series"), text("issuer"), amounts("outstanding before"),
    amounts(*CAME, *WENT), amounts("outstanding", "fees accrued"),
)  # fmt: skip
def series(history: History, scope: Scope) -> Iterator[Row]:
    """Face that came into being in the range (issued against payment; restored to cards it had been spent
    from; converted in from expired series) and face that ceased to be (redeemed by merchants and services;
    withdrawn: redeemed into the shop by buyers who withdrew from a purchase; refunded; converted out;
    forfeited after limitation). Outstanding before the range, plus what came, less what went, is outstanding
    at the block. Fees accrued are those of redemptions that the issuer has not collected at the block."""
    for number in history.series:
        books = history.life.series[number]
        before = change(flows(history, number, 0, scope.since))
        found = flows(history, number, scope.since, scope.time + 1)
        moved = [found[kind] for kind in (*CAME, *WENT)]
        yield (number, books.issuer, before, *moved, before + change(found), books.fees)


@figures(
    "subsidy", "Discount subsidy", counts("series", "purchases"),
    amounts("face", "premium", "discount granted", "discount returned", "cash-back", "referrals", "subsidy"),
)  # fmt: skip
def subsidy(history: History, scope: Scope) -> Iterator[Row]:
    """What promotions' budgets paid so that buyers paid less, by series: discounts granted with purchases of
    the range, less discounts returned by withdrawals in the range, plus cash-back and referrals paid in the
    range. Face and premium are those of the purchases in the range."""
    purchases: defaultdict[int, list[PurchaseEntry]] = defaultdict(list)
    for entry in history.sales.purchases.values():
        purchases[entry.series_id].append(entry)
    rewards: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for reward in history.sales.rewards:
        if scope.covers(reward.time):
            rewards[reward.series_id][reward.kind] += reward.amount
    for number in history.series:
        mine, paid = purchases[number], rewards[number]
        bought = [one for one in mine if scope.covers(one.time)]
        returned = sum(one.discount for one in mine if one.withdrawn_at and scope.covers(one.withdrawn_at))
        granted = sum(one.discount for one in bought)
        total = granted - returned + paid["cash-back"] + paid["referral"]
        yield (
            number, len(bought), sum(one.face for one in bought), sum(one.premium for one in bought), granted,
            returned, paid["cash-back"], paid["referral"], total,
        )  # fmt: skip


@figures(
    "refunds", "Refunds by reason", counts("series"), text("reason"), counts("refunds"),
    amounts("face", "paid", "to beneficiary"),
)  # fmt: skip
def refunds(history: History, scope: Scope) -> Iterator[Row]:
    """Face given up for money in the range, by the right it rests on: full (wound down, or a merchant's
    removal took effect), remainder (enough of the certificate was used), small rest, post expiry, withdrawal
    (from a purchase: the buyer has back what it paid, the promotion what it added). What is not paid to the
    holder goes to the terms' beneficiary, or back to the promotion's budget."""
    rows: dict[tuple[int, str], list[int]] = {}
    for one in history.movements:
        if one.kind == "refunded" and scope.covers(one.time):
            found = rows.setdefault((one.series_id, one.reason), [0, 0, 0])
            _add(found, one.amount, one.paid)
    chosen = set(history.series)
    for bought in history.sales.purchases.values():
        if bought.series_id in chosen and bought.withdrawn_at and scope.covers(bought.withdrawn_at):
            _add(rows.setdefault((bought.series_id, "withdrawal"), [0, 0, 0]), bought.face, bought.paid)
    for (number, reason), (count, face, paid) in sorted(rows.items()):
        yield (number, reason, count, face, paid, face - paid)


def _add(found: list[int], face: int, paid: int) -> None:
    found[0] += 1
    found[1] += face
    found[2] += paid


@figures(
    "expiry", "Expiry", counts("series"), times("expires at", "limitation at"),
    amounts(
        "expired in range", "expired outstanding", "due in 30 days", "due in 90 days", "forfeited in range"
    ),
)  # fmt: skip
def expiry(history: History, scope: Scope) -> Iterator[Row]:
    """Expired in range: face that was outstanding at the second at which its series expired, where that
    second lies in the range. Expired outstanding: face of expired series that nobody has had refunded,
    converted or forfeited at the block. Due in 30 (90) days: outstanding face of series that expire after the
    block's time and not later than 30 (90) times 86,400 seconds after it. Forfeited in range: what went to
    beneficiaries after limitation. Empty dates: never."""
    for number in history.series:
        books = history.life.series[number]
        ends = books.terms.expires_at
        gone = ends <= scope.time
        in_range = gone and scope.covers(ends)
        lapsed = change(flows(history, number, 0, ends)) if in_range else 0
        due = [books.outstanding if scope.time < ends <= scope.time + days * DAY else 0 for days in (30, 90)]
        forfeited = flows(history, number, scope.since, scope.time + 1)["forfeited"]
        yield (
            number, _date(ends), _date(books.terms.limitation_at), lapsed, books.outstanding if gone else 0,
            *due, forfeited,
        )  # fmt: skip


def _date(second: int) -> int | None:
    return None if second == NO_EXPIRY else second
