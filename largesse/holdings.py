"""What the client reads and hands around: accounts, states, and signed parts of a payment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from largesse.addresses import parse_address
from largesse.errors import LargesseError


class SignedPartError(LargesseError):
    """A file that should hold what somebody signed, and does not."""


class Right(IntEnum):
    """Which right a refund rests on."""

    NONE = 0
    FULL = 1
    REMAINDER = 2
    SMALL_REST = 3
    POST_EXPIRY = 4


@dataclass(frozen=True)
class Account:
    """A holder in one series: face held, face spent or refunded so far, and the nonces' watermark."""

    balance: int
    spent: int
    nonce: int


@dataclass(frozen=True)
class SeriesState:
    """What of a series changes; `full_refund_from` is 0 where full refunds never opened."""

    issuer: str
    outstanding: int
    fees_accrued: int
    full_refund_from: int
    merchants: int
    wound_down: bool
    forfeited: bool


@dataclass(frozen=True)
class Refundable:
    """The largest face that can be given up now, what is paid for it, and by which right."""

    right_number: int
    amount: int
    payout: int

    @property
    def right(self) -> Right:
        return Right(self.right_number)


@dataclass(frozen=True)
class SignedCard:
    """One card's signed part in a payment."""

    holder: str
    series_id: int
    amount: int
    order: int
    nonce: int
    deadline: int
    signature: bytes

    def as_tuple(self) -> tuple[str, int, int, int, int, int, bytes]:
        """As the contract takes it."""
        return (
            self.holder, self.series_id, self.amount, self.order, self.nonce, self.deadline, self.signature,
        )  # fmt: skip

    def to_json(self) -> dict[str, str]:
        """Texts only: numbers may be larger than what other languages' JSON holds."""
        return {
            "holder": self.holder,
            "series": str(self.series_id),
            "amount": str(self.amount),
            "order": str(self.order),
            "nonce": str(self.nonce),
            "deadline": str(self.deadline),
            "signature": "0x" + self.signature.hex(),
        }

    @classmethod
    def from_json(cls, content: Any) -> SignedCard:
        """The inverse of `to_json`. Raises SignedPartError bad_signed_card."""
        try:
            numbers = [content[name] for name in ("series", "amount", "order", "nonce", "deadline")]
            if not all(isinstance(text, str) and text.isascii() and text.isdigit() for text in numbers):
                raise ValueError("a number is not written in plain digits")
            if not content["signature"].startswith("0x"):
                raise ValueError("the signature does not begin with 0x")
            signature = bytes.fromhex(content["signature"][2:])
            series, amount, order, nonce, deadline = map(int, numbers)
            holder = parse_address(content["holder"])
            return cls(holder, series, amount, order, nonce, deadline, signature)
        except (ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise SignedPartError("bad_signed_card", f"this is no signed card: {error}") from error
