"""A database that is away for a moment: 503, nothing lost, and all goes on when it is back."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx
import pytest
from sqlalchemy import Engine, event, text

from largesse.gateway import gateway as gateway_module
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Key, Prepaid
from tests.support.waiting import until


def buy(served: Served, key: Key, micros: int) -> httpx.Response:
    payment = served.payment(key, micros)
    return httpx.get(served.url + "/articles/1", headers=payment, timeout=30)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else writes into this database."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def be_impatient(engine: Engine) -> None:
    """Connections from now on wait for other writers for a moment only."""
    engine.dispose()
    event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA busy_timeout=100"))


def test_a_node_that_does_not_answer_holds_up_no_stop(
    make_gateway: Callable[..., Served],
    prepaid: Prepaid,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(gateway_module, "STOP_SECONDS", 0.5)
    served, key, hung, over = make_gateway(prepaid), prepaid.open(1_000_000), Event(), Event()
    assert buy(served, key, ARTICLE).status_code == 200

    def hang() -> int:
        hung.set()
        over.wait(20)
        return 0

    monkeypatch.setattr(served.gateway.book, "_final_block", hang)
    assert hung.wait(5)
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, "largesse"):
        served.stop()
    assert time.monotonic() - began < 5
    over.set()
    (said,) = [one for one in caplog.records if one.message == "gateway.still_running"]
    assert said.__dict__["values"] == {"thread": "gateway chain"}


def test_a_database_that_others_hold(served: Served, prepaid: Prepaid, tmp_path: Path) -> None:
    known, new = prepaid.open(1_000_000), prepaid.open(1_000_000, salt=1)
    assert buy(served, known, ARTICLE).status_code == 200
    be_impatient(served.gateway.engine)
    with locked(tmp_path / "gateway.db"):
        # One that is to be charged, and one whose line is to be opened.
        for key, micros in ((known, 2 * ARTICLE), (new, ARTICLE)):
            answer = buy(served, key, micros)
            assert (answer.status_code, answer.json()["error"]) == (503, "database_away")
            assert int(answer.headers["retry-after"]) > 0
    for key, micros in ((known, 2 * ARTICLE), (new, ARTICLE)):
        assert buy(served, key, micros).status_code == 200
        assert served.line(key) == (micros, micros)


def test_a_database_that_dies_while_it_charges(
    make_gateway: Callable[..., Served], prepaid: Prepaid, postgres_url: str
) -> None:
    served, key = make_gateway(prepaid, database=postgres_url), prepaid.open(1_000_000)
    assert buy(served, key, ARTICLE).status_code == 200
    engine = served.gateway.engine
    # Made before: while the line is locked, the charge has a connection of the pool.
    with engine.connect() as killer, engine.connect() as other:
        other.execute(text("SELECT * FROM gateway_accounts FOR UPDATE"))
        waiting = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )

        def killed() -> bool:
            found = killer.execute(waiting).all()
            killer.rollback()
            return bool(found)

        thread = threading.Thread(target=until, args=(killed,))
        thread.start()
        answer = buy(served, key, 2 * ARTICLE)
        thread.join()
    assert (answer.status_code, answer.json()["error"]) == (503, "database_away")
    assert served.line(key) == (ARTICLE, ARTICLE)
    assert buy(served, key, 2 * ARTICLE).status_code == 200
    assert served.line(key) == (2 * ARTICLE, 2 * ARTICLE)
