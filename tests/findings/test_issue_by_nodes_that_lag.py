"""Behind one address there may be many nodes. One knew the nonce of a batch as used, another that was a block
behind knew no final receipt of it: the batch counted as lost, and everybody in it was paid a second time. The
other way round, a list ended in an error after a batch, whose nonce the next one was to have; and where all
was issued, in one that said that the chain had been set back."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from web3 import Web3

from largesse.chain import LAG_SECONDS, Node
from largesse.clients.certificates import Certificates, ClientError
from largesse.issue_run import IssueReceipt
from largesse.issuing import CertificateIssueChain, _skipped
from tests.python.test_issue_run import BATCHES, ONCE_EACH, FileChain, finish, journal_at

HASH = "0x" + "12" * 32


@pytest.fixture(autouse=True)
def isolation() -> None:
    """No chain here."""


class LaggingChain(FileChain):
    """The node that is asked for receipts first is behind the one that counts nonces."""

    behind = True

    def final_receipt(self, tx_hash: str) -> IssueReceipt | None:
        if self.behind:
            self.behind = False
            return None
        return super().final_receipt(tx_hash)


def test_a_batch_that_is_in_a_block_is_issued_once(tmp_path: Path) -> None:
    chain = LaggingChain(tmp_path / "chain.json")
    with journal_at(tmp_path) as journal:
        signed = chain.sign(BATCHES[0], 0)
        journal.plan(0, nonce=0, tx_hash=signed.tx_hash, raw=signed.raw)
    chain.broadcast(signed.raw)
    finish(tmp_path, chain)
    assert chain.issued() == ONCE_EACH


class ForgettingChain(FileChain):
    """The node that counts nonces is a transaction behind the one that is asked for receipts."""

    def final_nonce(self) -> int:
        return max(0, super().final_nonce() - 1)


def test_a_batch_has_no_nonce_that_the_run_has_used(tmp_path: Path) -> None:
    chain = ForgettingChain(tmp_path / "chain.json")
    finish(tmp_path, chain)
    assert chain.issued() == ONCE_EACH


@pytest.mark.parametrize(("confirmations", "seconds"), ((1, 0), (12, LAG_SECONDS)))
def test_a_development_chain_has_one_node(confirmations: int, seconds: float) -> None:
    assert Node(Web3(), confirmations=confirmations).lag_seconds == seconds


@pytest.mark.parametrize("receipt", (None, {"status": 1}))
def test_nodes_that_lag_are_waited_for(receipt: Any) -> None:
    waited = []

    def wait(tx_hash: str, most: float) -> Any:
        waited.append((tx_hash, most))
        return receipt

    node = cast(Node, SimpleNamespace(lag_seconds=LAG_SECONDS, wait=wait))
    certificates = cast(Certificates, SimpleNamespace(node=node))
    chain = CertificateIssueChain(certificates, cast(Any, None), 1)
    assert chain.is_in_a_block(HASH) is (receipt is not None)
    assert waited == [(HASH, LAG_SECONDS)]


def test_the_last_batch_is_not_missed_at_once(tmp_path: Path) -> None:
    """Whom it has skipped its receipt says, of a node that may not have the block in which that is final."""
    with journal_at(tmp_path) as journal:
        journal.plan(0, nonce=0, tx_hash=HASH, raw=b"x")
        journal.mined(0, tx_hash=HASH, block=7)

        def wait_final(tx_hash: str, seconds: float) -> Any:
            return {"logs": ()} if seconds == LAG_SECONDS else None

        node = SimpleNamespace(lag_seconds=LAG_SECONDS, wait_final=wait_final, final_receipt=lambda _: None)
        events = {"IssuanceSkipped": lambda: SimpleNamespace(process_receipt=lambda *_, **__: ())}
        certificates = SimpleNamespace(node=node, contract=SimpleNamespace(events=events), address=HASH)
        assert _skipped(cast(Certificates, certificates), journal) == ()
        node.lag_seconds = 0.0
        with pytest.raises(ClientError) as error:
            _skipped(cast(Certificates, certificates), journal)
    assert error.value.reason == "journal_ahead"
