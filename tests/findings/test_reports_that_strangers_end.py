"""Anybody may open a series, and call several things in one transaction. A series that ends after the year
9999, as the chain allows, ended every report with a ValueError; a batch whose refused row came back to its
sender, and a stranger's unit in the same transaction, kept all merchants' settlements from being written.
"""

from __future__ import annotations

import csv
import io

import pytest

from largesse.report import issues
from largesse.report.making import Report
from largesse.report.model import Table
from largesse.report.outflows import actual, expected
from largesse.report.settlement import reconcile
from largesse.report.writing import table_csv
from largesse.terms.fields import NO_EXPIRY
from tests.support.told_events import DAY, NOBODY, RECORD, T0, Told, certificates, money, person, transfer

ISSUER, ANNA, STRANGER, ROUTER = map(person, (1, 2, 3, 4))
HERE = RECORD.certificates


@pytest.fixture(autouse=True)
def isolation() -> None:
    """No chain here."""


def test_a_series_that_ends_after_the_year_9999() -> None:
    told = Told()
    told.series(1, ISSUER)
    told.series(2, STRANGER, ends=(NO_EXPIRY - 1 - T0) // DAY - 100)
    history = told.history()
    rows = tuple((history.symbol, *row) for row in issues.expiry.rows(history, history.scope))
    report = Report(1, history.scope, {history.symbol: 0}, (Table(issues.expiry, rows),), (), (history,))
    written = list(csv.DictReader(io.StringIO(table_csv(report, "expiry"))))
    assert [row["expires at"] for row in written] == ["2029-09-27T00:00:00Z", "after the year 9999"]


@pytest.mark.parametrize("place", range(5))
def test_a_strangers_unit_beside_a_refused_row(place: int) -> None:
    """Of two who sent money in one transaction, the router alone has its refused row's back; wherever the
    stranger's is, from within the batch too, by who was asked for another row."""
    told = Told()
    told.series(1, ISSUER)
    batch = [
        money(ROUTER, HERE, 100),
        transfer(1, NOBODY, ANNA, 40),
        certificates("IssuanceSkipped", row=1, to=ANNA, amount=60),
        money(HERE, ROUTER, 60),
    ]
    told.tell(1, *batch[:place], money(STRANGER, HERE, 1), *batch[place:])
    history = told.history()
    assert reconcile(history) == []
    assert expected(history) == actual(history)


def test_a_refused_row_that_came_back_to_nobody_is_told() -> None:
    told = Told()
    told.series(1, ISSUER)
    skipped = certificates("IssuanceSkipped", row=0, to=ANNA, amount=60)
    tx = told.tell(1, money(ROUTER, HERE, 100), skipped, money(STRANGER, HERE, 1))
    (said,) = reconcile(told.history())
    assert said.startswith(f"{tx}: certificates should have paid")
    assert said.endswith("60 USDX, the currency moved 0")
