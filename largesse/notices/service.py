"""Watching and sending, one after the other, until it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from web3.exceptions import Web3Exception

from largesse.chainlogs import LogError
from largesse.indexer.contracts import IndexerError
from largesse.notices.sending import Sender
from largesse.notices.signatures import NoticeError
from largesse.notices.watcher import Watcher
from largesse.web.logs import log

POLL_SECONDS: Final = 2.0


class Notifier:
    """Both together. A node that is away delays what is new and not what waits to be sent."""

    def __init__(self, watcher: Watcher, sender: Sender, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._watcher = watcher
        self._sender = sender
        self._poll_seconds = poll_seconds

    def once(self) -> tuple[int, int]:
        """One round: how many notices were found, how many taken by their receivers. Raises what the
        watcher raises."""
        return self._watcher.step(), self._sender.step()

    def run(self, goes_on: Callable[[], bool]) -> None:
        """Rounds, as long as `goes_on`."""
        while goes_on():
            try:
                if found := self._watcher.step():
                    log("notices entered", count=found)
            except (Web3Exception, OSError, LogError, IndexerError, NoticeError) as error:
                log("the chain can't be read", why=str(error))
            if taken := self._sender.step():
                log("notices taken", count=taken)
            time.sleep(self._poll_seconds)
