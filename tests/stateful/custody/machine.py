"""The life of a contract that keeps money beside its certificates, in random steps, on two currencies, one of
which misbehaves."""

from __future__ import annotations

from abc import abstractmethod
from random import Random
from typing import Any, Generic, TypeVar

from tests.model.words import DAY, NEVER, Consent
from tests.stateful.certificates.hand import DENOMINATION
from tests.stateful.custody.hand import CustodyHand, CustodyStore
from tests.stateful.custody.side import CustodySide
from tests.stateful.custody.steps import series_for
from tests.stateful.invariants import Broken
from tests.stateful.life import Life
from tests.stateful.people import HOLDING, STRANGER
from tests.stateful.registry import Act

OWN = Consent(0, 0, False, None)
S = TypeVar("S", bound=CustodySide)
K = TypeVar("K", bound=CustodyStore)


class CustodyLife(Life[S], Generic[S, K]):
    """One life."""

    stores: dict[int, K]

    # ------------------------------------------------------------------------- what each kind of life says

    @abstractmethod
    def hand(self, rng: Random, side: S) -> CustodyHand:
        """Choices about a side as it is now."""

    @abstractmethod
    def choose(self, rng: Random, hand: Any, store: K) -> Act | None:
        """A step of any kind; None where there is nothing to do it with."""

    @abstractmethod
    def settle(self, rng: Random) -> None:
        """All comparisons and invariants. Raises Difference or Broken."""

    @abstractmethod
    def dates(self, side: S) -> set[int]:
        """Times that matter to this kind of contract."""

    def record(self, side: S, what: str, how: Any) -> None:
        """Something went through."""

    # ------------------------------------------------------------------------------------------- stepping

    def found(self) -> None:
        """The series that there are from the beginning."""
        self.given = {id(side): 0 for side in self.sides}
        for side in self.sides:
            side.model.now = self.chain.time
            for i, kind in enumerate(("open", "named", "for ever")):
                self._open(side, series_for(self.hand(Random(i), side), kind))

    def _open(self, side: S, series: Act) -> None:
        """A series that pays into the contract, and holders of it."""
        self.act(side, series)
        series_id, issuer = len(side.model.books.series), series[1]
        if series[2][0].named:
            self.act(side, ("addServices", issuer, (series_id, [side.here])))
        for holder in HOLDING:
            self.act(side, ("issue", issuer, (series_id, holder, 2_000 * DENOMINATION)))

    def step(self, number: int) -> None:
        """One step, and all comparisons and invariants after it. Raises Difference or Broken."""
        rng = Random(number)
        side = rng.choice(self.sides)
        side.model.now = self.chain.time
        hand = self.hand(rng, side)
        draw = rng.randrange(100)
        if draw < 12:
            self._pass_time(rng)
        elif draw < (17 if self.misbehaving else 14):
            self.misbehave(hand)
        elif draw < 18:
            self.turn(hand)
            self.record(self.sides[0], "answers", dict(self.answers))
        elif draw < 19:
            self.given[id(side)] += self.mistake(hand, side, side.here)
        else:
            store = self.stores[id(side)]
            chosen = self._replay(hand) if draw < 23 else None
            while chosen is None or chosen[1] == side.here:  # a contract sends nothing by itself
                chosen = self.choose(rng, hand, store)
            if not self.act(side, chosen):
                return  # a transaction that reverts changes nothing
        self.settle(rng)

    def check_audits(self) -> None:
        """The books that `solvency` rebuilds agree with the money there is. Raises Difference."""
        for side in self.sides:
            if side.audit_here:
                side.audit_here.check(side.held() - self.given[id(side)])

    def act(self, side: S, act: Act) -> bool:
        """One transaction; whether it succeeded."""
        function, caller, args = act
        self.note(side, f"{function} by {caller}: {args}")
        done = side.act(function, caller, args)
        self.tally.setdefault(function, [0, 0])[done] += 1
        if done:
            self.stores[id(side)].acts.append(act)
            self.record(side, function, act)
        return done

    def must(self, side: S, act: Act) -> None:
        """A transaction that nothing stands against. Raises Broken."""
        if not self.act(side, act):
            raise Broken(f"must go through: {act}")

    def _replay(self, hand: CustodyHand) -> Act | None:
        """The last thing that succeeded, or one before, once more, sometimes by somebody else."""
        acts = self.stores[id(hand.side)].acts
        if not acts:
            return None
        function, caller, args = acts[-1] if hand.odds(50) else hand.one(acts[-30:])
        if function in ("createSeries", "addServices"):
            return None
        return function, hand.mostly(caller, STRANGER, hand.one(HOLDING)), args

    def _pass_time(self, rng: Random) -> None:
        """A little; to the second before, at, or after a date that matters; days; seldom a year."""
        draw = rng.randrange(100)
        if draw < 35:
            target = self.chain.time + rng.choice([1, 37, 600, 3_600, rng.randrange(1, DAY)])
        elif draw < 85:
            dates = sorted(self._dates())
            target = dates[min(int(rng.expovariate(0.7)), len(dates) - 1)] + rng.choice([-1, 0, 0, 1])
        elif draw < 98:
            target = self.chain.time + rng.choice([DAY, DAY, 2 * DAY, 5 * DAY])
        else:
            target = self.chain.time + rng.choice([40 * DAY, 366 * DAY])
        self.chain.time = max(target, self.chain.time)
        self.note(None, "time passes")

    def _dates(self) -> set[int]:
        """Those that lie ahead; the next midnight at least."""
        now = self.chain.time
        dates = {now // DAY * DAY + DAY}
        for side in self.sides:
            side.model.now = now
            dates |= {series.terms.expires_at for series in side.model.books.series.values()}
            dates |= self.dates(side)
        return {date for date in dates if now < date < NEVER}
