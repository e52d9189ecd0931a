"""Issuing a list of recipients on a chain: the part of `largesse.issue_run` that talks to the node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from web3.types import TxReceipt

from largesse.chain import Node, Wallet, written
from largesse.chainlogs import ignore
from largesse.clients.certificates import Certificates, ClientError
from largesse.errors import JournalError
from largesse.issue_run import IssueReceipt, SignedIssue, run_issue
from largesse.journal import IssueJournal, RunKey, is_begun, issued_ids
from largesse.recipients import Batch, RecipientList
from largesse.waiting import await_final

DEFAULT_BATCH = 100


class CertificateIssueChain:
    """`IssueChain` over one series: a batch is one `issueBatch`, signed by the issuer."""

    def __init__(self, certificates: Certificates, issuer: Wallet, series_id: int) -> None:
        self._certificates = certificates
        self._issuer = issuer
        self._series_id = series_id

    @property
    def _node(self) -> Node:
        return self._certificates.node

    def final_nonce(self) -> int:
        return self._node.final_nonce(self._issuer.address)

    def sign(self, batch: Batch, nonce: int) -> SignedIssue:
        rows = [(one.address, one.amount) for one in batch.recipients]
        data = self._certificates.contract.encode_abi("issueBatch", [self._series_id, rows])
        signed = self._node.sign(
            self._issuer, self._certificates.address, bytes.fromhex(data[2:]), nonce=nonce
        )
        return SignedIssue(signed.tx_hash, signed.raw)

    def broadcast(self, raw: bytes) -> None:
        self._node.broadcast(raw)

    def final_receipt(self, tx_hash: str) -> IssueReceipt | None:
        return _issue_receipt(self._node.final_receipt(tx_hash))

    def await_final(self, tx_hash: str) -> IssueReceipt | None:
        return _issue_receipt(self._node.wait_final(tx_hash))

    def is_in_a_block(self, tx_hash: str) -> bool:
        return self._node.wait(tx_hash, self._node.lag_seconds) is not None


class _TellingJournal(IssueJournal):
    """A journal that tells how many rows are through, once they are on disk as mined."""

    tell: Callable[[int], None]

    def mined(self, index: int, *, tx_hash: str, block: int) -> None:
        super().mined(index, tx_hash=tx_hash, block=block)
        self.tell(index)


def _issue_receipt(receipt: TxReceipt | None) -> IssueReceipt | None:
    return None if receipt is None else IssueReceipt(receipt["status"] == 1, int(receipt["blockNumber"]))


@dataclass(frozen=True)
class Skipped:
    """A recipient contract that refused its certificate; nothing was paid for it."""

    to: str
    amount: int


@dataclass(frozen=True)
class IssueResult:
    """What a run came to: rows of this call and in all, face in all (base units), and who refused theirs."""

    rows_now: int
    rows: int
    total: int
    skipped: tuple[Skipped, ...]


def journal_path(folder: Path, certificates: Certificates, series_id: int, recipients: RecipientList) -> Path:
    """One file for each list, series and chain; a development chain that is gone has its own."""
    node = certificates.node
    parts = (
        str(node.chain_id), node.genesis[2:10], certificates.address[2:10].lower(), str(series_id),
        recipients.digest[2:18],
    )  # fmt: skip
    return folder / f"issue-{'-'.join(parts)}.json"


def issue_list(
    certificates: Certificates,
    issuer: Wallet,
    series_id: int,
    recipients: RecipientList,
    journals: Path,
    *,
    batch_size: int = DEFAULT_BATCH,
    progress: Callable[[int], None] = ignore,
) -> IssueResult:
    """Issue to everybody on the list exactly once; a killed call goes on where it stopped.

    `progress` hears how many rows are through, those of former calls first. Raises ClientError
    not_enough_money and sales_closed before the first row, journal_ahead (the chain was set back behind what
    the journal knows), JournalError unfinished_run (another list of this series was begun), ChainError
    unconfirmed (what the issuer sent before is not final yet), and the reasons of `run_issue`.
    """
    batches = recipients.batches(batch_size)
    key = RunKey(
        certificates.node.chain_id, certificates.address, series_id, issuer.address, recipients.digest,
        batch_size,
    )  # fmt: skip
    journals.mkdir(parents=True, exist_ok=True)
    path = journal_path(journals, certificates, series_id, recipients)
    ids = [[one.external_id for one in batch.recipients] for batch in batches]
    _check_others(path)
    journal = _TellingJournal(path, key, [batch.digest for batch in batches], ids)
    with journal:
        journal.tell = lambda index: progress(len(batches[index].recipients))
        still = [batches[index] for index in journal.open_batches()]
        rows_now = sum(len(batch.recipients) for batch in still)
        progress(len(recipients.recipients) - rows_now)
        if still:
            _check_sale(certificates, series_id)
            certificates.allow_payment(issuer, sum(batch.total for batch in still))
            # A batch is signed with the first nonce that no final transaction has used: not the approval's.
            await_final(certificates.node, issuer.address)
            run_issue(journal, batches, CertificateIssueChain(certificates, issuer, series_id))
        skipped = _skipped(certificates, journal)
    return IssueResult(rows_now, len(recipients.recipients), recipients.total, skipped)


def issued_before(
    certificates: Certificates, series_id: int, recipients: RecipientList, journals: Path
) -> list[str]:
    """External ids that a run of this list issues under, and other lists of this series were issued under:
    of a list that has grown since, all that it had. Raises JournalError journal_corrupt."""
    path = journal_path(journals, certificates, series_id, recipients)
    mine = issued_ids(path) if path.exists() else set()
    ids = {one.external_id for one in recipients.recipients} - mine
    return sorted(ids & {one for other in _others(path) for one in issued_ids(other)})


def _others(path: Path) -> list[Path]:
    """The journals of other lists of the same series."""
    same_series = path.name.rpartition("-")[0]
    return [other for other in sorted(path.parent.glob(f"{same_series}-*.json")) if other != path]


def _check_others(path: Path) -> None:
    """A list that was changed after its run broke off is another list: its first rows would be issued a
    second time."""
    for other in _others(path):
        if is_begun(other):
            raise JournalError(
                "unfinished_run",
                f"a run of another list of this series has issued a part and is not finished ({other}): "
                "finish it with its own list; or take out of this one whoever has been issued to, and move "
                "that file away",
            )


def _check_sale(certificates: Certificates, series_id: int) -> None:
    """Before the first row rather than in the middle: the contract would refuse the batch anyway."""
    closes = certificates.terms(series_id).sales_close_at
    if certificates.state(series_id).wound_down or certificates.node.now() >= closes:
        raise ClientError("sales_closed", f"series {series_id} is not sold any more")


def _skipped(certificates: Certificates, journal: IssueJournal) -> tuple[Skipped, ...]:
    found: list[Skipped] = []
    for entry in journal.entries:
        for attempt in entry.attempts:
            if attempt.outcome == "mined":
                receipt = certificates.node.wait_final(attempt.tx_hash, certificates.node.lag_seconds)
                if receipt is None:
                    raise ClientError(
                        "journal_ahead", f"{attempt.tx_hash} was mined, and is not on this chain any more"
                    )
                skipped = written(certificates.contract, "IssuanceSkipped", receipt)
                found += [Skipped(str(one["to"]), int(one["amount"])) for one in skipped]
    return tuple(found)
