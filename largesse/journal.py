"""The journal of an issuing run: what was planned, sent and mined, so that a killed run goes on and nobody is
paid twice.

The order of writing is the whole point. A transaction is signed, its nonce, hash and bytes are on disk, and
only then is it sent. After a crash the same bytes are sent again: they have the same nonce, so the chain
takes them once at most.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from largesse.errors import JournalError
from largesse.files import lock_file, replace_file

FORMAT = "largesse/issue-journal"
VERSION = 1

Outcome = Literal["sent", "mined", "reverted", "dropped"]
_OUTCOMES = ("sent", "mined", "reverted", "dropped")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_BYTES = re.compile(r"0x([0-9a-f]{2})*")


@dataclass(frozen=True)
class RunKey:
    """What a run is about. A journal serves one run only: other recipients or another series need another
    file.
    """

    chain_id: int
    contract: str
    series_id: int
    sender: str
    recipients: str  # digest of the list
    batch_size: int


@dataclass(frozen=True)
class Attempt:
    """One signed transaction for a batch. `raw` (0x and hex) is dropped once it can't be needed any more."""

    nonce: int
    tx_hash: str
    raw: str
    outcome: Outcome
    block: int | None = None


@dataclass(frozen=True)
class Entry:
    """One batch: its digest and its attempts, oldest first. At most one attempt is "sent" or "mined"."""

    digest: str
    attempts: tuple[Attempt, ...] = ()

    @property
    def mined(self) -> bool:
        return any(attempt.outcome == "mined" for attempt in self.attempts)

    @property
    def in_flight(self) -> Attempt | None:
        """The attempt that may or may not reach the chain yet."""
        return next((attempt for attempt in self.attempts if attempt.outcome == "sent"), None)


class IssueJournal:
    """Write-ahead journal in one JSON file, locked against a second run. Every change is on disk when it
    returns. `ids` are the external ids of each batch's rows, by which other lists know them again.

    Use as a context manager. Raises JournalError: journal_locked, journal_corrupt, journal_mismatch at
    opening; see the methods for theirs.
    """

    def __init__(
        self, path: Path, key: RunKey, digests: Sequence[str], ids: Sequence[Sequence[str]] = ()
    ) -> None:
        self._path = path
        self._key = key
        # In one text a batch: lists are long, and are written at every step.
        self._ids = [" ".join(rows) for rows in ids] or [""] * len(digests)
        try:
            self._lock: int | None = lock_file(path.with_name(path.name + ".lock"))
        except BlockingIOError as error:
            raise JournalError("journal_locked", f"{path.name} is in use by another run") from error
        try:
            self._entries = self._load(digests)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> IssueJournal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the lock. The journal can't be changed any more."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    def open_batches(self) -> tuple[int, ...]:
        """Indices of the batches that are not known to be mined, in order."""
        return tuple(index for index, entry in enumerate(self._entries) if not entry.mined)

    @property
    def next_nonce(self) -> int:
        """The lowest nonce above all that this run has signed with."""
        return max((one.nonce + 1 for entry in self._entries for one in entry.attempts), default=0)

    @property
    def complete(self) -> bool:
        return not self.open_batches()

    def plan(self, index: int, *, nonce: int, tx_hash: str, raw: bytes) -> None:
        """Record a signed transaction *before* it is sent.

        Raises JournalError: batch_done, batch_in_flight (its attempt must be settled first), nonce_taken
        (another batch of this run has it), bad_entry, no_such_batch.
        """
        entry = self._entry(index)
        if entry.mined:
            raise JournalError("batch_done", f"batch {index} is mined already")
        if entry.in_flight is not None:
            raise JournalError(
                "batch_in_flight", f"batch {index} may still be mined with nonce {entry.in_flight.nonce}"
            )
        for other, theirs in enumerate(self._entries):
            if any(one.nonce == nonce for one in theirs.attempts):
                raise JournalError("nonce_taken", f"nonce {nonce} is batch {other}'s")
        attempt = Attempt(nonce, tx_hash, "0x" + raw.hex(), "sent")
        _check_attempt(attempt)
        self._put(index, replace(entry, attempts=(*entry.attempts, attempt)))

    def mined(self, index: int, *, tx_hash: str, block: int) -> None:
        """Record that the batch's transaction succeeded in `block`. Raises JournalError: not_in_flight."""
        self._settle(index, tx_hash, "mined", block)

    def reverted(self, index: int, *, tx_hash: str, block: int) -> None:
        """Record that it was mined but failed: the nonce is gone, the batch is open. Raises as `mined`."""
        self._settle(index, tx_hash, "reverted", block)

    def dropped(self, index: int, *, tx_hash: str) -> None:
        """Record that it can never be mined: a *final* block holds another transaction with its nonce.

        Said too early, of a block that is then reorganised away, this is how people are paid twice.
        """
        self._settle(index, tx_hash, "dropped", None)

    def _settle(self, index: int, tx_hash: str, outcome: Outcome, block: int | None) -> None:
        entry = self._entry(index)
        flying = entry.in_flight
        if flying is None or flying.tx_hash != tx_hash:
            raise JournalError("not_in_flight", f"batch {index} has no transaction {tx_hash} in flight")
        settled = replace(flying, outcome=outcome, block=block, raw="0x")
        attempts = tuple(settled if attempt is flying else attempt for attempt in entry.attempts)
        self._put(index, replace(entry, attempts=attempts))

    def _entry(self, index: int) -> Entry:
        if not 0 <= index < len(self._entries):
            raise JournalError("no_such_batch", f"there is no batch {index}, only {len(self._entries)}")
        return self._entries[index]

    def _put(self, index: int, entry: Entry) -> None:
        if self._lock is None:
            raise JournalError("journal_closed", f"{self._path.name} is closed")
        entries = list(self._entries)
        entries[index] = entry
        self._write(entries)
        # Memory follows disk, never the other way round.
        self._entries = entries

    def _write(self, entries: Sequence[Entry]) -> None:
        document = {
            "format": FORMAT,
            "version": VERSION,
            "run": asdict(self._key),
            "batches": [asdict(entry) | {"ids": ids} for entry, ids in zip(entries, self._ids, strict=True)],
        }
        text = json.dumps(document, indent=1, ensure_ascii=True)
        replace_file(self._path, (text + "\n").encode("ascii"))

    def _load(self, digests: Sequence[str]) -> list[Entry]:
        fresh = [Entry(digest) for digest in digests]
        if not self._path.exists():
            self._write(fresh)
            return fresh
        try:
            entries, key = _parse(json.loads(self._path.read_bytes()))
        except (ValueError, KeyError, TypeError, JournalError) as error:
            raise JournalError("journal_corrupt", f"{self._path.name} is no journal: {error}") from error
        if key != self._key:
            changed = [name for name, value in asdict(key).items() if value != getattr(self._key, name)]
            raise JournalError(
                "journal_mismatch",
                f"{self._path.name} belongs to another run: it differs in {', '.join(changed)}",
            )
        if [entry.digest for entry in entries] != list(digests):
            raise JournalError("journal_mismatch", f"{self._path.name} belongs to other batches")
        return entries


def is_begun(path: Path) -> bool:
    """Whether the journal at `path` is of a run that sent something and is not finished; also where it can't
    be read. Raises OSError.
    """
    try:
        entries, _ = _parse(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError, JournalError):
        return True
    sent = any(attempt.outcome in ("sent", "mined") for entry in entries for attempt in entry.attempts)
    return sent and not all(entry.mined for entry in entries)


def issued_ids(path: Path) -> set[str]:
    """External ids of the rows that the run of the journal at `path` has issued, or may still have. Raises
    OSError; JournalError journal_corrupt."""
    try:
        document = json.loads(path.read_bytes())
        entries, _ = _parse(document)
        rows = [batch.get("ids", "").split() for batch in document["batches"]]
    except (ValueError, KeyError, TypeError, AttributeError, JournalError) as error:
        raise JournalError("journal_corrupt", f"{path.name} is no journal: {error}") from error
    begun = (entry.mined or entry.in_flight is not None for entry in entries)
    return {one for ids, is_begun in zip(rows, begun, strict=True) if is_begun for one in ids}


def _parse(document: Any) -> tuple[list[Entry], RunKey]:
    if document["format"] != FORMAT or document["version"] != VERSION:
        raise JournalError("bad_entry", f"format {document['format']!r} version {document['version']!r}")
    entries: list[Entry] = []
    for batch in document["batches"]:
        attempts = tuple(Attempt(**attempt) for attempt in batch["attempts"])
        for attempt in attempts:
            _check_attempt(attempt)
        if sum(attempt.outcome in ("sent", "mined") for attempt in attempts) > 1:
            raise JournalError("bad_entry", f"batch {len(entries)} has two transactions that count")
        entries.append(Entry(batch["digest"], attempts))
    return entries, RunKey(**document["run"])


def _check_attempt(attempt: Attempt) -> None:
    typed = isinstance(attempt.nonce, int) and not isinstance(attempt.nonce, bool) and attempt.nonce >= 0
    if not typed or attempt.outcome not in _OUTCOMES:
        raise JournalError("bad_entry", f"nonce {attempt.nonce!r}, outcome {attempt.outcome!r}")
    if _HASH.fullmatch(attempt.tx_hash) is None or _BYTES.fullmatch(attempt.raw) is None:
        raise JournalError("bad_entry", f"hash {attempt.tx_hash!r} or bytes are not lower-case hex")
    if attempt.outcome == "sent" and attempt.raw == "0x":
        raise JournalError("bad_entry", "a transaction in flight without its bytes can't be sent again")
