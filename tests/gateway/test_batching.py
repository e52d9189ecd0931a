"""Who is handed over with whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from largesse.gateway import batching
from largesse.gateway.batching import Batches


class Recorded:
    """Answers each item with itself, and writes down how many came together."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.batches: Batches[int, int] = Batches("recorded", self._work)

    def _work(self, items: Sequence[int]) -> list[int]:
        self.sizes.append(len(items))
        return list(items)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    """With so much patience that a busy machine changes nothing."""
    monkeypatch.setattr(batching, "LINGER_SECONDS", 20.0)
    made = Recorded()
    yield made
    made.batches.close()


def test_who_comes_alone_waits_for_nobody(recorded: Recorded) -> None:
    async def one_by_one() -> list[int]:
        async with asyncio.timeout(10):
            return [await recorded.batches.ask(number) for number in range(5)]

    assert asyncio.run(one_by_one()) == [0, 1, 2, 3, 4]
    assert recorded.sizes == [1] * 5


def test_who_was_answered_together_is_waited_for(recorded: Recorded) -> None:
    async def caller(number: int) -> list[int]:
        found = []
        for turn in range(3):
            await asyncio.sleep(0.01 * number * min(turn, 1))  # all at once, and then one after the other
            found.append(await recorded.batches.ask(number))
        return found

    async def together() -> list[list[int]]:
        async with asyncio.timeout(10):
            return await asyncio.gather(*map(caller, range(4)))

    assert asyncio.run(together()) == [[number] * 3 for number in range(4)]
    assert recorded.sizes == [4, 4, 4]


def test_patience_ends(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two that were answered together, only one comes again: it is served, and then waits no more."""
    monkeypatch.setattr(batching, "LINGER_SECONDS", 0.05)

    async def together() -> None:
        async with asyncio.timeout(10):
            await asyncio.gather(recorded.batches.ask(1), recorded.batches.ask(2))
            began = asyncio.get_running_loop().time()
            await recorded.batches.ask(1)
            assert asyncio.get_running_loop().time() - began >= 0.04
            monkeypatch.setattr(batching, "LINGER_SECONDS", 20.0)
            await recorded.batches.ask(1)

    asyncio.run(together())
    assert recorded.sizes == [2, 1, 1]


def test_who_waits_when_it_is_closed_is_served(recorded: Recorded) -> None:
    """However many they are."""
    number = 2 * batching.MOST + 1

    async def together() -> list[int]:
        asked = [recorded.batches.ask(item) for item in range(number)]
        recorded.batches.close()
        async with asyncio.timeout(10):
            return await asyncio.gather(*asked)

    assert asyncio.run(together()) == list(range(number))
    assert recorded.sizes == [batching.MOST, batching.MOST, 1]
