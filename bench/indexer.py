"""What indexing costs: `make bench-index` writes bench/INDEXER.md.

First events a second beside a plain loop over web3.py, from one Anvil, in turns; then `EVENTS` synthetic ones
through the same follower, from `bench.log_server` in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from web3 import Web3

from bench import log_server
from largesse.artifacts import artifact, jars_abi
from largesse.chain import Node, development_wallet
from largesse.chainlogs import topic_of
from largesse.database import sqlite_url
from largesse.deploying import deploy, plan_deployment
from largesse.deployment import Deployment
from largesse.indexer.contracts import CURRENCY, watched
from largesse.indexer.follow import Follower
from largesse.nodes import development_node
from largesse.parts import PARTS

REPORT: Final = Path(__file__).with_name("INDEXER.md")
COMMAND: Final = "make bench-index"
EVENTS: Final = int(os.environ.get("INDEXER_EVENTS", "1000000"))
GOAL: Final = 5.0
ROUNDS: Final = 3
TRANSACTIONS: Final = 100
TIPS_EACH: Final = 50
RANGE: Final = 1_000
MARKS: Final = 4


# ------------------------------------------------------------------------------------------------- the ratio


@contextmanager
def busy_chain() -> Iterator[tuple[Node, Deployment]]:
    """Two currencies; tips in one of them, each two events: its own, and the currency's transfer."""
    with development_node() as url:
        node, wallet = Node.at(url), development_wallet("supporter")
        tokens = []
        for symbol in ("ONE", "TWO"):
            code = artifact("TestToken")
            factory = node.web3.eth.contract(abi=code.abi, bytecode=code.creation_code)
            sent = factory.constructor(symbol, symbol, 6).transact({"from": wallet.address})
            tokens.append(str(node.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]))
        deployment = deploy(node, wallet, plan_deployment(node, tokens))
        record = deployment.currencies[0]
        token = _contract(node, record.token, artifact("TestToken").abi)
        jars = _contract(node, record.part("jars"), jars_abi())
        node.send(token.functions.mint(wallet.address, 2**90), wallet)
        node.send(token.functions.approve(jars.address, 2**90), wallet)
        tip = (wallet.address, 7, 1_000, "thanks for the music", (0, 0, False, b""))
        calls = [jars.encode_abi("tip", list(tip))] * TIPS_EACH
        for _ in range(TRANSACTIONS):
            node.send(jars.functions.multicall(calls), wallet)
        yield node, deployment


def _contract(node: Node, address: str, abi: Any) -> Any:
    return node.web3.eth.contract(address=Web3.to_checksum_address(address), abi=abi)


def plain_loop(node: Node, deployment: Deployment, path: Path) -> int:
    """As one would write it: for each range, contract and event `get_logs`, for each event an INSERT;
    a commit a range. Transfers are asked for by topic, from and to."""
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE events (block, log_index, tx, address, name, args, PRIMARY KEY (block, log_index))"
    )
    contracts = watched(deployment)
    count = 0
    for first in range(contracts[0].first, node.block_number() + 1, RANGE):
        last = min(first + RANGE - 1, node.block_number())
        for one in contracts:
            contract = _contract(node, one.address, one.abi)
            filters: list[dict[str, Any]] = [{}]
            if one.part == CURRENCY:
                ours = [
                    Web3.to_checksum_address("0x" + topic_of(other.address)[26:])
                    for other in contracts
                    if other.symbol == one.symbol and other.part != CURRENCY
                ]
                filters = [{"argument_filters": {side: ours}} for side in ("from", "to")]
            for event in contract.events:
                for chosen in filters:
                    for log in event().get_logs(from_block=first, to_block=last, **chosen):
                        row = (log["blockNumber"], log["logIndex"], log["transactionHash"].hex())
                        database.execute(
                            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
                            (*row, log["address"], log["event"], str(dict(log["args"]))),
                        )
                        count += 1
        database.commit()
    database.close()
    return count


def followed(node: Node, deployment: Deployment, path: Path) -> int:
    follower = Follower(node, deployment, sqlite_url(path))
    try:
        return follower.catch_up().events
    finally:
        follower.close()


def ratio() -> tuple[int, list[float], list[float]]:
    """Events, and events a second of ours and of the plain loop, by round."""
    ours: list[float] = []
    plain: list[float] = []
    counts = set()
    with busy_chain() as (node, deployment), tempfile.TemporaryDirectory() as folder:
        for turn in range(ROUNDS + 1):
            for run, rates in ((followed, ours), (plain_loop, plain)):
                start = time.perf_counter()
                count = run(node, deployment, Path(folder) / f"{run.__name__}{turn}.db")
                counts.add(count)
                if turn:
                    rates.append(count / (time.perf_counter() - start))
    if len(counts) != 1:
        raise RuntimeError(f"they found different numbers of events: {counts}")
    return counts.pop(), ours, plain


# --------------------------------------------------------------------------------------------- the long load


def load(url: str, database: str, result: Any) -> None:
    """Follow all of it; sends seconds, events, MB of memory at each quarter, and the most there was."""
    marks: list[float] = []
    follower = Follower(Node.at(url), log_server.deployment(), database)

    def moved(reached: int, total: int) -> None:
        while len(marks) < MARKS and reached * MARKS >= total * (len(marks) + 1):
            marks.append(resident())

    start = time.perf_counter()
    before = resident()
    found = follower.catch_up(moved)
    seconds = time.perf_counter() - start
    follower.close()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result.send((seconds, found.events, before, marks, most))


def resident() -> float:
    """MB that this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


@contextmanager
def child(target: Callable[..., None], *given: Any) -> Iterator[Any]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=target, args=(*given, there))
    process.start()
    there.close()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def long_load(url: str, size: Callable[[], int]) -> list[str]:
    """A table row: what `EVENTS` events took."""
    with (
        child(log_server.serve, EVENTS // log_server.EACH) as port,
        child(load, f"http://127.0.0.1:{port}", url) as found,
    ):
        seconds, events, before, marks, most = found
    if events != EVENTS + 1:
        raise RuntimeError(f"{events} events were found instead of {EVENTS + 1}")
    quarters = " / ".join(f"{mark:.0f}" for mark in marks)
    return [
        f"{events / seconds:,.0f}",
        f"{before:.0f} / {quarters}",
        f"{most:.0f}",
        f"{size() / 2**20:,.0f}",
        f"{size() / events:,.0f}",
    ]


def loads() -> list[list[str]]:
    folder = Path(tempfile.mkdtemp(prefix="largesse-bench-"))
    try:
        file = folder / "events.db"
        rows = [["SQLite", *long_load(sqlite_url(file), lambda: file.stat().st_size)]]
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        import pgserver

        server = pgserver.get_server(  # type: ignore[attr-defined]
            folder / "data", cleanup_mode="stop"
        )
        try:
            server.psql("CREATE DATABASE events;")
            uri = str(server.get_uri(database="events"))
            text = "SELECT 'size ' || pg_database_size('events');"
            rows.append(
                ["PostgreSQL", *long_load(uri, lambda: int(server.psql(text).split("size ")[1].split()[0]))]
            )
        finally:
            server.cleanup()
        return rows
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# ------------------------------------------------------------------------------------------------ the report


BESIDE: Final = """
{count:,} events of {contracts} contracts on one Anvil, into SQLite, in turns; the median of {rounds} rounds
and of the rounds' ratios. The loop asks with `contract.events.X.get_logs` for each event of each contract,
{range:,} blocks at a time, and inserts one row an event with a commit a range; it keeps no block hashes and
follows no re-orgs. Anvil's own time is in both.
"""
LONG: Final = """
Synthetic ones, {each} a block, of nine kinds from seven contracts, given by a JSON-RPC server of logs in a
process of its own (`bench/log_server.py`), through the same follower: requests, JSON, decoding, blocks and
cursor included. Memory is the follower's, before and after each quarter; a range is sized for 20,000
events. Growth is the database's size by its events, indexes included.
"""


def report(count: int, ours: list[float], plain: list[float], rows: list[list[str]]) -> str:
    contracts = 2 * (len(PARTS) + 2) + 1
    times = statistics.median(one / other for one, other in zip(ours, plain, strict=True))
    lines = [
        "# What indexing costs",
        "",
        f"Written by `{COMMAND}`, all figures from one run on one machine: compare the ratios.",
        "",
        "## Beside a plain loop over web3.py",
        BESIDE.format(count=count, contracts=contracts, rounds=ROUNDS, range=RANGE),
        "| indexer | events a second | beside the loop | command |",
        "|---|---:|---:|---|",
        f"| plain loop | {statistics.median(plain):,.0f} | 1.0 | `{COMMAND}` |",
        f"| `largesse.indexer` | {statistics.median(ours):,.0f} | {times:.1f} | `{COMMAND}` |",
        "",
        f"Goal: {GOAL:g} or more.",
        "",
        f"## {EVENTS:,} events",
        LONG.format(each=log_server.EACH),
        "| database | events a second | memory, MB | most, MB | size, MB | bytes an event | command |",
        "|---|---:|---:|---:|---:|---:|---|",
        *(f"| {' | '.join(row)} | `{COMMAND}` |" for row in rows),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, write bench/INDEXER.md; fails where the goal is missed."""
    count, ours, plain = ratio()
    text = report(count, ours, plain, loads())
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    reached = statistics.median(one / other for one, other in zip(ours, plain, strict=True))
    if reached < GOAL:
        sys.exit(f"missed: {reached:.1f}, goal {GOAL:g}")


if __name__ == "__main__":
    main()
