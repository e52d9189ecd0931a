"""How certificates are used: by cohort of issue, how soon, and in how many parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from largesse.report.history import History
from largesse.report.lots import AGES, trace
from largesse.report.model import Row, amounts, counts, figures, median, ratios, seconds, share, text
from largesse.report.scope import Scope


@figures(
    "cohorts", "Redemption by cohort", text("month"), amounts("issued"),
    amounts(*(f"redeemed in {days} days" for days in AGES), "redeemed", "other ends", "outstanding"),
    ratios(*(f"share in {days} days" for days in AGES)),
)  # fmt: skip
def cohorts(history: History, scope: Scope) -> Iterator[Row]:
    """A cohort is the face issued in one month (UTC), of all series asked for, from the month on in which the
    range begins. Redeemed in N days:
    less than N times 86,400 seconds after its issue; empty while part of the cohort is younger than that at
    the block. Face is followed first in, first out: a holder's oldest face moves, is given and is spent
    first, keeps its date through transfers, gifts and conversions, and is restored last out, first in. Other
    ends: refunded, withdrawn and forfeited. Issued is redeemed plus other ends plus outstanding."""
    for month, cohort in trace(history, scope.since):
        shares = []
        spent: list[int | None] = []
        for days in AGES:
            whole = cohort.youngest + days * 86_400 <= scope.time
            spent.append(cohort.within(days) if whole else None)
            shares.append(share(cohort.within(days), cohort.issued) if whole else None)
        ends = (cohort.redeemed, cohort.ended, cohort.issued - cohort.redeemed - cohort.ended)
        yield (month, cohort.issued, *spent, *ends, *shares)


@figures(
    "first_use", "Time to first use", counts("series", "holders", "used", "unused"),
    seconds("median", "soonest", "latest"),
)  # fmt: skip
def first_use(history: History, scope: Scope) -> Iterator[Row]:
    """Of the accounts that first received face of a series in the range (by issue, gift, transfer or
    conversion, or restored where others had spent it): how many, how many of them have redeemed any by the
    block, and the seconds from the first receipt to the first redemption. A withdrawal from a purchase is no
    use."""
    received: dict[tuple[int, str], int] = {}
    used: dict[tuple[int, str], int] = {}
    for one in history.movements:
        if one.kind in ("issued", "claimed", "converted in", "restored"):
            received.setdefault((one.series_id, one.holder), one.time)
        elif one.kind == "transferred":
            received.setdefault((one.series_id, one.other), one.time)
        elif one.kind == "redeemed" and not history.is_withdrawal(one):
            used.setdefault((one.series_id, one.holder), one.time)
    by_series: defaultdict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    for key, time in received.items():
        if scope.covers(time):
            by_series[key[0]][key] = time
    for number in history.series:
        here = by_series[number]
        waits = [used[key] - time for key, time in here.items() if key in used]
        least, most = (min(waits), max(waits)) if waits else (None, None)
        yield (number, len(here), len(waits), len(here) - len(waits), median(waits), least, most)


@figures(
    "partial_use", "Partial use", counts("series", "unused", "partly used", "used up"),
    amounts("left unused", "left partly used"), ratios("partial share"),
)  # fmt: skip
def partial_use(history: History, _scope: Scope) -> Iterator[Row]:
    """Accounts at the block, by series: unused hold face and have redeemed none, partly used hold face and
    have redeemed some, used up have redeemed and hold none; restored face counts as not redeemed. Left: the
    face that the first two hold. Partial share: the partly used among those that have redeemed any."""
    spent: defaultdict[tuple[int, str], int] = defaultdict(int)
    for one in history.movements:
        if one.kind == "redeemed" and not history.is_withdrawal(one):
            spent[one.series_id, one.holder] += one.amount
        elif one.kind == "restored":
            spent[one.series_id, one.holder] -= one.amount
    held: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    for key, account in history.life.holdings.items():
        held[key[0]].append((account.balance, spent.get(key, 0) > 0))
    for number in history.series:
        rows = held[number]
        unused = [left for left, some in rows if left and not some]
        partly = [left for left, some in rows if left and some]
        up = sum(some and not left for left, some in rows)
        partial = share(len(partly), len(partly) + up)
        yield (number, len(unused), len(partly), up, sum(unused), sum(partly), partial)
