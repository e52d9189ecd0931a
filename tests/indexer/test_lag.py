"""Of several nodes behind one address one lags: of a range it says that there are no logs in the blocks that
it has not got. What is younger than a minute is asked for block by block, by its hash, however many there
are."""

from __future__ import annotations

import random
from typing import Any

import pytest

from largesse.database import open_database
from largesse.indexer.contracts import IndexerError
from largesse.indexer.follow import Follower
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import TABLES
from tests.support.changed_node import node_with, refuse
from tests.support.followed import Followed, everything, on_chain


class Nodes:
    """Behind one address; the next `refusals` questions by hash come to the one that lags, and all ranges. It
    has no blocks after `has`."""

    def __init__(self, has: int) -> None:
        self.has, self.refusals = has, 0

    def change(self, asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if asked["method"] != "eth_getLogs":
            return answer
        if "blockHash" not in asked["params"][0]:
            known = [log for log in answer["result"] if int(log["blockNumber"], 16) <= self.has]
            return {**answer, "result": known}
        if self.refusals:
            self.refusals -= 1
            return refuse(answer, "unknown block")
        return answer


def stored(chain: Followed, url: str) -> dict[tuple[str, str], Any]:
    return everything(StoredSource(open_database(url, TABLES)), chain.deployment)


def test_nothing_is_missed(chain: Followed, sqlite_url: str) -> None:
    """Of blocks and of a currency that was added."""
    moves = random.Random("lags")
    nodes = Nodes(has=chain.node.block_number())
    chain.node.develop("evm_increaseTime", [120])
    before = chain.deployment
    chain.add_currency("THREE")
    chain.happen(moves, 40)
    with node_with(chain.url, nodes.change) as node:
        for deployment in (before, chain.deployment):
            nodes.refusals = 1
            follower = Follower(node, deployment, sqlite_url, confirmations=2, window=4)
            head = follower.catch_up().head
            follower.close()
            assert nodes.refusals == 0
    assert stored(chain, sqlite_url) == on_chain(chain, head)


def test_who_lags_for_longer_ends_nothing(
    chain: Followed, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command tries again later."""
    monkeypatch.setattr("largesse.indexer.follow._TRIES", 3)
    nodes = Nodes(has=0)
    with node_with(chain.url, nodes.change) as node:
        follower = Follower(node, chain.deployment, sqlite_url, confirmations=2)
        nodes.refusals = 1_000_000
        with pytest.raises(IndexerError) as error:
            follower.catch_up()
        assert error.value.reason == "unsteady"
        nodes.refusals = 0
        head = follower.catch_up().head
        follower.close()
    assert stored(chain, sqlite_url) == on_chain(chain, head)
