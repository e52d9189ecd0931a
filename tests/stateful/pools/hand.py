"""Choices about reward pools: what sponsors, attesters, readers, authors and passers-by might do next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.model.pool_words import (
    DAY,
    MAX_NOTICE,
    MIN_NOTICE,
    Opening,
    Pool,
    Read,
    attestation,
    choice,
    pool_id_of,
)
from tests.model.words import BPS, MAX_AMOUNT, ZERO, Signature
from tests.stateful.custody.hand import CustodyHand, CustodyStore
from tests.stateful.people import HOLDING, MERCHANTS, SERVICES, STRANGER, WALLET
from tests.stateful.pools.side import READS, SALTS, PoolsSide

SPONSORS = HOLDING
ATTESTERS = (*MERCHANTS, WALLET)
READERS = (*HOLDING, MERCHANTS[0], SERVICES[0])
AUTHORS = (*HOLDING, *MERCHANTS)


@dataclass
class PoolStore(CustodyStore):
    """What the machine remembers of one side between steps."""

    reads: list[tuple[bytes, Read]] = field(default_factory=list)


class PoolHand(CustodyHand):
    """Random choices about one side's present state. The same seed and state give the same choices."""

    def __init__(self, rng: Random, side: PoolsSide) -> None:
        super().__init__(rng, side)
        self.pools = side.pools
        self.known = side.pools.books.pools

    # ------------------------------------------------------------------------------- whom and which

    def pool_id(self, fit: Callable[[Pool], object] = lambda pool: True) -> bytes | None:
        """A pool, mostly a fitting one; None where there is none. Seldom one that nobody opened."""
        if self.odds(3):
            return pool_id_of(self.one(SPONSORS), self.one(SALTS))
        good = [pool_id for pool_id in self.known if fit(self.pools.pool(pool_id))]
        if good and self.odds(88):
            return self.one(good)
        return self.one(list(self.known)) if self.known and self.odds(15) else None

    def paying(self) -> bytes | None:
        """A pool that pays, mostly."""
        now = self.now
        return self.pool_id(
            lambda pool: pool.spent < pool.funded and (pool.closes_at == 0 or now < pool.closes_at)
        )

    def sponsor(self, pool_id: bytes) -> str:
        return self.known[pool_id].sponsor if pool_id in self.known else self.one(SPONSORS)

    def attester(self) -> str:
        return self.mostly(self.one(ATTESTERS), ZERO, self.here, percent=95)

    def opening(self) -> Opening:
        least = self.one([0, 1, 2_500, BPS])
        most = self.mostly(self.rng.randrange(least, BPS + 1), least, BPS, percent=60)
        bounds = self.mostly((least, most), (most + 1, most), (0, BPS + 1), percent=95)
        cap = self.one([1, 100, 10**4, 10**6, MAX_AMOUNT])
        most_cap = min(cap * self.one([1, 2, 3]), MAX_AMOUNT)
        caps = self.mostly((cap, most_cap), (0, cap), (cap, cap - 1), percent=95)
        notice = self.mostly(self.one([DAY, 2 * DAY, 9 * DAY]), MIN_NOTICE - 1, MAX_NOTICE, MAX_NOTICE + 1, 0)
        return Opening(self.one(SALTS), self.attester(), *bounds, *caps, notice)

    # ------------------------------------------------------------------------------------- how much

    def money(self, before: int = 0) -> int:
        """`before` is there in all. On the edges: nothing, the brim, one too much."""
        usual = self.rng.randrange(1, 10 ** self.rng.randrange(1, 8))
        room = MAX_AMOUNT - before
        return self.mostly(usual, 0, room, room, min(room + 1, MAX_AMOUNT), percent=92)

    def worth(self, pool_id: bytes, reader: str) -> int:
        """What a read is worth: mostly what the caps leave, or less."""
        pool = self.pools.pool(pool_id)
        room = [
            pool.reader_cap - self.pools.spent_by(pool_id, reader),
            pool.pool_cap - self.pools.spent_today(pool_id),
            pool.funded - pool.spent,
        ]
        least = max(min(room), 0)
        little = self.rng.randrange(1, min(least, 10**6) + 1) if least else 1
        edges = [0, *room, *(one + 1 for one in room)]
        amount = self.mostly(self.one([little, little, max(least // 3, 1)]), *edges, percent=82)
        return min(max(amount, 0), MAX_AMOUNT)

    # ---------------------------------------------------------------------------------------- reads

    def read(self, store: PoolStore, pool_id: bytes, caller: str) -> Read:
        """One that the pool's attester attests now, mostly; or one of before."""
        before = [read for whose, read in store.reads if whose == pool_id]
        if before and self.odds(15):
            return self.one(before[-8:])
        pool = self.pools.pool(pool_id)
        reader = self.mostly(self.one(READERS), caller, ZERO, self.here, percent=90)
        author = self.mostly(self.one(AUTHORS), reader, ZERO, self.here, percent=94)
        least, most = pool.min_reader_bps, pool.max_reader_bps
        inner = self.rng.randrange(least, most + 1) if least <= most else 0
        bps = self.mostly(inner, least, most, most + 1, max(least - 1, 0), percent=80)
        fresh = [n for n in READS if (pool_id, n) not in self.pools.books.reads]
        read_id = self.mostly(self.one(fresh or READS), self.one(READS), self.rng.getrandbits(40), percent=70)
        if not fresh:
            read_id = self.mostly(self.rng.getrandbits(40), read_id, percent=85)
        worth = self.worth(pool_id, reader)
        bare = Read(reader, author, read_id, worth, self.deadline(), bps, None, None)
        read = self.signed(pool_id, bare, caller)
        store.reads.append((pool_id, read))
        return read

    def signed(self, pool_id: bytes, read: Read, caller: str) -> Read:
        """With the signatures of its attester (seldom of the next one) and of its reader; mostly none of who
        submits it."""
        pool = self.pools.pool(pool_id)
        attester = self.mostly(pool.attester, pool.new_attester, percent=95)
        other = self.mostly(pool_id, pool_id_of(self.one(SPONSORS), self.one(SALTS)), percent=97)
        attested: Signature | None = self.said(attester, attestation(other, read), self.here)
        said = choice(pool_id, read)
        if self.odds(3):
            said = (*said[:-1], said[-1] ^ 1)
        chosen: Signature | None = self._chosen(read.reader, said)
        if self.odds(2) or (caller == pool.attester and self.odds(70)):
            attested = None
        if self.odds(2) or (caller == read.reader and self.odds(70)):
            chosen = None
        return Read(
            *(read.reader, read.author, read.read_id, read.amount, read.deadline, read.reader_bps),
            *(attested, chosen),
        )

    def _chosen(self, reader: str, said: tuple[object, ...]) -> Signature:
        """As `said`, which would change a member that is a number."""
        return Signature(
            reader if reader in (WALLET, *SERVICES) else self.signer(reader),
            self.mostly(self.here, self.model.here, percent=98),
            said,
        )


__all__ = ["ATTESTERS", "READERS", "SPONSORS", "STRANGER", "PoolHand", "PoolStore"]
