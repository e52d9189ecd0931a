"""Vouchers as a settlement takes them: packed rows, by the hundred.

A row of `settle` is ``index 64 | amount 48 | r 256 | vs 256`` (EIP-2098), 78 bytes; one of `settleLocked`
has ``expires_at 40 | preimage 256`` more, 115 bytes. Amounts are micro-units: millionths of a currency with
six decimals or more, base units of one with fewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from largesse.eip712 import CURVE_ORDER, keccak
from largesse.errors import LargesseError

MICRO_DIGITS: Final = 6
MAX_DEPOSIT: Final = 2**47 - 1
MAX_INDEX: Final = 2**64 - 1
MAX_SALT: Final = 2**96 - 1


class VoucherError(LargesseError):
    """A voucher that no settlement can take."""


def index_of(owner: str, salt: int) -> int:
    """The index of the account that ``owner`` opens with ``salt``. Raises VoucherError out_of_range."""
    if not 0 <= salt <= MAX_SALT:
        raise VoucherError("out_of_range", f"salt {salt}: 96 bits are there")
    return int.from_bytes(keccak(bytes.fromhex(owner[2:]) + salt.to_bytes(12, "big"))[:8], "big")


def unit_of(decimals: int) -> int:
    """Base units in a micro-unit of a currency."""
    return int(10 ** max(0, decimals - MICRO_DIGITS))


def micros(amount: int, decimals: int) -> int:
    """Base units as micro-units. Raises VoucherError dust where that is no whole number."""
    whole, dust = divmod(amount, unit_of(decimals))
    if dust:
        raise VoucherError(
            "dust", f"{amount} base units are no whole number of micro-units of {unit_of(decimals)}"
        )
    return whole


def compact(signature: bytes) -> bytes:
    """65 bytes ``r ‖ s ‖ v`` as 64 (EIP-2098). Raises VoucherError malformed_signature.

    An s in the upper half has no place there: the same key's signature of the same by the other s takes its
    place, so that a payer who sends such a one stops nobody's settlement.
    """
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise VoucherError(
            "malformed_signature", f"{len(signature)} bytes: a signature is 65 bytes with v 27 or 28"
        )
    if signature[32] & 0x80:
        other = CURVE_ORDER - int.from_bytes(signature[32:64], "big")
        if other <= 0:
            raise VoucherError("malformed_signature", "the signature's s is above the curve's order")
        signature = signature[:32] + other.to_bytes(32, "big") + bytes([55 - signature[64]])
    return signature[:32] + bytes([signature[32] | (signature[64] - 27) << 7]) + signature[33:64]


@dataclass(frozen=True)
class SignedVoucher:
    """A voucher and its signer's signature (65 bytes). Raises VoucherError out_of_range."""

    index: int
    amount: int
    signature: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_INDEX or not 0 < self.amount <= MAX_DEPOSIT:
            raise VoucherError(
                "out_of_range", f"account {self.index}, {self.amount} micro-units: 64 and 47 bits are there"
            )

    def row(self) -> bytes:
        """78 bytes."""
        return self.index.to_bytes(8, "big") + self.amount.to_bytes(6, "big") + compact(self.signature)


@dataclass(frozen=True)
class SignedLockedVoucher:
    """A locked voucher with the preimage that opens it (32 bytes)."""

    voucher: SignedVoucher
    expires_at: int
    preimage: bytes

    def row(self) -> bytes:
        """115 bytes."""
        return self.voucher.row() + self.expires_at.to_bytes(5, "big") + self.preimage


def lock_of(preimage: bytes) -> bytes:
    """SHA-256, 32 bytes. Raises VoucherError bad_preimage."""
    if len(preimage) != 32:
        raise VoucherError("bad_preimage", f"a preimage has 32 bytes, not {len(preimage)}")
    return sha256(preimage).digest()


def rows(vouchers: Iterable[SignedVoucher] | Iterable[SignedLockedVoucher]) -> bytes:
    """What a settlement takes."""
    return b"".join(voucher.row() for voucher in vouchers)
