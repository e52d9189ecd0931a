"""The terms of a series, field for field as the ledger stores them, and what they mean in integers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import Enum

from largesse.addresses import parse_address
from largesse.amounts import UINT96_MAX
from largesse.errors import AddressError, TermsError

UINT32_MAX = 2**32 - 1
UINT40_MAX = 2**40 - 1

NO_EXPIRY = UINT40_MAX
NO_LIMITATION = UINT40_MAX
FULL_BPS = 10_000
MAX_FEE_BPS = 2_000

# The window's upper end (exclusive) where a cash-out right has no maximum: above every rest that a
# denomination can leave.
NO_MAXIMUM = UINT96_MAX

# Largest values: the types' and, for shares and the fee, the ledger's own limits.
_MAXIMA = {
    "sales_close_at": UINT40_MAX,
    "expires_at": UINT40_MAX,
    "limitation_at": UINT40_MAX,
    "fee_bps": MAX_FEE_BPS,
    "denomination": UINT96_MAX,
    "use_threshold_bps": FULL_BPS,
    "post_expiry_bps": FULL_BPS,
    "cash_out_from": UINT96_MAX,
    "cash_out_below": UINT96_MAX,
    "withdrawal_seconds": UINT32_MAX,
}


class Phase(Enum):
    """Where a second falls; exactly one holds (windows are half-open)."""

    LIVE = "live"
    EXPIRED = "expired"
    LIMITED = "limited"


@dataclass(frozen=True)
class Terms:
    """Immutable terms of one series. Instants are Unix seconds, amounts base units of the currency, shares
    basis points.

    Field order and widths are the on-chain struct's; `as_tuple()` is what a contract call takes. Raises
    TermsError when a value doesn't fit its type or contradicts another.
    """

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

    def __post_init__(self) -> None:
        try:
            parse_address(self.beneficiary)
        except AddressError as error:
            raise TermsError("bad_beneficiary", f"beneficiary: {error}") from error
        for name, maximum in _MAXIMA.items():
            value = getattr(self, name)
            typed = isinstance(value, int) and not isinstance(value, bool)
            if not typed or not 0 <= value <= maximum:
                raise TermsError("out_of_range", f"{name} is {value!r}, not 0 to {maximum}")
        for broken, reason, message in self._rules():
            if broken:
                raise TermsError(reason, message)

    def _rules(self) -> Iterator[tuple[bool, str, str]]:
        """What the ledger checks when a series is opened: whether it is broken, the reason, the message."""
        length = len(self.terms_hash)
        yield length != 32, "bad_terms_hash", f"terms_hash has {length} bytes, not 32"
        yield (
            self.expires_at < self.sales_close_at,
            "expiry_before_sales_close",
            f"expires_at {self.expires_at} is before sales_close_at {self.sales_close_at}",
        )
        yield (
            self.limitation_at < self.expires_at,
            "limitation_before_expiry",
            f"limitation_at {self.limitation_at} is before expires_at {self.expires_at}",
        )
        cashes_out = self.cash_out_below > 0
        yield (
            self.cash_out_from >= self.cash_out_below and (self.cash_out_from > 0 or cashes_out),
            "empty_cash_out_window",
            f"no rest lies from {self.cash_out_from} and below {self.cash_out_below}",
        )
        yield (
            self.cash_out_unused and not cashes_out,
            "no_cash_out_right",
            "cash_out_unused without a cash-out window",
        )
        yield (
            self.denomination == 0 and (cashes_out or self.use_threshold_bps > 0),
            "denomination_missing",
            "what a certificate has left is counted within one denomination, and there is none",
        )
        limited = cashes_out or self.use_threshold_bps > 0 or self.refund_on_removal or self.convertible
        yield (
            limited and not self.named,
            "right_needs_named",
            "where anyone is a merchant all of it is cash: a limited right to cash needs named merchants",
        )

    def as_tuple(self) -> tuple[str | int | bool | bytes, ...]:
        """The 16 values in the order of the on-chain struct."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def phase(self, at: int) -> Phase:
        """The phase at second `at`: live before `expires_at`, expired from it on, limited from
        `limitation_at` on.
        """
        if at < self.expires_at or self.expires_at == NO_EXPIRY:
            return Phase.LIVE
        if at < self.limitation_at or self.limitation_at == NO_LIMITATION:
            return Phase.EXPIRED
        return Phase.LIMITED

    def post_expiry_refund(self, face: int) -> int:
        """Base units paid for `face` between expiry and limitation, rounded down; what is left is the
        beneficiary's.
        """
        return face * self.post_expiry_bps // FULL_BPS

    def largest_refund(self, face: int) -> int:
        """The most cash the refund rights can pay for one certificate of `face` that somebody means to
        exploit.

        That is: after expiry, as the remainder just past the use threshold, or as a rest after the least use.
        Refunds of a whole purchase (withdrawal, removal, wind-down) pay back the price or need the issuer's
        act and don't count.
        """
        options = [self.post_expiry_refund(face)]
        if self.use_threshold_bps:
            threshold = -(-self.use_threshold_bps * self.denomination // FULL_BPS)
            options.append(self.denomination - max(threshold, 1))
        if self.cash_out_below:
            largest_rest = self.denomination if self.cash_out_unused else self.denomination - 1
            rest = min(largest_rest, self.cash_out_below - 1)
            options.append(rest if rest >= self.cash_out_from else 0)
        return max(options)
