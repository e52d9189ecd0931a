"""A contract's address is known before it is there, and anybody can send money to it. A node that keeps the
states of its last blocks only, as most do, can't say how much that was: every audit found that the transfers
since then do not come to the balance. A report did not ask at all, and told of a difference each night."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from largesse.artifacts import artifact
from largesse.books.replay import replay
from largesse.chain import development_wallet
from largesse.clients.certificates import Certificates
from largesse.deploying import deploy, plan_deployment
from largesse.indexer.source import ChainSource
from largesse.parts import CERTIFICATES, PARTS, create3
from largesse.report.making import make_report
from tests.support.certificates import World
from tests.support.changed_node import node_with, refuse
from tests.support.followed import Followed, followed_chain

DUST, LATER = 3, 40
KEEPS = pytest.mark.parametrize("keeps_states", (True, False))


@KEEPS
def test_what_was_there_before_counts(world: World, node_url: str, keeps_states: bool) -> None:
    place = world.stranger.address
    latest = [0]

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if asked["method"] == "eth_call" and not keeps_states:
            block = asked["params"][1]
            if block.startswith("0x") and int(block, 16) < latest[0]:
                return refuse(answer, "missing trie node")
        return answer

    with node_with(node_url, change) as node:
        token = Certificates(node, world.certificates.address).token
        held = token.balance(place)
        world.token.mint(place, DUST, {"from": world.deployer})
        first = node.block_number() + 1
        world.token.mint(place, LATER, {"from": world.deployer})
        latest[0] = node.block_number()
        found = replay(
            token, place, (), range(first, first + 1),
            add=lambda events: None, liabilities=lambda: 0, most=10, progress=lambda count: None,
        )  # fmt: skip
    assert (found.reserve, found.moved) == (held + DUST + LATER, held + DUST + LATER)


@pytest.fixture(scope="module")
def dusty() -> Iterator[Followed]:
    """A chain with a currency, whose contracts' addresses had a unit each, and their number after that."""
    with followed_chain(["ONE"]) as chain:
        wallet, code = development_wallet("deployer"), artifact("TestToken")
        factory = chain.web3.eth.contract(abi=code.abi, bytecode=code.creation_code)
        made = chain.send(factory.constructor("TWO", "TWO", 6), wallet.address)
        token = chain.web3.eth.contract(address=made["contractAddress"], abi=code.abi)
        parts = [CERTIFICATES, *(part.name for part in PARTS)]
        places = [create3(chain.deployment.factory, part, token.address) for part in parts]
        for place in places:
            chain.send(token.functions.mint(place, 1), wallet.address)
        tokens = [*(one.token for one in chain.deployment.currencies), token.address]
        chain.deployment = deploy(chain.node, wallet, plan_deployment(chain.node, tokens))
        chain.send(token.functions.mint(places[0], len(places)), wallet.address)
        yield chain


@KEEPS
def test_a_report_finds_no_difference(dusty: Followed, keeps_states: bool) -> None:
    latest = dusty.node.block_number()

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if asked["method"] == "eth_call" and not keeps_states:
            block = asked["params"][1]
            if block.startswith("0x") and int(block, 16) < latest:
                return refuse(answer, "missing trie node")
        return answer

    with node_with(dusty.url, change) as node:
        report = make_report(node, dusty.deployment, ChainSource(node, dusty.deployment), symbol="TWO")
    assert report.differences == ()
    held = {row[1]: row[2] for row in report.table("reserve").rows}
    assert held[CERTIFICATES] == 10
    assert set(held.values()) == {0, 10}
