"""A relayer over a world, asked as a browser asks it; and services in processes that can be killed."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.types import ASGIApp

from largesse.chain import Node, development_wallet
from largesse.database import open_database
from largesse.relayer.actions import Kind
from largesse.relayer.app import make_app
from largesse.relayer.limits import Limits
from largesse.relayer.service import Relayer
from largesse.sender import TABLES
from largesse.web.limits import Rates
from largesse.web.serving import configured, listen

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0
WAIT_SECONDS = 20.0


@dataclass
class Desk:
    """A relayer that serves in this process."""

    relayer: Relayer
    client: httpx.Client
    chain: str

    def post(self, call: Any, **changes: Any) -> httpx.Response:
        """POST /relay with a call as (contract, data); `changes` replace members, None takes one out."""
        contract, data = call
        body = {"chain": self.chain, "contract": contract, "data": data} | changes
        return self.client.post("/relay", json={k: v for k, v in body.items() if v is not None})

    def relay(self, call: Any) -> dict[str, Any]:
        """Post it and wait for what becomes of it."""
        answer = self.post(call)
        assert answer.status_code in (200, 202), answer.text
        return self.wait(answer.json()["id"])

    def wait(self, action_id: str) -> dict[str, Any]:
        """The action once it is mined."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            found: dict[str, Any] = self.client.get(f"/actions/{action_id}").json()
            if found["state"] != "accepted":
                return found
            time.sleep(0.02)
        raise AssertionError(f"{action_id} is not mined after {WAIT_SECONDS:.0f} s")

    def sent(self) -> int:
        """How many transactions the relayer's account has sent."""
        return int(self.relayer.node.web3.eth.get_transaction_count(self.relayer.wallet.address))


@contextlib.contextmanager
def relaying(
    node_url: str,
    database_url: str,
    contracts: Mapping[str, Kind],
    limits: Limits | None = None,
    **settings: Any,
) -> Iterator[Desk]:
    """A relayer with the role's account; it asks for no patience of the tests' own rate."""
    node = Node.at(node_url)
    engine = open_database(database_url, TABLES)
    relayer = Relayer(node, development_wallet("relayer"), engine, contracts, limits, **settings)
    with serving(make_app(relayer, Rates(1e6, 1e6))) as client:
        yield Desk(relayer, client, str(node.chain_id))
    engine.dispose()


def call_of(contract: Any, function: str, *values: Any) -> tuple[str, str]:
    """(contract, data) of a call, as Brownie encodes it."""
    return contract.address, getattr(contract, function).encode_input(*values)


@contextlib.contextmanager
def serving(app: ASGIApp) -> Iterator[httpx.Client]:
    """The app behind a real port, in a thread; a client of it."""
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(configured(app))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


# --------------------------------------------------------------------------------------------- own process


@dataclass
class Server:
    """A service in its own process."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path = field(repr=False)

    def kill(self) -> None:
        """As a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body. Raises OSError, http.client.HTTPException where the process is gone."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextlib.contextmanager
def served(module: str, port: int, log: Path, **settings: Any) -> Iterator[Server]:
    """`python -m module port settings…` until the block ends, once it answers /health."""
    server = start(module, port, log, **settings)
    try:
        await_health(server)
        yield server
    finally:
        if server.process.poll() is None:
            server.process.terminate()
            server.process.wait(30)


def start(module: str, port: int, log: Path, **settings: Any) -> Server:
    """The same, not waited for and not stopped."""
    command = [sys.executable, "-m", module, json.dumps({"port": port, **settings})]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    return Server(process, f"http://127.0.0.1:{port}", log)


def await_health(server: Server) -> None:
    """Wait until it answers. Raises AssertionError with its log."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if server.request("GET", "/health")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"the service did not come up:\n{server.log.read_text()[-3000:]}")
