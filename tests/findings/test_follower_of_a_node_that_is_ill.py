"""An indexer that follows waits for a node that is away, it says. One that was overloaded, and answered with
an error, or with nothing for two minutes, ended it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from largesse.database import open_database
from largesse.indexer.contracts import IndexerError
from largesse.indexer.run import Options, index
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import TABLES
from tests.indexer.conftest import chain, followed_one, isolation  # noqa: F401 - fixtures
from tests.indexer.test_run import said  # noqa: F401 - a fixture
from tests.support.changed_node import node_with, refuse
from tests.support.followed import Followed, everything, on_chain
from tests.support.waiting import until

# ruff: noqa: F811

PATIENCE = 0.5


def overloaded(_: dict[str, Any], answer: dict[str, Any]) -> Any:
    return refuse(answer, "daily request count exceeded, request rate limited")


def silent(_: dict[str, Any], answer: dict[str, Any]) -> Any:
    time.sleep(2 * PATIENCE)
    return answer


def silent_about_logs(asked: dict[str, Any], answer: dict[str, Any]) -> Any:
    return silent(asked, answer) if asked["method"] == "eth_getLogs" else answer


@pytest.mark.parametrize("ill", (overloaded, silent, silent_about_logs))
def test_it_goes_on_when_the_node_is_well_again(
    chain: Followed, sqlite_url: str, said: list[str], ill: Callable[..., Any]
) -> None:
    stop, is_ill = threading.Event(), threading.Event()
    ended: list[IndexerError] = []

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> Any:
        return ill(asked, answer) if is_ill.is_set() else answer

    def follow() -> None:
        try:
            index(node, chain.deployment, sqlite_url, Options(follow=True, poll=0.01), stop)
        except IndexerError as error:
            ended.append(error)

    with node_with(chain.url, change) as node:
        provider: Any = node.web3.provider
        provider.exception_retry_configuration = None
        thread = threading.Thread(target=follow)
        thread.start()
        try:
            until(lambda: said)
            chain.happen(random.Random("ill"), 3)
            provider._request_kwargs["timeout"] = PATIENCE
            is_ill.set()
            until(lambda: ended or any("the next try is in" in line for line in said))
            assert not ended
            is_ill.clear()
            provider._request_kwargs["timeout"] = 30
            engine = open_database(sqlite_url, TABLES)
            until(lambda: everything(StoredSource(engine), chain.deployment) == on_chain(chain))
            engine.dispose()
        finally:
            stop.set()
            thread.join()
