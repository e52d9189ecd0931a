"""A chain with the real USDC and what x402 needs on it, and a gateway on a real port.

The contract of x402's batch settlement is in no package: `BatchChannels` stands in for it at its address.
Who has the real code sets ``X402_CODE`` to a JSON file, address to code (``cast code ADDRESS``).
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, HTTPException
from web3 import Web3
from x402.mechanisms.evm.batch_settlement.constants import (
    BATCH_SETTLEMENT_ADDRESS,
    ERC3009_DEPOSIT_COLLECTOR_ADDRESS,
)
from x402.mechanisms.evm.constants import MULTICALL3_ADDRESS

from largesse.chain import Node, Wallet, development_wallet
from largesse.database import open_database, sqlite_url
from largesse.gateway.batch import BatchScheme
from largesse.gateway.exact import ExactScheme
from largesse.gateway.gateway import tables
from largesse.gateway.middleware import PaidRoutes
from largesse.gateway.paid_calls import PaidCalls
from largesse.gateway.pricing import Price, PriceList
from largesse.gateway.schemes import Scheme
from largesse.gateway.spending import GasBook, Spending
from largesse.gateway.x402 import Currency
from largesse.nodes import development_node
from largesse.sender import Sender
from largesse.usdc import Usdc, deploy_usdc
from tests.support.served import Server

ROOT: Final = Path(__file__).resolve().parents[2]
PRICE: Final = 1_000
"""Base units a call: a tenth of a cent."""
UNIT: Final = 10**6
_STAND_INS: Final = {
    BATCH_SETTLEMENT_ADDRESS: "BatchChannels",
    ERC3009_DEPOSIT_COLLECTOR_ADDRESS: "BatchCollector",
}


@dataclass(frozen=True)
class X402World:
    """A chain of its own. `payer` has 1,000 USDC and no ether; the gateway's account pays all gas."""

    url: str
    node: Node
    usdc: Usdc
    payer: Wallet
    gateway: Wallet
    pay_to: str

    @property
    def currency(self) -> Currency:
        return Currency(self.node.chain_id, self.usdc.address, "USD Coin", "2")

    def fund(self, wallet: Wallet, amount: int = 1_000 * UNIT) -> Wallet:
        self.usdc.mint(wallet.address, amount)
        return wallet

    def earned(self) -> int:
        return self.usdc.balance(self.pay_to)


@contextmanager
def x402_world() -> Iterator[X402World]:
    """Such a chain, while the `with` block lasts."""
    with development_node() as url:
        node = Node.at(url)
        usdc = deploy_usdc(node.web3, node.web3.eth.accounts[0])
        place_contracts(node)
        payer = Wallet.from_key("payer", bytes([7] * 32))
        gateway = development_wallet("relayer")
        pay_to = "0x00000000000000000000000000000000000Ca5e1"
        world = X402World(url, node, usdc, payer, gateway, node.web3.to_checksum_address(pay_to))
        world.fund(payer)
        yield world


def attached(url: str, token: str, pay_to: str) -> X402World:
    """The same world, seen by another process, which needs no more of the token than its address."""
    node, address = Node.at(url), Web3.to_checksum_address(token)
    usdc = Usdc(node.web3, address, address, address, [])
    payer = Wallet.from_key("payer", bytes([7] * 32))
    return X402World(url, node, usdc, payer, development_wallet("relayer"), pay_to)


def place_contracts(node: Node) -> None:
    """Multicall3 (its creation code is in viem) and the batch settlement, each at its address."""
    for address, code in {**_codes(node), MULTICALL3_ADDRESS: _deployed(node, _multicall3())}.items():
        node.develop("anvil_setCode", [address, code])


def _codes(node: Node) -> dict[str, str]:
    if path := os.environ.get("X402_CODE"):
        codes: dict[str, str] = json.loads(Path(path).read_text(encoding="utf-8"))
        return codes
    return {address: _deployed(node, _artifact(name)) for address, name in _STAND_INS.items()}


def _artifact(name: str) -> bytes:
    built = json.loads((ROOT / f"build/contracts/{name}.json").read_text(encoding="utf-8"))
    return bytes.fromhex(built["bytecode"])


def _multicall3() -> bytes:
    source = (ROOT / "node_modules/viem/_cjs/constants/contracts.js").read_text(encoding="utf-8")
    found = re.search(r"exports\.multicall3Bytecode = '0x([0-9a-f]+)'", source)
    assert found is not None
    return bytes.fromhex(found.group(1))


def _deployed(node: Node, creation: bytes) -> str:
    receipt = node.send_raw_call(development_wallet("deployer"), None, creation)
    address = receipt["contractAddress"]
    assert address is not None
    return "0x" + node.web3.eth.get_code(address).hex()


class Shop:
    """A gateway's process, but for the process: its own database connection, sender and schemes."""

    def __init__(
        self,
        world: X402World,
        database: Path,
        *,
        lease_seconds: float = 30.0,
        settle_seconds: float = 30.0,
        spending: Spending | None = None,
    ) -> None:
        self.world = world
        self.engine = open_database(sqlite_url(database), tables())
        self.sender = Sender(Node.at(world.url), world.gateway, self.engine, patience=5.0)
        self.calls = PaidCalls(self.engine, lease_seconds=lease_seconds)
        self.gas = GasBook(self.engine, "the shop", spending or Spending())
        self.exact = ExactScheme(
            self.sender,
            self.calls,
            world.currency,
            world.pay_to,
            gas=self.gas,
            settle_seconds=settle_seconds,
        )
        self.batch = BatchScheme(
            self.sender,
            self.calls,
            world.currency,
            world.pay_to,
            development_wallet("operator"),
            gas=self.gas,
            least_deposit=200 * PRICE,
            withdraw_seconds=900,
            settle_seconds=settle_seconds,
        )
        self.served = 0

    def app(self, schemes: Sequence[Scheme] | None = None) -> PaidRoutes:
        """Three paid routes: one answers with a count, one fails, one takes a while."""
        api = FastAPI()

        @api.get("/count")
        async def count() -> dict[str, int]:
            self.served += 1
            return {"served": self.served}

        @api.get("/health")
        async def health() -> None:
            """Free."""

        @api.get("/fails")
        async def fails() -> None:
            raise HTTPException(500, "out of order")

        @api.get("/slow")
        def slow() -> dict[str, int]:
            time.sleep(0.5)
            self.served += 1
            return {"served": self.served}

        prices = PriceList(Price("GET", path, PRICE) for path in ("/count", "/fails", "/slow"))
        return PaidRoutes(api, prices, (self.exact, self.batch) if schemes is None else schemes)


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The app on a free port, in a thread; its address."""
    server = Server(app)
    try:
        yield server.url
    finally:
        server.stop()
