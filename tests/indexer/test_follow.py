"""The database has what the chain has, however it came there."""

from __future__ import annotations

import random
import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from largesse.database import open_database, reading
from largesse.indexer import contracts
from largesse.indexer.contracts import IndexerError
from largesse.indexer.follow import Follower, Round
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import EVENTS, TABLES
from tests.support.followed import Followed, everything, on_chain


def follow(chain: Followed, url: str, **options: int) -> Round:
    follower = Follower(chain.node, chain.deployment, url, **options)
    try:
        return follower.catch_up()
    finally:
        follower.close()


def stored(chain: Followed, url: str) -> StoredSource:
    source = StoredSource(open_database(url, TABLES))
    assert source.chain_id == chain.node.chain_id
    return source


def test_the_database_gives_what_the_chain_gives(chain: Followed, database_url: str) -> None:
    chain.happen(random.Random(1), 24)
    found = follow(chain, database_url)
    source = stored(chain, database_url)
    assert source.head == found.head == chain.node.block_number()
    events = on_chain(chain)
    assert everything(source, chain.deployment) == events
    assert found.events == sum(map(len, events.values())) > 50
    assert len(events["ONE", "token"]) > 5 and len(events["", "factory"]) == 20
    for one in events["TWO", "jars"]:
        assert source.time(one.block) == chain.node.block_time(one.block)


def test_a_range_and_names_are_the_chains_too(chain: Followed, sqlite_url: str) -> None:
    chain.happen(random.Random(2), 24)
    follow(chain, sqlite_url)
    source = stored(chain, sqlite_url)
    tips = on_chain(chain)["ONE", "jars"]
    first, last = tips[3].block, tips[-3].block
    expected = [one for one in tips if first <= one.block <= last and one.name == "Tipped"]
    assert list(source.events("ONE", "jars", first=first, last=last, names=["Tipped"])) == expected != []
    for ask, reason in (
        (lambda: source.events("ONE", "hats"), "unknown_part"),
        (lambda: source.events("ONE", "jars", names=["Hat"]), "unknown_event"),
        (lambda: source.events("ONE", "jars", last=source.head + 1), "not_covered"),
        (lambda: source.time(source.head + 1), "no_such_block"),
    ):
        with pytest.raises(IndexerError) as error:
            ask()
        assert error.value.reason == reason


@pytest.mark.parametrize(("most", "window"), [(1, 0), (3, 5), (10_000, 0), (7, 64)])
def test_the_size_of_ranges_changes_nothing(chain: Followed, sqlite_url: str, most: int, window: int) -> None:
    chain.happen(random.Random(3), 12)
    follow(chain, sqlite_url, most=most, window=window)
    assert everything(stored(chain, sqlite_url), chain.deployment) == on_chain(chain)


def test_it_goes_on_where_it_stopped(chain: Followed, database_url: str) -> None:
    moves = random.Random(4)
    events = 0
    for _ in range(4):
        chain.happen(moves, 4)
        events += follow(chain, database_url).events
    assert follow(chain, database_url) == Round(head=chain.node.block_number())
    assert everything(stored(chain, database_url), chain.deployment) == on_chain(chain)
    with reading(open_database(database_url, TABLES)) as connection:
        assert connection.execute(select(func.count()).select_from(EVENTS)).scalar_one() == events


def test_a_block_counts_under_its_confirmations(chain: Followed, sqlite_url: str) -> None:
    chain.happen(random.Random(5), 6)
    assert follow(chain, sqlite_url, confirmations=3).head == chain.node.block_number() - 2
    source = stored(chain, sqlite_url)
    assert source.head == chain.node.block_number() - 2
    assert everything(source, chain.deployment) == on_chain(chain, source.head)


def test_a_currency_that_came_later_is_read_from_its_beginning(chain: Followed, database_url: str) -> None:
    whole = chain.deployment
    chain.happen(random.Random(6), 8)
    chain.deployment = replace(whole, currencies=whole.currencies[:1])
    follow(chain, database_url)
    chain.deployment = whole
    found = follow(chain, database_url, most=5)
    events = on_chain(chain)
    later = sum(len(some) for (symbol, _), some in events.items() if symbol == "TWO")
    assert (found.blocks, found.events) == (0, later)
    assert everything(stored(chain, database_url), whole) == events


def test_followers_that_race_write_each_event_once(chain: Followed, database_url: str) -> None:
    chain.happen(random.Random(7), 10)
    followers = [Follower(chain.node, chain.deployment, database_url, most=4, window=8) for _ in range(3)]
    rounds: list[Round] = []
    threads = [threading.Thread(target=lambda one=one: rounds.append(one.catch_up())) for one in followers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for follower in followers:
        follower.close()
    events = on_chain(chain)
    assert everything(stored(chain, database_url), chain.deployment) == events
    assert len(rounds) == 3


def test_every_part_is_followed(chain: Followed) -> None:
    """A row of `largesse.parts` is all that it takes."""
    parts = {one.part for one in contracts.watched(chain.deployment)}
    assert parts == {"factory", "token", "certificates", *chain.deployment.currency("ONE").parts}
