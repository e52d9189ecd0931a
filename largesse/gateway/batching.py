"""Work that costs less together: what callers in an event loop ask for, a thread does many at a time."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Generic, TypeVar

from largesse.errors import LargesseError

MOST: Final = 256
LINGER_SECONDS: Final = 0.005
"""How long the first of a batch waits for others: who are coming, or may ask again."""

Item = TypeVar("Item")
Found = TypeVar("Found")


class ClosedError(LargesseError):
    """Nothing is taken any more; nothing was done."""


class Batches(Generic[Item, Found]):
    """`work` takes a list, and answers each with a result or an exception that its caller gets.

    A batch is handed over when the thread is free and a turn of the loop has brought no other item. While
    more are `coming`, or while those whom the batch before has answered have not all asked again, it waits
    for them, `LINGER_SECONDS` at the most. So who comes alone, again and again, is served at once, and under
    load there are few batches, of all who ask. One loop at a time; one that ended leaves its batch to the
    thread. Close it at the end.
    """

    def __init__(self, name: str, work: Callable[[Sequence[Item]], Sequence[Found | Exception]]) -> None:
        self._work = work
        self.coming = 0
        """Callers that may ask any moment, or wait for their answer."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[tuple[Item, asyncio.Future[Found]]] = []
        self._looking: asyncio.Handle | None = None
        self._lingers = False
        self._seen = 0
        self._until = 0.0
        self._hoped = 1
        self._busy = False
        self._closed = False
        self._batches: queue.SimpleQueue[list[tuple[Item, asyncio.Future[Found]]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, item: Item) -> asyncio.Future[Found]:
        """The answer to come; the item is worked on even where nobody waits for it. Raises ClosedError."""
        if self._closed:
            raise ClosedError("closed", "the gateway is stopping: nothing was charged")
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._busy, self._looking, self._waiting = loop, False, None, []
            self._hoped = 1
        future: asyncio.Future[Found] = loop.create_future()
        self._waiting.append((item, future))
        if self._looking is None:
            if not self._busy:
                self._begin()
        elif self._lingers:
            self._looking.cancel()
            self._look_next()
        return future

    def close(self) -> None:
        """Do what waits, and end."""
        self._closed = True
        while self._waiting:
            self._hand_over()
        self._batches.put(None)
        self._thread.join()

    # ---------------------------------------------------------------------------------------- in the loop

    def _begin(self) -> None:
        assert self._loop is not None  # noqa: S101 - for the type checker
        self._until, self._seen = self._loop.time() + LINGER_SECONDS, 0
        self._look_next()

    def _look_next(self) -> None:
        assert self._loop is not None  # noqa: S101 - for the type checker
        self._looking, self._lingers = self._loop.call_soon(self._look), False

    def _look(self) -> None:
        """Hand over, or wait for one more turn of the loop, or for those who are coming."""
        assert self._loop is not None  # noqa: S101 - for the type checker
        number = len(self._waiting)
        are_all_here = number == self._seen and number >= max(self.coming, self._hoped)
        if are_all_here or number >= MOST or self._loop.time() >= self._until:
            self._hand_over()
        elif number > self._seen:
            self._seen = number
            self._look_next()
        else:
            self._looking, self._lingers = self._loop.call_at(self._until, self._hand_over), True

    def _hand_over(self) -> None:
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._looking, self._busy = None, True
        self._batches.put(batch)

    def _answer(
        self, batch: list[tuple[Item, asyncio.Future[Found]]], results: Sequence[Found | Exception]
    ) -> None:
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():  # nobody waits for it any more
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
        self._busy = False
        self._hoped = min(MOST, len(self._waiting) + len(batch))
        if self._waiting and self._looking is None:
            self._begin()

    # -------------------------------------------------------------------------------------- in the thread

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            results: Sequence[Found | Exception]
            try:
                results = self._work([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 - the callers get it, the thread goes on
                results = [error] * len(batch)
            loop = batch[0][1].get_loop()
            with suppress(RuntimeError):  # the loop may have ended: nobody waits then
                loop.call_soon_threadsafe(self._answer, batch, results)
