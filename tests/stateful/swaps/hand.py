"""Choices about swaps: what those who lock, their recipients and passers-by might do next."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.model.swap_words import LONGEST, Lock, Status, hash_of, lock_id
from tests.model.words import DAY, MAX_AMOUNT, ZERO, Consent
from tests.stateful.custody.hand import CustodyHand, CustodyStore
from tests.stateful.people import HOLDERS, HOLDING, MERCHANTS, STRANGER, WALLET
from tests.stateful.swaps.side import SwapsSide

SENDERS = HOLDING
RECIPIENTS = (*HOLDERS, *MERCHANTS[:1], WALLET)
SECRETS = tuple(bytes([0x51, number]) * 16 for number in range(6))
SHORT = bytes(31)
"""Its hash, nobody can claim."""
HOUR = 3_600

SwapStore = CustodyStore


class SwapHand(CustodyHand):
    """Random choices about one side's present state. The same seed and state give the same choices."""

    def __init__(self, rng: Random, side: SwapsSide) -> None:
        super().__init__(rng, side)
        self.locks = side.swaps.books.locks
        self.swaps = side.swaps

    def lock(self, series_id: int, sender: str, amount: int) -> Lock:
        """A new lock; sometimes the very terms of one that there was."""
        if self.locks and self.odds(4):
            return self.one(list(self.locks))
        to = self.mostly(self.one(RECIPIENTS), ZERO, self.here, sender, percent=94)
        digest = hash_of(self.mostly(self.one(SECRETS), SHORT, percent=97))
        return Lock(sender, to, series_id, min(amount, MAX_AMOUNT), digest, self.ends_at(series_id))

    def ends_at(self, series_id: int) -> int:
        """When a lock ends; on the edges the present second, and one second too far."""
        ahead = self.now + self.one([1, 600, HOUR, DAY, DAY, 3 * DAY])
        edges = [self.now, self.now - 1, 0, self.now + LONGEST, self.now + LONGEST + 1, 2**40 - 1]
        if series := self.of(series_id):
            edges += [series.terms.expires_at + late for late in (-1, -1, -1, 0)]
        return min(self.mostly(ahead, *edges, percent=88), 2**40 - 1)

    def price(self) -> int:
        """Base units."""
        usual: int = self.rng.randrange(1, 10 ** self.rng.randrange(1, 9))
        return self.mostly(usual, 0, MAX_AMOUNT, percent=96)

    def known(self, fit: Callable[[Lock], object]) -> Lock | None:
        """A lock, mostly an open and fitting one; None where there is none. Seldom one that nobody made."""
        if self.odds(3):
            return self.lock(self.series(), self.one(SENDERS), self.price())
        good = [what for what, status in self.locks.items() if status is Status.LOCKED and fit(what)]
        if good and self.odds(88):
            return self.one(good)
        return self.one(list(self.locks)) if self.locks and self.odds(20) else None

    def preimage(self, what: Lock) -> bytes:
        """Mostly the one that opens it."""
        fits = [secret for secret in SECRETS if hash_of(secret) == what.hash]
        return self.mostly(self.one(fits or SECRETS), self.one(SECRETS), what.hash, bytes(32), percent=94)

    def named(self, kind: str, what: Lock, owner: str, other: str) -> tuple[str, str, Consent]:
        """Who sends what its owner names a receiver for, whom, and the owner's consent; seldom the other
        side's."""
        owner = self.mostly(owner, other, percent=97)
        caller = self.sender(owner)
        receiver = self.mostly(self.one(HOLDING), owner, ZERO, self.here, STRANGER, percent=80)
        kind = self.mostly(kind, *{"ClaimTo", "RefundTo"} - {kind}, percent=98)
        return caller, receiver, self.consent(caller, owner, (kind, lock_id(what), receiver))
