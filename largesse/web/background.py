"""What a service does in the background, whatever the node or the database does, and how it comes to an end.

All threads are daemons: one that a node keeps waiting holds up neither a stop nor the end of the process.
What it may have sent is written down before it is sent.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from largesse.web.logs import log

Found = TypeVar("Found")

STOP_SECONDS: Final = 10.0
"""How long a stop waits for what runs in the background."""


def repeat(run: Callable[[], object], seconds: float, stop: threading.Event, failed: str) -> None:
    """`run` every so many seconds until `stop`; what fails is logged as `failed`, and tried again."""
    while not stop.wait(seconds):
        try:
            run()
        except Exception as error:  # noqa: BLE001 - whatever it was, the next time may go well
            log(failed, error=error)


def end_threads(threads: Iterable[threading.Thread], seconds: float, left: str) -> None:
    """Wait so long for all of them together that were told to stop; those that still run are left to end with
    the process, and logged as `left`."""
    end = time.monotonic() + seconds
    for thread in threads:
        if thread.is_alive():
            thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive():
            log(left, logging.WARNING, thread=thread.name)


class Workers:
    """`count` threads at most, that do what they are given in its order."""

    def __init__(self, count: int, name: str) -> None:
        self.threads: list[threading.Thread] = []
        self._count = count
        self._name = name
        self._waiting: SimpleQueue[tuple[Callable[..., object], tuple[Any, ...]] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._ends = False

    def submit(self, run: Callable[..., object], *values: Any) -> None:
        """Have `run(*values)` done, which raises nothing. After `stop` nothing is."""
        with self._lock:
            if self._ends:
                return
            self._waiting.put((run, values))
            if len(self.threads) < self._count:
                name = f"{self._name} {len(self.threads)}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self.threads.append(thread)
                thread.start()

    def ask(self, run: Callable[..., Found], *values: Any) -> asyncio.Future[Found]:
        """Have it done, and hear in this loop what it gives or raises. It is done also where nobody waits."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Found] = loop.create_future()

        def told(found: Found | None, error: Exception | None) -> None:
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(found)  # type: ignore[arg-type] # what it gave

        def work() -> None:
            found, failed = None, None
            try:
                found = run(*values)
            except Exception as error:  # noqa: BLE001 - who asked gets it
                failed = error
            with suppress(RuntimeError):  # the loop may have ended: nobody waits then
                loop.call_soon_threadsafe(told, found, failed)

        self.submit(work)
        return answer

    def stop(self) -> None:
        """Begin nothing more; what is being done is not waited for."""
        with self._lock:
            self._ends = True
            for _ in self.threads:
                self._waiting.put(None)

    def _work(self) -> None:
        while (found := self._waiting.get()) is not None and not self._ends:
            run, values = found
            run(*values)
