"""Behind one address there may be many nodes. One knew the nonce of a service's transaction as used, another
that was a block behind knew no final receipt of it: a webhook called a payment failed that it had issued, and
gave a gift a second time."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine
from web3.types import TxReceipt

from largesse import chain
from largesse.chain import ChainError, Node
from largesse.sender import Sender
from tests.services.test_sender import call, engine, rich, sender, wallet  # noqa: F401 - fixtures
from tests.support.prepaid import Prepaid

# ruff: noqa: F811


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_what_is_in_a_block_is_waited_for(
    sender: Sender, rich: Prepaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, asked = rich.balance(rich.stranger), []
    real = Node.final_receipt

    def behind(node: Node, tx_hash: str) -> TxReceipt | None:
        """Until the nonce was asked for, and once after that, by a node that lags."""
        return real(node, tx_hash) if len(asked) > 1 else None

    def final_nonce(node: Node, account: str) -> int:
        asked.append(account)
        return int(node.web3.eth.get_transaction_count(rich.merchant.address))

    monkeypatch.setattr(Node, "final_receipt", behind)
    monkeypatch.setattr(Node, "final_nonce", final_nonce)
    receipt = sender.send("a", *call(rich))
    assert receipt["status"] == 1
    assert rich.balance(rich.stranger) == before + 1


@pytest.mark.parametrize("stopped", (False, True))
def test_what_is_in_none_has_failed_after_a_while(
    sender: Sender, rich: Prepaid, engine: Engine, monkeypatch: pytest.MonkeyPatch, stopped: bool
) -> None:
    """Another program has used the nonce; a service that is stopped does not wait for the end of it."""
    stop = threading.Event()
    node = sender.node.again(confirmations=2)
    mine = Sender(node, sender.wallet, engine, patience=0.1, stop=stop)
    monkeypatch.setattr(chain, "LAG_SECONDS", 60.0 if stopped else 0.2)
    monkeypatch.setattr(
        mine, "_broadcast", lambda _: rich.token.transfer(rich.merchant, 1, {"from": rich.merchant})
    )
    if stopped:
        monkeypatch.setattr(mine, "_are_void", lambda _: stop.set() or True)
    with pytest.raises(ChainError) as error:
        mine.send("a", *call(rich))
    assert error.value.reason == ("stopped" if stopped else "nonce_taken")
