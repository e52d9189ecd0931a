"""A server that answers 504, its own or a proxy's, may have charged the call; so may one that answers 503, as
its database died. The purse took the voucher for unused, and signed it for its next call too: it got 409."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from largesse.database import DatabaseError
from largesse.gateway.charging import Charge, Line
from largesse.gateway.gateway import Limits
from largesse.gateway.pricing import Price
from largesse.gateway.purse import Paying
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Key, Prepaid


@pytest.fixture
def served(make_gateway: Callable[..., Served], prepaid: Prepaid) -> Served:
    """Each execution has a number; nobody waits long."""
    app, executions = FastAPI(), count(1)

    @app.get("/count")
    async def number() -> dict[str, int]:
        return {"execution": next(executions)}

    limits = Limits(seconds=0.5, per_address=1e9, per_account=1e9, questions=1e9)
    return make_gateway(prepaid, app, (Price("GET", "/count", ARTICLE),), limits=limits)


@pytest.fixture
def key(prepaid: Prepaid) -> Key:
    return prepaid.open(1_000_000)


def test_an_answer_that_was_not_waited_for(served: Served, key: Key, tmp_path: Path) -> None:
    purse, url = served.purse(key), served.url + "/count"
    with httpx.Client(auth=Paying(purse), timeout=30) as client:
        assert client.get(url).json() == {"execution": 1}
        with closing(sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            late = client.get(url, headers={"Idempotency-Key": "late"})
            assert (late.status_code, late.json()["error"]) == (504, "too_slow")
        # What it had begun is done: charged once, and answered again for nothing.
        third = client.get(url)
        assert (third.status_code, third.text) == (200, '{"execution":3}')
        assert client.get(url, headers={"Idempotency-Key": "late"}).json() == {"execution": 2}
    assert served.line(key)[1] == purse.charged == 3 * ARTICLE


@pytest.fixture
def dies_once(served: Served) -> None:
    """The database, after the first charge."""
    charges = served.gateway.ledger.charges
    charge, dies = charges._work, iter([True])

    def charge_and_die(batch: Sequence[Charge]) -> Sequence[Line | Exception]:
        done = charge(batch)
        if next(dies, False):
            raise DatabaseError("away", "as planned")
        return done

    charges._work = charge_and_die


@pytest.mark.usefixtures("dies_once")
def test_a_database_that_died_after_the_charge(served: Served, key: Key) -> None:
    purse, url = served.purse(key), served.url + "/count"
    with httpx.Client(auth=Paying(purse), timeout=30) as client:
        lost = client.get(url, headers={"Idempotency-Key": "lost"})
        assert (lost.status_code, lost.json()["error"]) == (503, "database_away")
        assert client.get(url).json() == {"execution": 2}
        assert client.get(url, headers={"Idempotency-Key": "lost"}).json() == {"execution": 1}
    assert served.line(key)[1] == purse.charged == 2 * ARTICLE


@pytest.mark.usefixtures("dies_once")
def test_a_call_that_may_be_charged_is_not_executed_again(served: Served, key: Key) -> None:
    """Though its voucher alone tells that it is the same."""
    url, payment = served.url + "/count", served.payment(key, ARTICLE)
    assert httpx.get(url, headers=payment).status_code == 503
    assert httpx.get(url, headers=payment).json() == {"execution": 1}
    assert httpx.get(url, headers=served.payment(key, 2 * ARTICLE)).json() == {"execution": 2}
    assert served.line(key) == (2 * ARTICLE, 2 * ARTICLE)
