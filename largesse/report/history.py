"""All that happened in one currency, from events alone: the books of every part, in the chain's order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import groupby
from typing import Final

from largesse.books.accounts import AccountBooks
from largesse.books.items import ItemBooks
from largesse.books.jars import JarBooks
from largesse.books.orders import OrderBooks
from largesse.books.replay import Accounting
from largesse.books.rewards import RewardBooks
from largesse.books.sales import SalesBooks
from largesse.books.swaps import SwapBooks
from largesse.chainlogs import Event
from largesse.deployment import CurrencyRecord
from largesse.indexer.contracts import CURRENCY
from largesse.indexer.source import EventSource
from largesse.parts import CERTIFICATES
from largesse.report.life import Life, Movement
from largesse.report.scope import Scope
from largesse.solvency.payout import PayoutBooks

BlockTime = Callable[[int], int]
BOOKS: Final[dict[str, Callable[[int, BlockTime], Accounting]]] = {
    CERTIFICATES: lambda _, time: Life(time),
    "sales": lambda _, time: SalesBooks(time),
    "jars": JarBooks,
    "accounts": AccountBooks,
    "orders": lambda *_: OrderBooks(),
    "swaps": lambda *_: SwapBooks(),
    "rewards": lambda _, time: RewardBooks(time),
    "payout": lambda *_: PayoutBooks(),
    "items": lambda *_: ItemBooks(),
}
"""The books of each part that holds money, by decimals and the time of a block. The market holds nothing."""


@dataclass(frozen=True)
class Low:
    """The block after which a contract was covered least, among those after which it owed something."""

    held: int
    owed: int
    block: int
    time: int


@dataclass
class Reserve:
    """What a contract holds and owes at the end, in base units, and when its coverage was lowest."""

    held: int = 0
    owed: int = 0
    lowest: Low | None = None

    def after(self, held: int, owed: int, block: int, time: int) -> None:
        """Take a block's end into account."""
        self.held, self.owed = held, owed
        low = self.lowest
        if owed > 0 and (low is None or held * low.owed < low.held * owed):
            self.lowest = Low(held, owed, block, time)


@dataclass
class History:
    """One currency, up to the scope's block. `transfers` are the currency's own, by block."""

    record: CurrencyRecord
    scope: Scope
    books: dict[str, Accounting] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    reserves: dict[str, Reserve] = field(default_factory=dict)
    transfers: list[Event] = field(default_factory=list)
    gas: dict[str, int] = field(default_factory=dict)
    """Of the transactions that settle prepaid accounts, by their hashes."""
    time: BlockTime = field(default=lambda _: 0)

    @property
    def symbol(self) -> str:
        return self.record.symbol

    @property
    def decimals(self) -> int:
        return self.record.decimals

    def address(self, part: str) -> str:
        """Of a part, the certificates among them."""
        return self.record.certificates if part == CERTIFICATES else self.record.part(part)

    # Which class each part's books have is what `BOOKS` says.

    @property
    def life(self) -> Life:
        found = self.books[CERTIFICATES]
        assert isinstance(found, Life)  # noqa: S101 - for the type checker
        return found

    @property
    def sales(self) -> SalesBooks:
        found = self.books["sales"]
        assert isinstance(found, SalesBooks)  # noqa: S101
        return found

    @property
    def jars(self) -> JarBooks:
        found = self.books["jars"]
        assert isinstance(found, JarBooks)  # noqa: S101
        return found

    @property
    def accounts(self) -> AccountBooks:
        found = self.books["accounts"]
        assert isinstance(found, AccountBooks)  # noqa: S101
        return found

    @property
    def orders(self) -> OrderBooks:
        found = self.books["orders"]
        assert isinstance(found, OrderBooks)  # noqa: S101
        return found

    @cached_property
    def series(self) -> list[int]:
        """The series that the report is about, by their numbers."""
        issuer = self.scope.issuer
        return sorted(
            number for number, one in self.life.series.items() if not issuer or one.issuer == issuer
        )

    @cached_property
    def movements(self) -> list[Movement]:
        """Of these series, from the beginning on."""
        chosen = set(self.series)
        return [one for one in self.life.movements if one.series_id in chosen]

    @cached_property
    def by_series(self) -> dict[int, list[Movement]]:
        """The same, by series."""
        found: dict[int, list[Movement]] = {number: [] for number in self.series}
        for one in self.movements:
            found[one.series_id].append(one)
        return found

    @cached_property
    def gift_series(self) -> dict[bytes, int]:
        """The series of each gift, and of each batch of them, that was ever given."""
        return {one.gift: one.series_id for one in self.movements if one.kind == "given"}

    def is_withdrawal(self, movement: Movement) -> bool:
        """Whether a redemption is a withdrawal from a purchase."""
        return movement.kind == "redeemed" and movement.other == self.address("sales")


def read_history(source: EventSource, record: CurrencyRecord, scope: Scope) -> History:
    """Read a currency's events up to the scope's block. Raises LogError where they can't have happened."""
    time = cache(source.time)
    history = History(record, scope, time=time)
    history.transfers = list(source.events(record.symbol, CURRENCY, last=scope.block, names=["Transfer"]))
    moves = _moves(history)
    for part, make in BOOKS.items():
        books = make(record.decimals, time)
        events = list(source.events(record.symbol, part, last=scope.block))
        history.books[part], history.events[part] = books, events
        history.reserves[part] = _replay(events, books, moves[history.address(part)], time)
    history.events["market"] = list(source.events(record.symbol, "market", last=scope.block))
    return history


def _moves(history: History) -> defaultdict[str, defaultdict[int, int]]:
    """By address and block, what the currency moved there less what it moved away."""
    moves: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for event in history.transfers:
        moves[event["to"]][event.block] += event["value"]
        moves[event["from"]][event.block] -= event["value"]
    return moves


def _replay(events: Iterable[Event], books: Accounting, moves: dict[int, int], time: BlockTime) -> Reserve:
    """Feed the books block by block, beside the money."""
    reserve, held = Reserve(), 0
    by_block: dict[int, Sequence[Event]] = {
        number: list(inside) for number, inside in groupby(events, key=lambda event: event.block)
    }
    for number in sorted(by_block.keys() | moves.keys()):
        for _, transaction in groupby(by_block.get(number, ()), key=lambda event: event.tx):
            books.add(list(transaction))
        held += moves.get(number, 0)
        reserve.after(held, books.liabilities, number, time(number))
    return reserve
