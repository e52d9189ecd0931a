"""The words of the shop window's reference model: what callers pass and what is kept.

Written from the interface's documentation. The names of its errors are in full (`CertificateSales_…`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from tests.model import custody
from tests.model.words import DAY, ZERO

PREFIX = "CertificateSales_"
MAX_PREMIUM_BPS = 10_000
CLAIM_SECONDS = 30 * DAY
"""How long at least a cash-back that has vested can be claimed."""


class CashBack(IntEnum):
    """What became of one."""

    ISSUED = 0
    PAID = 1
    RETURNED = 2


@dataclass(frozen=True)
class Sale:
    """Of a series; all zero for one that nobody sells."""

    opens_at: int = 0
    closes_at: int = 0
    premium_bps: int = 0
    withdrawal_seconds: int = 0
    named: bool = False


@dataclass(frozen=True)
class PromotionTerms:
    series_id: int
    reward_series_id: int
    opens_at: int
    closes_at: int
    discount_bps: int
    cash_back_bps: int
    referral_bps: int
    coupon_signer: str
    max_face: int


@dataclass(frozen=True)
class Budget:
    """A promotion's money."""

    free: int = 0
    reserved: int = 0
    spent: int = 0
    funded: int = 0
    taken_back: int = 0


@dataclass(frozen=True)
class Coupon:
    """What a promotion's coupon signer signs."""

    promotion_id: int
    coupon_id: int
    buyer: str
    referrer: str
    max_face: int
    deadline: int


@dataclass(frozen=True)
class Purchase:
    buyer: str
    face: int
    series_id: int
    promotion_id: int
    bought_at: int
    withdraw_until: int
    withdrawn: bool
    net_spent_then: int
    balance_then: int
    premium: int
    discount: int = 0
    referrer: str = ZERO
    referral: int = 0
    cash_back: int = 0

    @property
    def paid(self) -> int:
        """By whoever paid for it, while its premium is still held."""
        return self.face + self.premium - self.discount


@dataclass(frozen=True)
class Receipt:
    """What an issuer, or who signs for it, signs."""

    series_id: int
    recipient: str
    amount: int
    payer: str
    payment_id: bytes
    deadline: int


@dataclass
class Books(custody.Books):
    """What the shop keeps besides."""

    sales: dict[int, Sale] = field(default_factory=dict)  # by series
    promotions: dict[int, PromotionTerms] = field(default_factory=dict)
    budgets: dict[int, Budget] = field(default_factory=dict)  # by promotion
    coupons: dict[tuple[int, int], bool] = field(default_factory=dict)  # used: promotion and number
    purchases: dict[int, Purchase] = field(default_factory=dict)
    signers: dict[str, str] = field(default_factory=dict)  # of receipts, by issuer
    payments: dict[tuple[str, bytes], bool] = field(default_factory=dict)  # used: issuer and payment
