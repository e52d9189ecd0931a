"""The words of the market's reference model."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum

from tests.model.words import Signature


class Status(IntEnum):
    """Of a seller's offers with one nonce."""

    UNTOUCHED = 0
    STARTED = 1
    SOLD = 2
    CANCELLED = 3


@dataclass(frozen=True)
class Offer:
    """What a seller signs."""

    seller: str
    series_id: int
    amount: int
    price: int
    minimum: int
    referrer: str
    referrer_share: int
    nonce: int
    epoch: int
    expires_at: int


@dataclass(frozen=True)
class SignedOffer:
    offer: Offer
    signature: Signature | None


@dataclass(frozen=True)
class Purchase:
    series_id: int
    most: int
    least: int
    limit_price: int
    limit_amount: int


@dataclass
class Books:
    """Everything that a transaction may change. All values are immutable, so a shallow copy is a snapshot."""

    statuses: dict[tuple[str, int], Status] = field(default_factory=dict)
    filled: dict[tuple[str, int], int] = field(default_factory=dict)  # face, by seller and nonce
    epochs: dict[str, int] = field(default_factory=dict)
    allowances: dict[str, int] = field(default_factory=dict)  # of currency, where it is not endless
    permits: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Books:
        """A snapshot."""
        return Books(*(dict(getattr(self, member.name)) for member in fields(self)))
