"""Histories that nobody lived: events made by hand, read as a report reads them, without a chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from largesse.chainlogs import Event
from largesse.deployment import CurrencyRecord
from largesse.parts import PARTS
from largesse.report.history import History, read_history
from largesse.report.scope import Scope

NOBODY: Final = "0x" + "00" * 20
DAY: Final = 86_400
T0: Final = 1_798_761_600
"""The first second of 2027."""


def person(number: int) -> str:
    """An address: whose letters have no case."""
    return "0x" + f"{number:040d}"


RECORD: Final = CurrencyRecord(
    "USDX", person(999), 0, person(900), person(901), 0,
    {one.name: person(902 + place) for place, one in enumerate(PARTS)},
)  # fmt: skip


@dataclass
class Told:
    """A source of events: each `tell` is a transaction in a block of its own, `day` days after T0."""

    written: defaultdict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    times: list[int] = field(default_factory=lambda: [T0])
    chain_id: int = 1

    @property
    def head(self) -> int:
        return len(self.times) - 1

    def time(self, block: int) -> int:
        return self.times[block]

    def events(
        self, symbol: str, part: str, *, first: int = 0, last: int | None = None, names: Sequence[str] = ()
    ) -> Iterator[Event]:
        for event in self.written[part]:
            if event.block <= (self.head if last is None else last) and (not names or event.name in names):
                yield event

    def tell(self, day: float, *events: tuple[str, str, dict[str, Any]]) -> str:
        """Part, name and values of each event; the transaction's hash."""
        self.times.append(T0 + int(day * DAY))
        tx = f"0x{self.head:064x}"
        for index, (part, name, values) in enumerate(events):
            self.written[part].append(Event(self.head, tx, index, name, values))
        return tx

    def history(self, since: int = T0, issuer: str = "") -> History:
        return read_history(self, RECORD, Scope(self.head, "0x", self.times[-1], since, issuer))

    # ---------------------------------------------------------------------------------------- certificates

    def series(self, number: int, issuer: str, *, ends: int = 1_000, fee_bps: int = 0) -> None:
        """A series that expires on day `ends` and is forfeited 100 days later."""
        terms = (
            person(800), T0 + 100 * DAY, T0 + ends * DAY, T0 + (ends + 100) * DAY, fee_bps, False, False,
            False, False, 0, 0, 9_000, 0, 0, 0, bytes(32),
        )  # fmt: skip
        self.tell(0, certificates("SeriesCreated", seriesId=number, issuer=issuer, terms=terms))

    def issue(self, day: float, series: int, to: str, amount: int) -> None:
        self.tell(day, transfer(series, NOBODY, to, amount))

    def hand(self, day: float, series: int, giver: str, taker: str, amount: int) -> None:
        self.tell(day, transfer(series, giver, taker, amount))

    def redeem(self, day: float, series: int, holder: str, merchant: str, amount: int) -> None:
        self.tell(day, transfer(series, holder, NOBODY, amount, merchant))

    def restore(self, day: float, series: int, holder: str, merchant: str, amount: int) -> None:
        said = certificates("Restored", seriesId=series, holder=holder, merchant=merchant, amount=amount)
        self.tell(day, transfer(series, NOBODY, holder, amount), said)


def certificates(name: str, **values: Any) -> tuple[str, str, dict[str, Any]]:
    return ("certificates", name, values)


def transfer(
    series: int, giver: str, taker: str, amount: int, operator: str = NOBODY
) -> tuple[str, str, dict[str, Any]]:
    """A TransferSingle."""
    values = {"operator": operator, "from": giver, "to": taker, "id": series, "value": amount}
    return certificates("TransferSingle", **values)


def money(giver: str, taker: str, amount: int) -> tuple[str, str, dict[str, Any]]:
    """A transfer of the currency."""
    return ("token", "Transfer", {"from": giver, "to": taker, "value": amount})
