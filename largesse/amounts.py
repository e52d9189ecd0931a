"""Amounts: decimal text and base units of a currency, exactly. No float ever comes near."""

from __future__ import annotations

import re

from largesse.errors import AmountError

UINT96_MAX = 2**96 - 1

# 10**28 is the largest power of ten that an on-chain amount (uint96) can hold: with more decimals not even
# 1.0 would fit.
MAX_DECIMALS = 28

_DECIMAL = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_MAX_TEXT = 64


def _check_decimals(decimals: int) -> None:
    if isinstance(decimals, bool) or not 0 <= decimals <= MAX_DECIMALS:
        raise AmountError("bad_decimals", f"{decimals} decimals: a currency has 0 to {MAX_DECIMALS}")


def check_units(units: int, *, allow_zero: bool = False) -> int:
    """Return `units` (base units) if an on-chain amount can hold them.

    Raises AmountError: negative_amount, zero_amount (unless allowed), amount_too_large (above 2**96 − 1).
    """
    if units < 0:
        raise AmountError("negative_amount", f"{units} is negative")
    if units == 0 and not allow_zero:
        raise AmountError("zero_amount", "an amount of zero is not allowed here")
    if units > UINT96_MAX:
        raise AmountError(
            "amount_too_large", f"{units} base units exceed 2**96 - 1, the most the ledger holds"
        )
    return units


def parse_amount(text: str, decimals: int, *, allow_zero: bool = False) -> int:
    """Turn plain decimal text ("12.5") into base units of a currency with `decimals` decimals.

    Accepts ASCII digits with at most one point, no sign, no exponent, no blank, no separator: "1,000" is one
    thousand to some and one to others. Nothing is rounded. Raises AmountError: bad_decimals, bad_amount,
    negative_amount, too_many_decimals, zero_amount, amount_too_large.
    """
    _check_decimals(decimals)
    shown = repr(text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…")
    match = _DECIMAL.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if match is None:
        if len(text) <= _MAX_TEXT and _DECIMAL.fullmatch(text.removeprefix("-")):
            raise AmountError("negative_amount", f"{shown} is negative")
        raise AmountError(
            "bad_amount", f'{shown} is no amount: write digits and at most one point, like "1250.5"'
        )
    whole, fraction = match.group(1), match.group(2) or ""
    if len(fraction) > decimals:
        raise AmountError(
            "too_many_decimals",
            f"{shown} has {len(fraction)} decimals, the currency has {decimals}; nothing is rounded",
        )
    return check_units(int(whole + fraction.ljust(decimals, "0")), allow_zero=allow_zero)


def format_amount(
    units: int, decimals: int, *, symbol: str = "", min_places: int = 0, separator: str = ","
) -> str:
    """Write base units as decimal text, exactly: format_amount(1234567500000, 6, symbol="USDC") ==
    "1,234,567.5 USDC".

    `separator` groups thousands ("" for none, which parse_amount reads back); `min_places` keeps trailing
    zeros up to that many places (never more than `decimals`). Raises AmountError: bad_decimals,
    negative_amount.
    """
    _check_decimals(decimals)
    if units < 0:
        raise AmountError("negative_amount", f"{units} is negative")
    whole, fraction = divmod(units, 10**decimals)
    digits = f"{fraction:0{decimals}d}" if decimals else ""
    digits = digits.rstrip("0").ljust(min(min_places, decimals), "0")
    text = f"{whole:,}".replace(",", separator) + (f".{digits}" if digits else "")
    return f"{text} {symbol}" if symbol else text


def scale(figure: str, decimals: int) -> int:
    """A statute's figure ("15.00") in base units: parse_amount after dropping the zeros a coarse currency
    can't spell.
    """
    whole, point, fraction = figure.partition(".")
    fraction = fraction.rstrip("0")
    return parse_amount(f"{whole}.{fraction}" if point and fraction else whole, decimals)
