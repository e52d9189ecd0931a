from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from largesse.amounts import MAX_DECIMALS, UINT96_MAX, check_units, format_amount, parse_amount, scale
from largesse.errors import AmountError
from tests.python.helpers import refused


@pytest.mark.parametrize(
    ("text", "decimals", "units"),
    [
        ("50000", 0, 50_000),
        ("25.00", 6, 25_000_000),
        ("25", 6, 25_000_000),
        ("0.000001", 6, 1),
        ("15.00", 18, 15 * 10**18),
        ("79228162514264337593543950335", 0, 2**96 - 1),
        ("79228162514.264337593543950335", 18, 2**96 - 1),
        ("7.9228162514264337593543950335", 28, 2**96 - 1),
    ],
)
def test_parse_amount(text: str, decimals: int, units: int) -> None:
    assert parse_amount(text, decimals) == units


@pytest.mark.parametrize(
    ("text", "decimals", "reason"),
    [
        ("", 6, "bad_amount"),
        (" 1", 6, "bad_amount"),
        ("1 ", 6, "bad_amount"),
        ("1\n", 6, "bad_amount"),
        ("1,000", 6, "bad_amount"),
        ("1_000", 6, "bad_amount"),
        ("1e3", 6, "bad_amount"),
        ("+1", 6, "bad_amount"),
        ("1.", 6, "bad_amount"),
        (".5", 6, "bad_amount"),
        ("007", 6, "bad_amount"),
        ("1.2.3", 6, "bad_amount"),
        ("٣", 6, "bad_amount"),
        ("１", 6, "bad_amount"),
        ("NaN", 6, "bad_amount"),
        ("--1", 6, "bad_amount"),
        ("9" * 65, 0, "bad_amount"),
        ("-5", 6, "negative_amount"),
        ("-0.5", 6, "negative_amount"),
        ("1.0000001", 6, "too_many_decimals"),
        ("50000.00", 0, "too_many_decimals"),
        ("0", 6, "zero_amount"),
        ("0.000000", 6, "zero_amount"),
        ("79228162514264337593543950336", 0, "amount_too_large"),
        ("1", 29, "bad_decimals"),
        ("1", -1, "bad_decimals"),
    ],
)
def test_parse_amount_refuses(text: str, decimals: int, reason: str) -> None:
    with refused(AmountError, reason):
        parse_amount(text, decimals)


def test_parse_amount_names_value_and_rule() -> None:
    with refused(
        AmountError, "too_many_decimals", "'1.0000001'", "7 decimals", "has 6", "nothing is rounded"
    ):
        parse_amount("1.0000001", 6)


def test_parse_amount_allows_zero_on_request() -> None:
    assert parse_amount("0.00", 6, allow_zero=True) == 0
    with refused(AmountError, "negative_amount"):
        parse_amount("-1", 6, allow_zero=True)


def test_check_units_bounds() -> None:
    assert check_units(UINT96_MAX) == 2**96 - 1
    with refused(AmountError, "amount_too_large", 2**96):
        check_units(UINT96_MAX + 1)
    with refused(AmountError, "negative_amount", -1):
        check_units(-1)
    with refused(AmountError, "zero_amount"):
        check_units(0)


@pytest.mark.parametrize(
    ("units", "decimals", "keywords", "text"),
    [
        (1_234_567_500_000, 6, {"symbol": "USDC"}, "1,234,567.5 USDC"),
        (25_000_000, 6, {}, "25"),
        (25_000_000, 6, {"min_places": 2}, "25.00"),
        (25_500_000, 6, {"min_places": 2}, "25.50"),
        (25_123_456, 6, {"min_places": 2}, "25.123456"),
        (50_000, 0, {"min_places": 2, "symbol": "KRWT"}, "50,000 KRWT"),
        (1, 18, {}, "0.000000000000000001"),
        (0, 6, {}, "0"),
        (1_000_000, 0, {"separator": "."}, "1.000.000"),
        (999, 0, {}, "999"),
    ],
)
def test_format_amount(units: int, decimals: int, keywords: dict[str, object], text: str) -> None:
    assert format_amount(units, decimals, **keywords) == text  # type: ignore[arg-type]


def test_format_amount_refuses_negative() -> None:
    with refused(AmountError, "negative_amount", -7):
        format_amount(-7, 6)


@settings(max_examples=200)
@given(st.integers(min_value=1, max_value=UINT96_MAX), st.integers(min_value=0, max_value=MAX_DECIMALS))
def test_format_then_parse_is_exact(units: int, decimals: int) -> None:
    assert parse_amount(format_amount(units, decimals, separator=""), decimals) == units


@pytest.mark.parametrize(
    ("figure", "decimals", "units"),
    [("15", 6, 15_000_000), ("15.00", 0, 15), ("10000", 0, 10_000), ("1", 18, 10**18), ("0.50", 2, 50)],
)
def test_scale(figure: str, decimals: int, units: int) -> None:
    assert scale(figure, decimals) == units


def test_scale_refuses_what_the_currency_cannot_spell() -> None:
    with refused(AmountError, "too_many_decimals", "0.5"):
        scale("0.50", 0)
