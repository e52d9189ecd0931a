"""Calendar arithmetic for legal periods: whole days and years in a named zone, never 365 × 86,400 seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from largesse.errors import TermsError


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone called `name`. Raises TermsError unknown_zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TermsError("unknown_zone", f"{name!r} is no IANA time zone, like 'Asia/Seoul'") from error


_LAST_YEAR: Final = 9998
"""Of a period: what ends with the next one can't be written as a date."""


def _year(year: int) -> int:
    """The year, if dates can be reckoned in it. Raises TermsError date_out_of_range."""
    if year > _LAST_YEAR:
        raise TermsError("date_out_of_range", f'the year {year}: dates go to {_LAST_YEAR}, then "never"')
    return year


def start_of(day: date, zone: ZoneInfo) -> int:
    """Unix second at which `day` begins in `zone`.

    Where clocks skip midnight that is the first instant that exists; where midnight comes twice it is the
    first one.
    """
    return int(datetime.combine(day, time(), zone).timestamp())


def end_of(day: date, zone: ZoneInfo) -> int:
    """First Unix second after `day` in `zone`: the exclusive end of a window whose last day is `day`. Raises
    TermsError date_out_of_range, as all that follow do."""
    _year(day.year)
    return start_of(day + timedelta(days=1), zone)


def day_of(second: int, zone: ZoneInfo) -> date:
    """The calendar day in `zone` to which a Unix second belongs."""
    return datetime.fromtimestamp(second, UTC).astimezone(zone).date()


def add_years(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes 1 March where the year has none."""
    _year(day.year + years)
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def years_after_sale(last_day: date, years: int, zone: ZoneInfo) -> int:
    """Unix second from which a period of `years` after a sale on `last_day` is over, whoever counts.

    The anniversary of the last day of sale belongs to the period as a whole (so do the German and Korean
    civil codes count: the first day doesn't, the last one does), and so does the full span from the end of
    sales. The two differ around 29 February only: a sale on 29 February 2028 has its first anniversary on 1
    March 2029 here, where the codes say 28 February. Longer is always taken.
    """
    anniversary_over = add_years(last_day, years) + timedelta(days=1)
    span_over = add_years(last_day + timedelta(days=1), years)
    return start_of(max(anniversary_over, span_over), zone)


def year_end_after(last_day: date, years: int, zone: ZoneInfo) -> int:
    """Unix second at which the `years`-th calendar year after the year of `last_day` is over in `zone`."""
    return start_of(date(_year(last_day.year + years) + 1, 1, 1), zone)
