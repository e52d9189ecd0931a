"""Anybody may open a series, and have a jar. Reports and audits went through all of a currency's events once
for each issuer, creator or series, and through all series after each block: thousands of series that nobody
uses, which cost little on a cheap chain, kept them from ending for hours. An issuer of many series that were
forfeited was gone through as often as it had some; a notifier looked at every holder of every series before
each reminder, and at each start for all reminders of before."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from itertools import groupby
from types import FrameType
from typing import Any

import pytest

from largesse.books.certificates import Books
from largesse.jars import jar_id
from largesse.notices.readers import CertificateReader, Money, Notice
from largesse.report.checks import _inside
from largesse.report.history import History
from largesse.report.making import GROUPS
from largesse.report.model import Group, Row
from tests.support.told_events import DAY, T0, Told, certificates, person

FEW, MANY = 150, 300
HOLDERS, ISSUERS, SHOP = 10_000, 20_000, person(3)


@pytest.fixture(autouse=True)
def isolation() -> None:
    """No chain here."""


def told(count: int, issuers: int = MANY) -> Told:
    """So many series, issuers, holders, purchases, creators and members, and half as many forfeitures."""
    found = Told()
    for number in range(1, count + 1):
        holder, creator = person(HOLDERS + number), person(ISSUERS + number % issuers)
        found.series(number, creator, ends=200)
        found.issue(1, number, holder, 100)
        found.redeem(2, number, holder, SHOP, 10)
        bought = {"purchaseId": number, "seriesId": number, "buyer": holder, "face": 10, "premium": 0}
        found.tell(3, ("sales", "Purchased", bought | {"price": 10}))
        member = {"creator": creator, "account": holder, "tier": 1, "payer": holder}
        until = found.times[-1] + 100
        paid = {"jarId": jar_id(creator), "rate": 10**9, "amount": 100, "until": until}
        found.tell(3, ("jars", "Subscribed", member | paid))
    for number in range(1, count // 2 + 1):
        said = certificates("SeriesForfeited", seriesId=number, beneficiary=person(800), amount=90)
        found.tell(301, said)
    return found


def work(run: Callable[[], object]) -> int:
    """How many lines that takes, each turn of a loop counted."""
    count = 0

    def trace(_frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


@pytest.fixture(scope="module")
def histories() -> tuple[History, History]:
    few, many = told(FEW).history(T0), told(MANY).history(T0)
    assert _inside(few) == _inside(many) == []
    return few, many


def test_an_issuer_of_twice_as_many_series_takes_twice_the_work() -> None:
    few, many = (
        work(partial(_rows, group, told(count, issuers=1).history(T0)))
        for count in (FEW, MANY)
        for group in GROUPS
        if group.name == "thresholds"
    )
    assert many < 2.2 * few


def test_reminders_of_twice_as_many_series_take_twice_the_work() -> None:
    """And say the same: whoever holds something hears of it."""

    def reminded(count: int) -> int:
        reader, found = CertificateReader(Money("USDX", 0), (30,), lambda _: T0), list[Notice]()
        for _, transaction in groupby(told(count).written["certificates"], key=lambda event: event.tx):
            reader.add(list(transaction), T0)
        end = T0 + 171 * DAY
        taken = work(lambda: found.extend(reader.due(end, end)))
        assert [one.kind for one in found] == ["certificate.expires"] * (count - count // 2)
        return taken

    few, many = map(reminded, (FEW, MANY))
    assert many < 2.2 * few


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_a_table_of_twice_as_many_takes_twice_the_work(
    group: Group, histories: tuple[History, History]
) -> None:
    few, many = (work(partial(_rows, group, one)) for one in histories)
    assert many < 2.2 * few


def _rows(group: Group, history: History) -> list[Row]:
    return list(group.rows(history, history.scope))


def test_twice_the_events_are_read_and_followed_with_twice_the_work(
    histories: tuple[History, History],
) -> None:
    few, many = (work(told(count).history) for count in (FEW, MANY))
    assert many < 2.2 * few
    few, many = (work(partial(_inside, one)) for one in histories)
    assert many < 2.2 * few


def test_what_is_owed_is_known_after_each_block_without_adding_up(monkeypatch: pytest.MonkeyPatch) -> None:
    books = told(FEW).history().life
    assert books.liabilities == books.parts() == FEW // 2 * 90
    for name in ("outstanding", "fees", "total_owed"):
        monkeypatch.setattr(Books, name, property(lambda _: pytest.fail("all of it is gone through")))
    assert books.liabilities == FEW // 2 * 90


def test_a_long_batch_is_read_once() -> None:
    """Of a call's redemptions the order numbers stand behind the last one."""

    def batch(count: int) -> int:
        found = Told()
        found.series(1, person(1))
        found.issue(1, 1, person(2), count)
        burns = [
            certificates(
                "TransferSingle", operator=SHOP, id=1, value=1, **{"from": person(2), "to": person(0)}
            )
            for _ in range(count)
        ]
        rows = b"".join(number.to_bytes(16, "big") for number in range(1, count + 1))
        found.tell(2, *burns, certificates("RedeemedMany", rows=rows))
        books = Books(lambda _: T0)
        taken = work(lambda: books.add([one for one in found.written["certificates"] if one.block == 1]))
        books.add([one for one in found.written["certificates"] if one.block == 2])
        taken = work(lambda: books.add([one for one in found.written["certificates"] if one.block == 3]))
        assert [one.nonce for one in books.redemptions] == list(range(1, count + 1))
        return taken

    few, many = map(batch, (FEW, MANY))
    assert many < 2.2 * few
