"""Following as a service: what passes is waited for, and said."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from largesse.database import open_database
from largesse.indexer import run
from largesse.indexer.contracts import IndexerError
from largesse.indexer.run import Options, index
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import TABLES
from tests.support.changed_node import node_with, refuse
from tests.support.followed import Followed, everything, on_chain
from tests.support.waiting import until


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What people are told."""
    lines: list[str] = []
    monkeypatch.setattr(run, "say", lines.append)
    monkeypatch.setattr(run, "done", lines.append)
    return lines


def test_a_node_that_goes_away_is_waited_for(chain: Followed, sqlite_url: str, said: list[str]) -> None:
    moves, stop, away = random.Random("service"), threading.Event(), threading.Event()
    options = Options(follow=True, poll=0.01)

    def change(_: dict[str, Any], answer: dict[str, Any]) -> Any:
        return None if away.is_set() else answer

    with node_with(chain.url, change) as node:
        thread = threading.Thread(target=index, args=(node, chain.deployment, sqlite_url, options, stop))
        thread.start()
        try:
            until(lambda: said)
            assert "events a second" in said[0]
            away.set()
            until(lambda: any("the next try is in" in line for line in said))
            chain.happen(moves, 3)
            chain.fork(2, moves, 3)
            away.clear()
            engine = open_database(sqlite_url, TABLES)
            until(lambda: everything(StoredSource(engine), chain.deployment) == on_chain(chain))
            assert thread.is_alive()
        finally:
            stop.set()
            thread.join()


def test_what_does_not_pass_ends_it(chain: Followed, sqlite_url: str, said: list[str]) -> None:
    def change(asked: dict[str, Any], answer: dict[str, Any]) -> Any:
        return refuse(answer, "missing trie node") if said and asked["method"] == "eth_getLogs" else answer

    def more() -> None:
        until(lambda: said)
        chain.happen(random.Random("more"), 2)

    with node_with(chain.url, change) as node:
        options = Options(follow=True, poll=0.01)
        mine = threading.Thread(target=more)
        mine.start()
        with pytest.raises(IndexerError) as error:
            index(node, chain.deployment, sqlite_url, options)
        mine.join()
    assert error.value.reason == "logs_missing"
