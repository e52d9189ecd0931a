"""An indexer that follows waits for a database that is away, it says: where another program held it for
half a minute it ended."""

from __future__ import annotations

import random
import sqlite3
import threading
from pathlib import Path

import pytest

from largesse import database
from largesse.database import open_database
from largesse.indexer.run import Options, index
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import TABLES
from tests.indexer.conftest import chain, followed_one, isolation  # noqa: F401 - fixtures
from tests.indexer.test_run import said, until  # noqa: F401 - a fixture
from tests.support.followed import Followed, everything, on_chain
from tests.support.waiting import until

# ruff: noqa: F811


def test_a_database_that_others_hold(
    chain: Followed, sqlite_url: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_PRAGMAS", (*database._PRAGMAS[:-1], "PRAGMA busy_timeout=50"))
    stop = threading.Event()
    options = Options(follow=True, poll=0.01)
    thread = threading.Thread(target=index, args=(chain.node, chain.deployment, sqlite_url, options, stop))
    thread.start()
    try:
        until(lambda: said)
        other = sqlite3.connect(Path(sqlite_url.removeprefix("sqlite:///")), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        chain.happen(random.Random("held"), 3)
        until(lambda: any("the next try is in" in line for line in said) or not thread.is_alive())
        assert thread.is_alive()
        other.close()
        engine = open_database(sqlite_url, TABLES)
        until(lambda: everything(StoredSource(engine), chain.deployment) == on_chain(chain))
        engine.dispose()
    finally:
        stop.set()
        thread.join()
