"""A run is killed with SIGKILL at every single write, before and after every message to the chain, and goes
on.

The chain is a model in a file: it takes a transaction once, by nonce, as a chain does. The child process that
runs is a fork, so the kill is a real one: no handler, no `finally`, no flush.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from largesse import files
from largesse.errors import JournalError
from largesse.issue_run import IssueReceipt, SignedIssue, run_issue
from largesse.journal import IssueJournal, RunKey
from largesse.recipients import Batch, parse_recipients
from tests.python.helpers import CONTRACT, HOLDER, ISSUER, refused

CSV = "name,address,amount,message,external_id\n" + "".join(
    f"Person {number},{HOLDER},50000,Hi,id-{number}\n" for number in range(7)
)
RECIPIENTS = parse_recipients(CSV.encode(), decimals=0)
BATCHES = RECIPIENTS.batches(3)
KEY = RunKey(31_337, CONTRACT, 1, ISSUER, RECIPIENTS.digest, 3)


@dataclass
class FileChain:
    """A sender's transactions in nonce order, in a file that outlives the process that sends them."""

    path: Path
    log: list[str] = field(default_factory=list)

    def _read(self) -> list[dict[str, Any]]:
        return json.loads(self.path.read_text()) if self.path.exists() else []

    def _append(self, transaction: dict[str, Any]) -> None:
        text = json.dumps([*self._read(), transaction])
        aside = self.path.with_suffix(".new")
        aside.write_text(text)
        aside.rename(self.path)

    def foreign_transaction(self) -> None:
        """Somebody uses the sender's next nonce for something else."""
        self._append({"hash": "0x" + "ff" * 32, "ids": [], "ok": True})

    def final_nonce(self) -> int:
        return len(self._read())

    def sign(self, batch: Batch, nonce: int) -> SignedIssue:
        self.log.append(f"sign {batch.index} {nonce}")
        ids = [recipient.external_id for recipient in batch.recipients]
        raw = json.dumps({"nonce": nonce, "ids": ids}).encode()
        return SignedIssue("0x" + keccak(raw).hex(), raw)

    def broadcast(self, raw: bytes) -> None:
        content = json.loads(raw)
        self.log.append(f"broadcast {content['nonce']}")
        if content["nonce"] == len(self._read()):
            self._append({"hash": "0x" + keccak(raw).hex(), "ids": content["ids"], "ok": True})

    def final_receipt(self, tx_hash: str) -> IssueReceipt | None:
        for number, transaction in enumerate(self._read()):
            if transaction["hash"] == tx_hash:
                return IssueReceipt(transaction["ok"], number)
        return None

    def await_final(self, tx_hash: str) -> IssueReceipt | None:
        return self.final_receipt(tx_hash)

    def is_in_a_block(self, tx_hash: str) -> bool:
        return self.final_receipt(tx_hash) is not None

    def issued(self) -> Counter[str]:
        return Counter(one for transaction in self._read() if transaction["ok"] for one in transaction["ids"])


ONCE_EACH = Counter({recipient.external_id: 1 for recipient in RECIPIENTS.recipients})


def journal_at(tmp_path: Path) -> IssueJournal:
    return IssueJournal(tmp_path / "run.json", KEY, [batch.digest for batch in BATCHES])


def finish(tmp_path: Path, chain: FileChain) -> int:
    with journal_at(tmp_path) as journal:
        count = run_issue(journal, BATCHES, chain)
        assert journal.complete
    return count


def test_a_run_issues_everything_once_and_again_nothing(tmp_path: Path) -> None:
    chain = FileChain(tmp_path / "chain.json")
    assert finish(tmp_path, chain) == 3
    assert chain.issued() == ONCE_EACH
    assert finish(tmp_path, chain) == 0
    assert chain.issued() == ONCE_EACH


class Killer:
    """Counts the steps of a child and kills it without warning at the chosen one."""

    def __init__(self, step: int) -> None:
        self.left = step

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def run_in_child(tmp_path: Path, step: int, foreign: bool) -> bool:
    """Run in a fork that dies at `step`; True if it lived to the end."""
    child = os.fork()
    if child == 0:
        try:
            killer = Killer(step)

            class Deadly:
                """os, as far as files.py uses it, with a death before and after each call that changes the
                disk.
                """

                def __getattr__(self, name: str) -> Any:
                    real = getattr(os, name)
                    if name not in ("write", "fsync", "replace"):
                        return real

                    def wrapped(*arguments: Any) -> Any:
                        killer()
                        if name == "write":
                            # A write may be cut in the middle: half now, the rest in another call.
                            return real(arguments[0], bytes(arguments[1])[: max(1, len(arguments[1]) // 2)])
                        result = real(*arguments)
                        killer()
                        return result

                    return wrapped

            vars(files)["os"] = Deadly()
            chain = FileChain(tmp_path / "chain.json")
            real_broadcast = chain.broadcast

            def broadcast(raw: bytes) -> None:
                killer()
                if foreign and not chain.path.exists():
                    chain.foreign_transaction()
                real_broadcast(raw)
                killer()

            chain.broadcast = broadcast  # type: ignore[method-assign]
            with journal_at(tmp_path) as journal:
                run_issue(journal, BATCHES, chain)
            os._exit(0)
        except JournalError as error:
            os._exit(3 if error.reason == "issue_unconfirmed" else 4)
        finally:
            # Anything else that went wrong must not run on as a second test session.
            os._exit(5)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.waitstatus_to_exitcode(status) in ((0, 3) if foreign else (0,))
    return True


@pytest.mark.parametrize("foreign", [False, True], ids=["alone", "with a foreign transaction"])
def test_a_run_killed_anywhere_goes_on_and_issues_once(tmp_path: Path, foreign: bool) -> None:
    step = 0
    while True:
        folder = tmp_path / str(step)
        folder.mkdir()
        survived = run_in_child(folder, step, foreign)
        chain = FileChain(folder / "chain.json")
        assert max(chain.issued().values(), default=0) <= 1
        finish(folder, chain)
        assert chain.issued() == ONCE_EACH, f"killed at step {step}"
        if survived:
            break
        step += 1
    # Enough places to die at: four journal states until the first batch is unconfirmed, seven in a whole run,
    # each with several disk operations, and the broadcasts.
    assert step > (30 if foreign else 60)


@pytest.mark.parametrize("gap", [0, 1, 3])
def test_a_run_killed_again_and_again_still_ends(tmp_path: Path, gap: int) -> None:
    for step in range(gap, 200, gap + 1):
        if run_in_child(tmp_path, step, False):
            break
    chain = FileChain(tmp_path / "chain.json")
    finish(tmp_path, chain)
    assert chain.issued() == ONCE_EACH


def test_a_planned_transaction_is_sent_again_not_signed_anew(tmp_path: Path) -> None:
    chain = FileChain(tmp_path / "chain.json")
    with journal_at(tmp_path) as journal:
        signed = chain.sign(BATCHES[0], 0)
        journal.plan(0, nonce=0, tx_hash=signed.tx_hash, raw=signed.raw)
    chain.log.clear()
    finish(tmp_path, chain)
    assert chain.log == ["broadcast 0", "sign 1 1", "broadcast 1", "sign 2 2", "broadcast 2"]


def test_a_mined_transaction_is_noticed_not_sent_again(tmp_path: Path) -> None:
    chain = FileChain(tmp_path / "chain.json")
    with journal_at(tmp_path) as journal:
        signed = chain.sign(BATCHES[0], 0)
        journal.plan(0, nonce=0, tx_hash=signed.tx_hash, raw=signed.raw)
    chain.broadcast(signed.raw)
    chain.log.clear()
    assert finish(tmp_path, chain) == 3
    assert chain.log == ["sign 1 1", "broadcast 1", "sign 2 2", "broadcast 2"]


def test_a_nonce_used_by_something_else_means_signing_anew(tmp_path: Path) -> None:
    chain = FileChain(tmp_path / "chain.json")
    with journal_at(tmp_path) as journal:
        signed = chain.sign(BATCHES[0], 0)
        journal.plan(0, nonce=0, tx_hash=signed.tx_hash, raw=signed.raw)
    chain.foreign_transaction()
    finish(tmp_path, chain)
    assert chain.issued() == ONCE_EACH
    with journal_at(tmp_path) as journal:
        assert [(one.nonce, one.outcome) for one in journal.entries[0].attempts] == [
            (0, "dropped"),
            (1, "mined"),
        ]


class RacingChain(FileChain):
    """Our transaction becomes final right after the first question that a resuming run asks."""

    def _final_after_answering(self) -> None:
        if not self.path.exists():
            self.broadcast(self.sign(BATCHES[0], 0).raw)

    def final_nonce(self) -> int:
        used = super().final_nonce()
        self._final_after_answering()
        return used

    def final_receipt(self, tx_hash: str) -> IssueReceipt | None:
        receipt = super().final_receipt(tx_hash)
        self._final_after_answering()
        return receipt


def test_a_transaction_that_becomes_final_while_we_look_is_not_taken_for_dropped(tmp_path: Path) -> None:
    chain = RacingChain(tmp_path / "chain.json")
    with journal_at(tmp_path) as journal:
        signed = chain.sign(BATCHES[0], 0)
        journal.plan(0, nonce=0, tx_hash=signed.tx_hash, raw=signed.raw)
    finish(tmp_path, chain)
    assert chain.issued() == ONCE_EACH


class RefusingChain(FileChain):
    """The contract reverts the second batch, as long as it is told to."""

    refusing = True

    def broadcast(self, raw: bytes) -> None:
        content = json.loads(raw)
        if self.refusing and "id-3" in content["ids"]:
            self._append({"hash": "0x" + keccak(raw).hex(), "ids": content["ids"], "ok": False})
        else:
            super().broadcast(raw)


def test_a_reverted_batch_stops_the_run_and_can_be_repeated(tmp_path: Path) -> None:
    chain = RefusingChain(tmp_path / "chain.json")
    with journal_at(tmp_path) as journal, refused(JournalError, "issue_reverted", "batch 1", "block 1"):
        run_issue(journal, BATCHES, chain)
    chain.refusing = False
    assert finish(tmp_path, chain) == 2
    assert chain.issued() == ONCE_EACH


class SlowChain(FileChain):
    """Nothing becomes final before the time limit."""

    def broadcast(self, raw: bytes) -> None:
        self.log.append("broadcast")


def test_an_unconfirmed_batch_stays_in_flight(tmp_path: Path) -> None:
    chain = SlowChain(tmp_path / "chain.json")
    for _ in range(2):
        with journal_at(tmp_path) as journal:
            with refused(JournalError, "issue_unconfirmed", "batch 0"):
                run_issue(journal, BATCHES, chain)
            assert len(journal.entries[0].attempts) == 1
    assert chain.log == ["sign 0 0", "broadcast", "broadcast"]


def test_other_batches_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    chain = FileChain(tmp_path / "chain.json")
    with journal_at(tmp_path) as journal, refused(JournalError, "journal_mismatch"):
        run_issue(journal, RECIPIENTS.batches(2), chain)
    assert chain.log == []
