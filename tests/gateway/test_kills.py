"""kill -9 at any moment under load: no voucher that was answered is lost, and no call is charged twice.

GATEWAY_KILLS=100 pytest tests/gateway/test_kills.py    more of them
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from largesse.chain import Node
from largesse.clients.accounts import Prepaid as Client
from largesse.clients.certificates import Certificates
from largesse.database import open_database, transaction
from largesse.gateway.gateway import tables
from largesse.gateway.ledger import Ledger
from largesse.gateway.ledger_tables import PAYMENTS
from largesse.gateway.purse import PaidAccount, Paying, Purse
from tests.support.gateway_process import PRICE, gateway_runner
from tests.support.prepaid import Key, Prepaid
from tests.support.waiting import until
from tools.own_node import free_port

KILLS = int(os.environ.get("GATEWAY_KILLS", "3"))
PAYERS = 3


@dataclass
class Payer:
    """Makes calls one after the other, each asked again until it is answered."""

    purse: Purse
    url: str
    stop: threading.Event
    answers: dict[str, str] = field(default_factory=dict)
    retried: int = 0
    problem: str = ""

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            key = f"call {number}"
            answer = self._until_answered(key)
            if answer.status_code != 200:
                self.problem = f"{key}: {answer.status_code} {answer.text}"
                return
            self.answers[key] = answer.json()["execution"]

    def _until_answered(self, key: str) -> httpx.Response:
        while True:
            try:
                with httpx.Client(auth=Paying(self.purse), timeout=20) as client:
                    answer = client.get(self.url, headers={"Idempotency-Key": key})
                # Its first request may still be under way in the process that lives.
                if answer.status_code != 409:
                    return answer
            except httpx.TransportError:
                self.retried += 1
            time.sleep(0.01)


@pytest.fixture
def payers(prepaid: Prepaid, node_url: str) -> Iterator[tuple[Client, list[Key]]]:
    client = Client(
        Certificates(Node.at(node_url), prepaid.world.certificates.address), prepaid.contract.address
    )
    yield client, [prepaid.open(100_000_000, salt) for salt in range(PAYERS)]


@pytest.mark.parametrize("settles", [False, True], ids=["", "settling"])
def test_kill_9_at_any_moment(
    prepaid: Prepaid,
    payers: tuple[Client, list[Key]],
    node_url: str,
    database_url: str,
    tmp_path: Path,
    settles: bool,
) -> None:
    client, keys = payers
    port = free_port()
    run = gateway_runner(prepaid, node_url, database_url, port, tmp_path, settles=settles)
    held = prepaid.balance(prepaid.merchant)
    rng, stop = random.Random(f"kills {database_url[:6]} {settles}"), threading.Event()
    working: list[Payer] = []
    for key in keys:
        account = PaidAccount(client.node.chain_id, client.address, client.token.address, *key)
        purse = Purse(account, prepaid.session(key), client.domain, budget=100_000_000)
        working.append(Payer(purse, f"http://127.0.0.1:{port}/work", stop))
    threads = [threading.Thread(target=payer.run, daemon=True) for payer in working]
    server = run()
    for thread in threads:
        thread.start()
    done = 0
    for _ in range(KILLS):
        # Load first: a gateway that serves nobody is killed in vain.
        goal = done + PAYERS
        while (done := sum(len(payer.answers) for payer in working)) < goal and any(map(_alive, threads)):
            time.sleep(0.005)
        time.sleep(rng.random() * 0.1)
        server.kill()
        server = run()
    stop.set()
    for thread in threads:
        thread.join()
    until(lambda: not settles or any(prepaid.money(key)[1] for key in keys))
    server.kill()
    assert [payer.problem for payer in working] == [""] * PAYERS
    assert sum(payer.retried for payer in working) >= KILLS

    engine = open_database(database_url, tables())
    ledger = Ledger(engine, client.node.chain_id, client.address, prepaid.merchant.address)
    try:
        for key, payer in zip(keys, working, strict=True):
            line = ledger.line(key[1])
            assert line is not None
            # Each call was charged once, however often it was asked.
            assert line.charged == PRICE * len(payer.answers) == payer.purse.charged <= line.best
            for name, execution in payer.answers.items():
                paid = ledger.paid(key[1], 0, name)
                assert paid is not None and paid.answer is not None
                assert execution.encode() in paid.answer.body
        with transaction(engine) as connection:
            rows = connection.execute(select(func.count()).select_from(PAYMENTS)).scalar_one()
        assert rows == sum(len(payer.answers) for payer in working)
        if settles:
            settled = sum(one.settled for key in keys if (one := ledger.line(key[1])) is not None)
            paid_out = sum(prepaid.money(key)[1] for key in keys)
            assert settled <= paid_out == prepaid.balance(prepaid.merchant) - held
            assert paid_out > 0
    finally:
        ledger.close()
        engine.dispose()


def _alive(thread: threading.Thread) -> bool:
    return thread.is_alive()
