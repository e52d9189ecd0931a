"""Books of a contract that keeps money for others: what came, what went, what is owed."""

from __future__ import annotations

from collections import defaultdict

from largesse.chainlogs import Event, LogError


class CustodyBooks:
    """What the books of `ICustody` contracts have in common. Amounts are base units."""

    def __init__(self) -> None:
        self.owed: defaultdict[str, int] = defaultdict(int)
        self.paid_in = 0
        self.paid_out = 0
        self.events = 0
        self._held = 0

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
