"""The gateway's process is killed while it is paid by x402: the payer pays once, and gets the answer."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from largesse.database import open_database, sqlite_url
from largesse.gateway.channels import SqlChannelStorage
from largesse.gateway.gateway import tables
from tests.gateway.x402.test_exact import no_mining
from tests.support.processes import Server, start
from tests.support.waiting import WAIT_SECONDS
from tests.support.x402_payments import Payer, authorized, header, payer
from tests.support.x402_world import PRICE, Shop, X402World
from tools.own_node import free_port

LEASE = 1.0
KILLS = 5


@pytest.fixture
def run(world: X402World, tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Starts the gateway, again and again on one database."""
    servers: list[Server] = []

    def again() -> Server:
        servers.append(
            start(
                "tests.support.x402_process",
                free_port(),
                tmp_path / "log",
                url=world.url,
                token=world.usdc.address,
                pay_to=world.pay_to,
                database=str(tmp_path / "gateway.db"),
                lease_seconds=LEASE,
            )
        )
        return servers[-1]

    yield again
    for server in servers:
        server.kill()


def asking(server: Server, path: str, headers: dict[str, str]) -> threading.Thread:
    """A request whose answer never comes."""

    def ask() -> None:
        with pytest.raises((OSError, HTTPException)):
            server.request("GET", path, headers=headers)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def served(server: Server, headers: dict[str, str], path: str = "/count") -> bytes:
    """The answer, once the dead process's lease has run out."""
    end = time.monotonic() + WAIT_SECONDS
    while (answer := server.request("GET", path, headers=headers))[0] != 200:
        assert answer[0] in (409, 503) and time.monotonic() < end, answer
        time.sleep(0.1)
    return answer[1]


def sent(world: X402World) -> int:
    return world.node.web3.eth.get_transaction_count(world.gateway.address)


def test_killed_between_broadcast_and_answer(world: X402World, shop: Shop, run: Callable[[], Server]) -> None:
    signed = header(authorized(world).payload(), shop.exact.requirements(PRICE))
    before, transactions = world.earned(), sent(world)
    first = run()
    with no_mining(world):
        thread = asking(first, "/count", signed)
        while int(world.node.develop("txpool_status", [])["pending"], 16) == 0:
            assert first.is_alive()
            time.sleep(0.01)
        first.kill()
        thread.join()
    assert world.earned() - before == PRICE  # it is paid, and nobody was answered
    second = run()
    assert served(second, signed) == b'{"served":1}'
    assert (world.earned() - before, sent(world) - transactions) == (PRICE, 1)
    # It is used up now, for this call and for others.
    for path in ("/count", "/slow"):
        assert second.request("GET", path, headers=signed)[0] == 402


@pytest.mark.parametrize("scheme", ["exact", "batch-settlement"])
def test_killed_while_it_serves(world: X402World, shop: Shop, run: Callable[[], Server], scheme: str) -> None:
    if scheme == "exact":
        signed = header(authorized(world).payload(), shop.exact.requirements(PRICE))
    else:
        signed = header(payer(world, shop).deposit(200 * PRICE, PRICE), shop.batch.requirements(PRICE))
    transactions = sent(world)
    first = run()
    thread = asking(first, "/slow", signed)
    time.sleep(0.3)
    first.kill()
    thread.join()
    assert sent(world) == transactions
    assert served(run(), signed, "/slow") == b'{"served":1}'
    assert sent(world) - transactions == 1


def charged(world: X402World, client: Payer, database: Path) -> int:
    engine = open_database(sqlite_url(database), tables())
    (channel,) = SqlChannelStorage(engine, client.shop.batch.channels.seller).list()
    engine.dispose()
    return int(channel.charged_cumulative_amount)


def test_vouchers_survive_kills_at_random_moments(
    world: X402World, run: Callable[[], Server], tmp_path: Path
) -> None:
    """Each voucher is charged once; who repeats the one whose answer was lost goes on from there."""
    shop = Shop(world, tmp_path / "other.db")
    client, asked, moments = payer(world, shop), shop.batch.requirements(PRICE), random.Random(402)
    server, answers = run(), 0

    def pay() -> None:
        nonlocal answers
        number = answers + 1
        amount = number * PRICE
        payload = client.deposit(200 * PRICE, amount) if number == 1 else client.voucher(amount)
        served(server, header(payload, asked))
        answers = number

    pay()
    for _ in range(KILLS):
        killer = threading.Timer(moments.uniform(0.0, 0.15), server.kill)
        killer.start()
        with pytest.raises((OSError, HTTPException)):
            while answers < 190:
                pay()
        killer.join()
        assert charged(world, client, tmp_path / "gateway.db") in (answers * PRICE, (answers + 1) * PRICE)
        server = run()
        pay()
    assert charged(world, client, tmp_path / "gateway.db") == answers * PRICE
