"""What a holder may have back, written down a second time, from the terms' own words."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from largesse.terms.fields import Terms
from tests.support.certificates import TERMS

NONE, FULL, REMAINDER, SMALL_REST, POST_EXPIRY = range(5)
BPS = 10_000


def entitlement(
    terms: Sequence[Any], full_refund_from: int, balance: int, spent: int, time: int
) -> tuple[int, int, int]:
    """(right, largest face, payout for it) at `time`.

    `terms` in the order of `TERMS`; `full_refund_from` 0 for never; amounts in base units, times in Unix
    seconds.
    """
    rules = dict(zip(TERMS, terms, strict=True))
    if time >= rules["limitation_at"]:
        return NONE, 0, 0
    if full_refund_from and time >= full_refund_from:
        return FULL, balance, balance
    if time >= rules["expires_at"]:
        share = rules["post_expiry_bps"]
        return (POST_EXPIRY, balance, balance * share // BPS) if share else (NONE, 0, 0)
    face = rules["denomination"]
    if not face:
        return NONE, 0, 0
    whole, used = divmod(spent, face)
    assert whole * face + used == spent
    rest = face - used
    threshold = Fraction(rules["use_threshold_bps"], BPS)
    enough_used = bool(threshold) and used > 0 and Fraction(used, face) >= threshold
    small = rules["cash_out_from"] <= rest < rules["cash_out_below"]
    if enough_used:
        return REMAINDER, min(rest, balance), min(rest, balance)
    if small and (used or rules["cash_out_unused"]):
        return SMALL_REST, min(rest, balance), min(rest, balance)
    return NONE, 0, 0


def paid_back(terms: Terms, spent: int, balance: int) -> int:
    """What a holder who has spent so much is paid of a balance, before expiry."""
    return entitlement(terms.as_tuple(), 0, balance, spent, 0)[2]
