"""Each payment that waited for its block took one of the few threads in which a gateway also looks up
accounts and checks signatures: of six, on a machine of two cores. Nobody else was served then, and who
told the process to stop waited, too."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.gateway.x402.conftest import isolation, shop, url, world  # noqa: F401 - fixtures
from tests.gateway.x402.test_exact import get, no_mining
from tests.gateway.x402.test_kills import asking, run  # noqa: F401 - a fixture
from tests.support.processes import Server
from tests.support.waiting import until
from tests.support.x402_payments import authorized, header, payer
from tests.support.x402_world import PRICE, Shop, X402World

# ruff: noqa: F811

MANY = min(32, (os.cpu_count() or 1) + 4) + 2
"""More than the threads that a loop has for all."""


def waiting(world: X402World) -> int:
    """Transactions that no block has taken."""
    return int(world.node.develop("txpool_status", [])["pending"], 16)


def all_wait(world: X402World, url: str, payments: list[dict[str, str]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=get, args=(url, signed)) for signed in payments]
    for thread in threads:
        thread.start()
    until(lambda: waiting(world) == len(payments))
    return threads


def test_who_needs_no_block_is_served(world: X402World, url: str, shop: Shop) -> None:
    exact, batch = shop.exact.requirements(PRICE), shop.batch.requirements(PRICE)
    client = payer(world, shop)
    assert get(url, header(client.deposit(200 * PRICE, PRICE), batch)).status_code == 200
    before = world.earned()
    with no_mining(world):
        threads = all_wait(world, url, [header(authorized(world).payload(), exact) for _ in range(MANY)])
        began = time.monotonic()
        assert get(url, header(client.voucher(PRICE), batch)).status_code == 200
        assert time.monotonic() - began < 5
    for thread in threads:
        thread.join()
    assert world.earned() - before == MANY * PRICE


def test_deposits_that_wait_hold_up_nobody_either(world: X402World, url: str, shop: Shop) -> None:
    batch = shop.batch.requirements(PRICE)
    client, others = payer(world, shop), [payer(world, shop) for _ in range(MANY)]
    assert get(url, header(client.deposit(200 * PRICE, PRICE), batch)).status_code == 200
    with no_mining(world):
        deposits = [header(one.deposit(200 * PRICE, PRICE), batch) for one in others]
        threads = all_wait(world, url, deposits)
        began = time.monotonic()
        assert get(url, header(client.voucher(PRICE), batch)).status_code == 200
        assert time.monotonic() - began < 5
    for thread in threads:
        thread.join()


def test_a_payment_that_waits_holds_up_no_stop(
    world: X402World, shop: Shop, run: Callable[[], Server]
) -> None:
    server, signed = run(), header(authorized(world).payload(), shop.exact.requirements(PRICE))
    stopped: dict[str, Any] = {}
    with no_mining(world):
        thread = threading.Thread(target=lambda: server.request("GET", "/count", headers=signed))
        thread.start()
        until(lambda: waiting(world) == 1)
        began = time.monotonic()
        os.kill(server.process.pid or 0, signal.SIGINT)
        server.process.join(20)
        stopped = {"alive": server.is_alive(), "seconds": time.monotonic() - began}
    thread.join()
    assert not stopped["alive"] and stopped["seconds"] < 8, stopped
