"""What is written: HTML, CSV, JSON, the same bytes for the same block; and what is said of lies."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from largesse.chainlogs import Event
from largesse.errors import ReportError
from largesse.indexer.source import ChainSource
from largesse.report.html import to_html
from largesse.report.making import GROUPS, Report
from largesse.report.writing import table_csv, to_csv, to_json, write_report
from largesse.session import Session
from tests.report.conftest import Altered, altered_value
from tests.support.report_life import A, ReportLife

Make = Callable[..., Report]


def test_the_same_block_gives_the_same_bytes(
    whole: Report, make: Make, report_life: ReportLife, at_its_desk: Session, undone: None, tmp_path: Path
) -> None:
    """The second run reads everything again, from a source of its own, after more has happened."""
    node = report_life.desk.session.node
    node.jump_to(node.now() + 86_400)
    report_life.desk.issue("holder", "50000")
    session = report_life.desk.session
    later = ChainSource(session.node, session.deployment())
    assert later.head > whole.scope.block
    again = make(later, last=report_life.day(401))
    written = [
        {path.name: path.read_bytes() for path in write_report(report, tmp_path / name)}
        for report, name in ((whole, "first"), (again, "second"))
    ]
    assert written[0] == written[1]
    assert written[0].keys() == {f"{group.name}.csv" for group in GROUPS} | {"report.html", "report.json"}


def test_csv_has_exact_decimals_and_iso_dates(whole: Report, report_life: ReportLife) -> None:
    found = list(csv.DictReader(io.StringIO(table_csv(whole, "reserve"))))
    accounts = next(row for row in found if row["currency"] == "USDC" and row["contract"] == "accounts")
    assert accounts["held"] == "57.25"
    assert accounts["coverage"] == "1.000000"
    assert accounts["lowest at"] == f"{report_life.day(9)}T06:00:00Z"
    expiry = list(csv.DictReader(io.StringIO(table_csv(whole, "expiry"))))
    assert next(row for row in expiry if row["currency"] == "USDC")["expires at"] == ""
    creators = list(csv.DictReader(io.StringIO(table_csv(whole, "creators"))))
    assert {row["income"] for row in creators} == {"500", "11.9984", "3", "1"}


def test_json_has_base_units_as_texts(whole: Report) -> None:
    document = json.loads(to_json(whole))
    table = document["tables"]["series"]
    names = [column["name"] for column in table["columns"]]
    found = [dict(zip(names, row, strict=True)) for row in table["rows"]]
    mine = next(row for row in found if (row["currency"], row["series"]) == ("KRWT", A))
    assert (mine["issued"], mine["outstanding before"], mine["forfeited"]) == ("190000", "0", "117000")
    assert (document["block"], document["block_hash"]) == (whole.scope.block, whole.scope.block_hash)
    assert document["currencies"]["USDC"] == {"decimals": 6, "scaled_decimals": 15}
    assert (document["issuer"], document["differences"]) == (None, [])


def test_html_holds_everything_and_fetches_nothing(whole: Report) -> None:
    page = to_html(whole)
    for table in whole.tables:
        assert f'<h2 id="{table.group.name}">' in page
    assert page.count("<svg") == page.count("</svg>") == 5
    assert "no difference" in page
    for part in page.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")
    names = re.findall(r' id="([^"]+)"', page)
    assert len(names) == len(set(names))
    outside = page.replace("http://www.w3.org/", "")
    assert "http" not in outside
    assert "<script" not in page
    assert "190,000" in page


def test_what_a_spreadsheet_would_take_for_a_formula_is_text() -> None:
    rows = [["=1+1", "@x", "-5.5", "-x", "0x12", "+x", "\tx", "Ada", ""]]
    assert to_csv(["a"] * 9, rows).splitlines()[1] == "'=1+1,'@x,-5.5,'-x,0x12,'+x,'\tx,Ada,"


def test_a_difference_from_the_contracts_is_listed_and_an_error(
    make: Make, source: ChainSource, tmp_path: Path
) -> None:
    """The report of a source that makes a tip smaller is written, says so, and fails."""

    def smaller(event: Event) -> Event:
        return altered_value(event, "amount", 499) if event.name == "Tipped" else event

    report = make(Altered(source, "jars", smaller), symbol="KRWT")
    (told,) = report.differences
    assert told.startswith("KRWT jars: jar ")
    assert told.endswith("due: 499000000000 by the logs, 500000000000 by the contract")
    write_report(report, tmp_path)
    assert "difference(s) from the contracts" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["differences"]
    with pytest.raises(ReportError) as error:
        report.require_agreement()
    assert error.value.reason == "contracts_differ"


def test_a_reserve_that_is_short_is_told(make: Make, source: ChainSource, report_life: ReportLife) -> None:
    """Transfers that bring one unit less: coverage falls below 1, and the currency disagrees."""
    certificates = report_life.desk.krw.address

    def short(event: Event) -> Event:
        theirs = event["to"] == certificates and event["value"] == 100_000
        return altered_value(event, "value", 99_999) if theirs else event

    report = make(Altered(source, "token", short), symbol="KRWT")
    row = next(row for row in report.table("reserve").rows if row[1] == "certificates")
    assert row[2:5] == (11_499, 11_500, -1)
    assert row[6] == row[7] != 1
    assert any("11499 held by the transfers, 11500 by the currency" in one for one in report.differences)


def test_a_folder_that_cannot_be_written_to(whole: Report, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ReportError) as error:
        write_report(whole, tmp_path / "taken")
    assert error.value.reason == "not_writable"
    assert (tmp_path / "taken").read_text() == "a file"
