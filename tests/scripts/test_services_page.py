"""docs/SERVICES.md: its pieces of Python and SQL run, and its tables are those of the services."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from largesse.database import open_database, reading, sqlite_url
from largesse.files import CHECKOUT
from largesse.indexer.tables import TABLES
from largesse.webhook.app import PaymentState
from largesse.webhook.events import TYPES
from scripts import give, index, tip
from tests.fixtures.desk import KR, Desk
from tests.support.served import Server
from tests.support.waiting import until

PAGE = (CHECKOUT / "docs" / "SERVICES.md").read_text(encoding="utf-8")
READERS = (CHECKOUT / "largesse" / "notices" / "readers.py").read_text(encoding="utf-8")


def table(header: str) -> dict[str, str]:
    """The first column's names in code, each with the rest of its row, of the table whose head begins so."""
    rows = PAGE.partition(f"| {header}")[2].partition("\n\n")[0].splitlines()[2:]
    return {name: row for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])}


def test_the_piece_of_python_claims_a_link_by_the_relayer(
    desk: Desk, node_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = importlib.import_module("scripts.relayer")
    servers: list[Server] = []
    monkeypatch.setattr(script, "serve", lambda app, _host, _port: servers.append(Server(app)))
    monkeypatch.setattr(script, "write_logs", lambda: None)
    desk.issue("giver", "50000")
    before = desk.krw.state(1).outstanding
    give.main(f"series={KR}", "amount=50000", "name=anna", "from=giver")
    script.main()
    (server,) = servers
    (piece,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for there, here in (("http://127.0.0.1:8545", node_url), ("http://127.0.0.1:8403", server.url)):
        assert there in piece
        piece = piece.replace(there, here)
    monkeypatch.chdir(desk.session.state)
    found: dict[str, object] = {}
    try:
        capsys.readouterr()
        exec(piece, found)
        assert "'functions': ['claim']" in capsys.readouterr().out
        recipient = str(found["recipient"])
        until(lambda: desk.krw.account(1, recipient).balance)
    finally:
        server.stop()
        for name in ("anna.txt", "anna.key"):
            Path("out/gifts", name).unlink()
    assert desk.krw.account(1, recipient).balance == 50_000
    assert desk.krw.state(1).outstanding == before


def test_it_names_each_event_and_each_state_of_the_webhook() -> None:
    assert tuple(table("`type` | besides")) == TYPES
    (pattern,) = (one.pattern for one in PaymentState.model_fields["state"].metadata)
    named = set(table("`state` | means")) - {"held"}
    assert named == set(pattern.strip("^$()").split("|"))


def test_it_names_each_kind_of_notice_and_what_is_in_it() -> None:
    kinds = table("`type` | `data`")
    assert set(kinds) == set(re.findall(r'"((?:certificate|gift|jar|account)\.[a-z]+)"', READERS))
    for kind, row in kinds.items():
        for name in re.findall(r"`(\w+)`", row):
            assert f'"{name}": ' in READERS or f'"{name}":' in READERS, f"{kind}: {name}"


def test_it_names_each_table_and_column_of_the_indexer() -> None:
    named = {
        name: re.findall(r"`(\w+)`", row.split(" | ")[2]) for name, row in table("table | a row").items()
    }
    assert named == {one.name: [column.name for column in one.columns] for one in TABLES.sorted_tables}


def test_the_piece_of_sql_finds_the_tips(desk: Desk, tmp_path: Path) -> None:
    tip.main("currency=USDC", "to=creator", "amount=5", "message=Thanks", "from=supporter")
    url = sqlite_url(tmp_path / "events.db")
    index.main(f"database={url}")
    (piece,) = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    with reading(open_database(url, TABLES)) as connection:
        found = [tuple(row) for row in connection.execute(text(piece))]
    now = desk.session.node.block_time(desk.block())
    assert found == [(now, desk.address("supporter"), "5000000")]
