"""A chain to be followed: an Anvil of its own with Largesse on it, where something happens on request."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from web3 import Web3

from largesse.artifacts import artifact, jars_abi
from largesse.chain import Node, development_wallet
from largesse.chainlogs import Event
from largesse.deploying import deploy, plan_deployment
from largesse.deployment import Deployment
from largesse.indexer.contracts import watched
from largesse.indexer.source import ChainSource, EventSource
from largesse.nodes import development_node

ITSELF = (0, 0, False, b"")
MESSAGES = ("", "thanks", "고맙습니다", "\0 \\ \" '", "long " * 40)
SUPPORTER = development_wallet("supporter").address
CREATOR = development_wallet("creator").address


@dataclass
class Followed:
    """Everything is sent by accounts of the node's own; each call is one block."""

    node: Node
    deployment: Deployment
    _contracts: dict[str, Any] = field(default_factory=dict)

    @property
    def web3(self) -> Web3:
        return self.node.web3

    @property
    def url(self) -> str:
        return self.node.url

    def token(self, symbol: str) -> Any:
        return self._contract(self.deployment.currency(symbol).token, artifact("TestToken").abi)

    def jars(self, symbol: str) -> Any:
        return self._contract(self.deployment.currency(symbol).part("jars"), jars_abi())

    def send(self, call: Any, sender: str = SUPPORTER) -> Any:
        receipt = self.web3.eth.wait_for_transaction_receipt(
            call.transact({"from": sender, "gas": 3_000_000, "gasPrice": 0}), poll_latency=0.005
        )
        assert receipt["status"] == 1
        return receipt

    def happen(self, moves: random.Random, count: int) -> None:
        """Blocks in which something or nothing happens."""
        for _ in range(count):
            symbol = moves.choice([one.symbol for one in self.deployment.currencies])
            kind = moves.randrange(6)
            if kind == 0:
                self.node.develop("anvil_mine", [hex(moves.randrange(1, 4))])
            elif kind == 1:
                parts = [*self.deployment.currency(symbol).parts.values(), SUPPORTER]
                self.send(self.token(symbol).functions.transfer(moves.choice(parts), moves.randrange(9)))
            elif kind == 2:
                tier, rate = moves.randrange(1, 5), 1_000_000_000 * moves.randrange(1, 9)
                self.send(self.jars(symbol).functions.setTier(tier, rate, 0), CREATOR)
            else:
                tip = self.jars(symbol).functions.tip
                message, amount = moves.choice(MESSAGES), moves.randrange(1, 2**60)
                self.send(tip(SUPPORTER, int(CREATOR, 16), amount, message, ITSELF))

    def fork(self, depth: int, moves: random.Random, count: int) -> None:
        """Other blocks instead of the last `depth`, and `count` happenings after them."""
        self.node.develop("anvil_rollback", [depth])
        self.happen(moves, count)

    def add_currency(self, symbol: str) -> None:
        tokens = [one.token for one in self.deployment.currencies]
        self.deployment = deployed(self.node, tokens, symbol)

    def _contract(self, address: str, abi: Any) -> Any:
        if address not in self._contracts:
            place = Web3.to_checksum_address(address)
            self._contracts[address] = self.web3.eth.contract(address=place, abi=abi)
        return self._contracts[address]


def deployed(node: Node, tokens: Sequence[str], symbol: str) -> Deployment:
    """One more currency beside those over `tokens`, and a supporter who has and has approved some of it."""
    wallet, code = development_wallet("deployer"), artifact("TestToken")
    factory = node.web3.eth.contract(abi=code.abi, bytecode=code.creation_code)
    sent = factory.constructor(symbol, symbol, 6).transact({"from": wallet.address})
    receipt = node.web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.005)
    found = deploy(node, wallet, plan_deployment(node, [*tokens, str(receipt["contractAddress"])]))
    chain = Followed(node, found)
    chain.send(chain.token(symbol).functions.mint(SUPPORTER, 2**90), wallet.address)
    chain.send(chain.token(symbol).functions.approve(chain.jars(symbol).address, 2**255))
    return found


@contextmanager
def followed_chain(symbols: Sequence[str] = ("ONE", "TWO")) -> Iterator[Followed]:
    """A chain of its own."""
    with development_node() as url:
        node = Node.at(url)
        chain = Followed(node, deployed(node, [], symbols[0]))
        for symbol in symbols[1:]:
            chain.add_currency(symbol)
        yield chain


def everything(source: EventSource, deployment: Deployment) -> dict[tuple[str, str], list[Event]]:
    """All events of a source."""
    return {(one.symbol, one.part): list(source.events(one.symbol, one.part)) for one in watched(deployment)}


def on_chain(chain: Followed, block: int | None = None) -> dict[tuple[str, str], list[Event]]:
    """All events, from the node itself."""
    return everything(ChainSource(chain.node, chain.deployment, block=block), chain.deployment)
