"""An exact reference model of RewardPools, from its documentation alone.

Every operation of `IRewardPools` is a method in snake case that takes the caller first and then the same
arguments; signatures are passed as what they say. It has exactly the effects that the contract must have, or
raises `Refused` with every rule that was broken and has none. Days are kept one by one: nothing is rolled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.model import custody
from tests.model.certificates import Certificates
from tests.model.custody import Custody, operation
from tests.model.pool_words import (
    DAY,
    MAX_NOTICE,
    MIN_NOTICE,
    Fault,
    Opening,
    Pool,
    Read,
    Skipped,
    attestation,
    choice,
    opening_message,
    pool_id_of,
)
from tests.model.words import BPS, MAX_AMOUNT, ZERO, Checks, Consent, Message, Portion, Signature, refuse

Row = tuple[int, str, str, int, int]
"""A read that was paid: its number, reader, author, amount, and the reader's share."""


@dataclass
class Books(custody.Books):
    """What the pools keep besides."""

    pools: dict[bytes, Pool] = field(default_factory=dict)
    credits: dict[tuple[bytes, str], int] = field(default_factory=dict)
    reads: dict[tuple[bytes, int], bool] = field(default_factory=dict)
    days: dict[tuple[bytes, int], int] = field(default_factory=dict)  # spent, by day
    readers: dict[tuple[bytes, str, int], int] = field(default_factory=dict)  # and by reader


class Pools(Custody[Books]):
    """All of it."""

    def __init__(self, here: str, certificates: Certificates) -> None:
        super().__init__(here, certificates, Books())

    def redeemed(self, payee: str, amount: int, portions: Sequence[Portion], data: bytes) -> None:
        """No certificate pays into a pool."""
        raise refuse("")

    # -------------------------------------------------------------------------------------- reading

    @property
    def today(self) -> int:
        return self.now // DAY

    def pool(self, pool_id: bytes) -> Pool:
        """As it stands now; all zero for one that nobody opened."""
        pool = self.books.pools.get(pool_id, Pool())
        if 0 < pool.new_attester_at <= self.now:
            return replace(pool, attester=pool.new_attester, new_attester=ZERO, new_attester_at=0)
        return pool

    def known(self, pool_id: bytes) -> Pool:
        """Raises Refused for a pool that nobody opened."""
        if pool_id not in self.books.pools:
            raise refuse("Pools_Unknown", pool_id)
        return self.pool(pool_id)

    def spent_today(self, pool_id: bytes) -> int:
        return self.books.days.get((pool_id, self.today), 0)

    def spent_by(self, pool_id: bytes, reader: str) -> int:
        """Today."""
        return self.books.readers.get((pool_id, reader, self.today), 0)

    def change(self, pool_id: bytes, **values: Any) -> None:
        self.books.pools[pool_id] = replace(self.pool(pool_id), **values)

    # --------------------------------------------------------------------------------------- paying in

    def _check_open(self, check: Checks, sponsor: str, opening: Opening, amount: int) -> None:
        check.need(opening.attester != ZERO, "Pools_ZeroAttester")
        least, most = opening.min_reader_bps, opening.max_reader_bps
        check.need(least <= most <= BPS, "Pools_RatioBounds", least, most, BPS)
        caps = opening.reader_cap, opening.pool_cap
        check.need(0 < caps[0] <= caps[1], "Pools_CapBounds", *caps)
        notice = opening.notice_seconds
        kept = MIN_NOTICE <= notice <= MAX_NOTICE
        check.need(kept, "Pools_NoticeOutOfRange", notice, MIN_NOTICE, MAX_NOTICE)
        pool_id = pool_id_of(sponsor, opening.salt)
        check.need(pool_id not in self.books.pools, "Pools_Exists", pool_id)
        check.need(amount != 0, "Pools_ZeroAmount")

    def _put_open(self, sponsor: str, opening: Opening, amount: int) -> bytes:
        pool_id = pool_id_of(sponsor, opening.salt)
        terms = (
            *(opening.min_reader_bps, opening.max_reader_bps, opening.reader_cap, opening.pool_cap),
            opening.notice_seconds,
        )
        self.books.pools[pool_id] = Pool(sponsor, opening.attester, *terms)
        self.emit("PoolOpened", pool_id, sponsor, opening.attester, *terms)
        self._put_fund(pool_id, amount)
        return pool_id

    def _check_fund(self, check: Checks, pool_id: bytes, amount: int) -> None:
        if pool_id not in self.books.pools:
            check.need(False, "Pools_Unknown", pool_id)
            return
        pool = self.pool(pool_id)
        check.need(amount != 0, "Pools_ZeroAmount")
        check.need(pool.closes_at == 0, "Pools_Closing", pool_id, pool.closes_at)
        most = MAX_AMOUNT - pool.funded
        check.need(amount <= most, "Custody_AmountTooLarge", amount, most)

    def _put_fund(self, pool_id: bytes, amount: int) -> None:
        self.change(pool_id, funded=self.pool(pool_id).funded + amount)
        self.emit("PoolFunded", pool_id, amount)

    @operation
    def open(self, caller: str, opening: Opening, amount: int) -> bytes:
        check = Checks()
        self.check_pull(check, caller, amount)
        self._check_open(check, caller, opening, amount)
        check.done()
        self.pull(caller, amount)
        return self._put_open(caller, opening, amount)

    @operation
    def open_signed(
        self, caller: str, sponsor: str, opening: Opening, amount: int, consent: Consent
    ) -> bytes:
        check = Checks()
        message = opening_message(sponsor, opening, amount)
        self.check_pulled(check, sponsor, amount, message, consent)
        self._check_open(check, sponsor, opening, amount)
        check.done()
        self.use_pulled(sponsor, amount, message, consent)
        return self._put_open(sponsor, opening, amount)

    @operation
    def fund(self, caller: str, pool_id: bytes, amount: int) -> None:
        check = Checks()
        self.check_pull(check, caller, amount)
        self._check_fund(check, pool_id, amount)
        check.done()
        self.pull(caller, amount)
        self._put_fund(pool_id, amount)

    @operation
    def fund_signed(self, caller: str, pool_id: bytes, from_: str, amount: int, consent: Consent) -> None:
        check = Checks()
        message = ("FundPool", from_, pool_id, amount)
        self.check_pulled(check, from_, amount, message, consent)
        self._check_fund(check, pool_id, amount)
        check.done()
        self.use_pulled(from_, amount, message, consent)
        self._put_fund(pool_id, amount)

    # ---------------------------------------------------------------------------------------- sponsors

    def _acts(self, name: str, pool_id: bytes, consent: Consent, *said: Any) -> Checks:
        """The sponsor calls, or has signed this of its pool."""
        check = Checks()
        sponsor = self.known(pool_id).sponsor
        self.check_consent(check, sponsor, (name, sponsor, pool_id, *said), consent)
        return check

    @operation
    def change_attester(self, caller: str, pool_id: bytes, attester: str, consent: Consent) -> int:
        check = self._acts("ChangeAttester", pool_id, consent, attester)
        pool = self.pool(pool_id)
        check.need(attester != ZERO or pool.new_attester_at != 0, "Pools_NoNewAttester", pool_id)
        check.done()
        self.use_consent(pool.sponsor, consent)
        if attester == ZERO:
            self.change(pool_id, new_attester=ZERO, new_attester_at=0)
            self.emit("AttesterKept", pool_id, pool.attester)
            return 0
        from_time = self.now + pool.notice_seconds
        self.change(pool_id, new_attester=attester, new_attester_at=from_time)
        self.emit("AttesterAnnounced", pool_id, attester, from_time)
        return from_time

    @operation
    def announce_closing(self, caller: str, pool_id: bytes, consent: Consent) -> int:
        check = self._acts("AnnounceClosing", pool_id, consent)
        pool = self.pool(pool_id)
        check.need(pool.closes_at == 0, "Pools_Closing", pool_id, pool.closes_at)
        check.done()
        self.use_consent(pool.sponsor, consent)
        closes_at = self.now + pool.notice_seconds
        self.change(pool_id, closes_at=closes_at)
        self.emit("ClosingAnnounced", pool_id, closes_at)
        return closes_at

    @operation
    def cancel_closing(self, caller: str, pool_id: bytes, consent: Consent) -> None:
        check = self._acts("CancelClosing", pool_id, consent)
        pool = self.pool(pool_id)
        check.need(pool.closes_at != 0, "Pools_NotClosing", pool_id)
        ahead = pool.closes_at == 0 or self.now < pool.closes_at
        check.need(ahead, "Pools_Closed", pool_id, pool.closes_at)
        check.done()
        self.use_consent(pool.sponsor, consent)
        self.change(pool_id, closes_at=0)
        self.emit("ClosingCancelled", pool_id)

    @operation
    def close(self, caller: str, pool_id: bytes) -> int:
        pool = self.known(pool_id)
        check = Checks()
        amount = pool.funded - pool.spent
        check.need(pool.closes_at != 0, "Pools_NotClosing", pool_id)
        over = pool.closes_at == 0 or pool.closes_at <= self.now
        check.need(over, "Pools_NotYet", pool.closes_at, self.now)
        check.need(amount != 0, "Pools_NothingLeft", pool_id)
        check.done()
        self.change(pool_id, funded=pool.spent)
        self.emit("PoolClosed", pool_id, amount)
        self.pay_out(pool.sponsor, amount)
        return amount

    # ------------------------------------------------------------------------------------------- reads

    def _is_signed(self, signer: str, message: Message, signature: Signature | None) -> bool:
        """The signer calls and gives no signature, or the signature is the signer's."""
        if signature is None and self.caller == signer:
            return True
        check = Checks()
        self.check_signature(check, signer, message, signature)
        return not check.faults

    def faults(self, pool_id: bytes, read: Read) -> tuple[Fault, ...]:
        """Every reason why a read is not paid now."""
        pool, amount = self.pool(pool_id), read.amount
        rules = {
            Fault.ZERO_AMOUNT: amount != 0,
            Fault.EXPIRED: self.now < read.deadline,
            Fault.NO_PAYEE: not {read.reader, read.author} & {ZERO, self.here},
            Fault.RATIO_OUT_OF_BOUNDS: pool.min_reader_bps <= read.reader_bps <= pool.max_reader_bps,
            Fault.ALREADY_PAID: (pool_id, read.read_id) not in self.books.reads,
            Fault.OVER_READER_CAP: self.spent_by(pool_id, read.reader) + amount <= pool.reader_cap,
            Fault.OVER_POOL_CAP: self.spent_today(pool_id) + amount <= pool.pool_cap,
            Fault.OVER_BUDGET: pool.spent + amount <= pool.funded,
            Fault.NOT_ATTESTED: self._is_signed(pool.attester, attestation(pool_id, read), read.attested),
            Fault.NOT_CHOSEN: self._is_signed(read.reader, choice(pool_id, read), read.chosen),
        }
        return tuple(fault for fault, kept in rules.items() if not kept)

    def _check_pays(self, pool_id: bytes) -> None:
        closes_at = self.known(pool_id).closes_at
        if 0 < closes_at <= self.now:
            raise refuse("Pools_Closed", pool_id, closes_at)

    def _put_read(self, pool_id: bytes, read: Read) -> Row:
        books, amount = self.books, read.amount
        share = amount * read.reader_bps // BPS
        books.reads[pool_id, read.read_id] = True
        for payee, credited in ((read.reader, share), (read.author, amount - share)):
            books.credits[pool_id, payee] = books.credits.get((pool_id, payee), 0) + credited
        books.days[pool_id, self.today] = self.spent_today(pool_id) + amount
        books.readers[pool_id, read.reader, self.today] = self.spent_by(pool_id, read.reader) + amount
        self.change(pool_id, spent=self.pool(pool_id).spent + amount)
        return (read.read_id, read.reader, read.author, amount, share)

    @operation
    def pay(self, caller: str, pool_id: bytes, reads: Sequence[Read]) -> int:
        self._check_pays(pool_id)
        rows: list[Row] = []
        skipped: list[Skipped] = []
        for place, read in enumerate(reads):
            if faults := self.faults(pool_id, read):
                skipped.append(Skipped(place, faults))
            else:
                rows.append(self._put_read(pool_id, read))
        amount = sum(row[3] for row in rows)
        self.emit("ReadsPaid", pool_id, amount, tuple(rows), tuple(skipped))
        return amount

    @operation
    def pay_one(self, caller: str, pool_id: bytes, read: Read) -> int:
        self._check_pays(pool_id)
        check = Checks()
        for fault in self.faults(pool_id, read):
            check.need(False, "Pools_NotPaid", read.read_id, int(fault))
        check.done()
        row = self._put_read(pool_id, read)
        self.emit("ReadsPaid", pool_id, read.amount, (row,), ())
        return row[4]

    @operation
    def collect(self, caller: str, payee: str, pool_ids: Sequence[bytes]) -> int:
        total = 0
        for pool_id in pool_ids:
            if amount := self.books.credits.get((pool_id, payee), 0):
                self.books.credits[pool_id, payee] = 0
                self.emit("RewardCollected", pool_id, payee, amount)
                total += amount
        if total == 0:
            raise refuse("Pools_NothingToCollect", payee)
        self.pay_out(payee, total)
        return total
