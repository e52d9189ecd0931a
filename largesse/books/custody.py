"""Books of a contract that keeps money for others: what came, what went, what is owed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import ClassVar

from largesse.chainlogs import Event, LogError


class CustodyBooks:
    """What the books of contracts that keep money have in common. Amounts are base units.

    `block_time` tells a block's time, in Unix seconds, to books that need it.
    """

    WITHOUT_BOOKS: ClassVar[frozenset[str]] = frozenset({"ConsentUsed"})
    """Events that change no books; of every other one, `_on_<name>` is told."""

    def __init__(self, block_time: Callable[[int], int] = lambda _: 0) -> None:
        self.owed: defaultdict[str, int] = defaultdict(int)
        self.paid_in = 0
        self.paid_out = 0
        self.events = 0
        self._held = 0
        self._block_time = block_time

    def add(self, transaction: Sequence[Event]) -> None:
        """All events of one transaction. Raises LogError inconsistent where they can't have happened."""
        for event in transaction:
            if event.name not in self.WITHOUT_BOOKS:
                getattr(self, f"_on_{event.name}")(event, self._block_time(event.block))
        self.events += len(transaction)

    @property
    def liabilities(self) -> int:
        """What the contract must hold: what came in less what went out."""
        return self._held

    @property
    def total_owed(self) -> int:
        return sum(self.owed.values())

    def _in(self, amount: int) -> None:
        self.paid_in += amount
        self._held += amount

    def _out(self, amount: int) -> None:
        self.paid_out += amount
        self._held -= amount

    def _on_PayoutOwed(self, event: Event, _: int) -> None:  # noqa: N802
        self.owed[event["payee"]] += event["amount"]
        self._out(-event["amount"])

    def _on_OwedPaid(self, event: Event, _: int) -> None:  # noqa: N802
        if self.owed[event["payee"]] != event["amount"]:
            raise LogError("inconsistent", f"{event['payee']} was paid {event['amount']} of another debt")
        self.owed[event["payee"]] = 0
        self._out(event["amount"])
