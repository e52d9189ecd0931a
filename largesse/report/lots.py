"""Face followed from its issue to its end, first in, first out."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from largesse.report.history import History
from largesse.report.life import Movement
from largesse.report.scope import DAY

AGES: Final = (30, 180, 365)
"""Days after which a cohort is looked at."""

Lot = tuple[int, int]
"""Second of issue, face."""
Place = tuple[int, str] | bytes
"""Where face lies: with a holder of a series, or in a gift or batch of gifts."""


@dataclass
class Cohort:
    """The face issued in one month. `youngest` is the second of its last issue; `ages` counts redeemed face
    by its age in seconds."""

    issued: int = 0
    youngest: int = 0
    redeemed: int = 0
    ended: int = 0
    ages: Counter[int] = field(default_factory=Counter)

    def within(self, days: int) -> int:
        """Face redeemed at an age of less than so many days."""
        return sum(amount for age, amount in self.ages.items() if age < days * DAY)


class _Lots:
    """All lots of all holders, and what was redeemed of them."""

    def __init__(self) -> None:
        self.cohorts: defaultdict[str, Cohort] = defaultdict(Cohort)
        self.held: defaultdict[Place, deque[Lot]] = defaultdict(deque)
        self.places: defaultdict[int, set[Place]] = defaultdict(set)
        """Where face of each series lay, with holders and in gifts."""
        self._spent: defaultdict[Place, list[tuple[int, int, int]]] = defaultdict(list)

    def issue(self, place: Place, time: int, amount: int) -> None:
        cohort = self.cohorts[_month(time)]
        cohort.issued += amount
        cohort.youngest = max(cohort.youngest, time)
        self.held[place].append((time, amount))

    def take(self, place: Place, amount: int) -> list[Lot]:
        """The oldest face of a place, as much as `amount`."""
        taken, lots = [], self.held[place]
        while amount:
            born, here = lots.popleft()
            part = min(here, amount)
            if part < here:
                lots.appendleft((born, here - part))
            taken.append((born, part))
            amount -= part
        return taken

    def move(self, giver: Place, taker: Place, amount: int) -> None:
        """Face keeps its date; what arrives is sorted in by it."""
        self._put(taker, self.take(giver, amount))

    def redeem(self, place: Place, time: int, amount: int) -> None:
        for born, part in self.take(place, amount):
            cohort = self.cohorts[_month(born)]
            cohort.redeemed += part
            cohort.ages[time - born] += part
            self._spent[place].append((born, time, part))

    def restore(self, place: Place, time: int, amount: int) -> None:
        """The latest redemptions are undone; face that this holder never redeemed is new."""
        spent, back = self._spent[place], []
        while amount and spent:
            born, when, here = spent.pop()
            part = min(here, amount)
            if part < here:
                spent.append((born, when, here - part))
            cohort = self.cohorts[_month(born)]
            cohort.redeemed -= part
            cohort.ages[when - born] -= part
            back.append((born, part))
            amount -= part
        back.sort()
        if amount:
            self.issue(place, time, amount)
        self._put(place, back)

    def end(self, lots: Iterable[Lot]) -> None:
        for born, part in lots:
            self.cohorts[_month(born)].ended += part

    def _put(self, place: Place, lots: Iterable[Lot]) -> None:
        held, lots = self.held[place], list(lots)
        if lots and held and lots[0] < held[-1]:
            self.held[place] = deque(sorted([*held, *lots]))
        else:
            held.extend(lots)


def trace(history: History, since: int) -> list[tuple[str, Cohort]]:
    """The cohorts of months that end after second `since`, in their order; face issued before it is left out
    of them."""
    lots, first = _followed(history), _month(since)
    found = sorted((month, cohort) for month, cohort in lots.cohorts.items() if month >= first)
    return [(month, cohort) for month, cohort in found if cohort.issued]


def outstanding_lots(history: History) -> Counter[int]:
    """By series, the face that is left in lots."""
    found: Counter[int] = Counter()
    for place, held in _followed(history).held.items():
        found[_series(place, history)] += sum(amount for _, amount in held)
    return found


def _followed(history: History) -> _Lots:
    lots = _Lots()
    for one in history.movements:
        _book(lots, history, one)
    return lots


def _book(lots: _Lots, history: History, one: Movement) -> None:
    place: Place = (one.series_id, one.holder)
    others: tuple[Place, ...] = ((one.series_id, one.other), one.gift or place)
    lots.places[one.series_id].update((place, *others))
    if one.kind == "issued":
        lots.issue(place, one.time, one.amount)
    elif one.kind == "restored":
        lots.restore(place, one.time, one.amount)
    elif one.kind == "transferred":
        lots.move(place, (one.series_id, one.other), one.amount)
    elif one.kind == "given":
        lots.move(place, one.gift, one.amount)
    elif one.kind in ("claimed", "recalled"):
        lots.move(one.gift, place, one.amount)
    elif one.kind == "converted out":
        lots.move(place, _CONVERTING, one.amount)
    elif one.kind == "converted in":
        lots.move(_CONVERTING, place, one.amount)
    elif one.kind == "redeemed" and not history.is_withdrawal(one):
        lots.redeem(place, one.time, one.amount)
    elif one.kind == "forfeited":
        # Whoever holds it, and what lies in gifts of this series.
        for where in lots.places[one.series_id] & lots.held.keys():
            lots.end(lots.held.pop(where))
    else:
        lots.end(lots.take(place, one.amount))


_CONVERTING: Final = b"converting"


def _series(place: Place, history: History) -> int:
    if isinstance(place, tuple):
        return place[0]
    return history.gift_series.get(place, 0)


def _month(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m")
