"""Counters against amounts at which laws ask for more. Engineering input, not legal advice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from typing import Final

from largesse.amounts import scale
from largesse.calendars import add_years
from largesse.report.history import History
from largesse.report.life import Movement
from largesse.report.model import Row, amounts, figures, ratios, share, text
from largesse.report.scope import Scope, begin_of


@dataclass(frozen=True)
class Threshold:
    """An amount in whole units of a currency (ISO 4217), what is counted against it, and where it stands."""

    unit: str
    figure: str
    counted: str
    rule: str
    strictly: bool


THRESHOLDS: Final = (
    Threshold(
        "EUR", "1000000", "redeemed in 12 months",
        "Limited network: notification above EUR 1 million of payments in the preceding 12 months; "
        "Directive (EU) 2015/2366, Art. 37(2)", strictly=True,
    ),
    Threshold(
        "JPY", "10000000", "outstanding",
        "Unused balance above JPY 10 million on a base date (31 March, 30 September): deposit of at least "
        "half; Payment Services Act, Art. 14(1), and its Cabinet Order, Art. 6", strictly=True,
    ),
    Threshold(
        "KRW", "3000000000", "outstanding",
        "Registration unless the outstanding balance is below KRW 3 billion; Electronic Financial "
        "Transactions Act, Art. 28(3), and its Enforcement Decree, as in force since 2024-09-15",
        strictly=False,
    ),
    Threshold(
        "KRW", "50000000000", "issued in 12 months",
        "Registration unless the yearly issue is below KRW 50 billion; Electronic Financial Transactions "
        "Act, Art. 28(3), and its Enforcement Decree, as in force since 2024-09-15", strictly=False,
    ),
    Threshold(
        "USD", "2000", "most of one account on a day",
        "Closed-loop prepaid access: at most USD 2,000 on one device on any day; 31 CFR "
        "1010.100(ff)(4)(iii)(A)", strictly=True,
    ),
)  # fmt: skip


def unit_of(symbol: str) -> str:
    """The ISO 4217 code that a currency's symbol contains ("USDC" contains USD); "" for none of ours."""
    found = sorted({one.unit for one in THRESHOLDS if one.unit in symbol.upper()})
    return found[0] if len(found) == 1 else ""


def _year_before(second: int) -> int:
    """The second a calendar year before: the same time of day on the day of the same date."""
    day = datetime.fromtimestamp(second, UTC).date()
    return begin_of(add_years(day, -1)) + second % 86_400


def _outstanding(history: History, mine: Sequence[int], _scope: Scope) -> int:
    return sum(history.life.series[number].outstanding for number in mine)


def _in_a_year(kind: str) -> Callable[[History, Sequence[int], Scope], int]:
    def count(history: History, mine: Sequence[int], scope: Scope) -> int:
        first = _year_before(scope.time)
        return sum(
            one.amount
            for number in mine
            for one in history.by_series[number]
            if one.kind == kind and one.time > first and not history.is_withdrawal(one)
        )

    return count


def _most_of_one(history: History, mine: Sequence[int], scope: Scope) -> int:
    """The most face that one account held at any moment of the range, of these series together. What lies in
    the contracts beside the certificates is of many."""
    ours = set(history.record.parts.values())
    held: defaultdict[str, int] = defaultdict(int)
    by_series: defaultdict[int, Counter[str]] = defaultdict(Counter)
    most, begun = 0, False
    # Each series' are in the chain's order; an issuer's are brought into it again.
    for one in merge(*(history.by_series[number] for number in mine), key=_place):
        if not begun and scope.covers(one.time):
            most, begun = max(held.values(), default=0), True
        balances = by_series[one.series_id]
        for holder, amount in _deltas(one, balances):
            balances[holder] += amount
            if holder in ours:
                continue
            held[holder] += amount
            if begun:
                most = max(most, held[holder])
    return most if begun else max(held.values(), default=0)


def _place(one: Movement) -> tuple[int, int]:
    return one.block, one.index


def _deltas(one: Movement, balances: Counter[str]) -> list[tuple[str, int]]:
    """What a movement did to accounts' balances of its series."""
    if one.kind == "transferred":
        return [(one.holder, -one.amount), (one.other, one.amount)]
    if one.kind == "forfeited":
        return [(holder, -left) for holder, left in balances.items()]
    came = one.kind in ("issued", "restored", "converted in", "claimed", "recalled")
    return [(one.holder, one.amount if came else -one.amount)]


_COUNTERS: Final[dict[str, Callable[[History, Sequence[int], Scope], int]]] = {
    "outstanding": _outstanding,
    "redeemed in 12 months": _in_a_year("redeemed"),
    "issued in 12 months": _in_a_year("issued"),
    "most of one account on a day": _most_of_one,
}


@figures(
    "thresholds", "Thresholds", text("issuer", "unit", "counted"), amounts("value", "threshold"),
    ratios("share"), text("reached", "rule"),
)  # fmt: skip
def thresholds(history: History, scope: Scope) -> Iterator[Row]:
    """Engineering input, not legal advice. For each issuer, in currencies whose symbol contains the
    threshold's ISO 4217 code, at par: outstanding face at the block; face redeemed, or issued, in the
    calendar year before the block's time; and the most face that one account held at once on any day of the
    range, contracts of this deployment, which keep it for many, left out. Reached is "yes" where the rule's
    words hold: above the threshold, or not below it."""
    unit = unit_of(history.symbol)
    series: defaultdict[str, list[int]] = defaultdict(list)
    for number in history.series:
        series[history.life.series[number].issuer].append(number)
    for issuer, mine in sorted(series.items()):
        for one in THRESHOLDS:
            if one.unit == unit:
                value = _COUNTERS[one.counted](history, mine, scope)
                limit = scale(one.figure, history.decimals)
                reached = value > limit if one.strictly else value >= limit
                said = "yes" if reached else "no"
                yield (issuer, unit, one.counted, value, limit, share(value, limit), said, one.rule)
