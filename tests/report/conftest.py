"""A report of the whole life, its source, and sources that lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from largesse.chainlogs import Event
from largesse.indexer.source import ChainSource, EventSource
from largesse.report.making import Report, make_report
from tests.support.report_life import ReportLife

Change = Callable[[Event], Event | None]


class Altered:
    """A source that changes the events of one part, or leaves them out."""

    def __init__(self, source: EventSource, part: str, change: Change) -> None:
        self._source, self._part, self._change = source, part, change
        self.chain_id, self.head, self.time = source.chain_id, source.head, source.time

    def events(
        self, symbol: str, part: str, *, first: int = 0, last: int | None = None, names: Sequence[str] = ()
    ) -> Iterator[Event]:
        for event in self._source.events(symbol, part, first=first, last=last, names=names):
            changed = self._change(event) if part == self._part else event
            if changed is not None:
                yield changed


def altered_value(event: Event, name: str, value: object) -> Event:
    """The event with another value."""
    return replace(event, values={**event.values, name: value})


@pytest.fixture(scope="session")
def source(report_life: ReportLife) -> ChainSource:
    session = report_life.desk.session
    return ChainSource(session.node, session.deployment())


@pytest.fixture(scope="session")
def make(report_life: ReportLife, source: ChainSource) -> Callable[..., Report]:
    """`make_report` of this life."""
    session = report_life.desk.session

    def made(other: EventSource | None = None, **scope: str) -> Report:
        return make_report(session.node, session.deployment(), other or source, **scope)

    return made


@pytest.fixture(scope="session")
def whole(make: Callable[..., Report]) -> Report:
    return make()
