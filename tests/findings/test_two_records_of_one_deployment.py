"""A follower reads the contracts that its record has. One that ran on while a currency was added, and one
that was started with an older record, moved the database on without that currency: its events of these blocks
were missing for good, and nothing said so."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from largesse.database import open_database
from largesse.indexer.contracts import IndexerError
from largesse.indexer.follow import Follower
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import TABLES
from tests.indexer.conftest import chain, followed_one, isolation  # noqa: F401 - fixtures
from tests.support.followed import Followed, everything, on_chain

# ruff: noqa: F811


def read(chain: Followed, url: str) -> None:
    """With the whole record: all is there."""
    follower = Follower(chain.node, chain.deployment, url)
    follower.catch_up()
    follower.close()
    engine = open_database(url, TABLES)
    assert everything(StoredSource(engine), chain.deployment) == on_chain(chain)
    engine.dispose()


def test_one_that_runs_on_while_a_currency_is_added(chain: Followed, database_url: str) -> None:
    older = replace(chain.deployment, currencies=chain.deployment.currencies[:1])
    follower = Follower(chain.node, older, database_url)
    follower.catch_up()
    read(chain, database_url)
    chain.happen(random.Random("added"), 12)
    with pytest.raises(IndexerError) as error:
        follower.catch_up()
    follower.close()
    assert error.value.reason == "other_record"
    read(chain, database_url)


def test_one_that_is_started_with_an_older_record(chain: Followed, database_url: str) -> None:
    read(chain, database_url)
    older = replace(chain.deployment, currencies=chain.deployment.currencies[:1])
    with pytest.raises(IndexerError) as error:
        Follower(chain.node, older, database_url)
    assert error.value.reason == "other_record"
    assert "TWO" in str(error.value)
    chain.happen(random.Random("older"), 4)
    read(chain, database_url)
