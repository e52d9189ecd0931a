"""A life of the reward pools in random steps, on two currencies, one of which misbehaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.model.currency import Kind
from tests.model.pool_words import DAY
from tests.stateful.custody.machine import OWN, CustodyLife
from tests.stateful.invariants import hold
from tests.stateful.life import lived, shrunk
from tests.stateful.people import STRANGER
from tests.stateful.pools.hand import PoolHand, PoolStore
from tests.stateful.pools.side import PoolsSide
from tests.stateful.pools.steps import POOL_STEPS
from tests.stateful.registry import Act


@dataclass
class PoolWatch:
    """What a side's invariants remember from the step before. What the contract's views say equals the
    model's books by then (`PoolsSide.compare`)."""

    spent: dict[bytes, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)

    def check(self, side: PoolsSide, given: int) -> None:
        """All that holds after any step; `given` base units came by mistake."""
        pools, books, logs = side.pools, side.pools.books, side.logs
        for number, text in logs.flaws:
            hold(False, number, text)
        held = side.model.currency.of(side.here) - given
        left = sum(pool.funded - pool.spent for pool in books.pools.values())
        credited, owed = sum(books.credits.values()), sum(books.owed.values())
        told = f"holds {held} for {left} left, {credited} credited, {owed} owed"
        hold(held == left + credited + owed, 41, told)
        for pool_id, pool in books.pools.items():
            before = self.spent.get(pool_id, 0)
            kept = before <= pool.spent <= pool.funded
            hold(kept, 41, f"{before}, then {pool.spent} spent of {pool.funded}")
            today = pools.spent_today(pool_id)
            hold(today <= pool.pool_cap, 44, f"{today} spent today, over {pool.pool_cap}")
            logged = logs.pools[pool_id]
            same = (logged.funded, logged.spent, logged.closes_at) == (
                pool.funded,
                pool.spent,
                pool.closes_at,
            )
            hold(same, 46, f"the logs tell of {logged}, it is {pool}")
        self.spent = {pool_id: pool.spent for pool_id, pool in books.pools.items()}
        hold(logs.reads == set(books.reads), 46, "the logs tell of other reads")
        hold(sum(logs.credits.values()) == credited, 46, f"the logs credit {sum(logs.credits.values())}")
        hold(sum(logs.owed.values()) == owed, 22, f"the logs owe {sum(logs.owed.values())}")
        hold(not logs.twice, 5, f"a consent used twice: {logs.twice}")
        for who, mark in books.marks.items():
            hold(mark >= self.marks.get(who, 0), 4, f"the watermark of {who} fell")
        self.marks = dict(books.marks)


class PoolsMachine(CustodyLife[PoolsSide, PoolStore]):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        super().__init__(PoolsSide, odd, code)
        self.stores = {id(side): PoolStore() for side in self.sides}
        self.watches = {id(side): PoolWatch() for side in self.sides}
        self.given = {id(side): 0 for side in self.sides}
        self.settle(Random(0))

    def hand(self, rng: Random, side: PoolsSide) -> PoolHand:
        """Choices about a side as it is now."""
        return PoolHand(rng, side)

    def choose(self, rng: Random, hand: PoolHand, store: PoolStore) -> Act | None:
        """A step of any kind."""
        return POOL_STEPS.choose(rng, hand, store)

    def settle(self, rng: Random) -> None:
        """Compares and checks both sides: what happens in one currency moves nothing in the other."""
        for side in self.sides:
            side.compare()
            self.watches[id(side)].check(side, self.given[id(side)])

    def dates(self, side: PoolsSide) -> set[int]:
        """When pools end, attesters change, attestations are void, and the next days begin."""
        pools = side.pools.books.pools.values()
        midnight = (self.chain.time // DAY + 1) * DAY
        reads = {read.deadline for _, read in self.stores[id(side)].reads[-2:]}
        return {midnight, *reads, *(one for pool in pools for one in (pool.closes_at, pool.new_attester_at))}

    # -------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """Every pool is closed, every credit and debt is paid: in the end the contract holds nothing but what
        was sent to it by mistake."""
        self.heal()
        for side in self.sides:
            side.model.now = self.chain.time
            for pool_id, pool in side.pools.books.pools.items():
                if pool.closes_at == 0:
                    self.must(side, ("announceClosing", pool.sponsor, (pool_id, OWN)))
        ends = [pool.closes_at for side in self.sides for pool in side.pools.books.pools.values()]
        self.chain.time = max([self.chain.time, *ends])
        for side in self.sides:
            side.model.now = self.chain.time
            self._pay_out(side)
        self.settle(Random(0))

    def _pay_out(self, side: PoolsSide) -> None:
        books = side.pools.books
        for pool_id, pool in list(books.pools.items()):
            if pool.spent < pool.funded:
                self.must(side, ("close", STRANGER, (pool_id,)))
        for pool_id, payee in [key for key, amount in books.credits.items() if amount]:
            self.must(side, ("collect", STRANGER, (payee, [pool_id])))
        for who, amount in list(side.pools.books.owed.items()):
            if amount:
                self.must(side, ("withdrawOwed", who, (who, who, OWN)))
        left = side.model.currency.of(side.here) - self.given[id(side)]
        hold(left == 0, 41, f"{left} is left after all")


def live(odd: Kind, numbers: Iterable[int], code: Mapping[str, bytes] | None = None) -> PoolsMachine:
    """A whole life. Raises Difference or Broken, with the trace as a note."""
    return lived(PoolsMachine(odd, code), numbers)


def shrink(
    odd: Kind, numbers: Sequence[int], code: Mapping[str, bytes] | None = None, seconds: float = 60
) -> list[int]:
    """A short list of steps that still fails."""
    return shrunk(lambda candidate: live(odd, candidate, code), numbers, seconds)
