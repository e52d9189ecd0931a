"""Re-orgs: what the database has is what the chain has now, and readers are told."""

from __future__ import annotations

import random

import pytest

from largesse.database import open_database
from largesse.indexer.contracts import IndexerError
from largesse.indexer.follow import Follower
from largesse.indexer.stored import Rollback, StoredSource
from largesse.indexer.tables import TABLES
from tests.support.followed import CREATOR, ITSELF, SUPPORTER, Followed, everything, on_chain

LIVES = 5


def test_back_and_forth(chain: Followed, database_url: str) -> None:
    """Forks of any depth, to shorter and to longer chains, with and without events."""
    moves = random.Random("forks")
    chain.happen(moves, 20)
    follower = Follower(chain.node, chain.deployment, database_url, window=8)
    engine = open_database(database_url, TABLES)
    follower.catch_up()
    rollbacks = 0
    for _ in range(LIVES):
        depth = moves.choice([1, 2, 5, 15])
        chain.fork(depth, moves, moves.choice([depth, depth + 3]))
        rollbacks += follower.catch_up().rollbacks
        source = StoredSource(engine)
        assert source.head == chain.node.block_number()
        assert everything(source, chain.deployment) == on_chain(chain)
    assert source.revision == rollbacks == LIVES
    assert [one.revision for one in source.rollbacks()] == list(range(1, LIVES + 1))
    follower.close()


def test_a_chain_that_returns_to_what_it_was(chain: Followed, database_url: str) -> None:
    """To another branch and back to the first, to the same blocks."""
    node = chain.node
    chain.happen(random.Random("branch"), 5)
    follower = Follower(node, chain.deployment, database_url)
    engine = open_database(database_url, TABLES)
    fork, time = node.block_number(), node.now()

    def branch(amount: int, blocks: int) -> StoredSource:
        snapshot = node.develop("evm_snapshot", [])
        for number in range(blocks):
            node.develop("evm_setNextBlockTimestamp", [time + 12 * (number + 1)])
            tip = chain.jars("ONE").functions.tip
            chain.send(tip(SUPPORTER, int(CREATOR, 16), amount + number, "", ITSELF))
        follower.catch_up()
        source = StoredSource(engine)
        assert everything(source, chain.deployment) == on_chain(chain)
        assert node.develop("evm_revert", [snapshot]) is True
        return source

    first, second, third = branch(1, 3), branch(2, 5), branch(1, 3)
    assert (first.block_hash, first.head) == (third.block_hash, third.head)
    assert second.block_hash != first.block_hash
    assert third.rollbacks() == [Rollback(1, fork, fork + 3), Rollback(2, fork, fork + 5)]
    assert [one["amount"] for one in third.events("ONE", "jars", first=fork + 1)] == [1, 2, 3]
    follower.close()


def test_a_reader_never_sees_two_chains(chain: Followed, database_url: str) -> None:
    moves = random.Random("reader")
    chain.happen(moves, 12)
    follower = Follower(chain.node, chain.deployment, database_url)
    follower.catch_up()
    source = StoredSource(open_database(database_url, TABLES))
    reading = source.events("ONE", "jars")
    next(reading)
    chain.fork(4, moves, 5)
    follower.catch_up()
    with pytest.raises(IndexerError) as error:
        list(reading)
    assert error.value.reason == "reorganised"
    with pytest.raises(IndexerError):
        list(source.events("TWO", "jars"))
    follower.close()


def test_blocks_that_a_node_does_not_have_yet_stay(chain: Followed, sqlite_url: str) -> None:
    """A node that lags behind another one has the same blocks, only fewer: nothing is taken back before its
    own are others."""
    moves = random.Random("lag")
    chain.happen(moves, 8)
    follower = Follower(chain.node, chain.deployment, sqlite_url)
    follower.catch_up()
    before, head = on_chain(chain), chain.node.block_number()
    chain.node.develop("anvil_rollback", [3])
    found = follower.catch_up()
    assert (found.behind, found.rollbacks) == (3, 0)
    source = StoredSource(open_database(sqlite_url, TABLES))
    assert source.head == head
    assert everything(source, chain.deployment) == before
    chain.happen(moves, 1)
    assert follower.catch_up().rollbacks == 1
    assert everything(StoredSource(open_database(sqlite_url, TABLES)), chain.deployment) == on_chain(chain)
    follower.close()


def test_a_fork_below_every_header_that_is_kept(
    chain: Followed, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is found among the blocks that have events."""
    monkeypatch.setattr("largesse.indexer.store.KEPT", 2)
    moves = random.Random("deep")
    chain.happen(moves, 10)
    fork = chain.node.block_number()
    chain.happen(moves, 10)
    chain.node.develop("anvil_mine", [hex(30)])
    follower = Follower(chain.node, chain.deployment, sqlite_url, window=4)
    follower.catch_up()
    chain.fork(chain.node.block_number() - fork, moves, 3)
    chain.node.develop("anvil_mine", [hex(60)])
    found = follower.catch_up()
    assert found.rollbacks == 1
    source = StoredSource(open_database(sqlite_url, TABLES))
    assert everything(source, chain.deployment) == on_chain(chain)
    assert source.rollbacks()[0].kept <= fork
    follower.close()
