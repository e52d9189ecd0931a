"""The words of the reward pools' reference model: what callers pass and what is kept.

Written from the interface's documentation. The names of its errors are in full (`Pools_…`, `Custody_…`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from eth_utils.crypto import keccak

from tests.model.words import ZERO, Message, Signature

DAY = 86_400
MIN_NOTICE, MAX_NOTICE = DAY, 180 * DAY


class Fault(IntEnum):
    """Why a read is not paid."""

    NONE = 0
    ZERO_AMOUNT = 1
    EXPIRED = 2
    NO_PAYEE = 3
    RATIO_OUT_OF_BOUNDS = 4
    ALREADY_PAID = 5
    OVER_READER_CAP = 6
    OVER_POOL_CAP = 7
    OVER_BUDGET = 8
    NOT_ATTESTED = 9
    NOT_CHOSEN = 10


@dataclass(frozen=True)
class Opening:
    salt: int
    attester: str
    min_reader_bps: int
    max_reader_bps: int
    reader_cap: int
    pool_cap: int
    notice_seconds: int


@dataclass(frozen=True)
class Pool:
    """A pool; `new_attester` is the attester from its time on."""

    sponsor: str = ZERO
    attester: str = ZERO
    min_reader_bps: int = 0
    max_reader_bps: int = 0
    reader_cap: int = 0
    pool_cap: int = 0
    notice_seconds: int = 0
    funded: int = 0
    spent: int = 0
    new_attester: str = ZERO
    new_attester_at: int = 0
    closes_at: int = 0


@dataclass(frozen=True)
class Read:
    """An attested read; without a signature, attester or reader must be the caller."""

    reader: str
    author: str
    read_id: int
    amount: int
    deadline: int
    reader_bps: int
    attested: Signature | None
    chosen: Signature | None


@dataclass(frozen=True)
class Skipped:
    """A read of a batch that was skipped: its place, and every fault of which one is reported."""

    place: int
    faults: tuple[Fault, ...]


def pool_id_of(sponsor: str, salt: int) -> bytes:
    """The id of the pool that `sponsor` opens with `salt`."""
    return keccak(bytes.fromhex(sponsor[2:]) + salt.to_bytes(12, "big"))


def attestation(pool_id: bytes, read: Read) -> Message:
    """What the attester signs."""
    return ("Attestation", pool_id, read.reader, read.author, read.read_id, read.amount, read.deadline)


def choice(pool_id: bytes, read: Read) -> Message:
    """What the reader signs."""
    return ("Choice", attestation(pool_id, read), read.reader_bps)


def opening_message(sponsor: str, opening: Opening, amount: int) -> Message:
    """What a sponsor signs to open a pool."""
    bounds = opening.min_reader_bps, opening.max_reader_bps
    caps = opening.reader_cap, opening.pool_cap
    return (
        *("OpenPool", sponsor, opening.salt, opening.attester, *bounds, *caps),
        *(opening.notice_seconds, amount),
    )
