"""What a life's logs of the escrow add up to, as an accountant without a node would have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tests.stateful.custody.logs import CustodyLogs, Event

# By event: where its amount is.
DEPOSITS = {"StreamOpened": 5, "StreamToppedUp": 5, "Tipped": 3, "Subscribed": 7, "SubscriptionExtended": 5}
REFUNDS = {"StreamCancelled": 4, "Unsubscribed": 5, "GiftSubscriptionsReclaimed": 3, "HandleTipReclaimed": 3}


class JarAccounts(CustodyLogs):
    """In base units."""

    def __init__(self) -> None:
        super().__init__()
        self.deposits = 0
        self.refunds = 0
        self.collected: dict[int, int] = defaultdict(int)
        self.shares: dict[int, tuple[int, ...]] = {}  # of shared jars

    def undivided(self) -> int:
        """What of shared jars' collections does not divide and waits: less than a unit for each payee."""
        return sum(
            self.collected[jar_id] - sum(self.collected[jar_id] * share // 10_000 for share in shares)
            for jar_id, shares in self.shares.items()
        )

    def add(self, events: Sequence[Event]) -> None:
        """One transaction's."""
        super().add(events)
        for event in events:
            name = event[0]
            if name in DEPOSITS:
                self.deposits += event[DEPOSITS[name]]
            elif name in REFUNDS:
                self.refunds += event[REFUNDS[name]]
            elif name == "SubscriptionsGiven":
                self.deposits += event[2][5] * event[2][6]
            elif name == "HandleTipped":
                self.deposits += event[3][3]
            elif name == "Collected":
                self.collected[event[1]] += event[2]
            elif name == "SharedJarCreated":
                self.shares[event[1]] = event[3]
