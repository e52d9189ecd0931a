"""kill -9 at any moment while the chain goes on and forks: no event is missing, none is there twice.

INDEXER_KILLS=100 pytest tests/indexer/test_kills.py    more of them
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from largesse import deployment as deployments
from largesse.database import open_database
from largesse.indexer.contracts import IndexerError
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import TABLES
from largesse.session import CHECKOUT
from tests.support.followed import Followed, everything, on_chain

KILLS = int(os.environ.get("INDEXER_KILLS", "4"))


def start(chain: Followed, url: str, records: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "largesse.indexer", "--node", chain.url, "--database", url]
    command += ["--records", str(records), "--range", "3", *more]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL)


def head(url: str) -> int:
    engine = open_database(url, TABLES)
    try:
        return StoredSource(engine).head
    except IndexerError:
        return -1
    finally:
        engine.dispose()


def test_killed_at_any_moment(chain: Followed, database_url: str, tmp_path: Path) -> None:
    moves = random.Random(f"kills {database_url[:6]}")
    deployments.save(tmp_path, chain.deployment)
    for _ in range(KILLS):
        chain.happen(moves, 3)
        if moves.random() < 0.5:
            chain.fork(moves.randrange(1, 4), moves, 4)
        before = head(database_url)
        process = start(chain, database_url, tmp_path, "--follow", "--poll", "0.01")
        end = time.monotonic() + 60
        # Killed while it works, not while it starts.
        while head(database_url) == before and process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(moves.random() * 0.1)
        process.kill()
        process.wait()
        assert process.returncode == -9
    assert start(chain, database_url, tmp_path).wait(60) == 0
    source = StoredSource(open_database(database_url, TABLES))
    assert source.head == chain.node.block_number()
    assert everything(source, chain.deployment) == on_chain(chain)
