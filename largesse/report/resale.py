"""Resale in the market: volume, discount, time to fill."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from largesse.chainlogs import Event, LogError
from largesse.report.history import History
from largesse.report.life import Movement
from largesse.report.model import Row, amounts, counts, figures, median, ratios, seconds, text
from largesse.report.scope import Scope, iso_day

_UINT96 = 2**96 - 1


@dataclass(frozen=True)
class Fill:
    """A sale of face: what the seller had for it, and the seconds since it could be sold."""

    time: int
    series_id: int
    face: int
    price: int
    waited: int

    @property
    def discount(self) -> Fraction:
        """By how much the price was below face; negative above it."""
        return 1 - Fraction(self.price, self.face)


def fills(history: History) -> list[Fill]:
    """Every fill of an offer, in the chain's order. Raises LogError inconsistent without its transfer."""
    transfers: defaultdict[str, list[Movement]] = defaultdict(list)
    for one in history.life.movements:
        if one.kind == "transferred":
            transfers[one.tx].append(one)
    offerable = _Offerable(history)
    found = []
    for event in history.events["market"]:
        if event.name == "OfferFilled":
            face, price = event["row"] >> 96 & _UINT96, event["row"] & _UINT96
            moved = _delivery(event, face, transfers[event.tx])
            since = offerable.since(event["seller"], moved)
            found.append(Fill(moved.time, moved.series_id, face, price, moved.time - since))
    return found


def _delivery(event: Event, face: int, transfers: list[Movement]) -> Movement:
    """The transfer that follows a fill: which series it was."""
    for one in transfers:
        parties = (one.holder, one.other, one.amount) == (event["seller"], event["buyer"], face)
        if one.index > event.index and parties:
            return one
    raise LogError("inconsistent", f"{event.tx}: a fill of {face} without a transfer of as much")


class _Offerable:
    """When a seller could first have sold what it sold: it held face, and had approved the market."""

    def __init__(self, history: History) -> None:
        market = history.address("market")
        self._approved: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
        self._received: defaultdict[tuple[int, str], list[tuple[int, int, int]]] = defaultdict(list)
        for event in history.events["certificates"]:
            if event.name == "ApprovalForAll" and event["operator"] == market and event["approved"]:
                place = (event.block, event.index, history.time(event.block))
                self._approved[event["account"]].append(place)
        for one in history.life.movements:
            taker = one.other if one.kind == "transferred" else one.holder
            if one.kind in ("issued", "restored", "claimed", "recalled", "converted in", "transferred"):
                self._received[one.series_id, taker].append((one.block, one.index, one.time))

    def since(self, seller: str, sold: Movement) -> int:
        """The later of the seller's latest approval and its latest receipt of the series, before the sale."""
        here = (sold.block, sold.index, 0)
        times = [
            rows[place - 1][2]
            for rows in (self._approved[seller], self._received[sold.series_id, seller])
            if (place := bisect_left(rows, here))
        ]
        return max(times, default=sold.time)


@figures(
    "resale", "Resale", counts("series", "fills"), amounts("face", "price"),
    ratios("median discount", "mean discount"), seconds("median time to fill"),
)  # fmt: skip
def resale(history: History, scope: Scope) -> Iterator[Row]:
    """Offers filled in the market in the range, by series. Price: what sellers had, without a referrer's
    share. Discount: 1 less price over face, its median over fills, its mean over face. Time to fill: offers
    are signed off the chain, so the seconds are counted from when the seller could first have sold, the later
    of its latest approval of the market and its latest receipt of face of the series: no fill took longer."""
    by_series: defaultdict[int, list[Fill]] = defaultdict(list)
    for one in fills(history):
        if scope.covers(one.time):
            by_series[one.series_id].append(one)
    for number in history.series:
        mine = by_series[number]
        face, price = sum(one.face for one in mine), sum(one.price for one in mine)
        mean = 1 - Fraction(price, face) if face else None
        middle = median(one.discount for one in mine)
        yield (number, len(mine), face, price, middle, mean, median(one.waited for one in mine))


@figures("resale_days", "Resale by day", text("day"), counts("fills"), amounts("face", "price"))
def resale_days(history: History, scope: Scope) -> Iterator[Row]:
    """The same fills, by the UTC day, of all series asked for."""
    days: defaultdict[str, list[Fill]] = defaultdict(list)
    chosen = set(history.series)
    for one in fills(history):
        if one.series_id in chosen and scope.covers(one.time):
            days[iso_day(one.time)].append(one)
    for day, found in sorted(days.items()):
        yield (day, len(found), sum(one.face for one in found), sum(one.price for one in found))
