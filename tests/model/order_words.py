"""The words of the held orders' reference model: what callers pass and what is kept.

Written from the interfaces' documentation. The names of its errors are in full (`Orders_…`, `Custody_…`).
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.model.words import DAY

MAX_HOLD = 730 * DAY
USE_BITS = (64, 40, 1)  # number, end, side


@dataclass(frozen=True)
class OrderKey:
    buyer: str
    seller: str
    number: int


@dataclass(frozen=True)
class Opening:
    seller: str
    number: int
    ends_at: int
    to_seller: bool


@dataclass(frozen=True)
class Held:
    """An order; one that nobody opened ends at 0."""

    held: int = 0
    ends_at: int = 0
    to_seller: bool = False
    series_id: int = 0
