"""Dates against instants worked out by hand with fixed offsets from UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from largesse.calendars import add_years, day_of, end_of, start_of, year_end_after, years_after_sale, zone_of
from largesse.errors import TermsError
from tests.python.helpers import refused


def at(year: int, month: int, day: int, hour: int, offset_hours: float) -> int:
    """Unix second of a local hour at a fixed offset: no zone database involved."""
    return int(datetime(year, month, day, hour, tzinfo=timezone(timedelta(hours=offset_hours))).timestamp())


@pytest.mark.parametrize(
    ("zone", "day", "second"),
    [
        ("Asia/Seoul", date(2027, 1, 1), at(2027, 1, 1, 0, 9)),
        ("America/Los_Angeles", date(2027, 1, 1), at(2027, 1, 1, 0, -8)),
        ("America/Los_Angeles", date(2027, 7, 1), at(2027, 7, 1, 0, -7)),
        # Berlin's clocks go forward on 28 March and back on 31 October 2027, both after midnight.
        ("Europe/Berlin", date(2027, 3, 28), at(2027, 3, 28, 0, 1)),
        ("Europe/Berlin", date(2027, 3, 29), at(2027, 3, 29, 0, 2)),
        ("Europe/Berlin", date(2027, 10, 31), at(2027, 10, 31, 0, 2)),
        ("Europe/Berlin", date(2027, 11, 1), at(2027, 11, 1, 0, 1)),
        # Cairo skipped 00:00 to 01:00 on 26 April 2024: the day began at 01:00 summer time.
        ("Africa/Cairo", date(2024, 4, 26), at(2024, 4, 26, 1, 3)),
        # Havana had midnight twice on 3 November 2024 (01:00 went back to 00:00): the day began at the first.
        ("America/Havana", date(2024, 11, 3), at(2024, 11, 3, 0, -4)),
        ("Australia/Lord_Howe", date(2027, 1, 1), at(2027, 1, 1, 0, 11)),
    ],
)
def test_start_of(zone: str, day: date, second: int) -> None:
    place = ZoneInfo(zone)
    assert start_of(day, place) == second
    assert day_of(second, place) == day
    assert day_of(second - 1, place) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2027, 3, 28), 23), (date(2027, 10, 31), 25), (date(2027, 6, 1), 24)]
)
def test_a_day_has_the_hours_that_its_clocks_show(day: date, hours: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert end_of(day, berlin) - start_of(day, berlin) == hours * 3600


@pytest.mark.parametrize(
    ("day", "years", "later"),
    [
        (date(2027, 6, 15), 5, date(2032, 6, 15)),
        (date(2028, 2, 29), 1, date(2029, 3, 1)),
        (date(2028, 2, 29), 4, date(2032, 2, 29)),
        (date(2096, 2, 29), 4, date(2100, 3, 1)),
    ],
)
def test_add_years(day: date, years: int, later: date) -> None:
    assert add_years(day, years) == later


# last day of sale, years, last day on which the certificate must still be good
@pytest.mark.parametrize(
    ("last_sale", "years", "last_good"),
    [
        (date(2027, 6, 15), 1, date(2028, 6, 15)),
        (date(2027, 12, 31), 5, date(2032, 12, 31)),
        # bought on 29 February: its anniversary counts as 1 March where there is none
        (date(2028, 2, 29), 1, date(2029, 3, 1)),
        (date(2028, 2, 29), 4, date(2032, 2, 29)),
        # bought on 28 February: the anniversary is 28 February, but a full year after the close of sales is
        # longer
        (date(2027, 2, 28), 1, date(2028, 2, 29)),
        (date(2028, 2, 28), 1, date(2029, 2, 28)),
        (date(2027, 3, 1), 1, date(2028, 3, 1)),
    ],
)
def test_years_after_sale(last_sale: date, years: int, last_good: date) -> None:
    seoul = ZoneInfo("Asia/Seoul")
    expires_at = years_after_sale(last_sale, years, seoul)
    assert day_of(expires_at - 1, seoul) == last_good
    assert day_of(expires_at, seoul) == last_good + timedelta(days=1)


def test_years_after_sale_never_shorter_than_the_last_second_of_sale_plus_the_years() -> None:
    seoul = ZoneInfo("Asia/Seoul")
    day = date(2027, 1, 1)
    while day < date(2029, 1, 1):
        for years in (1, 3, 5):
            last_second = datetime.fromtimestamp(end_of(day, seoul) - 1, seoul)
            anniversary = add_years(last_second.date(), years)
            earliest = int(
                last_second.replace(
                    year=anniversary.year, month=anniversary.month, day=anniversary.day
                ).timestamp()
            )
            assert years_after_sale(day, years, seoul) > earliest
        day += timedelta(days=1)


@pytest.mark.parametrize("last_sale", [date(2027, 1, 1), date(2027, 6, 30), date(2027, 12, 31)])
def test_year_end_after(last_sale: date) -> None:
    """BGB 199(1): whenever in 2027 it was bought, it ends with 2030: 23:59:59 is the last second, 00:00:00 is
    not.
    """
    ends = year_end_after(last_sale, 3, ZoneInfo("Europe/Berlin"))
    assert ends == at(2031, 1, 1, 0, 1)
    assert datetime.fromtimestamp(ends - 1, UTC) == datetime(2030, 12, 31, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("name", ["", "Seoul", "Mars/Olympus", "../etc/passwd", "Asia"])
def test_zone_of_refuses(name: str) -> None:
    with refused(TermsError, "unknown_zone", repr(name)):
        zone_of(name)
