"""kill -9 at any moment while the chain goes on and forks: no event is missing, none is there twice.

INDEXER_KILLS=100 pytest tests/indexer/test_kills.py    more of them
"""

from __future__ import annotations

import os
import random
import time
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, select

from largesse import deployment as deployments
from largesse.database import open_database, reading
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import CHAIN, TABLES
from tests.support.followed import Followed, everything, on_chain
from tests.support.processes import launch

KILLS = int(os.environ.get("INDEXER_KILLS", "4"))


def covered(engine: Engine) -> tuple[int, int]:
    """The last block and the number of re-orgs, by the database."""
    with reading(engine) as connection:
        row = connection.execute(select(CHAIN.c.block, CHAIN.c.revision)).first()
    return (row.block, row.revision) if row else (-1, 0)


def test_killed_at_any_moment(chain: Followed, database_url: str, tmp_path: Path) -> None:
    moves = random.Random(f"kills {database_url[:6]}")
    deployments.save(tmp_path, chain.deployment)
    log = tmp_path / "indexer.log"
    settings = {"node": chain.url, "database": database_url, "records": str(tmp_path)}
    run = partial(launch, "tests.support.indexer_process", log, **settings)
    engine = open_database(database_url, TABLES)
    for _ in range(KILLS):
        chain.happen(moves, 4)
        if moves.random() < 0.5:
            chain.fork(moves.randrange(1, 6), moves, 5)
        before = covered(engine)
        process = run(once=False)
        end = time.monotonic() + 60
        # While it writes: once something is there, and some moments later.
        while covered(engine) == before and process.is_alive() and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(moves.random() * 0.05)
        process.kill()
        process.join()
        assert process.exitcode == -9, log.read_text()
    last = run(once=True)
    last.join(60)
    assert last.exitcode == 0, log.read_text()
    source = StoredSource(engine)
    assert source.head == chain.node.block_number()
    assert everything(source, chain.deployment) == on_chain(chain)
