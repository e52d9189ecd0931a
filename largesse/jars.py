"""Jars and rates, without a chain: whose jar, which stream, how much a second, how long an amount lasts.

A rate is *scaled units* per second: base units of the currency times `scale_of(decimals)`, so that a cent a
month is still a rate. A price is rounded down to a rate, an amount down to whole seconds, a refund down to
base units; what that leaves is the creator's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError
from web3 import Web3

from largesse.addresses import parse_address
from largesse.amounts import parse_amount
from largesse.eip712 import keccak
from largesse.errors import LargesseError
from largesse.terms.fields import FULL_BPS, UINT40_MAX

MAX_RATE: Final = 2**80 - 1
MAX_VERSION: Final = 2**16 - 1
MAX_PAYEES: Final = 20
MONTH: Final = 30 * 86_400
"""Seconds in a month of a price: 30 days, as the contract has it."""
PERIODS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "month": MONTH}

_PRICE = re.compile(r"([^/]+)/([a-z]+)")


class JarError(LargesseError):
    """A rate, an amount, a jar or a split that the escrow would refuse."""


def scale_of(decimals: int) -> int:
    """Scaled units in one base unit of a currency: 10^(18 − decimals), at most 10^9 and at least 1."""
    return int(10 ** min(9, max(0, 18 - decimals)))


def parse_rate(price: str, decimals: int) -> int:
    """Scaled units per second of a price such as "5.00/month", "0.6/hour" or "0.0001/second".

    Rounded down. Raises JarError bad_price, rate_too_small, rate_too_large; AmountError.
    """
    found = _PRICE.fullmatch(price)
    if found is None or found.group(2) not in PERIODS:
        raise JarError(
            "bad_price", f'{price!r} is no price: write it like "5.00/month" ({", ".join(PERIODS)})'
        )
    return rate_of(parse_amount(found.group(1), decimals), PERIODS[found.group(2)], decimals)


def rate_of(amount: int, seconds: int, decimals: int) -> int:
    """Scaled units per second of `amount` base units in `seconds`, rounded down. Raises JarError
    rate_too_small, rate_too_large."""
    rate = amount * scale_of(decimals) // seconds
    if rate == 0:
        raise JarError(
            "rate_too_small", f"{amount} base units in {seconds} s are less than the smallest rate"
        )
    if rate > MAX_RATE:
        raise JarError("rate_too_large", f"a rate of {rate} scaled units a second exceeds 2**80 - 1")
    return rate


def price_of(rate: int, seconds: int, decimals: int) -> int:
    """Base units that pay a rate for `seconds`, rounded up."""
    return -(-rate * seconds // scale_of(decimals))


def lasting(amount: int, rate: int, decimals: int) -> tuple[int, int]:
    """Whole seconds that `amount` base units pay a rate, and the scaled units left over, less than a
    second's. Raises JarError below_one_second."""
    seconds, dust = divmod(amount * scale_of(decimals), rate)
    if seconds == 0:
        raise JarError(
            "below_one_second", f"{amount} base units do not pay one second of {rate} scaled units"
        )
    return seconds, dust


# ------------------------------------------------------------------------------------------------------ names


def jar_id(creator: str, version: int = 0) -> int:
    """The number of a creator's own jar (version 0) or shared one. Raises JarError bad_version,
    AddressError."""
    if not 0 <= version <= MAX_VERSION:
        raise JarError("bad_version", f"{version} is no version of a jar: 0 to {MAX_VERSION}")
    return version << 160 | int(parse_address(creator), 16)


def jar_creator(jar: int) -> str:
    """Whose jar it is."""
    return Web3.to_checksum_address((jar & (1 << 160) - 1).to_bytes(20, "big"))


def jar_version(jar: int) -> int:
    """0 for a creator's own jar."""
    return jar >> 160


@dataclass(frozen=True)
class StreamKey:
    """Which stream: any number of them, by `index`, can run from a payer to a jar."""

    payer: str
    jar: int
    index: int

    def as_tuple(self) -> tuple[str, int, int]:
        """The key as the contract takes it."""
        return (self.payer, self.jar, self.index)

    def stream_id(self) -> bytes:
        """What the contract's errors call it, 32 bytes."""
        return keccak(encode(["address", "uint256", "uint256"], self.as_tuple()))


# ----------------------------------------------------------------------------------------------------- splits


@dataclass(frozen=True)
class Split:
    """Who shares what a jar earns, in basis points. Raises JarError bad_split; AddressError."""

    payees: tuple[str, ...]
    shares_bps: tuple[int, ...]

    def __post_init__(self) -> None:
        for payee in self.payees:
            parse_address(payee)
        if not 1 <= len(self.payees) <= MAX_PAYEES or len(self.payees) != len(self.shares_bps):
            raise JarError(
                "bad_split",
                f"{len(self.payees)} payees and {len(self.shares_bps)} shares: a split has 1 to "
                f"{MAX_PAYEES} payees and as many shares",
            )
        if len(set(self.payees)) != len(self.payees) or min(self.shares_bps) < 1:
            raise JarError("bad_split", "each payee is named once and has a share")
        if sum(self.shares_bps) != FULL_BPS:
            raise JarError(
                "bad_split", f"the shares add up to {sum(self.shares_bps)} basis points, not {FULL_BPS}"
            )

    def parts(self, collected: int) -> list[int]:
        """What each payee has had once `collected` base units were taken out of the jar, in all."""
        return [collected * share // FULL_BPS for share in self.shares_bps]


# ---------------------------------------------------------------------------------------------------- handles


def handle_hash(handle: str) -> bytes:
    """What the chain knows a handle by: keccak256 of its text, as its attestor writes it ("github:anna").
    Raises JarError bad_handle."""
    if not handle.strip() or handle != handle.strip():
        raise JarError("bad_handle", f"{handle!r} is empty or has blanks around it")
    return keccak(handle.encode())


@dataclass(frozen=True)
class HandleTip:
    """A tip to somebody known by a handle; `attestor` says whose it is, `reclaim_at` ends claims."""

    payer: str
    handle: bytes
    attestor: str
    amount: int
    reclaim_at: int
    salt: int

    def as_tuple(self) -> tuple[str, bytes, str, int, int, int]:
        """The tip as the contract takes it."""
        return (self.payer, self.handle, self.attestor, self.amount, self.reclaim_at, self.salt)

    def tip_id(self) -> bytes:
        """keccak256 of its ABI encoding, 32 bytes. Raises JarError bad_reclaim_date, bad_tip."""
        if not 0 < self.reclaim_at <= UINT40_MAX:
            raise JarError("bad_reclaim_date", f"{self.reclaim_at} is not a Unix time below 2**40")
        if len(self.handle) != 32:
            raise JarError("bad_tip", f"a handle's hash has 32 bytes, not {len(self.handle)}")
        kinds = ["address", "bytes32", "address", "uint96", "uint40", "uint64"]
        try:
            return keccak(encode(kinds, self.as_tuple()))
        except EncodingError as error:
            raise JarError("bad_tip", f"no tip to a handle can hold this: {error}") from error
