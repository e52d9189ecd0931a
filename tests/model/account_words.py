"""The words of the prepaid accounts' reference model: what callers pass and what is kept.

Written from the interfaces' documentation. The names of its errors are in full (`Accounts_…`, `Custody_…`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from eth_utils.crypto import keccak

from tests.model.words import ZERO, Signature

HOUR, DAY = 3_600, 86_400
MIN_DELAY, MAX_DELAY = HOUR, 180 * DAY
MAX_DEPOSIT = 2**47 - 1
ROW_BYTES, LOCKED_ROW_BYTES = 78, 115


class Use(IntEnum):
    """What a redemption into the accounts does."""

    OPEN = 0
    TOP_UP = 1


@dataclass(frozen=True)
class AccountKey:
    counterparty: str
    index: int


@dataclass(frozen=True)
class Opening:
    counterparty: str
    salt: int
    signer: str
    delay_seconds: int
    expires_at: int


@dataclass(frozen=True)
class Prepaid:
    """An account. Deposit and paid are micro-units; times are 0 where nothing was asked for."""

    owner: str = ZERO
    signer: str = ZERO
    deposit: int = 0
    paid: int = 0
    delay_seconds: int = 0
    expires_at: int = 0
    series_id: int = 0
    withdrawable_at: int = 0
    new_signer: str = ZERO
    new_signer_at: int = 0


@dataclass(frozen=True)
class Voucher:
    """A row of a settlement: `amount` micro-units in all."""

    index: int
    amount: int
    signature: Signature | None


@dataclass(frozen=True)
class LockedVoucher(Voucher):
    """The same, with what was signed beside, and what is shown to open it."""

    expires_at: int
    preimage: bytes


@dataclass(frozen=True)
class Rows:
    """What a settlement is given: vouchers, and then bytes that are no whole row."""

    vouchers: tuple[Voucher, ...]
    rest: bytes = b""


@dataclass(frozen=True)
class Settled:
    """A voucher that was settled: what the logs alone must tell."""

    counterparty: str
    index: int
    amount: int


def index_of(owner: str, salt: int) -> int:
    """The index of the account that an owner opens with a salt."""
    return int.from_bytes(keccak(bytes.fromhex(owner[2:]) + salt.to_bytes(12, "big"))[:8], "big")


def lock_of(preimage: bytes) -> bytes:
    """What a preimage opens: 32 bytes."""
    return sha256(preimage).digest()


def bitmap(skipped: list[bool]) -> bytes:
    """A bit for each row, the first in the highest bit of the first byte; nothing where none was skipped."""
    if not any(skipped):
        return b""
    octets = bytearray((len(skipped) + 7) // 8)
    for place, is_skipped in enumerate(skipped):
        octets[place // 8] |= is_skipped << (7 - place % 8)
    return bytes(octets)
