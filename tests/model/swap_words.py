"""The words of the swaps' reference model: what callers pass and what is kept.

Written from the interfaces' documentation. The names of its errors are in full (`Swaps_…`, `Custody_…`).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import IntEnum
from hashlib import sha256

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.model.words import DAY

LONGEST = 365 * DAY


class Status(IntEnum):
    """What became of a lock."""

    NONE = 0
    LOCKED = 1
    CLAIMED = 2
    REFUNDED = 3


@dataclass(frozen=True)
class Lock:
    """Currency (series 0) or certificates of `sender`, for `to`."""

    sender: str
    to: str
    series_id: int
    amount: int
    hash: bytes
    expires_at: int


def lock_id(what: Lock) -> bytes:
    """32 bytes."""
    kinds = ["address", "address", "uint256", "uint96", "bytes32", "uint40"]
    return keccak(encode(kinds, astuple(what)))


def hash_of(preimage: bytes) -> bytes:
    """What the 32 bytes open."""
    return sha256(preimage).digest()
