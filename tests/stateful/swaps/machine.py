"""A life of the swaps in random steps, on two currencies, one of which misbehaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from tests.model.currency import Kind
from tests.model.swap_words import Lock, Status, hash_of
from tests.stateful.custody.machine import OWN, CustodyLife
from tests.stateful.custody.steps import series_for
from tests.stateful.invariants import hold
from tests.stateful.life import lived, shrunk
from tests.stateful.people import HOLDERS, HOLDING, MERCHANTS, STRANGER
from tests.stateful.registry import Act
from tests.stateful.swaps.hand import SECRETS, SwapHand, SwapStore
from tests.stateful.swaps.invariants import SwapWatch
from tests.stateful.swaps.side import SwapsSide
from tests.stateful.swaps.steps import SWAP_STEPS


class SwapsMachine(CustodyLife[SwapsSide, SwapStore]):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        super().__init__(SwapsSide, odd, code)
        self.stores = {id(side): SwapStore() for side in self.sides}
        self.watches = {id(side): SwapWatch() for side in self.sides}
        self.found()
        for side in self.sides:
            for who in HOLDING:
                self.act(side, ("setApprovalForAll", who, (side.here, True)))
        self.settle(Random(0))

    # ------------------------------------------------------------------------------------- stepping

    def hand(self, rng: Random, side: SwapsSide) -> SwapHand:
        """Choices about a side as it is now."""
        return SwapHand(rng, side)

    def choose(self, rng: Random, hand: SwapHand, store: SwapStore) -> Act | None:
        """A step of any kind."""
        return SWAP_STEPS.choose(rng, hand, store)

    def settle(self, rng: Random) -> None:
        """Compares and checks both sides: what happens in one currency moves nothing in the other."""
        for side in self.sides:
            side.compare()
            self.watches[id(side)].check(side, self.given[id(side)])

    def dates(self, side: SwapsSide) -> set[int]:
        """When locks end."""
        locks = side.swaps.books.locks
        return {what.expires_at for what, status in locks.items() if status is Status.LOCKED}

    # -------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """Every lock ends and everybody is paid: in the end the contract holds nothing but what was sent to
        it by mistake."""
        self.heal()
        for side in self.sides:
            side.model.now = self.chain.time
            self._end_a_series(side)
            for what, status in list(side.swaps.books.locks.items()):
                if status is Status.LOCKED and not self._is_gone(side, what):
                    self.chain.time = max(self.chain.time, what.expires_at)
                    self.must(side, ("refund", STRANGER, (what,)))
            for who, amount in list(side.swaps.books.owed.items()):
                if amount:
                    self.must(side, ("withdrawOwed", who, (who, who, OWN)))
            left = side.model.currency.of(side.here) - self.given[id(side)]
            hold(left == 0, 47, f"{left} is left after all")
        self.settle(Random(0))

    def _is_gone(self, side: SwapsSide, what: Lock) -> bool:
        """Its series was forfeited."""
        return what.series_id != 0 and side.model.books.series[what.series_id].forfeited

    def _end_a_series(self, side: SwapsSide) -> None:
        """Cards that are locked until a second before their series expires are claimed in the second before
        that; or go back, then or long after; or are gone with the series."""
        self._open(side, series_for(self.hand(Random(0), side), "named"))
        series_id, holder = len(side.model.books.series), HOLDERS[1]
        terms = side.model.books.series[series_id].terms
        self.must(side, ("setApprovalForAll", holder, (side.here, True)))
        secret, ends_at = SECRETS[0], terms.expires_at - 1
        locks = [
            Lock(holder, MERCHANTS[0], series_id, number, hash_of(secret), ends_at) for number in range(1, 5)
        ]
        for what in locks:
            self.must(side, ("lock", holder, (what, OWN)))
        self.chain.time = ends_at - 1
        self.must(side, ("claim", STRANGER, (locks[0], secret)))
        self.chain.time = ends_at
        self.must(side, ("refund", STRANGER, (locks[1],)))
        self.chain.time = max(terms.expires_at, terms.limitation_at)
        self.must(side, ("refundTo", holder, (locks[2], HOLDERS[2], OWN)))
        self.must(side, ("forfeit", STRANGER, (series_id,)))
        hold(not self.act(side, ("refund", STRANGER, (locks[3],))), 47, "what is forfeited came back")


def live(odd: Kind, numbers: Iterable[int], code: Mapping[str, bytes] | None = None) -> SwapsMachine:
    """A whole life. Raises Difference or Broken, with the trace as a note."""
    return lived(SwapsMachine(odd, code), numbers)


def shrink(
    odd: Kind, numbers: Sequence[int], code: Mapping[str, bytes] | None = None, seconds: float = 60
) -> list[int]:
    """A short list of steps that still fails."""
    return shrunk(lambda candidate: live(odd, candidate, code), numbers, seconds)
