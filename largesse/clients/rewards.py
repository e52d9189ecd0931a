"""A RewardPools from Python: pools, how they stand, and what sponsors, attesters, readers and authors do.

Amounts are base units of the currency, times Unix seconds, ratios basis points. Every method that sends waits
for the receipt and raises `RefusedError` where the chain refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from web3.contract import Contract
from web3.types import TxReceipt

from largesse.artifacts import rewards_abi
from largesse.chain import Wallet
from largesse.chainlogs import Decoder, Event
from largesse.clients.service import OWN_CALL, Custodian
from largesse.eip712 import Domain, checksummed, keccak, rewards_domain
from largesse.errors import LargesseError
from largesse.signed.attested_reads import AttestedRead
from largesse.signed.rewards import Attestation

FAULTS: Final = (
    "none",
    "it is worth nothing",
    "its deadline is past",
    "reader or author can't be paid",
    "the share is outside the pool's bounds",
    "it was paid",
    "the reader's cap of the day",
    "the pool's cap of the day",
    "the pool has less",
    "the attester has not signed it",
    "the reader has not chosen",
)
"""Why a read was skipped (`IRewardPools.Fault`), in words."""
ROW_BYTES: Final = 72
"""Of a paid read in the event: ``readId 64 | reader 160 | author 160 | amount 96 | reader's share 96``."""
_SKIPPED_BYTES: Final = 5


class RewardError(LargesseError):
    """Something that would fail on this chain, found before anything was signed or sent."""


@dataclass(frozen=True)
class PoolTerms:
    """What a pool is opened with (`IRewardPools.Opening`)."""

    attester: str
    min_reader_bps: int
    max_reader_bps: int
    reader_cap: int
    pool_cap: int
    notice_seconds: int
    salt: int = 0

    def as_tuple(self) -> tuple[int, str, int, int, int, int, int]:
        """As the contract takes it."""
        bounds = self.min_reader_bps, self.max_reader_bps
        return self.salt, self.attester, *bounds, self.reader_cap, self.pool_cap, self.notice_seconds


@dataclass(frozen=True)
class Pool:
    """A pool as it stands (`IRewardPools.PoolView`)."""

    sponsor: str
    attester: str
    min_reader_bps: int
    max_reader_bps: int
    reader_cap: int
    pool_cap: int
    notice_seconds: int
    funded: int
    spent: int
    spent_today: int
    new_attester: str
    new_attester_at: int
    closes_at: int

    @property
    def left(self) -> int:
        """What no read has taken."""
        return self.funded - self.spent


@dataclass(frozen=True)
class PaidRead:
    """A read that was paid, by the log."""

    read_id: int
    reader: str
    author: str
    amount: int
    to_reader: int


@dataclass(frozen=True)
class Payment:
    """What a batch did: the amount, what was paid, and (place, fault) of each read that was skipped."""

    receipt: TxReceipt
    amount: int
    rows: tuple[PaidRead, ...]
    skipped: tuple[tuple[int, int], ...]


class Rewards(Custodian):
    """The RewardPools of one GiftCertificates."""

    @cached_property
    def contract(self) -> Contract:
        return self.node.contract(self.address, rewards_abi())

    @cached_property
    def domain(self) -> Domain:
        """What attestations, choices and consents for this contract on this chain are signed under."""
        return rewards_domain(self.node.chain_id, self.address)

    @cached_property
    def decoder(self) -> Decoder:
        return Decoder(rewards_abi())

    # ------------------------------------------------------------------------------------------------- read

    def pool(self, pool_id: bytes, block: int | None = None) -> Pool:
        """A pool; all zero for one that nobody opened."""
        return Pool(*self._read("pool", pool_id, block=block))

    def credit(self, pool_id: bytes, payee: str, block: int | None = None) -> int:
        """What a payee can collect."""
        return int(self._read("credit", pool_id, payee, block=block))

    def is_paid(self, pool_id: bytes, read_id: int) -> bool:
        return bool(self._read("isPaid", pool_id, read_id))

    # --------------------------------------------------------------------------------------------- sponsors

    def open(self, sponsor: Wallet, terms: PoolTerms, amount: int) -> bytes:
        """Open a pool with its first money; its id."""
        self.allow(sponsor, amount)
        receipt = self._send(sponsor, "open", terms.as_tuple(), amount)
        return bytes(self._event(receipt, "PoolOpened")["poolId"])

    def fund(self, giver: Wallet, pool_id: bytes, amount: int) -> TxReceipt:
        """Add money to a pool, anybody's."""
        self.allow(giver, amount)
        return self._send(giver, "fund", pool_id, amount)

    def change_attester(self, sponsor: Wallet, pool_id: bytes, attester: str) -> TxReceipt:
        """Name another attester; the zero address takes that back."""
        return self._send(sponsor, "changeAttester", pool_id, attester, OWN_CALL)

    def announce_closing(self, sponsor: Wallet, pool_id: bytes) -> int:
        """From when on the pool pays no more and the rest can be had."""
        receipt = self._send(sponsor, "announceClosing", pool_id, OWN_CALL)
        return int(self._event(receipt, "ClosingAnnounced")["closesAt"])

    def cancel_closing(self, sponsor: Wallet, pool_id: bytes) -> TxReceipt:
        return self._send(sponsor, "cancelClosing", pool_id, OWN_CALL)

    def close(self, sender: Wallet, pool_id: bytes) -> int:
        """Pay the sponsor what is left; anybody may send it."""
        return int(self._event(self._send(sender, "close", pool_id), "PoolClosed")["amount"])

    # ------------------------------------------------------------------------------------------------ reads

    def attest(self, attester: Wallet, attestation: Attestation) -> AttestedRead:
        """The attester's word for a read. Raises RewardError not_the_attester, paid_already."""
        pool = self.pool(attestation.pool_id)
        if pool.attester != attester.address:
            raise RewardError(
                "not_the_attester", f"the pool's attester is {pool.attester}, not {attester.name}"
            )
        if self.is_paid(attestation.pool_id, attestation.read_id):
            raise RewardError("paid_already", f"read {attestation.read_id} of this pool was paid")
        return AttestedRead(attestation, attestation.sign(self.domain, attester.key))

    def choose(self, reader: Wallet, read: AttestedRead, reader_bps: int) -> AttestedRead:
        """The reader's share of a read, signed. Raises RewardError not_the_reader, out_of_bounds."""
        if read.attestation.reader != reader.address:
            raise RewardError(
                "not_the_reader", f"the read is {read.attestation.reader}'s, not {reader.name}'s"
            )
        self.check_share(read.attestation.pool_id, reader_bps)
        return read.choose(reader_bps, self.domain, reader.key)

    def check_share(self, pool_id: bytes, reader_bps: int) -> None:
        """Raises RewardError out_of_bounds for a share that the pool does not allow."""
        pool = self.pool(pool_id)
        if not pool.min_reader_bps <= reader_bps <= pool.max_reader_bps:
            raise RewardError(
                "out_of_bounds",
                f"a reader of this pool takes {pool.min_reader_bps} to {pool.max_reader_bps} basis points, "
                f"not {reader_bps}",
            )

    def pay(self, sender: Wallet, pool_id: bytes, reads: Sequence[AttestedRead]) -> Payment:
        """Pay reads of one pool; those with a fault are skipped and reported."""
        receipt = self._send(sender, "pay", pool_id, [read.as_tuple() for read in reads])
        event = self._event(receipt, "ReadsPaid")
        return Payment(
            receipt, int(event["amount"]), paid_rows(event["rows"]), skipped_rows(event["skipped"])
        )

    def collect(self, sender: Wallet, payee: str, pool_ids: Sequence[bytes]) -> int:
        """Pay a payee its credits; anybody may send it."""
        receipt = self._send(sender, "collect", payee, list(pool_ids))
        return sum(int(event["amount"]) for event in self._events(receipt, "RewardCollected"))

    # --------------------------------------------------------------------------------------------- in common

    def _events(self, receipt: TxReceipt, name: str) -> list[Event]:
        events = [self.decoder.decode(log) for log in receipt["logs"] if log["address"] == self.address]
        return [event for event in events if event.name == name]

    def _event(self, receipt: TxReceipt, name: str) -> Event:
        """The event that says what a transaction did."""
        return self._events(receipt, name)[0]


def pool_id_of(sponsor: str, salt: int) -> bytes:
    """The id of the pool that a sponsor opens with a salt."""
    return keccak(bytes.fromhex(sponsor[2:]) + salt.to_bytes(12, "big"))


def paid_rows(packed: bytes) -> tuple[PaidRead, ...]:
    """The reads that were paid, as `ReadsPaid` logs them."""
    number = int.from_bytes
    return tuple(
        PaidRead(
            number(row[:8], "big"),
            checksummed(row[8:28]),
            checksummed(row[28:48]),
            number(row[48:60], "big"),
            number(row[60:], "big"),
        )
        for row in (packed[i : i + ROW_BYTES] for i in range(0, len(packed), ROW_BYTES))
    )


def skipped_rows(packed: bytes) -> tuple[tuple[int, int], ...]:
    """Place and fault of each read that was skipped, as `ReadsPaid` logs them."""
    return tuple(
        (int.from_bytes(packed[i : i + 4], "big"), packed[i + 4])
        for i in range(0, len(packed), _SKIPPED_BYTES)
    )
