"""The EIP-712 messages of AtomicSwaps. Amounts are base units of the currency."""

from __future__ import annotations

from dataclasses import dataclass

from largesse.eip712 import Message, solidity


@dataclass(frozen=True)
class Lock(Message):
    """``from_`` locks currency (series 0) or certificates for ``to`` under the SHA-256 ``hash``."""

    from_: str = solidity("address")
    to: str = solidity("address")
    series_id: int = solidity("uint256")
    amount: int = solidity("uint96")
    hash: bytes = solidity("bytes32")
    expires_at: int = solidity("uint40")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class ClaimTo(Message):
    """The recipient of the lock ``id`` has it paid to ``receiver``."""

    id: bytes = solidity("bytes32")
    receiver: str = solidity("address")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class RefundTo(Message):
    """The sender of the lock ``id`` has it paid back to ``receiver``."""

    id: bytes = solidity("bytes32")
    receiver: str = solidity("address")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")
