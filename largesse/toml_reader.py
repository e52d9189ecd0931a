"""Reading TOML strictly: every problem with its line, all of them at once, no unknown key passing unseen."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, TypeVar

from largesse.addresses import parse_address
from largesse.amounts import parse_amount
from largesse.errors import AddressError, AmountError, Problem, TermsError

Path = tuple[str | int, ...]
T = TypeVar("T")

# A role stands for an account that is known only at deployment: "issuer", "cinema-2".
ROLE = re.compile(r"[a-z][a-z0-9_-]{0,31}")
MOST_BYTES = 262_144
# A statement of more lines is not looked for by line: each line more makes it be read again.
_MOST_LINES = 200
_SYNTAX_LINE = re.compile(r"at line (\d+)")


def locate(text: str) -> dict[Path, int]:
    """Line (from 1) of every table header and key of valid TOML, up to a statement that is very long; keys
    inside inline tables have their parent's only.
    """
    found: dict[Path, int] = {}
    arrays: dict[Path, int] = {}
    table: Path = ()
    lines = text.replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(lines):
        start, statement = at, lines[at]
        at += 1
        # A statement ends where it parses: a multi-line string or array doesn't before its last line.
        while (parsed := _try_parse(statement)) is None and at < len(lines):
            if at - start > _MOST_LINES:
                return found
            statement += "\n" + lines[at]
            at += 1
        if not parsed:
            continue
        keys, is_header = _first_keys(parsed), statement.lstrip().startswith("[")
        if not is_header:
            for depth in range(1, len(keys) + 1):
                found.setdefault(table + keys[:depth], start + 1)
            continue
        table = _resolve(keys, arrays, is_array=statement.lstrip().startswith("[["))
        found[table] = start + 1
    return found


def _try_parse(statement: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return None


def _first_keys(parsed: dict[str, Any]) -> Path:
    """The dotted key of a single statement: down through tables with one key, stopping at anything else."""
    keys: list[str] = []
    value: Any = parsed
    while isinstance(value, dict) and len(value) == 1:
        ((key, value),) = value.items()
        keys.append(key)
    return tuple(keys)


def _resolve(keys: Path, arrays: dict[Path, int], *, is_array: bool) -> Path:
    """The path of a header, with the index of the latest element after each array of tables on the way."""
    path: Path = ()
    for depth, key in enumerate(keys):
        path = (*path, key)
        if is_array and depth == len(keys) - 1:
            arrays[path] = arrays.get(path, -1) + 1
        if path in arrays:
            path = (*path, arrays[path])
    return path


class Section:
    """One table being read: takes typed keys, collects problems, refuses what nobody asked for.

    A getter returns None after noting a problem, so that reading goes on and everything wrong is listed at
    once.
    """

    def __init__(
        self, table: dict[str, Any], path: Path, lines: dict[Path, int], problems: list[Problem], label: str
    ) -> None:
        self._table = table
        self._path = path
        self._lines = lines
        self._problems = problems
        self._seen: set[str] = set()
        self.label = label

    @classmethod
    def parse(cls, text: str, problems: list[Problem]) -> Section | None:
        """The root of a TOML text, or None after noting where its syntax breaks."""
        if len(text.encode("utf-8", "replace")) > MOST_BYTES:
            problems.append(Problem(0, "file", "too_long", f"more than {MOST_BYTES} bytes"))
            return None
        try:
            table = tomllib.loads(text)
        except (RecursionError, ValueError) as error:
            match = _SYNTAX_LINE.search(str(error))
            line = int(match.group(1)) if match else text.count("\n") + 1
            problems.append(Problem(line, "file", "bad_toml", f"not valid TOML: {error}"))
            return None
        return cls(table, (), locate(text), problems, "file")

    def line(self, key: str | None = None) -> int:
        path = self._path if key is None else (*self._path, key)
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 0)

    def problem(self, key: str | None, reason: str, message: str) -> None:
        """Note that `key` (None: the section as a whole) breaks a rule."""
        text = message if key is None else f"{key}: {message}"
        self._problems.append(Problem(self.line(key), self.label, reason, text))

    def problem_in(self, table: str, key: str, reason: str, message: str) -> None:
        """Note that `key` of the sub-table `table`, which is read already, breaks a rule."""
        path: Path = (*self._path, table, key)
        line = self._lines.get(path, self.line(table))
        self._problems.append(Problem(line, f"{self.label}, {table}", reason, message))

    def has(self, key: str) -> bool:
        return key in self._table

    def _take(self, key: str, kind: type, kind_name: str, *, required: bool) -> Any:
        self._seen.add(key)
        if key not in self._table:
            if required:
                self.problem(key, "missing_key", f"required, {kind_name}")
            return None
        value = self._table[key]
        # bool is an int and datetime a date to Python; neither is to a person writing a manifest.
        disguised = (isinstance(value, bool) and kind is not bool) or isinstance(value, datetime)
        if disguised or not isinstance(value, kind):
            self.problem(key, "wrong_type", f"{value!r} is not {kind_name}")
            return None
        return value

    def text(self, key: str, *, most: int, required: bool = True) -> str | None:
        """One line of visible text of 1 to `most` characters."""
        value: str | None = self._take(key, str, "a text", required=required)
        if value is None:
            return None
        if not 0 < len(value) <= most:
            self.problem(key, "bad_length", f"{len(value)} characters, 1 to {most} are allowed")
            return None
        if value != value.strip() or any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in value):
            self.problem(key, "bad_text", "no line breaks, control characters or outer blanks are allowed")
            return None
        return value

    def matching(self, key: str, pattern: re.Pattern[str], rule: str, *, required: bool = True) -> str | None:
        """A text that `pattern` matches as a whole; `rule` says in words what that is."""
        value: str | None = self._take(key, str, "a text", required=required)
        if value is not None and pattern.fullmatch(value) is None:
            self.problem(key, "bad_value", f"{value!r} is not {rule}")
            return None
        return value

    def whole(self, key: str, low: int, high: int, *, required: bool = True) -> int | None:
        """A whole number from `low` to `high`."""
        value: int | None = self._take(key, int, "a whole number", required=required)
        if value is not None and not low <= value <= high:
            self.problem(key, "out_of_range", f"{value} is not from {low} to {high}")
            return None
        return value

    def flag(self, key: str) -> bool | None:
        value: bool | None = self._take(key, bool, "true or false", required=False)
        return value

    def day(self, key: str, *, required: bool = True) -> date | None:
        """A date without time: 2026-12-31."""
        value: date | None = self._take(key, date, "a date like 2026-12-31", required=required)
        return value

    def amount(self, key: str, decimals: int | None, *, required: bool = True) -> int | None:
        """A decimal text in whole units of the currency, as base units; None when `decimals` is unknown."""
        value: str | None = self._take(key, str, 'an amount in quotes, like "25.00"', required=required)
        if value is None or decimals is None:
            return None
        try:
            return parse_amount(value, decimals)
        except AmountError as error:
            self.problem(key, error.reason, str(error))
            return None

    def account(self, key: str) -> str | None:
        """A checksummed address or a role name."""
        value: str | None = self._take(key, str, "an address or a role name", required=True)
        return None if value is None else self._account(key, value)

    def accounts(self, key: str, value: list[Any]) -> tuple[str, ...]:
        """The addresses and role names of a list that `choice` returned, each only once."""
        found: list[str] = []
        for entry in value:
            account = self._account(key, entry) if isinstance(entry, str) else None
            if not isinstance(entry, str):
                self.problem(key, "wrong_type", f"{entry!r} is not an address or a role name")
            elif account in found:
                self.problem(key, "duplicate", f"{account} is listed twice")
            elif account is not None:
                found.append(account)
        return tuple(found)

    def _account(self, key: str, value: str) -> str | None:
        if ROLE.fullmatch(value) and not value.startswith("0x"):
            return value
        try:
            return parse_address(value)
        except AddressError as error:
            self.problem(key, error.reason, f"{error} (or a role: lower-case letters, digits, - and _)")
            return None

    def choice(self, key: str, kinds: tuple[type, ...], rule: str, *, required: bool = True) -> Any:
        """A value of one of several types, for the caller to look at."""
        self._seen.add(key)
        value = self._table.get(key)
        if value is None and not required:
            return None
        if not isinstance(value, kinds) or isinstance(value, datetime):
            reason = "missing_key" if value is None else "wrong_type"
            self.problem(key, reason, f"required, {rule}" if value is None else f"{value!r} is not {rule}")
            return None
        return value

    def check(self, key: str | None, act: Callable[[], T]) -> T | None:
        """The result of calling `act`, or None after noting the typed error it raised."""
        try:
            return act()
        except (TermsError, AmountError) as error:
            self.problem(key, error.reason, str(error))
            return None

    def holds(self, key: str | None, act: Callable[[], object]) -> bool:
        """True if calling `act` raises nothing; its typed error is noted."""
        return self.check(key, lambda: (act(),)) is not None

    def table(self, key: str, label: str, *, required: bool = True) -> Section | None:
        value = self._take(key, dict, f"a table [{key}]", required=required)
        if value is None:
            return None
        return Section(value, (*self._path, key), self._lines, self._problems, label)

    def named_tables(self, key: str) -> Iterator[tuple[str, Section]]:
        """The tables [key.NAME], with their names."""
        parent = self.table(key, key)
        if parent is not None:
            for name in parent._table:
                section = parent.table(name, f"{key} {name}")
                if section is not None:
                    yield name, section

    def tables(self, key: str, *, required: bool = True) -> Iterator[Section]:
        """The tables of [[key]], labelled with their ordinal."""
        value = self._take(key, list, f"one or more tables [[{key}]]", required=required)
        if value is not None and (not value or not all(isinstance(entry, dict) for entry in value)):
            self.problem(key, "wrong_type", f"one or more tables [[{key}]] are expected")
            return
        prefix = "" if self.label == "file" else f"{self.label}, "
        for index, entry in enumerate(value or []):
            label = f"{prefix}{key} {index + 1}"
            yield Section(entry, (*self._path, key, index), self._lines, self._problems, label)

    def finish(self) -> None:
        """Refuse every key that was never asked for: a misspelt right would otherwise be silently missing."""
        for key in self._table:
            if key not in self._seen:
                known = ", ".join(sorted(self._seen))
                self.problem(key, "unknown_key", f"unknown; known here: {known}")
