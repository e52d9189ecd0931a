"""Moments as people type them, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from largesse.arguments import ArgumentError, Arguments
from largesse.terms.fields import UINT40_MAX

_LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


def moment(text: str) -> int:
    """Unix second of "2027-12-24" or "2027-12-24T18:00" in UTC. Raises ArgumentError bad_moment."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentError(
            "bad_moment", f"{text!r} is no date like 2027-12-24 or 2027-12-24T18:00"
        ) from error
    if read.tzinfo is not None:
        raise ArgumentError("bad_moment", f"{text!r}: dates are in UTC and name no zone")
    return int(read.replace(tzinfo=UTC).timestamp())


def moment_of(given: Arguments, name: str) -> int:
    """The moment in `name=…`. Raises ArgumentError bad_moment, missing_argument."""
    text = given.text(name)
    try:
        return moment(text)
    except ArgumentError as error:
        raise ArgumentError(error.reason, f"{name}={error}") from error


def day(second: int) -> str:
    """The UTC day of a Unix second, as YYYY-MM-DD; "never" for the date that means it."""
    return _written(second, "%Y-%m-%d")


def minute(second: int) -> str:
    """The UTC minute of a Unix second, as YYYY-MM-DD HH:MM; "never" for the date that means it."""
    return _written(second, "%Y-%m-%d %H:%M")


def _written(second: int, form: str) -> str:
    if second >= UINT40_MAX:
        return "never"
    if second > _LAST_SECOND:
        return "after the year 9999"
    return datetime.fromtimestamp(second, UTC).strftime(form)
