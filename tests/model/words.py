"""The words of the certificates' reference model: what callers pass, what is kept, how a refusal is said.

Addresses are lower-case hex strings, amounts base units of the currency, times Unix seconds, windows
half-open. Nothing here, or in the model, comes from the project's code: the rules are written from the
interfaces' documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias

ZERO = "0x" + "00" * 20
NEVER = 2**40 - 1
MAX_AMOUNT = 2**96 - 1
NONCE_WINDOW = 2**32
BPS = 10_000
DAY = 86_400
REMOVAL_NOTICE = 30 * DAY
MAX_FEE_BPS = 2_000

# A signed message by what it says: the name of its type, then its members. Never its bytes.
Message: TypeAlias = tuple[Any, ...]
# The error's name without its prefix `GiftCertificates_` (others in full; "" for a revert without data), and
# its values.
Fault: TypeAlias = tuple[str, tuple[Any, ...]]


class Refused(Exception):  # noqa: N818
    """The operation must revert, with one of these faults: each a rule it broke, and the values it broke it
    by."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


class Checks:
    """Collects broken rules. Which of several a caller is told first is no part of the specification."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def need(self, kept: bool, error: str, *values: Any) -> None:
        """The rule `kept` must hold, or the operation may revert with `error(*values)`."""
        if not kept:
            self.faults.append((error, values))

    def done(self) -> None:
        """Raises Refused when a rule was broken."""
        if self.faults:
            raise Refused(self.faults)


def refuse(error: str, *values: Any) -> Refused:
    """A refusal for one reason."""
    return Refused([(error, values)])


class Right(IntEnum):
    """Which right a refund rests on."""

    NONE = 0
    FULL = 1
    REMAINDER = 2
    SMALL_REST = 3
    POST_EXPIRY = 4


@dataclass(frozen=True)
class Digest:
    """Stands for the bytes32 that signing this message hashes to."""

    message: Message


@dataclass(frozen=True)
class OneOf:
    """Stands for the report of a skipped row: any of these faults."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Signature:
    """Who signed what, for which contract. `domain` is the contract's address."""

    signer: str
    domain: str
    message: Message


@dataclass(frozen=True)
class Consent:
    """`signature` says the action, or with `moves` the currency's own authorisation over its digest."""

    nonce: int
    deadline: int
    moves: bool
    signature: Signature | None


@dataclass(frozen=True)
class Terms:
    beneficiary: str
    sales_close_at: int
    expires_at: int
    limitation_at: int
    fee_bps: int
    named: bool
    convertible: bool
    refund_on_removal: bool
    cash_out_unused: bool
    denomination: int
    use_threshold_bps: int
    post_expiry_bps: int
    cash_out_from: int
    cash_out_below: int
    withdrawal_seconds: int
    terms_hash: bytes


@dataclass(frozen=True)
class Series:
    terms: Terms
    issuer: str
    outstanding: int = 0
    fees: int = 0
    full_refund_from: int = 0
    merchants: int = 0
    wound_down: bool = False
    forfeited: bool = False


@dataclass(frozen=True)
class Account:
    balance: int = 0
    spent: int = 0
    nonce: int = 0


@dataclass(frozen=True)
class Operator:
    daily_limit: int = 0
    issued: int = 0
    day: int = 0


@dataclass(frozen=True)
class Authorization:
    nonce: int
    deadline: int
    signature: Signature | None


@dataclass(frozen=True)
class Redemption:
    holder: str
    series_id: int
    amount: int
    order: int
    nonce: int
    deadline: int
    signature: Signature | None


@dataclass(frozen=True)
class Payment:
    merchant: str
    payee: str
    order: int
    total: int
    least: int
    deadline: int
    data: bytes
    signature: Signature | None


@dataclass(frozen=True)
class IssueRow:
    to: str
    amount: int


@dataclass(frozen=True)
class GiftOrder:
    series_id: int
    amount: int
    key: str
    recipient: str
    deliver_at: int
    reclaim_at: int
    message_hash: bytes


@dataclass(frozen=True)
class Gift:
    giver: str
    key: str
    recipient: str
    series_id: int
    amount: int
    deliver_at: int
    reclaim_at: int
    created_at: int
    limitation_at: int
    message_hash: bytes


@dataclass(frozen=True)
class GiftBatch:
    giver: str
    series_id: int
    root: int
    reclaim_at: int
    created_at: int
    limitation_at: int


@dataclass(frozen=True)
class GiftLeaf:
    index: int
    key: str
    recipient: str
    amount: int
    deliver_at: int
    message_hash: bytes


@dataclass(frozen=True)
class Portion:
    """One card of a payment, as a service is told of it."""

    holder: str
    series_id: int
    amount: int


@dataclass(frozen=True)
class Redeemed:
    """One redemption of the model's list: what the logs alone must tell."""

    series_id: int
    holder: str
    merchant: str
    payee: str
    amount: int
    order: int
    nonce: int
