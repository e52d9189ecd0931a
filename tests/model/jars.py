"""One jar of the streaming-tip escrow, second by second, in exact integers.

A jar is a list of spans: somebody pays `rate` scaled units a second from `start` to `end`. What the creator
has truly earned is a sum over that list (`earned`); what collections may have paid is a second sum over the
same list (`credited`), which leaves a day's ends on a straight line to that day's midnight. Nothing here adds
up as the contract does: no running total of rates, no buckets, no cursor in the sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tests.model.words import DAY


def day_of(time: int) -> int:
    """Days since January 1970."""
    return time // DAY


@dataclass(frozen=True)
class Span:
    """A stream at one rate. It earns in every second from `start` to before `end`."""

    rate: int
    start: int
    end: int

    def earned(self, time: int) -> int:
        """Scaled units, up to `time`."""
        return self.rate * max(min(time, self.end) - self.start, 0)

    @property
    def total(self) -> int:
        """Scaled units in the end."""
        return self.rate * (self.end - self.start)

    @property
    def last_day(self) -> int:
        """The day that its end is in."""
        return self.end // DAY

    @property
    def in_lump(self) -> bool:
        """Whether it begins and ends on one day: then it is credited when that day is over."""
        return day_of(self.start) == self.last_day


@dataclass(frozen=True)
class Jar:
    """The spans by number, those that were stopped (at what is their end now), and what came at once.

    `dust` and `lump_dust` are what top-ups left over, by the day that it comes with; `collected` is in scaled
    units too. `ends` are the days that have, or had, an end. Days before `cursor` are folded, and all lumps
    but that of `lump_day` (0 for none).
    """

    spans: Mapping[int, Span] = field(default_factory=dict)
    stopped: tuple[Span, ...] = ()
    at_once: int = 0
    dust: Mapping[int, int] = field(default_factory=dict)
    lump_dust: Mapping[int, int] = field(default_factory=dict)
    collected: int = 0
    ends: frozenset[int] = frozenset()
    cursor: int = 0
    lump_day: int = 0

    # --------------------------------------------------------------------------------------- asking

    def earned(self, time: int) -> int:
        """The truth: scaled units earned by the second, dust from the moment that it was paid."""
        by_second = sum(span.earned(time) for span in (*self.spans.values(), *self.stopped))
        return by_second + self.at_once + sum(self.dust.values()) + sum(self.lump_dust.values())

    def credited(self, time: int) -> int:
        """Scaled units that collections may have paid in all by `time`."""
        today = day_of(time)
        total = self.at_once + sum(span.total for span in self.stopped)
        for span in self.spans.values():
            if span.last_day > today:
                total += span.earned(time)
            elif span.last_day < today:
                total += span.total
            elif not span.in_lump:
                total += span.earned(today * DAY)
        total += _before(self.dust, today) + _before(self.lump_dust, today)
        return total + self.moment(today) * (time % DAY) // DAY

    def claimable(self, time: int) -> int:
        """Scaled units."""
        return self.credited(time) - self.collected

    def rate(self) -> int:
        """Of all streams whose end is not folded."""
        return sum(span.rate for span in self._unfolded())

    def accrued(self) -> int:
        """As the jar keeps it: what is credited at the start of the cursor's day if every stream that is not
        folded had run, or will run, through it; negative while most begin later."""
        total = self.at_once + sum(span.total for span in self.stopped) - self.collected
        total += sum(s.total for s in self.spans.values() if s.in_lump and s.last_day != self.lump_day)
        total += sum(s.total for s in self.spans.values() if not s.in_lump and s.last_day < self.cursor)
        total += sum(s.rate * (self.cursor * DAY - s.start) for s in self._unfolded())
        total += sum(scaled for day, scaled in self.lump_dust.items() if day != self.lump_day)
        return total + _before(self.dust, self.cursor)

    def ending_rate(self, day: int) -> int:
        """Of the streams that end on `day` and began before."""
        return sum(span.rate for span in self._ending(day))

    def moment(self, day: int) -> int:
        """What those earn on `day`, with its dust."""
        return sum(span.rate * (span.end - day * DAY) for span in self._ending(day)) + self.dust.get(day, 0)

    def lump(self, day: int) -> int:
        """Of the streams that begin and end on `day`, with its dust."""
        inside = (span.total for span in self.spans.values() if span.in_lump and span.last_day == day)
        return sum(inside) + self.lump_dust.get(day, 0)

    def late(self, time: int) -> int:
        """The most that `claimable` may lack of the truth: a quarter of a day of the rates that end today,
        the lump and the dust of days that are not over, and what rounding down leaves."""
        today = day_of(time)
        dust = sum(self.dust.values()) - _before(self.dust, today)
        return DAY // 4 * self.ending_rate(today) + self.lump(today) + dust + 1

    def _ending(self, day: int) -> Iterable[Span]:
        return (span for span in self.spans.values() if not span.in_lump and span.last_day == day)

    def _unfolded(self) -> list[Span]:
        return [span for span in self.spans.values() if not span.in_lump and span.last_day >= self.cursor]

    # ------------------------------------------------------------------------------------- changing

    def put(self, number: int, span: Span) -> Jar:
        """With a span more, or a longer one in its place. A lump's first folds the lump before."""
        spans = {**self.spans, number: span}
        if span.in_lump:
            return replace(self, spans=spans, lump_day=span.last_day)
        return replace(self, spans=spans, ends=self.ends | {span.last_day})

    def stop(self, number: int, time: int) -> Jar:
        """A span ends at `time` instead, and is credited at once."""
        spans = dict(self.spans)
        span = spans.pop(number)
        return replace(self, spans=spans, stopped=(*self.stopped, replace(span, end=time)))

    def add(self, scaled: int) -> Jar:
        """Something that is the creator's at once."""
        return replace(self, at_once=self.at_once + scaled)

    def add_dust(self, span: Span, scaled: int) -> Jar:
        """What a top-up of this span left over: it comes with the day that the span ends on."""
        day = span.last_day
        if span.in_lump:
            return replace(self, lump_dust={**self.lump_dust, day: self.lump_dust.get(day, 0) + scaled})
        return replace(self, dust={**self.dust, day: self.dust.get(day, 0) + scaled})

    def fold(self, time: int, most: int) -> Jar:
        """With days that are over folded, at most `most` of those on which something ended: up to today, or
        to the next such day."""
        today = day_of(time)
        days = sorted(day for day in self.ends if self.cursor <= day < today)
        cursor = days[most] if len(days) > most else today
        return replace(self, cursor=cursor, lump_day=self.lump_day if self.lump_day == today else 0)


def _before(dust: Mapping[int, int], day: int) -> int:
    return sum(scaled for at, scaled in dust.items() if at < day)
