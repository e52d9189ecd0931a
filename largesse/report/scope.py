"""What a report is about: which days, which issuer, as of which block."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from largesse.chain import Node
from largesse.errors import ReportError

DAY: Final = 86_400
_LAST_SECOND: Final = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Scope:
    """As of `block`, whose time is `time`; flows are those from second `since` on. `issuer` is "" for all."""

    block: int
    block_hash: str
    time: int
    since: int
    issuer: str = ""

    @property
    def first_day(self) -> str:
        return iso_day(self.since)

    @property
    def last_day(self) -> str:
        return iso_day(self.time)

    def covers(self, second: int) -> bool:
        """Whether something of this second belongs to the report's range. Nothing later than `time` is ever
        asked for."""
        return second >= self.since


def iso_day(second: int) -> str:
    """The UTC day of a Unix second."""
    return datetime.fromtimestamp(second, UTC).date().isoformat()


def iso_time(second: int) -> str:
    """A Unix second as ISO 8601 in UTC, in words after the year 9999: a series may end then."""
    if second > _LAST_SECOND:
        return "after the year 9999"
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_day(name: str, given: str) -> date:
    """A day like 2027-12-24. Raises ReportError bad_date."""
    try:
        found = date.fromisoformat(given)
        if found.isoformat() != given:
            raise ValueError("another spelling")
    except ValueError as error:
        raise ReportError("bad_date", f"{name} {given!r} is no date: write a day like 2027-12-24") from error
    return found


def begin_of(day: date) -> int:
    """The first second of a day in UTC."""
    return int(datetime.combine(day, time(), UTC).timestamp())


def choose(
    node: Node, head: int, first_block: int, *, first: str = "", last: str = "", issuer: str = ""
) -> Scope:
    """The scope of the days `first` to `last`, both included, in UTC; "" for the first block of the
    deployment, and for block `head`.

    Its block is the last one before the end of day `last`. Raises ReportError bad_date, from_after_to,
    future, before_deployment.
    """
    begun, newest = node.block_time(first_block), node.block_time(head)
    since = begin_of(parse_day("from", first)) if first else begun
    block = head
    if last:
        end_day = parse_day("to", last)
        if first and begin_of(end_day) < since:
            raise ReportError("from_after_to", f"from {first} is after to {last}: a range does not run back")
        if begin_of(end_day) > newest:
            raise ReportError(
                "future",
                f"to {last} has not begun: the last block is of {iso_time(newest)}",
            )
        end = begin_of(end_day + timedelta(days=1))
        if end <= begun:
            raise ReportError("before_deployment", f"to {last} ends before the deployment, {iso_time(begun)}")
        block = _last_before(node, first_block, head, end)
    if since > node.block_time(block):
        raise ReportError(
            "future", f"from {first} has not begun: the last block is of {iso_time(node.block_time(block))}"
        )
    found = node.web3.eth.get_block(block)
    return Scope(block, str(found["hash"].to_0x_hex()), int(found["timestamp"]), since, issuer)


def _last_before(node: Node, low: int, high: int, end: int) -> int:
    """The last block before second `end`; the block `low` is one."""
    if node.block_time(high) < end:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if node.block_time(middle) < end:
            low = middle
        else:
            high = middle
    return low
