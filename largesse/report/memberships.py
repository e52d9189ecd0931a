"""Memberships: who joined, who left, who stayed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from largesse.books.jars import Member
from largesse.report.history import History
from largesse.report.model import Row, counts, figures, ratios, share, text
from largesse.report.scope import Scope, begin_of


@dataclass
class Stay:
    """A time for which an account was a member without a break: from `start` on, before `end`."""

    start: int
    end: int
    gift: bool
    cancelled: bool = False

    def at(self, second: int) -> bool:
        return self.start <= second < self.end


def stays(history: History) -> dict[Member, list[Stay]]:
    """Every membership's stays, in their order."""
    found: defaultdict[Member, list[Stay]] = defaultdict(list)
    for event in history.events["jars"]:
        if event.name not in _TAKES:
            continue
        member = (event["creator"], event["account"], event["tier"])
        now = history.time(event.block)
        if event.name in ("Subscribed", "GiftSubscriptionClaimed"):
            found[member].append(Stay(now, event["until"], event.name != "Subscribed"))
        elif event.name == "SubscriptionExtended":
            found[member][-1].end = event["until"]
        else:
            found[member][-1].end, found[member][-1].cancelled = now, True
    return found


_TAKES = ("Subscribed", "GiftSubscriptionClaimed", "SubscriptionExtended", "Unsubscribed")


@figures(
    "memberships", "Memberships and churn", text("creator", "month"),
    counts("members before", "joined", "of gifts", "cancelled", "lapsed", "members after", "lost"),
    ratios("churn"),
)  # fmt: skip
def memberships(history: History, scope: Scope) -> Iterator[Row]:
    """Memberships (an account in a tier of a creator) by month (UTC) of the range, the first and the last cut
    off where the range is. Joined: began in the month, of which by a gift. Cancelled: ended by their payer in
    it; lapsed: paid time over in it. Before, plus joined, less cancelled and lapsed, is after. Lost: members
    before who are none after; churn is their share of the members before. Whoever comes back within the month
    is not lost. Months without members are left out. Of the whole currency, whichever issuer is asked for."""
    everybody: defaultdict[str, dict[Member, list[Stay]]] = defaultdict(dict)
    for member, rows in stays(history).items():
        everybody[member[0]][member] = rows
    for creator, mine in sorted(everybody.items()):
        begun = min(rows[0].start for rows in mine.values())
        for month, first, last in _months(max(scope.since, begun), scope.time):
            found = _month(mine, first, last)
            if any(found):
                yield (creator, month, *found)


def _month(mine: dict[Member, list[Stay]], first: int, last: int) -> Row:
    """The figures of the seconds after `first` and up to `last`."""
    every = [stay for rows in mine.values() for stay in rows]
    before = sum(stay.at(first) for stay in every)
    joined = [stay for stay in every if first < stay.start <= last]
    ended = [stay for stay in every if first < stay.end <= last]
    cancelled = sum(stay.cancelled for stay in ended)
    after = sum(stay.at(last) for stay in every)
    lost = sum(
        any(stay.at(first) for stay in rows) and not any(stay.at(last) for stay in rows)
        for rows in mine.values()
    )
    gifts = sum(stay.gift for stay in joined)
    return (
        before, len(joined), gifts, cancelled, len(ended) - cancelled, after, lost, share(lost, before),
    )  # fmt: skip


def _months(first: int, last: int) -> Iterator[tuple[str, int, int]]:
    """The months that seconds `first` to `last` touch, each with the second before it and its last one."""
    day, second = datetime.fromtimestamp(first, UTC).date().replace(day=1), first
    while second <= last:
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        end = min(begin_of(following) - 1, last)
        yield (day.isoformat()[:7], second - 1, end)
        day, second = following, end + 1
