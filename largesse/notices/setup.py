"""What `brownie run notify` and `python -m largesse.notices` put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from largesse.chain import Node
from largesse.database import open_database
from largesse.deployment import Deployment
from largesse.indexer.source import ChainSource
from largesse.notices.outbox import SENT, TABLES, Outbox
from largesse.notices.receivers import Receivers, read_receivers
from largesse.notices.sending import DAY, Patience, Sender
from largesse.notices.service import Notifier
from largesse.notices.watcher import Watcher


@dataclass(frozen=True)
class Desk:
    """Everything a notifier works with."""

    receivers: Receivers
    outbox: Outbox
    patience: Patience

    @classmethod
    def open(cls, config: Path, environ: Mapping[str, str], database: str, give_up_days: int) -> Desk:
        """Raises ReceiversError, DatabaseError."""
        receivers = read_receivers(config.read_text(encoding="utf-8"), environ, config.parent, config.name)
        patience = Patience(give_up=give_up_days * DAY)
        outbox = Outbox(open_database(database, TABLES), give_up_seconds=patience.give_up)
        return cls(receivers, outbox, patience)

    def notifier(self, node: Node, deployment: Deployment, start: int | None) -> Notifier:
        """Follows the node's chain; notices are about blocks under its number of confirmations."""
        watcher = Watcher(
            deployment, lambda: ChainSource(node, deployment), node.block_time, self.outbox, self.receivers,
            confirmations=node.confirmations, start=start,
        )  # fmt: skip
        return Notifier(watcher, Sender(self.outbox, self.receivers, self.patience))

    def summary(self) -> list[tuple[str, str, int]]:
        """Receiver, state and how many, for people; what was given up is in `outbox.lost`."""
        counts = self.outbox.counts()
        return [
            (*key, counts[key]) for key in sorted(counts, key=lambda key: (key[0], key[1] == SENT, key[1]))
        ]
