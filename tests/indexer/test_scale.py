"""What docs/SCALE.md says of PostgreSQL, done."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from sqlalchemy import MetaData, func, select, text

from largesse.database import open_database, reading, transaction
from largesse.files import CHECKOUT
from largesse.indexer.follow import Follower
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import EVENTS, TABLES
from tests.support.followed import Followed, everything, on_chain

SCALE = (CHECKOUT / "docs" / "SCALE.md").read_text(encoding="utf-8")


def test_the_table_in_partitions_is_followed_into_as_it_is(chain: Followed, postgres_url: str) -> None:
    moves = random.Random("scale")
    (sql,) = re.findall(r"```sql\n(.*?)```", SCALE, re.DOTALL)
    with transaction(open_database(postgres_url, MetaData())) as connection:
        for statement in sql.split(";")[:-1]:
            connection.execute(text(statement))
    chain.happen(moves, 6)
    follower = Follower(chain.node, chain.deployment, postgres_url)
    follower.catch_up()
    chain.fork(4, moves, 6)
    assert follower.catch_up().rollbacks == 1
    engine = open_database(postgres_url, TABLES)
    assert everything(StoredSource(engine), chain.deployment) == on_chain(chain)
    with reading(engine) as connection:
        kept = connection.execute(text("SELECT count(*) FROM indexer_events_other")).scalar_one()
        assert kept == connection.execute(select(func.count()).select_from(EVENTS)).scalar_one() > 20
    follower.close()


def test_currencies_in_schemas_of_one_database(chain: Followed, postgres_url: str) -> None:
    with transaction(open_database(postgres_url, MetaData())) as connection:
        connection.execute(text("CREATE SCHEMA one"))
        connection.execute(text("CREATE SCHEMA two"))
    whole = on_chain(chain)
    for currency in chain.deployment.currencies:
        mark = "&" if "?" in postgres_url else "?"
        url = f"{postgres_url}{mark}options=-csearch_path%3D{currency.symbol.lower()}"
        part = replace(chain.deployment, currencies=(currency,))
        follower = Follower(chain.node, part, url)
        follower.catch_up()
        found = everything(StoredSource(open_database(url, TABLES)), part)
        follower.close()
        own = {key: events for key, events in whole.items() if key[0] == currency.symbol}
        assert {key: events for key, events in found.items() if key[0]} == own
