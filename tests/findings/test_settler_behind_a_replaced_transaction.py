"""A transaction that no block took was replaced by the same at a higher price. Whoever went on after it sent
the first one again, which no node takes then: the settler ended with that, and settled nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from largesse.chain import ChainError, Node
from largesse.database import open_database, sqlite_url
from largesse.sender import TABLES, Sender
from tests.gateway.x402.conftest import isolation, world  # noqa: F401 - fixtures
from tests.gateway.x402.test_exact import no_mining
from tests.support.x402_world import X402World

# ruff: noqa: F811


def test_what_was_replaced_is_not_sent_again(world: X402World, tmp_path: Path) -> None:
    engine = open_database(sqlite_url(tmp_path / "sender.db"), TABLES)
    sender = Sender(Node.at(world.url), world.gateway, engine, patience=0.1)
    nobody = world.pay_to
    with no_mining(world):
        with pytest.raises(ChainError, match="is in no block"):
            sender.send("a", nobody, b"")
        assert len(sender.hashes("a")) > 1
        assert sender.resume() == 1
    assert sender.send("a", nobody, b"")["status"] == 1
    assert sender.resume() == 0
    engine.dispose()
