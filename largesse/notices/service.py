"""Watching and sending, one after the other, until it is stopped."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from web3.exceptions import Web3Exception

from largesse.errors import LargesseError
from largesse.notices.sending import Sender
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
        """One look at the chain, and then all that is due as long as any of it is taken: how many notices
        were found, how many taken by their receivers. Raises what the watcher raises."""
        found, taken = self._watcher.step(), 0
        while count := self._sender.step():
            taken += count
        return found, taken

    def run(self, goes_on: Callable[[], bool]) -> None:
        """Rounds, as long as `goes_on`."""
        while goes_on():
            for what, step in (
                ("entered", self._watcher.step),
                ("taken", self._sender.step),
                ("forgotten", self._sender.forget),
            ):
                try:
                    if count := step():
                        log(f"notices {what}", count=count)
                except (LargesseError, Web3Exception, SQLAlchemyError, OSError) as error:
                    # Others' messages may hold a node's address with its key.
                    why = str(error) if isinstance(error, LargesseError) else type(error).__name__
                    log(f"no notices {what}", logging.WARNING, why=why)
                except Exception as error:  # noqa: BLE001 - whatever it was, the next round may go well
                    log(f"no notices {what}", error=error)
            time.sleep(self._poll_seconds)
