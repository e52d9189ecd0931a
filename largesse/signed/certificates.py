"""EIP-712 messages of GiftCertificates."""

from __future__ import annotations

from dataclasses import dataclass

from largesse.eip712 import Message, solidity


@dataclass(frozen=True)
class Redemption(Message):
    """The holder pays: ``merchant`` may burn ``amount`` and be paid it, for ``order`` (0: none). With a
    ``payee`` the merchant is a service, and ``data`` are its parameters."""

    holder: str = solidity("address")
    series_id: int = solidity("uint256")
    amount: int = solidity("uint96")
    merchant: str = solidity("address")
    payee: str = solidity("address")
    order: int = solidity("uint64")
    data: bytes = solidity("bytes")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class PaymentRequest(Message):
    """The merchant (or, into a ``service``, the payee) asks for exactly ``total`` for ``order``, of which
    ``least`` must arrive after the fees."""

    merchant: str = solidity("address")
    service: str = solidity("address")
    order: int = solidity("uint64")
    currency: str = solidity("address")
    total: int = solidity("uint96")
    least: int = solidity("uint96")
    deadline: int = solidity("uint40")
    data: bytes = solidity("bytes")


@dataclass(frozen=True)
class Restoration(Message):
    """The holder lets ``merchant`` hand ``amount`` back to the card."""

    holder: str = solidity("address")
    series_id: int = solidity("uint256")
    amount: int = solidity("uint96")
    merchant: str = solidity("address")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Transfer(Message):
    """The holder gives ``amount`` to ``to``."""

    # `from` is a Python keyword; the trailing underscore is dropped in the encoding.
    from_: str = solidity("address")
    to: str = solidity("address")
    series_id: int = solidity("uint256")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Refund(Message):
    """The holder wants ``amount`` of face paid back, ``min_payout`` at the least."""

    holder: str = solidity("address")
    series_id: int = solidity("uint256")
    amount: int = solidity("uint96")
    min_payout: int = solidity("uint256")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Conversion(Message):
    """The holder turns expired face into face of another series."""

    holder: str = solidity("address")
    from_series_id: int = solidity("uint256")
    to_series_id: int = solidity("uint256")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Cancellation(Message):
    """The holder voids every authorisation up to ``nonce``."""

    holder: str = solidity("address")
    series_id: int = solidity("uint256")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class OwedWithdrawal(Message):
    """The payee has what is owed to it paid to ``to``."""

    payee: str = solidity("address")
    to: str = solidity("address")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class GiftOrder(Message):
    """The giver turns face into a gift link."""

    giver: str = solidity("address")
    series_id: int = solidity("uint256")
    amount: int = solidity("uint96")
    key: str = solidity("address")
    recipient: str = solidity("address")
    deliver_at: int = solidity("uint40")
    reclaim_at: int = solidity("uint40")
    message_hash: bytes = solidity("bytes32")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class GiftBatch(Message):
    """The giver funds the gifts under a Merkle sum root (``hash 160 | total 96``)."""

    giver: str = solidity("address")
    series_id: int = solidity("uint256")
    root: int = solidity("uint256")
    reclaim_at: int = solidity("uint40")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Claim(Message):
    """A gift's one-time key names its recipient. ``follow_up`` is the struct hash of the `Redemption`
    (nonce 0, deadline 0) that the gift pays at once, or 32 zero bytes."""

    gift: bytes = solidity("bytes32")
    recipient: str = solidity("address")
    follow_up: bytes = solidity("bytes32")


@dataclass(frozen=True)
class Recall(Message):
    """The giver takes ``gift`` back: a gift id, keccak256(batch id ‖ index), or a batch id."""

    giver: str = solidity("address")
    gift: bytes = solidity("bytes32")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")
