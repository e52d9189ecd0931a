"""EIP-712 messages of RewardPools: what attesters, readers and sponsors sign.

Amounts are base units, times Unix seconds, ratios basis points.
"""

from __future__ import annotations

from dataclasses import dataclass

from largesse.eip712 import Message, solidity, struct


@dataclass(frozen=True)
class Attestation(Message):
    """The attester: ``reader`` has read something of ``author``, and that is worth ``amount``."""

    pool_id: bytes = solidity("bytes32")
    reader: str = solidity("address")
    author: str = solidity("address")
    read_id: int = solidity("uint64")
    amount: int = solidity("uint96")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Choice(Message):
    """The reader: ``reader_bps`` of what is attested are its own, the rest is the author's."""

    attestation: Attestation = struct(Attestation)  # noqa: RUF009 - a frozen field
    reader_bps: int = solidity("uint16")


@dataclass(frozen=True)
class OpenPool(Message):
    """The sponsor opens a pool with ``amount``."""

    sponsor: str = solidity("address")
    salt: int = solidity("uint96")
    attester: str = solidity("address")
    min_reader_bps: int = solidity("uint16")
    max_reader_bps: int = solidity("uint16")
    reader_cap: int = solidity("uint96")
    pool_cap: int = solidity("uint96")
    notice_seconds: int = solidity("uint24")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class FundPool(Message):
    """``from_`` adds ``amount`` to a pool."""

    from_: str = solidity("address")
    pool_id: bytes = solidity("bytes32")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class ChangeAttester(Message):
    """The sponsor names another ``attester``; the zero address takes that back."""

    sponsor: str = solidity("address")
    pool_id: bytes = solidity("bytes32")
    attester: str = solidity("address")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class AnnounceClosing(Message):
    """The sponsor announces that the pool ends after its notice."""

    sponsor: str = solidity("address")
    pool_id: bytes = solidity("bytes32")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class CancelClosing(Message):
    """The sponsor takes that back."""

    sponsor: str = solidity("address")
    pool_id: bytes = solidity("bytes32")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")
