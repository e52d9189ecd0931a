"""What the picture computes, against Python's own arithmetic and calendar: amounts, dates, ink."""

from __future__ import annotations

import re
from calendar import timegm
from typing import Any

import pytest
from hypothesis import example, settings
from hypothesis import strategies as st
from hypothesis.core import given  # not Brownie's: a call leaves nothing on the chain to take back

from tests.unitary.CardArt import model
from tests.unitary.CardArt.model import NEVER, Card, ask, texts

CARD = Card()
COLOURS = st.one_of(
    st.integers(0, 0xFFFFFF),
    # Greys, where contrast changes in the smallest steps.
    st.integers(0, 255).map(lambda channel: channel * 0x010101),
)


def _face(card_art: Any, denomination: int, decimals: int) -> str:
    return texts(ask(card_art, "svg", CARD.but(denomination=denomination, decimals=decimals)))[4]


def _expiry(card_art: Any, timestamp: int) -> str:
    return texts(ask(card_art, "svg", CARD.but(expires_at=timestamp)))[6]


@pytest.mark.parametrize(
    ("denomination", "decimals", "shown"),
    [
        (50_000, 0, "50,000"),
        (999, 0, "999"),
        (1_000, 0, "1,000"),
        (1, 0, "1"),
        (25_000000, 6, "25.00"),
        (25_500000, 6, "25.50"),
        (25_123000, 6, "25.123"),
        (1, 6, "0.000001"),
        (1_234_567_891234, 6, "1,234,567.891234"),
        (5, 1, "0.5"),
        (50, 1, "5.0"),
        (123, 2, "1.23"),
        (50_000 * 10**18, 18, "50,000.00"),
        (10**18 + 1, 18, "1.000000000000000001"),
        (1, 36, "0." + "0" * 35 + "1"),
    ],
)
def test_amounts_are_written_as_people_write_them(
    card_art: Any, denomination: int, decimals: int, shown: str
) -> None:
    assert _face(card_art, denomination, decimals) == f"{shown} USDC"
    assert model.amount(denomination, decimals) == shown


@given(
    denomination=st.one_of(st.integers(1, 10**12), st.integers(1, 2**256 - 1)), decimals=st.integers(0, 36)
)
@example(denomination=2**256 - 1, decimals=0)
@example(denomination=2**256 - 1, decimals=36)
@settings(max_examples=150)
def test_amounts_are_exact(card_art: Any, denomination: int, decimals: int) -> None:
    shown = _face(card_art, denomination, decimals).removesuffix(" USDC")
    assert shown == model.amount(denomination, decimals)
    whole, _, fraction = shown.replace(",", "").partition(".")
    assert int(whole + fraction.ljust(decimals, "0")) == denomination


# Leap years, century years that are none, years that are again, and the ends of each.
YEARS = [1970, 1972, 1999, 2000, 2024, 2026, 2027, 2028, 2096, 2100, 2104, 2200, 2300, 2400, 4000, 9999]
DAYS = [(1, 1), (1, 31), (2, 28), (3, 1), (4, 30), (12, 31)]


@pytest.mark.parametrize("year", YEARS)
def test_dates_around_month_and_year_ends(card_art: Any, year: int) -> None:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    for month, day in [*DAYS, *([(2, 29)] if leap else [])]:
        timestamp = timegm((year, month, day, 0, 0, 0))
        assert _expiry(card_art, timestamp) == f"{year}-{month:02d}-{day:02d} 00:00 UTC"
        assert _expiry(card_art, timestamp + 86_399) == f"{year}-{month:02d}-{day:02d} 23:59 UTC"


def test_no_29_february_in_2100(card_art: Any) -> None:
    assert _expiry(card_art, timegm((2100, 2, 28, 0, 0, 0)) + 86_400) == "2100-03-01 00:00 UTC"


@pytest.mark.parametrize(
    ("second", "shown"), [(0, "00:00"), (59, "00:00"), (60, "00:01"), (3_599, "00:59"), (3_600, "01:00")]
)
def test_dates_are_cut_to_the_minute_before(card_art: Any, second: int, shown: str) -> None:
    assert _expiry(card_art, 1_924_992_000 + second) == f"2031-01-01 {shown} UTC"


@given(timestamp=st.one_of(st.integers(0, 2**33), st.integers(0, NEVER - 1)))
@example(timestamp=NEVER - 1)
@settings(max_examples=250)
def test_dates_agree_with_pythons_calendar(card_art: Any, timestamp: int) -> None:
    assert _expiry(card_art, timestamp) == model.moment(timestamp)


def _ink(card_art: Any, background: int, accent: int, ink: int) -> int:
    drawn = ask(card_art, "svg", CARD.but(background=background, accent=accent, ink=ink))
    (found,) = re.findall(r'<g fill="#(\w{6})" font-family', drawn)
    return int(found, 16)


@pytest.mark.parametrize(
    ("background", "ink", "shown"),
    [
        (0xFFFFFF, 0x767676, 0x767676),  # 4.54 : 1
        (0xFFFFFF, 0x777777, 0x000000),  # 4.48 : 1
        (0x000000, 0x757575, 0x757575),  # 4.56 : 1
        (0x000000, 0x747474, 0xFFFFFF),  # 4.49 : 1
        (0x12343B, 0x12343B, 0xFFFFFF),  # ink on itself
        (0xFFD400, 0xFFD400, 0x000000),
        (0x777777, 0x808080, 0x000000),
        (0x737373, 0x808080, 0xFFFFFF),
    ],
)
def test_ink_that_cannot_be_read_is_replaced(card_art: Any, background: int, ink: int, shown: int) -> None:
    assert _ink(card_art, background, background, ink) == shown


@pytest.mark.parametrize(
    "paper", [(0xFFFFFF, 0x000000), (0x000000, 0xFFFFFF)], ids=["veiled darker", "lighter"]
)
def test_ink_is_measured_on_the_veiled_paper_too(card_art: Any, paper: tuple[int, int]) -> None:
    """Grey that can be read on the paper is too near to what the veil makes of it."""
    grey = 0x757575
    assert model.readable(grey, paper[0], paper[0]) == grey
    assert _ink(card_art, *paper, grey) == 0xFFFFFF - paper[0]


@given(background=COLOURS, accent=COLOURS, ink=COLOURS)
@settings(max_examples=250)
def test_ink_agrees_with_the_contrast_formula(card_art: Any, background: int, accent: int, ink: int) -> None:
    assert _ink(card_art, background, accent, ink) == model.readable(ink, background, accent)
