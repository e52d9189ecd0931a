"""analytics: a report recomputes every figure from events alone."""

from __future__ import annotations

import csv
import json
from html import unescape
from pathlib import Path

import pytest

from largesse.chain import Node
from largesse.indexer.source import ChainSource
from largesse.report.making import GROUPS, make_report
from largesse.report.writing import write_report
from tests.support.report_life import A, ReportLife


def test_row_analytics(report_life: ReportLife, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = report_life.desk.session
    deployment, asked = session.deployment(), []

    class Watched(Node):
        """Notes each view that is called: figures are made without any."""

        def call(self, *given: object, **named: object) -> object:
            asked.append(given)
            return super().call(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("largesse.report.making.check", lambda *_: [])
    node = Watched(session.node.web3)
    alone = make_report(node, deployment, ChainSource(node, deployment))
    assert asked == []

    # With the contracts asked it is the same report, and they agree with every figure of it.
    monkeypatch.undo()
    compared = make_report(node, deployment, ChainSource(node, deployment))
    assert len(asked) > 50
    assert compared.differences == ()
    assert compared.tables == alone.tables

    # The figures, as a company's book-keeping reads them.
    write_report(compared, tmp_path)
    for group in GROUPS:
        rows = list(csv.DictReader((tmp_path / f"{group.name}.csv").open(encoding="utf-8")))
        assert rows
    (series,) = [
        row
        for row in csv.DictReader((tmp_path / "series.csv").open(encoding="utf-8"))
        if (row["currency"], row["series"]) == ("KRWT", str(A))
    ]
    assert (series["issued"], series["redeemed"], series["outstanding"]) == ("190000", "50000", "0")
    tables = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["tables"]
    assert tables.keys() == {group.name for group in GROUPS}
    page = unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert all(table["definition"] in page for table in tables.values())
