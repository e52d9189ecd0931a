"""A life of the streaming-tip escrow in random steps, on two currencies, one of which misbehaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from tests.model.currency import Kind
from tests.model.jar_words import StreamKey, month_of
from tests.model.words import DAY
from tests.stateful.certificates.side import START
from tests.stateful.custody.machine import OWN, CustodyLife
from tests.stateful.invariants import hold
from tests.stateful.jars.hand import CREATORS, MOST, JarHand, JarStore
from tests.stateful.jars.invariants import JarWatch
from tests.stateful.jars.side import JarsSide
from tests.stateful.jars.steps import JAR_STEPS
from tests.stateful.life import lived, shrunk
from tests.stateful.people import STRANGER
from tests.stateful.registry import Act


class JarsMachine(CustodyLife[JarsSide, JarStore]):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        super().__init__(JarsSide, odd, code)
        self.stores = {id(side): JarStore() for side in self.sides}
        self.watches = {id(side): JarWatch() for side in self.sides}
        # Three days before a day whose ends are in another word than the day's before.
        self.chain.time = (START // DAY // 256 + 1) * 256 * DAY - 3 * DAY + 30_000
        self.done: list[tuple[int, str, Any]] = []  # time and what happened, in the plain currency
        self.found()
        for side in self.sides:
            for i, creator in enumerate(CREATORS[:2]):
                self.act(side, ("setTier", creator, (1, 9_999_999 + i, 0)))
        self.settle(Random(0))

    # ------------------------------------------------------------------------------------- stepping

    def hand(self, rng: Random, side: JarsSide) -> JarHand:
        """Choices about a side as it is now."""
        return JarHand(rng, side)

    def choose(self, rng: Random, hand: JarHand, store: JarStore) -> Act | None:
        """A step of any kind."""
        return JAR_STEPS.choose(rng, hand, store)

    def record(self, side: JarsSide, what: str, how: Any) -> None:
        """What goes through in the plain currency is done again by `Again`."""
        if side is self.sides[0]:
            self.done.append((self.chain.time, what, how))

    def settle(self, rng: Random) -> None:
        """Compares and checks both sides, now and at some second to come: what happens in one currency moves
        nothing in the other."""
        for side in self.sides:
            side.compare()
            self.watches[id(side)].check(side, self.given[id(side)])
            self.watches[id(side)].look_ahead(side, rng)

    def dates(self, side: JarsSide) -> set[int]:
        """Noons, midnights and months; ends, and the days of what waits."""
        now, books = self.chain.time, side.jars.books
        noon = now // DAY * DAY + DAY // 2
        dates = {noon, noon + DAY, _next_month(now)}
        dates |= {one.ends_at for one in books.streams.values() if side.jars.runs(one)}
        dates |= {one.reclaim_at for given, one in side.batches.items() if books.gifts.get(given, 0)}
        return dates | {tip.reclaim_at for given, tip in side.tips.items() if books.tips.get(given, False)}

    # -------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """All time passes and everybody is paid: in the end the escrow holds what does not make a base
        unit of a jar, and what was sent to it by mistake."""
        self.heal()
        self.record(self.sides[0], "answers", dict(self.answers))
        for side in self.sides:
            self._end_what_has_no_end(side)
        self.chain.time = max(max(map(self._last_date, self.sides)), self.chain.time) + DAY
        for side in self.sides:
            self._pay_out(side)
        self.settle(Random(0))

    def _last_date(self, side: JarsSide) -> int:
        """From then on nothing is earned, credited or waiting. Dust of a top-up comes with the day that it
        was for, even if the stream was cancelled since."""
        books = side.jars.books
        ends = [stream.ends_at for stream in books.streams.values()]
        ends += [one.reclaim_at for given, one in side.batches.items() if books.gifts.get(given, 0)]
        ends += [one.reclaim_at for given, one in side.tips.items() if books.tips.get(given, False)]
        ends += [(day + 1) * DAY for jar in books.jars.values() for day in jar.dust]
        return max(ends, default=0)

    def _end_what_has_no_end(self, side: JarsSide) -> None:
        """Paused streams never end."""
        side.model.now = self.chain.time
        for key, stream in list(side.jars.books.streams.items()):
            if isinstance(key, StreamKey) and side.jars.pauses(stream):
                self.must(side, ("cancel", key.payer, (key, OWN)))

    def _pay_out(self, side: JarsSide) -> None:
        books = side.jars.books
        for given, gifts in side.batches.items():
            if books.gifts.get(given, 0):
                self.must(side, ("reclaimSubscriptions", STRANGER, (gifts,)))
        for given, tip in side.tips.items():
            if books.tips.get(given, False):
                self.must(side, ("reclaimHandleTip", STRANGER, (tip,)))
        for jar_id in list(books.jars):
            self.must(side, ("collect", STRANGER, (jar_id, MOST)))
        for who, amount in list(books.owed.items()):
            if amount:
                self.must(side, ("withdrawOwed", who, (who, who, OWN)))
        dust = 0
        for jar_id, jar in side.jars.books.jars.items():
            earned, collected = jar.earned(self.chain.time), side.logs.collected[jar_id] * side.jars.scale
            left = earned - collected
            hold(0 <= left < side.jars.scale, 9, f"{jar_id}: {collected} collected of {earned} in the end")
            dust += left
        left = self.given[id(side)] + side.logs.undivided()
        held = side.model.currency.of(side.here) - left
        hold(held * side.jars.scale == dust, 8, f"{held} is left after all; {dust} scaled units of dust")


def _next_month(time: int) -> int:
    """The first second of the next calendar month (UTC)."""
    day = time // DAY + 1
    while month_of(day * DAY) == month_of(time):
        day += 1
    return day * DAY


def live(odd: Kind, numbers: Iterable[int], code: Mapping[str, bytes] | None = None) -> JarsMachine:
    """A whole life. Raises Difference or Broken, with the trace as a note."""
    return lived(JarsMachine(odd, code), numbers)


def shrink(
    odd: Kind, numbers: Sequence[int], code: Mapping[str, bytes] | None = None, seconds: float = 60
) -> list[int]:
    """A short list of steps that still fails."""
    return shrunk(lambda candidate: live(odd, candidate, code), numbers, seconds)


class Again:
    """What went through in a life's plain currency, once more, but jars are collected between every two acts,
    or only in the end."""

    def __init__(self, machine: JarsMachine, *, collecting: bool) -> None:
        life = JarsMachine(Kind.FEE)
        self.side, self.chain = life.sides[0], life.chain
        self.collections = 0
        started = len(life.done)
        for time, what, act in machine.done[started:]:
            self.chain.time = self.side.model.now = time
            if collecting:
                self._collect()
            if what == "answers":
                for who, answer in act.items():
                    life.answer(who, answer)
            elif what not in ("collect", "withdrawOwed"):
                life.must(self.side, act)
        self._collect()
        self.collected = dict(self.side.logs.collected)

    def _collect(self) -> None:
        for jar_id in list(self.side.jars.books.jars):
            self.side.act("collect", STRANGER, (jar_id, MOST))
            self.collections += 1
