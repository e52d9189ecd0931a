"""A relayer over a world, asked as a browser asks it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from largesse.chain import Node, development_wallet
from largesse.database import open_database
from largesse.relayer.actions import Kind
from largesse.relayer.app import make_app
from largesse.relayer.limits import Limits
from largesse.relayer.service import Relayer
from largesse.sender import TABLES
from largesse.web.limits import Rates
from tests.support.processes import serving
from tests.support.waiting import WAIT_SECONDS


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
