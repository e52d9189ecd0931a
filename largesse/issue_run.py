"""Driving an issuing run to its end from any state a crash can leave, exactly once per recipient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from largesse.errors import JournalError
from largesse.journal import Attempt, IssueJournal
from largesse.recipients import Batch


@dataclass(frozen=True)
class SignedIssue:
    """A signed transaction: its hash (0x and 64 lower-case digits) and its bytes."""

    tx_hash: str
    raw: bytes


@dataclass(frozen=True)
class IssueReceipt:
    """What became of a transaction, in a block that the chain side regards as final."""

    succeeded: bool
    block: int


class IssueChain(Protocol):
    """What a run needs of a chain. "Final" is the implementer's depth of confirmation."""

    def final_nonce(self) -> int:
        """How many of the sender's transactions are final: the lowest nonce that is still free."""

    def sign(self, batch: Batch, nonce: int) -> SignedIssue:
        """Sign the issue of `batch`; nothing is sent."""

    def broadcast(self, raw: bytes) -> None:
        """Send. Must bear being repeated: a node that knows the transaction, or its nonce as used, is no
        error.
        """

    def final_receipt(self, tx_hash: str) -> IssueReceipt | None:
        """The transaction's receipt if it is final, at once."""

    def await_final(self, tx_hash: str) -> IssueReceipt | None:
        """The same after waiting; None after the implementer's time limit."""

    def is_in_a_block(self, tx_hash: str) -> bool:
        """Whether it is in any block, final or not, after waiting for nodes that lag behind the others."""


def run_issue(journal: IssueJournal, batches: Sequence[Batch], chain: IssueChain) -> int:
    """Issue every batch that is not mined yet, in order; returns how many were mined by this call.

    Each batch waits for the one before, so one nonce at most is in flight. Calling it again goes on where a
    killed call stopped. Raises JournalError: issue_reverted (the chain refused the batch; nothing of it was
    issued), issue_unconfirmed (not final in time; call again later), and the journal's own reasons.
    """
    if [batch.digest for batch in batches] != [entry.digest for entry in journal.entries]:
        raise JournalError("journal_mismatch", "the journal is about other batches")
    count = 0
    for index in journal.open_batches():
        flying = journal.entries[index].in_flight
        if flying is not None and not _still_possible(journal, index, flying, chain):
            flying = None
        if journal.entries[index].mined:
            count += 1
            continue
        if flying is None:
            # None is in flight now: those that this run has used are used, whatever a node that lags says.
            nonce = max(chain.final_nonce(), journal.next_nonce)
            signed = chain.sign(batches[index], nonce)
            journal.plan(index, nonce=nonce, tx_hash=signed.tx_hash, raw=signed.raw)
            tx_hash, raw = signed.tx_hash, signed.raw
        else:
            tx_hash, raw = flying.tx_hash, bytes.fromhex(flying.raw[2:])
        chain.broadcast(raw)
        receipt = chain.await_final(tx_hash)
        if receipt is None:
            raise JournalError(
                "issue_unconfirmed", f"batch {index}: {tx_hash} is not final yet; run again later"
            )
        _record(journal, index, tx_hash, receipt)
        count += 1
    return count


def _still_possible(journal: IssueJournal, index: int, flying: Attempt, chain: IssueChain) -> bool:
    """Settle what a former call left in flight as far as it can be; True if it is to be sent (again).

    The nonce is asked for *before* the receipt: if the nonce was used by then and there is no receipt
    afterwards, it was not this transaction that used it. But behind one address there may be many nodes, and
    the one that is asked for the receipt may lag behind the one that knew of the nonce.
    """
    used = chain.final_nonce() > flying.nonce
    receipt = chain.final_receipt(flying.tx_hash)
    if receipt is not None:
        _record(journal, index, flying.tx_hash, receipt)
        return False
    if used and not chain.is_in_a_block(flying.tx_hash):
        journal.dropped(index, tx_hash=flying.tx_hash)
        return False
    return True


def _record(journal: IssueJournal, index: int, tx_hash: str, receipt: IssueReceipt) -> None:
    if not receipt.succeeded:
        journal.reverted(index, tx_hash=tx_hash, block=receipt.block)
        raise JournalError("issue_reverted", f"batch {index}: {tx_hash} failed in block {receipt.block}")
    journal.mined(index, tx_hash=tx_hash, block=receipt.block)
