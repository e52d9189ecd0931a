"""What a life's logs of a contract that keeps money add up to, as an accountant without a node would have it:
debts and consents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

Event = tuple[Any, ...]


class CustodyLogs:
    """In base units."""

    def __init__(self) -> None:
        self.owed: dict[str, int] = defaultdict(int)
        self.nonces: set[tuple[str, int]] = set()
        self.twice: list[Event] = []  # consents that were used a second time

    def add(self, events: Sequence[Event]) -> None:
        """One transaction's."""
        for event in events:
            name = event[0]
            if name == "PayoutOwed":
                self.owed[event[1]] += event[2]
            elif name == "OwedPaid":
                self.owed[event[1]] -= event[3]
            elif name == "ConsentUsed":
                if event[1:] in self.nonces:
                    self.twice.append(event)
                self.nonces.add(event[1:])
