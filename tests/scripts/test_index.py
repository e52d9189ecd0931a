"""`index`: the script and the command, on what the demo's scripts did."""

from __future__ import annotations

import pytest

from largesse.database import open_database, sqlite_url
from largesse.indexer.contracts import IndexerError
from largesse.indexer.source import ChainSource
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import TABLES
from scripts import index, redeem
from tests.fixtures.desk import KR, US, Desk
from tests.support.followed import everything


def test_it_reads_everything_and_goes_on(desk: Desk) -> None:
    desk.issue("holder", "100000")
    first = index.main()
    assert first is not None and first.head == desk.block()
    desk.issue("holder", "25.00", US)
    redeem.main(f"series={KR}", "from=holder", "amount=31000", "merchant=bookshop")
    second = index.main("range=7")
    assert second is not None and second.events > 0
    node, deployment = desk.session.node, desk.session.deployment()
    url = sqlite_url(desk.session.state / "indexer" / f"{node.chain_id}-{node.genesis[2:10]}.db")
    stored = everything(StoredSource(open_database(url, TABLES)), deployment)
    assert stored == everything(ChainSource(node, deployment), deployment)
    assert sum(map(len, stored.values())) == first.events + second.events


def test_confirmations_are_what_was_asked(desk: Desk) -> None:
    url = sqlite_url(desk.session.state / "confirmed.db")
    found = index.main(f"database={url}", "confirmations=4")
    assert found is not None and found.head == desk.block() - 3


def test_an_empty_database_says_so(desk: Desk) -> None:
    with pytest.raises(IndexerError) as error:
        StoredSource(open_database(sqlite_url(desk.session.state / "none.db"), TABLES))
    assert error.value.reason == "empty"
