"""What is asked of a report and can't be answered: an error that names value and rule, and no file."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from web3.eth import Eth
from web3.exceptions import TransactionNotFound

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import ArgumentError
from largesse.chain import Node
from largesse.database import sqlite_url
from largesse.deployment import DeploymentError
from largesse.errors import LargesseError, ReportError
from largesse.indexer.run import Options, index
from largesse.indexer.source import ChainSource
from largesse.report.__main__ import main
from largesse.report.making import Report, make_report
from largesse.report.opening import open_source
from largesse.report.writing import write_report
from largesse.session import Session
from scripts import report as script
from tests.support.report_life import A, ReportLife

Make = Callable[..., Report]


@pytest.mark.parametrize(
    ("scope", "reason", "named"),
    [
        ({"first": "yesterday"}, "bad_date", "'yesterday'"),
        ({"last": "2027-02-30"}, "bad_date", "'2027-02-30'"),
        ({"last": "20270203"}, "bad_date", "'20270203'"),
        ({"first": "2030-01-02", "last": "2030-01-01"}, "from_after_to", "2030-01-02"),
        ({"last": "9999-12-31"}, "future", "9999-12-31"),
        ({"first": "9999-12-31"}, "future", "9999-12-31"),
        ({"last": "2001-01-01"}, "before_deployment", "2001-01-01"),
        ({"issuer": "0x1234"}, "bad_address", "0x1234"),
        ({"issuer": ZERO_ADDRESS}, "zero_address", "zero"),
        ({"symbol": "XYZ"}, "unknown_currency", "XYZ"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Make, scope: dict[str, str], reason: str, named: str) -> None:
    with pytest.raises(LargesseError) as error:
        make(**scope)
    assert error.value.reason == reason
    assert named in str(error.value)


def test_who_has_opened_no_series_is_no_issuer(make: Make, report_life: ReportLife) -> None:
    stranger, issuer = (report_life.desk.address(name) for name in ("stranger", "issuer"))
    with pytest.raises(ReportError) as error:
        make(issuer=stranger)
    assert error.value.reason == "unknown_issuer"
    assert stranger in str(error.value)
    assert issuer in str(error.value)


def test_events_of_another_chain_are_refused(report_life: ReportLife, source: ChainSource) -> None:
    session = report_life.desk.session

    class Elsewhere(ChainSource):
        @property
        def chain_id(self) -> int:
            return 1

    other = Elsewhere(session.node, session.deployment())
    with pytest.raises(ReportError) as error:
        make_report(session.node, session.deployment(), other)
    assert error.value.reason == "wrong_chain"
    assert "chain 1" in str(error.value)


def test_a_node_without_old_states_is_told_so(report_life: ReportLife, source: ChainSource) -> None:
    session = report_life.desk.session

    class Pruned(Node):
        def call(self, function: Any, sender: str | None = None, block: int | None = None) -> Any:
            if block is not None:
                raise ValueError("missing trie node")
            return super().call(function, sender, block)

    with pytest.raises(ReportError) as error:
        make_report(Pruned(session.node.web3), session.deployment(), source)
    assert error.value.reason == "pruned"
    assert f"block {source.head}" in str(error.value)


def test_a_node_without_old_receipts_is_told_so(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settlements' gas is in their receipts, which most nodes forget after a year."""

    def forgotten(_: Eth, tx: str) -> None:
        raise TransactionNotFound(f"Transaction with hash: '{tx}' not found.")

    monkeypatch.setattr(Eth, "get_transaction_receipt", forgotten)
    with pytest.raises(ReportError) as error:
        make(symbol="USDC")
    assert error.value.reason == "pruned"
    assert "receipt" in str(error.value)


# ---------------------------------------------------------------------------------------------- command lines


def test_the_command_line(
    report_life: ReportLife, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    session = report_life.desk.session
    monkeypatch.setenv("LARGESSE_STATE", str(session.state))
    url, out = session.node.url, tmp_path / "written"
    asked = ["--node", url, "--currency", "KRWT", "--issuer", report_life.desk.address("issuer")]
    assert main([*asked, "--out", str(tmp_path / "good")]) == 0
    document = json.loads((tmp_path / "good" / "report.json").read_text(encoding="utf-8"))
    assert [row[1] for row in document["tables"]["series"]["rows"]] == [1, A]
    latest = session.node.block_number()
    assert main([*asked, "--confirmations", "7", "--out", str(tmp_path / "final")]) == 0
    assert f"as of block {latest - 6}" in capsys.readouterr().out
    assert main(["--node", url, "--to", "tomorrow", "--out", str(out)]) == 1
    assert "bad_date" in capsys.readouterr().out
    assert main(["--node", "http://127.0.0.1:1", "--out", str(out)]) == 1
    assert "no_node" in capsys.readouterr().out
    monkeypatch.setenv("LARGESSE_STATE", str(tmp_path))
    assert main(["--node", url, "--out", str(out)]) == 1
    assert "not_deployed" in capsys.readouterr().out
    assert not out.exists()


def test_the_scripts(report_life: ReportLife, at_its_desk: Session, tmp_path: Path) -> None:
    found = script.main("issuer=issuer", f"out={tmp_path}", f"to={report_life.day(401)}")
    assert found is not None
    assert found.scope.issuer == report_life.desk.address("issuer")
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o600
    settled = script.settlement("merchant=bookshop", "currency=KRWT")
    assert settled is not None
    assert [len(one.lines) for one in settled] == [4]
    assert (at_its_desk.state / "out" / "report" / "settlement.csv").is_file()


def test_the_scripts_refuse_what_they_cannot_use(at_its_desk: Session, tmp_path: Path) -> None:
    out = tmp_path / "nothing"
    for given in ((f"out={out}", "to=never"), (f"out={out}", "issuer=stranger")):
        with pytest.raises(ReportError):
            script.main(*given)
    with pytest.raises(ArgumentError):
        script.main("until=2027-01-01")
    with pytest.raises(ReportError):
        script.settlement(f"out={out}", "merchant=stranger")
    with pytest.raises(DeploymentError):
        script.settlement(f"out={out}", "currency=XYZ")
    assert not out.exists()


# ------------------------------------------------------------------------------------------------ a database


@pytest.fixture(scope="session")
def followed(report_life: ReportLife, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database that has followed the life's chain."""
    session = report_life.desk.session
    url = sqlite_url(tmp_path_factory.mktemp("followed") / "index.db")
    index(session.node, session.deployment(), url, Options())
    return url


def test_the_same_report_comes_out_of_a_database(
    whole: Report, report_life: ReportLife, followed: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    session = report_life.desk.session
    monkeypatch.setenv("LARGESSE_STATE", str(session.state))
    assert main(["--node", session.node.url, "--database", followed, "--out", str(tmp_path)]) == 0
    write_report(whole, tmp_path / "of the node")
    for path in (tmp_path / "of the node").iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_databases_that_are_none(report_life: ReportLife, followed: str, tmp_path: Path) -> None:
    session = report_life.desk.session

    def refused(database: str) -> LargesseError:
        with pytest.raises(LargesseError) as error:
            with open_source(session.node, session.records, database):
                pass
        return error.value

    missing = sqlite_url(tmp_path / "missing.db")
    assert refused(missing).reason == "no_database"
    assert missing in str(refused(missing))
    assert not (tmp_path / "missing.db").exists()
    (tmp_path / "empty.db").touch()
    assert refused(sqlite_url(tmp_path / "empty.db")).reason == "empty"
    assert refused("mysql://host/name").reason == "bad_url"
    # Another chain of the same id: the last block is another one.
    other = tmp_path / "other.db"
    shutil.copy(make_url(followed).database or "", other)
    with sqlite3.connect(other) as connection:
        connection.execute("UPDATE indexer_chain SET hash = ?", ("0x" + "11" * 32,))
    assert refused(sqlite_url(other)).reason == "other_chain"
    assert "0x1111" in str(refused(sqlite_url(other)))
