"""Whether a service can do its work: its node and its database answer, and its accounts can pay for gas.

All is looked at in the background: whoever asks `/health` is told at once what was seen last, and a node or a
database that does not answer holds up nobody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from largesse.web.background import repeat

LOOK_SECONDS: Final = 5.0
STALE_SECONDS: Final = 60.0
"""From then on a node or a database that was not seen is away."""


class Vitals:
    """`can_pay`: by its address whether an account has the money for its next transaction; asks the node.
    `ask_database` is anything that needs the database. Both raise where what they ask is away."""

    def __init__(self, can_pay: Mapping[str, Callable[[], bool]], ask_database: Callable[[], object]) -> None:
        self._can_pay = can_pay
        self._ask_database = ask_database
        self._chain_seen_at = self._database_seen_at = time.monotonic()
        self._poor: list[str] = []

    def start(self, stop: threading.Event) -> None:
        """Look every few seconds until `stop`: at each in a thread of its own, so that neither hides the
        other."""
        looks = (("chain", self.look_at_chain), ("database", self.look_at_database))
        for name, look in looks:
            threading.Thread(
                target=repeat, args=(look, LOOK_SECONDS, stop, f"health.no_{name}"), name=name, daemon=True
            ).start()

    def look_at_chain(self) -> None:
        """Raises what comes of a node that is away."""
        self._poor = [address for address, can_pay in self._can_pay.items() if not can_pay()]
        self._chain_seen_at = time.monotonic()

    def look_at_database(self) -> None:
        """Raises what comes of a database that is away."""
        self._ask_database()
        self._database_seen_at = time.monotonic()

    def health(self) -> dict[str, Any]:
        """For `/health`."""
        now, poor = time.monotonic(), self._poor
        chain, database = now - self._chain_seen_at, now - self._database_seen_at
        return {
            "ok": max(chain, database) <= STALE_SECONDS and not poor,
            "chainSeenSecondsAgo": round(chain, 1),
            "databaseSeenSecondsAgo": round(database, 1),
            "withoutGasMoney": poor,
        }
