from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from largesse.errors import JournalError
from largesse.journal import IssueJournal, RunKey
from largesse.recipients import IssueJournal as Reexported
from tests.python.helpers import CONTRACT, ISSUER, refused

KEY = RunKey(31_337, CONTRACT, 1, ISSUER, "0x" + "ab" * 32, 100)
DIGESTS = ["0x" + f"{index:064x}" for index in range(3)]
HASH, OTHER = "0x" + "11" * 32, "0x" + "22" * 32


def opened(tmp_path: Path) -> IssueJournal:
    return IssueJournal(tmp_path / "run.json", KEY, DIGESTS)


def document(tmp_path: Path) -> Any:
    return json.loads((tmp_path / "run.json").read_text())


def test_a_new_journal_is_on_disk_at_once(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        assert journal.open_batches() == (0, 1, 2)
        assert not journal.complete
        assert [batch["digest"] for batch in document(tmp_path)["batches"]] == DIGESTS
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600
    assert Reexported is IssueJournal


def test_a_plan_is_on_disk_before_anything_is_sent_and_forgotten_once_mined(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.plan(0, nonce=5, tx_hash=HASH, raw=b"\x02\xf8")
        attempt = document(tmp_path)["batches"][0]["attempts"][0]
        assert attempt == {"nonce": 5, "tx_hash": HASH, "raw": "0x02f8", "outcome": "sent", "block": None}
        journal.mined(0, tx_hash=HASH, block=17)
        attempt = document(tmp_path)["batches"][0]["attempts"][0]
        assert attempt == {"nonce": 5, "tx_hash": HASH, "raw": "0x", "outcome": "mined", "block": 17}
    with opened(tmp_path) as again:
        assert again.open_batches() == (1, 2)
        assert again.entries[0].mined


def test_an_attempt_in_flight_survives(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.plan(1, nonce=5, tx_hash=HASH, raw=b"\x02")
    with opened(tmp_path) as again:
        flying = again.entries[1].in_flight
        assert flying is not None
        assert (flying.nonce, flying.tx_hash, flying.raw) == (5, HASH, "0x02")


@pytest.mark.parametrize("how", ["reverted", "dropped"])
def test_a_failed_batch_is_open_again_with_another_nonce(tmp_path: Path, how: str) -> None:
    with opened(tmp_path) as journal:
        journal.plan(0, nonce=5, tx_hash=HASH, raw=b"\x02")
        if how == "reverted":
            journal.reverted(0, tx_hash=HASH, block=9)
        else:
            journal.dropped(0, tx_hash=HASH)
        assert journal.open_batches() == (0, 1, 2)
        with refused(JournalError, "nonce_taken", 5, "batch 0"):
            journal.plan(0, nonce=5, tx_hash=OTHER, raw=b"\x03")
        journal.plan(0, nonce=6, tx_hash=OTHER, raw=b"\x03")
        journal.mined(0, tx_hash=OTHER, block=10)
        assert [attempt.outcome for attempt in journal.entries[0].attempts] == [how, "mined"]


def test_what_may_not_be_planned(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.plan(0, nonce=5, tx_hash=HASH, raw=b"\x02")
        with refused(JournalError, "batch_in_flight", "batch 0", "nonce 5"):
            journal.plan(0, nonce=6, tx_hash=OTHER, raw=b"\x03")
        with refused(JournalError, "nonce_taken", "nonce 5"):
            journal.plan(1, nonce=5, tx_hash=OTHER, raw=b"\x03")
        journal.mined(0, tx_hash=HASH, block=1)
        with refused(JournalError, "batch_done", "batch 0"):
            journal.plan(0, nonce=6, tx_hash=OTHER, raw=b"\x03")
        for index in (-1, 3):
            with refused(JournalError, "no_such_batch", index):
                journal.plan(index, nonce=6, tx_hash=OTHER, raw=b"\x03")
        for nonce, tx_hash, raw in (
            (-1, OTHER, b"\x03"),
            (6, "0x12", b"\x03"),
            (6, OTHER.upper(), b"\x03"),
            (6, OTHER, b""),
        ):
            with refused(JournalError, "bad_entry"):
                journal.plan(1, nonce=nonce, tx_hash=tx_hash, raw=raw)
        assert journal.entries[1].attempts == ()


def test_only_the_attempt_in_flight_can_be_settled(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        with refused(JournalError, "not_in_flight", HASH):
            journal.mined(0, tx_hash=HASH, block=1)
        journal.plan(0, nonce=5, tx_hash=HASH, raw=b"\x02")
        with refused(JournalError, "not_in_flight", OTHER):
            journal.mined(0, tx_hash=OTHER, block=1)
        journal.mined(0, tx_hash=HASH, block=1)
        with refused(JournalError, "not_in_flight"):
            journal.dropped(0, tx_hash=HASH)


def test_two_runs_cannot_share_a_journal(tmp_path: Path) -> None:
    with opened(tmp_path), refused(JournalError, "journal_locked", "run.json"):
        opened(tmp_path)
    opened(tmp_path).close()


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.close()
    journal.close()
    with refused(JournalError, "journal_closed"):
        journal.plan(0, nonce=5, tx_hash=HASH, raw=b"\x02")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"chain_id": 1}, "chain_id"),
        ({"contract": ISSUER}, "contract"),
        ({"series_id": 2}, "series_id"),
        ({"sender": CONTRACT}, "sender"),
        ({"recipients": "0x" + "cd" * 32}, "recipients"),
        ({"batch_size": 50}, "batch_size"),
    ],
)
def test_another_runs_journal_is_refused(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    opened(tmp_path).close()
    with refused(JournalError, "journal_mismatch", named):
        IssueJournal(tmp_path / "run.json", replace(KEY, **changes), DIGESTS)
    opened(tmp_path).close()  # the refusal let go of the lock


def test_other_batches_are_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with refused(JournalError, "journal_mismatch", "other batches"):
        IssueJournal(tmp_path / "run.json", KEY, DIGESTS[:2])


def damage(path: Path, kind: str) -> None:
    content = json.loads(path.read_text())
    attempts = content["batches"][0]["attempts"]
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:-20])
        return
    if kind == "empty":
        path.write_bytes(b"")
        return
    if kind == "version":
        content["version"] = 2
    elif kind == "outcome":
        attempts[0]["outcome"] = "lost"
    elif kind == "raw":
        attempts[0]["raw"] = "0x"
    elif kind == "two":
        attempts.append({**attempts[0], "nonce": 6})
    elif kind == "key":
        del content["run"]
    elif kind == "extra":
        attempts[0]["more"] = 1
    elif kind == "nonce":
        attempts[0]["nonce"] = "5"
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "kind", ["cut", "empty", "version", "outcome", "raw", "two", "key", "extra", "nonce"]
)
def test_a_damaged_journal_is_refused_not_guessed_at(tmp_path: Path, kind: str) -> None:
    with opened(tmp_path) as journal:
        journal.plan(0, nonce=5, tx_hash=HASH, raw=b"\x02")
    damage(tmp_path / "run.json", kind)
    with refused(JournalError, "journal_corrupt", "run.json"):
        opened(tmp_path)


def test_a_failed_write_leaves_memory_and_disk_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as journal:
        before = (tmp_path / "run.json").read_bytes()

        def full(source: object, target: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("largesse.files.os.replace", full)
            with pytest.raises(OSError, match="No space left"):
                journal.plan(0, nonce=5, tx_hash=HASH, raw=b"\x02")
        assert journal.entries[0].attempts == ()
        assert (tmp_path / "run.json").read_bytes() == before
        journal.plan(0, nonce=5, tx_hash=HASH, raw=b"\x02")
