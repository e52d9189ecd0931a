"""A chain to be followed: an Anvil of its own with Largesse on it, where something happens on request."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from web3 import Web3

from largesse.artifacts import artifact
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

    @property
    def web3(self) -> Web3:
        return self.node.web3

    @property
    def url(self) -> str:
        return self.node.url

    def token(self, symbol: str) -> Any:
        return self._contract("TestToken", self.deployment.currency(symbol).token)

    def jars(self, symbol: str) -> Any:
        return self._contract("StreamingTipEscrow", self.deployment.currency(symbol).part("jars"))

    def send(self, call: Any, sender: str = SUPPORTER) -> Any:
        receipt = self.web3.eth.wait_for_transaction_receipt(
            call.transact({"from": sender, "gas": 3_000_000}), poll_latency=0.005
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
                jar = int(CREATOR, 16)
                tips = self.jars(symbol)
                message, amount = moves.choice(MESSAGES), moves.randrange(1, 2**60)
                self.send(tips.functions.tip(SUPPORTER, jar, amount, message, ITSELF))

    def fork(self, depth: int, moves: random.Random, count: int) -> None:
        """Other blocks instead of the last `depth`, and `count` happenings after them."""
        self.node.develop("anvil_rollback", [depth])
        self.happen(moves, count)

    def add_currency(self, symbol: str) -> None:
        self.deployment = deployed(self.node, [one.symbol for one in self.deployment.currencies] + [symbol])

    def _contract(self, name: str, address: str) -> Any:
        return self.web3.eth.contract(address=Web3.to_checksum_address(address), abi=artifact(name).abi)


def deployed(node: Node, symbols: Sequence[str]) -> Deployment:
    """Currencies whose symbols tell their addresses' order of creation; each one's money is approved."""
    tokens = []
    deployer = development_wallet("deployer").address
    for symbol in symbols:
        code = artifact("TestToken")
        factory = node.web3.eth.contract(abi=code.abi, bytecode=code.creation_code)
        known = _tokens.get((node.url, symbol))
        if known is None:
            sent = factory.constructor(symbol, symbol, 6).transact({"from": deployer})
            known = node.web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.005)["contractAddress"]
            _tokens[node.url, symbol] = known
        tokens.append(known)
    wallet = development_wallet("deployer")
    found = deploy(node, wallet, plan_deployment(node, tokens))
    followed = Followed(node, found)
    for symbol in symbols:
        token, jars = followed.token(symbol), followed.jars(symbol)
        followed.send(token.functions.mint(SUPPORTER, 2**90), deployer)
        followed.send(token.functions.approve(jars.address, 2**255))
    return found


_tokens: dict[tuple[str, str], str] = {}


@contextmanager
def followed_chain(symbols: Sequence[str] = ("ONE", "TWO")) -> Iterator[Followed]:
    """A chain of its own."""
    with development_node() as url:
        node = Node.at(url)
        yield Followed(node, deployed(node, symbols))


def everything(source: EventSource, deployment: Deployment) -> dict[tuple[str, str], list[Event]]:
    """All events of a source."""
    return {(one.symbol, one.part): list(source.events(one.symbol, one.part)) for one in watched(deployment)}


def on_chain(chain: Followed, block: int | None = None) -> dict[tuple[str, str], list[Event]]:
    """All events, from the node itself."""
    return everything(ChainSource(chain.node, chain.deployment, block=block), chain.deployment)
