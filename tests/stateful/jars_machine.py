"""A life of the streaming-tip escrow in random steps, on two currencies, one of which misbehaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from tests.model.currency import Kind
from tests.model.jar_words import Consent, StreamKey, month_of
from tests.model.words import DAY, NEVER
from tests.stateful.hand import DENOMINATION
from tests.stateful.invariants import Broken, hold
from tests.stateful.jar_invariants import JarWatch
from tests.stateful.jar_steps import JAR_STEPS, series_for
from tests.stateful.jars_hand import CREATORS, MOST, JarHand, JarStore
from tests.stateful.jars_side import JarsSide
from tests.stateful.life import Life, lived, shrunk
from tests.stateful.people import HOLDING, STRANGER
from tests.stateful.registry import Act

OWN = Consent(0, 0, False, None)


class JarsMachine(Life[JarsSide]):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        super().__init__(JarsSide, odd, code)
        self.stores = {id(side): JarStore() for side in self.sides}
        self.watches = {id(side): JarWatch() for side in self.sides}
        self.given = {id(side): 0 for side in self.sides}
        self.done: list[tuple[int, str, Any]] = []  # time and what happened, in the plain currency
        for side in self.sides:
            for i, kind in enumerate(("open", "named", "for ever")):
                self._open(side, series_for(JarHand(Random(i), side), kind))
            for i, creator in enumerate(CREATORS[:2]):
                self.act(side, ("setTier", creator, (1, 9_999_999 + i, 0)))
        self.settle(Random(0))

    # ------------------------------------------------------------------------------------- stepping

    def _open(self, side: JarsSide, series: Act) -> None:
        """A series that pays into the escrow, and holders of it."""
        self.act(side, series)
        series_id, issuer = len(side.model.books.series), series[1]
        if series[2][0].named:
            self.act(side, ("addServices", issuer, (series_id, [side.escrow])))
        for holder in HOLDING:
            self.act(side, ("issue", issuer, (series_id, holder, 2_000 * DENOMINATION)))

    def step(self, number: int) -> None:
        """One step, and all comparisons and invariants after it. Raises Difference or Broken."""
        rng = Random(number)
        side = rng.choice(self.sides)
        side.model.now = self.chain.time
        hand = JarHand(rng, side)
        draw = rng.randrange(100)
        if draw < 14:
            self._pass_time(rng)
        elif draw < 16:
            self.misbehave(hand)
        elif draw < 17:
            self.turn(hand)
            self._record(self.sides[0], "answers", dict(self.answers))
        elif draw < 18:
            self.given[id(side)] += self.mistake(hand, side, side.escrow)
        else:
            store = self.stores[id(side)]
            chosen = self._replay(hand) if draw < 22 else JAR_STEPS.choose(rng, hand, store)
            if chosen is None or not self.act(side, chosen):
                return  # a transaction that reverts changes nothing
        self.settle(rng)

    def act(self, side: JarsSide, act: Act) -> bool:
        """One transaction; whether it succeeded."""
        function, caller, args = act
        self.note(side, f"{function} by {caller}: {args}")
        done = side.act(function, caller, args)
        self.tally.setdefault(function, [0, 0])[done] += 1
        if done:
            self.stores[id(side)].acts.append(act)
            self._record(side, function, act)
        return done

    def _record(self, side: JarsSide, what: str, how: Any) -> None:
        if side is self.sides[0]:
            self.done.append((self.chain.time, what, how))

    def settle(self, rng: Random) -> None:
        """Compares and checks both sides, now and at some second to come: what happens in one currency moves
        nothing in the other."""
        for side in self.sides:
            side.compare()
            self.watches[id(side)].check(side, self.given[id(side)])
            self.watches[id(side)].look_ahead(side, rng)

    def _replay(self, hand: JarHand) -> Act | None:
        """The last thing that succeeded, or one before, once more, sometimes by somebody else."""
        acts = self.stores[id(hand.side)].acts
        function, caller, args = acts[-1] if hand.odds(50) else hand.one(acts[-30:])
        if function in ("createSeries", "addServices"):
            return None
        return function, hand.mostly(caller, STRANGER, hand.one(HOLDING)), args

    # ---------------------------------------------------------------------------- what else happens

    def _pass_time(self, rng: Random) -> None:
        """A little; to the second before, at, or after a date that matters; days; seldom a year."""
        draw = rng.randrange(100)
        if draw < 35:
            target = self.chain.time + rng.choice([1, 37, 600, 3_600, rng.randrange(1, DAY)])
        elif draw < 80:
            dates = sorted(self._dates())
            target = dates[min(int(rng.expovariate(0.7)), len(dates) - 1)] + rng.choice([-1, 0, 0, 1])
        elif draw < 98:
            target = self.chain.time + rng.choice([DAY, 2 * DAY, 5 * DAY])
        else:
            target = self.chain.time + rng.choice([40 * DAY, 366 * DAY])
        self.chain.time = max(target, self.chain.time)
        self.note(None, "time passes")

    def _dates(self) -> set[int]:
        now = self.chain.time
        midnight = now // DAY * DAY + DAY
        dates = {midnight, midnight - DAY // 2, midnight + DAY // 2, _next_month(now)}
        for side in self.sides:
            side.model.now = now
            books = side.jars.books
            dates |= {one.ends_at for one in books.streams.values() if side.jars.runs(one)}
            dates |= {series.terms.expires_at for series in side.model.books.series.values()}
            dates |= {one.reclaim_at for given, one in side.batches.items() if books.gifts.get(given, 0)}
            dates |= {tip.reclaim_at for given, tip in side.tips.items() if books.tips.get(given, False)}
        return {date for date in dates if now < date < NEVER}

    # -------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """All time passes and everybody is paid: in the end the escrow holds what does not make a base unit
        of a jar, or does not divide in a shared one, and what was sent to it by mistake."""
        self.heal()
        self._record(self.sides[0], "answers", dict(self.answers))
        for side in self.sides:
            self._end_what_has_no_end(side)
        ends = [self.chain.time]
        for side in self.sides:
            ends += [stream.ends_at for stream in side.jars.books.streams.values()]
            # A top-up's dust comes with the day that the stream would have ended on, whatever became of it.
            ends += [day * DAY for jar in side.jars.books.jars.values() for day in jar.dust]
            ends += [
                one.reclaim_at for given, one in side.batches.items() if side.jars.books.gifts.get(given, 0)
            ]
            ends += [
                one.reclaim_at for given, one in side.tips.items() if side.jars.books.tips.get(given, False)
            ]
        self.chain.time = max(ends) + DAY
        for side in self.sides:
            self._pay_out(side)
        self.settle(Random(0))

    def _end_what_has_no_end(self, side: JarsSide) -> None:
        """Paused streams never end."""
        side.model.now = self.chain.time
        for key, stream in list(side.jars.books.streams.items()):
            if isinstance(key, StreamKey) and side.jars.pauses(stream):
                self._must(side, ("cancel", key.payer, (key, OWN)))

    def _pay_out(self, side: JarsSide) -> None:
        books = side.jars.books
        for given, gifts in side.batches.items():
            if books.gifts.get(given, 0):
                self._must(side, ("reclaimSubscriptions", STRANGER, (gifts,)))
        for given, tip in side.tips.items():
            if books.tips.get(given, False):
                self._must(side, ("reclaimHandleTip", STRANGER, (tip,)))
        for jar_id in list(books.jars):
            self._must(side, ("collect", STRANGER, (jar_id, MOST)))
        for who, amount in list(books.owed.items()):
            if amount and who != side.escrow:
                self._must(side, ("withdrawOwed", who, (who, who, OWN)))
        dust = 0
        for jar_id, jar in side.jars.books.jars.items():
            earned, collected = jar.earned(self.chain.time), side.logs.collected[jar_id] * side.jars.scale
            left = earned - collected
            hold(0 <= left < side.jars.scale, 9, f"{jar_id}: {collected} collected of {earned} in the end")
            dust += left
            split = books.shared.get(jar_id)
            if split is not None:
                dust += (split.collected - sum(split.parts())) * side.jars.scale
        # What was tipped to the escrow itself is owed to it for ever: it never asks for it.
        held = side.model.currency.of(side.escrow) - self.given[id(side)] - books.owed.get(side.escrow, 0)
        hold(held * side.jars.scale == dust, 8, f"{held} is left after all; {dust} scaled units of dust")

    def _must(self, side: JarsSide, act: Act) -> None:
        if not self.act(side, act):
            raise Broken(f"must go through: {act}")


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
