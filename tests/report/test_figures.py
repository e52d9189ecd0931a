"""Every figure of the report of a life that was lived by hand: what stands here was reckoned on paper."""

from __future__ import annotations

import pytest

from largesse.indexer.source import ChainSource
from largesse.report.making import Report, make_report
from tests.support.report_life import ReportLife


@pytest.fixture(scope="module")
def whole(report_life: ReportLife) -> Report:
    session = report_life.desk.session
    deployment = session.deployment()
    report = make_report(session.node, deployment, ChainSource(session.node, deployment))
    assert report.differences == ()
    return report


def test_print(whole: Report) -> None:
    for table in whole.tables:
        print(table.group.name, [c.name for c in table.columns])
        for row in table.rows:
            print("   ", row)
