"""Recipients of a bulk issue: a CSV, validated as a whole before the first certificate leaves."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eth_utils.crypto import keccak

from largesse.addresses import parse_address
from largesse.amounts import parse_amount
from largesse.errors import AddressError, AmountError, LargesseError, Problem, RecipientsError
from largesse.gifts.messages import MAX_MESSAGE_BYTES
from largesse.journal import IssueJournal

__all__ = ["Batch", "IssueJournal", "Recipient", "RecipientList", "load_recipients", "parse_recipients"]

COLUMNS = ("name", "address", "amount", "message", "external_id")
MAX_ROWS = 100_000
MAX_NAME = 100
MAX_MESSAGE = 280

_EXTERNAL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FORMULA_STARTS = ("=", "+", "-", "@")
# Direction overrides and isolates can make a text read as another one; the plain marks of right-to-left text
# can't.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BARRED_CATEGORIES = frozenset(("Cc", "Cs", "Cn", "Co", "Zl", "Zp"))


@dataclass(frozen=True)
class Recipient:
    """One row: `amount` in base units of the currency, `line` where the row begins in the file (from 1)."""

    line: int
    name: str
    address: str
    amount: int
    message: str
    external_id: str

    def canonical(self) -> str:
        """The row's content as one line of JSON, whatever its place in the file: what digests are made of."""
        values = [self.external_id, self.address, str(self.amount), self.name, self.message]
        return json.dumps(values, ensure_ascii=True, separators=(",", ":"))


@dataclass(frozen=True)
class Batch:
    """Consecutive recipients that are issued in one transaction. `digest` names the content, as 0x and 64
    digits.
    """

    index: int
    recipients: tuple[Recipient, ...]

    @property
    def total(self) -> int:
        """Base units of the batch."""
        return sum(recipient.amount for recipient in self.recipients)

    @property
    def digest(self) -> str:
        return _digest(self.recipients)


@dataclass(frozen=True)
class RecipientList:
    """A valid file. `notes` are oddities that a person should see and that are no errors."""

    recipients: tuple[Recipient, ...]
    notes: tuple[Problem, ...]

    @property
    def total(self) -> int:
        """Base units of all rows."""
        return sum(recipient.amount for recipient in self.recipients)

    @property
    def digest(self) -> str:
        """Names the content: the same rows in the same order have the same digest, however the file spells
        them.
        """
        return _digest(self.recipients)

    def batches(self, size: int) -> tuple[Batch, ...]:
        """Split in file order into batches of `size` (the last may be smaller): always the same for the same
        file.
        """
        if size < 1:
            raise LargesseError("bad_batch_size", f"a batch of {size} rows holds nobody")
        starts = range(0, len(self.recipients), size)
        return tuple(Batch(i, self.recipients[start : start + size]) for i, start in enumerate(starts))


def _digest(recipients: Sequence[Recipient]) -> str:
    text = "\n".join(recipient.canonical() for recipient in recipients)
    return "0x" + keccak(text=text).hex()


def load_recipients(path: Path, *, decimals: int, denomination: int = 0) -> RecipientList:
    """parse_recipients of a file. Raises RecipientsError; OSError where the file can't be read."""
    return parse_recipients(
        path.read_bytes(), decimals=decimals, denomination=denomination, subject=path.name
    )


def parse_recipients(
    raw: bytes, *, decimals: int, denomination: int = 0, subject: str = "recipients"
) -> RecipientList:
    """Read UTF-8 CSV (a leading byte order mark is fine) with the columns of COLUMNS, comma-separated, in any
    order.

    `amount` is decimal text of a currency with `decimals` decimals, a multiple of `denomination` base units
    unless that is 0. Raises RecipientsError with every problem and the line its row begins on.
    """
    problems: list[Problem] = []
    notes: list[Problem] = []
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = Problem(line, "file", "not_utf8", "not UTF-8; save the sheet as “CSV UTF-8”")
        raise RecipientsError("bad_recipients", subject, [problem]) from error
    found: list[Recipient] = []
    reader = _RowReader(decimals, denomination, problems, notes)
    for line, row in _rows(text, problems):
        recipient = reader.read(line, row)
        if recipient is not None:
            found.append(recipient)
    if not problems and not found:
        problems.append(Problem(0, "file", "no_rows", "no recipient at all"))
    if len(found) > MAX_ROWS:
        problems.append(Problem(0, "file", "too_many_rows", f"{len(found)} rows, at most {MAX_ROWS} a file"))
    if problems:
        raise RecipientsError("bad_recipients", subject, problems)
    return RecipientList(tuple(found), tuple(notes))


def _rows(text: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    """The data rows with the line each begins on; a bad header ends the reading, a ragged row is skipped."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not any(cells):
                # Spreadsheets leave blank rows at the end: nobody is meant by them.
                continue
            if header is None:
                header = cells
                if sorted(header) != sorted(COLUMNS):
                    problems.append(Problem(start, "header", "bad_header", _header_rule(header)))
                    return
            elif len(cells) != len(header):
                message = f"{len(cells)} columns instead of {len(header)}; quote texts that hold a comma"
                problems.append(Problem(start, "row", "wrong_columns", message))
            else:
                yield start, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        problems.append(Problem(line, "row", "bad_csv", f"not valid CSV: {error}"))
        return
    if header is None:
        problems.append(Problem(1, "header", "bad_header", f"the first row must name {', '.join(COLUMNS)}"))


def _header_rule(header: list[str]) -> str:
    other = ";" in header[0] or "\t" in header[0]
    hint = "; columns are separated by commas" if other else ""
    return f"the first row must name {', '.join(COLUMNS)}; it has {', '.join(header)[:200]}{hint}"


class _RowReader:
    """Validates rows one by one, remembering what must be unique."""

    def __init__(
        self, decimals: int, denomination: int, problems: list[Problem], notes: list[Problem]
    ) -> None:
        self._decimals = decimals
        self._denomination = denomination
        self._problems = problems
        self._notes = notes
        self._ids: dict[str, int] = {}
        self._addresses: dict[str, int] = {}

    def read(self, line: int, row: dict[str, str]) -> Recipient | None:
        before = len(self._problems)
        name = self._text(line, "name", row["name"], MAX_NAME, breaks=False)
        message = self._text(line, "message", row["message"], MAX_MESSAGE, breaks=True)
        if len(message.encode("utf-8", "replace")) > MAX_MESSAGE_BYTES:
            rule = f"more than {MAX_MESSAGE_BYTES} bytes of UTF-8 fit no link that scans"
            self._problem(line, "message", "too_long", rule)
        if name.strip() == "":
            self._problem(line, "name", "empty", "nobody is named")
        address = self._address(line, row["address"])
        amount = self._amount(line, row["amount"])
        external_id = self._external_id(line, row["external_id"])
        if len(self._problems) > before:
            return None
        return Recipient(line, name, address, amount, message, external_id)

    def _problem(self, line: int, column: str, reason: str, message: str) -> None:
        self._problems.append(Problem(line, column, reason, message))

    def _note(self, line: int, column: str, reason: str, message: str) -> None:
        self._notes.append(Problem(line, column, reason, message))

    def _text(self, line: int, column: str, value: str, most: int, *, breaks: bool) -> str:
        value = value.replace("\r\n", "\n") if breaks else value
        if len(value) > most:
            self._problem(line, column, "too_long", f"{len(value)} characters, at most {most}")
        for char in value:
            barred = unicodedata.category(char) in _BARRED_CATEGORIES or char in _BIDI_CONTROLS
            if (barred and not (breaks and char == "\n")) or char == "\ufeff":
                rule = "control and direction-changing characters are not allowed"
                self._problem(line, column, "control_character", f"U+{ord(char):04X}: {rule}")
                break
        if value.startswith(_FORMULA_STARTS):
            rule = "spreadsheets run a cell that begins like this as a formula"
            self._note(line, column, "formula_injection", f"{value[:20]!r}: {rule}")
        return value

    def _address(self, line: int, value: str) -> str:
        try:
            address = parse_address(value)
        except AddressError as error:
            self._problem(line, "address", error.reason, str(error))
            return ""
        first = self._addresses.setdefault(address, line)
        if first != line:
            self._note(line, "address", "repeated_address", f"{address} is also on line {first}")
        return address

    def _amount(self, line: int, value: str) -> int:
        try:
            amount = parse_amount(value, self._decimals)
        except AmountError as error:
            self._problem(line, "amount", error.reason, str(error))
            return 0
        if self._denomination and amount % self._denomination:
            rule = f"{amount} base units are no multiple of the denomination {self._denomination}"
            self._problem(line, "amount", "not_a_multiple", rule)
        return amount

    def _external_id(self, line: int, value: str) -> str:
        if _EXTERNAL_ID.fullmatch(value) is None:
            rule = "1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit"
            self._problem(line, "external_id", "bad_external_id", f"{value[:70]!r} is not {rule}")
            return value
        first = self._ids.setdefault(value, line)
        if first != line:
            self._problem(line, "external_id", "duplicate_external_id", f"{value} is also on line {first}")
        return value
