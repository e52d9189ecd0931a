"""EIP-712 messages of PrepaidAccounts: vouchers, and what owners sign.

Sums of vouchers are micro-units (`largesse.vouchers.unit_of`), cumulative.
"""

from __future__ import annotations

from dataclasses import dataclass

from sha3 import keccak_256

from largesse.eip712 import Domain, Message, encode_word, solidity


@dataclass(frozen=True)
class Voucher(Message):
    """The account's signer: ``counterparty`` may have taken ``amount`` micro-units in all."""

    counterparty: str = solidity("address")
    currency: str = solidity("address")
    index: int = solidity("uint64")
    amount: int = solidity("uint48")


class VoucherDigests:
    """Digests of one counterparty's vouchers in one currency: what all of them share is encoded once."""

    def __init__(self, domain: Domain, counterparty: str, currency: str) -> None:
        members = (("address", "counterparty", counterparty), ("address", "currency", currency))
        words = b"".join(encode_word("Voucher", name, kind, value) for kind, name, value in members)
        self._head = Voucher.typehash() + words
        self._start = b"\x19\x01" + domain.separator

    def of(self, index: int, amount: int) -> bytes:
        """What is signed, 32 bytes; `Voucher(…).digest(domain)`. `index` has 64 bits and `amount` 48."""
        struct = keccak_256(self._head + (index << 256 | amount).to_bytes(64, "big")).digest()
        digest: bytes = keccak_256(self._start + struct).digest()
        return digest


@dataclass(frozen=True)
class LockedVoucher(Message):
    """The same, before ``expires_at`` and for whoever shows the preimage of ``lock`` (SHA-256)."""

    counterparty: str = solidity("address")
    currency: str = solidity("address")
    index: int = solidity("uint64")
    amount: int = solidity("uint48")
    lock: bytes = solidity("bytes32")
    expires_at: int = solidity("uint40")


@dataclass(frozen=True)
class OpenAccount(Message):
    """The owner opens an account with ``amount`` base units."""

    owner: str = solidity("address")
    counterparty: str = solidity("address")
    salt: int = solidity("uint96")
    signer: str = solidity("address")
    delay_seconds: int = solidity("uint24")
    expires_at: int = solidity("uint40")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class TopUpAccount(Message):
    """``from_`` adds ``amount`` base units to an account."""

    from_: str = solidity("address")
    counterparty: str = solidity("address")
    index: int = solidity("uint64")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class RequestWithdrawal(Message):
    """The owner asks for what is left."""

    owner: str = solidity("address")
    counterparty: str = solidity("address")
    index: int = solidity("uint64")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class CancelWithdrawal(Message):
    """The owner takes that back."""

    owner: str = solidity("address")
    counterparty: str = solidity("address")
    index: int = solidity("uint64")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Withdraw(Message):
    """The owner has it paid out."""

    owner: str = solidity("address")
    counterparty: str = solidity("address")
    index: int = solidity("uint64")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class RequestSigner(Message):
    """The owner asks for another ``signer``; the zero address takes the request back."""

    owner: str = solidity("address")
    counterparty: str = solidity("address")
    index: int = solidity("uint64")
    signer: str = solidity("address")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class ChangeSigner(Message):
    """The owner puts the signer in that was asked for."""

    owner: str = solidity("address")
    counterparty: str = solidity("address")
    index: int = solidity("uint64")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")
