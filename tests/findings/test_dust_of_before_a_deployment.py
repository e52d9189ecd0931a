"""A contract's address is known before it is there, and anybody can send money to it. A node that keeps the
states of its last blocks only, as most do, can't say how much that was: every audit found that the transfers
since then do not come to the balance."""

from __future__ import annotations

from typing import Any

import pytest

from largesse.books.replay import replay
from largesse.clients.certificates import Certificates
from tests.support.certificates import World
from tests.support.changed_node import node_with, refuse

DUST, LATER = 3, 40


@pytest.mark.parametrize("keeps_states", (True, False))
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
