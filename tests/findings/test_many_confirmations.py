"""Under as many blocks as Ethereum takes for final, 64, a transaction is after 768 seconds. Scripts waited
for 600: `deploy` and `create_series` ended in an error that was none, and a list of recipients after each
batch.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from web3 import Web3

from largesse import chain, waiting
from largesse.chain import Node
from largesse.waiting import Sent, await_final

SLOT, BLOCKS = 12, 64


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


@pytest.fixture
def ethereum(monkeypatch: pytest.MonkeyPatch) -> Node:
    """A transaction in the block of now, and a block every twelve seconds; nobody waits for them here."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def is_final() -> bool:
        return now[0] >= SLOT * BLOCKS

    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=sleep)
    for module in (chain, waiting):
        monkeypatch.setattr(module, "time", clock)
    receipt = {"status": 1}
    monkeypatch.setattr(Node, "wait", lambda *_: receipt)
    monkeypatch.setattr(Node, "final_receipt", lambda *_: receipt if is_final() else None)
    monkeypatch.setattr(waiting, "sent_by", lambda *_: Sent(1 if is_final() else 0, 1, 1))
    return Node(cast(Web3, None), confirmations=BLOCKS)


def test_a_transaction_is_waited_for(ethereum: Node) -> None:
    assert cast(Any, ethereum.wait_final("0x")) == {"status": 1}


def test_an_account_is_waited_for(ethereum: Node) -> None:
    await_final(ethereum, "0x")
