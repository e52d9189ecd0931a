"""`key=value` arguments of the scripts: every problem is told at once, nothing is guessed."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from largesse.amounts import parse_amount
from largesse.errors import AmountError, LargesseError

_SHOWN = 64
HELP = ("help", "--help", "-h")


class ArgumentError(LargesseError):
    """Arguments that a script can't work with; the message names each one and ends with where help is."""


@dataclass(frozen=True)
class Option:
    """One argument: `name=…`. Required unless it has a default ("" for none)."""

    name: str
    help: str
    default: str | None = None


@dataclass(frozen=True)
class Usage:
    """What a function of a script takes. `open_names` says what other names may stand for."""

    script: str
    function: str
    summary: str
    options: tuple[Option, ...] = ()
    example: str = ""
    open_names: str = ""

    @property
    def command(self) -> str:
        """How to call it, without arguments."""
        return f"brownie run {self.script} {self.function}"

    def text(self) -> str:
        """What `help` prints."""
        width = max((len(option.name) for option in self.options), default=0)
        lines = [self.summary, "", f"  {self.command} {' '.join(map(_shown, self.options))}".rstrip(), ""]
        for option in self.options:
            default = f" (default: {option.default})" if option.default else ""
            lines.append(f"  {option.name:<{width}}  {option.help}{default}")
        if self.open_names:
            lines.append(f"  {self.open_names}")
        if self.example:
            lines += ["", f"Example:  {self.command} {self.example}"]
        return "\n".join(lines)


def _shown(option: Option) -> str:
    return f"{option.name}=…" if option.default is None else f"[{option.name}=…]"


@dataclass(frozen=True)
class Arguments:
    """What was given, defaults filled in."""

    usage: Usage
    values: dict[str, str]
    others: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The value of `name`. Raises ArgumentError missing_argument where it is empty."""
        value = self.values[name]
        if not value:
            raise ArgumentError("missing_argument", f"{name}=… is not given; {self._hint()}")
        return value

    def has(self, name: str) -> bool:
        """Whether `name` has a value."""
        return bool(self.values[name])

    def whole(self, name: str, *, least: int = 0, most: int = 2**64 - 1) -> int:
        """A whole number in plain digits. Raises ArgumentError bad_number, out_of_range."""
        text = self.text(name)
        if not (text.isascii() and text.isdigit()):
            raise ArgumentError("bad_number", f"{name}={text} is no whole number; {self._hint()}")
        value = int(text)
        if not least <= value <= most:
            raise ArgumentError("out_of_range", f"{name}={value} is not {least} to {most}; {self._hint()}")
        return value

    def share(self, name: str, *, most: int = 100) -> int:
        """A percentage, up to `most`, as basis points. Raises ArgumentError bad_share."""
        text = self.text(name)
        try:
            points = Decimal(text) * 100
        except InvalidOperation:
            points = Decimal(-1)
        if not (text.isascii() and points == points.to_integral_value() and 0 <= points <= most * 100):
            raise ArgumentError(
                "bad_share",
                f"{name}={text} is no percentage of 0 to {most} with two decimals; {self._hint()}",
            )
        return int(points)

    def flag(self, name: str) -> bool:
        """Whether it is yes. Raises ArgumentError bad_choice for what is neither that nor no."""
        text = self.text(name)
        if text not in ("yes", "no"):
            raise ArgumentError("bad_choice", f"{name}={text} is neither yes nor no; {self._hint()}")
        return text == "yes"

    def amount(self, name: str, decimals: int) -> int:
        """Decimal text as base units of a currency with `decimals` decimals. Raises AmountError, with the
        reasons of `parse_amount`.
        """
        text = self.text(name)
        try:
            return parse_amount(text, decimals)
        except AmountError as error:
            raise AmountError(error.reason, f"{name}={text[:_SHOWN]}: {error}") from error

    def path(self, name: str) -> Path:
        """A file that exists. Raises ArgumentError no_such_file."""
        path = Path(self.text(name)).expanduser()
        if not path.is_file():
            raise ArgumentError("no_such_file", f"{name}={path}: there is no such file")
        return path

    def link(self, name: str) -> str:
        """A link as it is, the only one in a file, or one of many: ``<file>:<line>``. Raises ArgumentError
        no_such_link, which_link; UnicodeDecodeError for a file that is no text.
        """
        text = self.text(name)
        if "#" in text:
            return text
        head, _, line = text.rpartition(":")
        numbered = bool(head) and line.isascii() and line.isdigit()
        file = head if numbered else text
        path = Path(file).expanduser()
        if not path.is_file():
            raise ArgumentError("no_such_link", f"{name}={text}: there is no such file")
        lines = path.read_text(encoding="utf-8").split()
        if not numbered and len(lines) > 1:
            raise ArgumentError("which_link", f"{file} holds {_which(name, file, len(lines))}")
        number = int(line) if numbered else 1
        if not 1 <= number <= len(lines):
            count = _which(name, file, len(lines)) if lines else "no link"
            raise ArgumentError("no_such_link", f"{name}={text}: {file} holds {count}")
        return lines[number - 1]

    def file_name(self, name: str) -> str:
        """A name for files. Raises ArgumentError bad_name."""
        text = self.text(name)
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", text) is None:
            raise ArgumentError("bad_name", f"{name}={text} is no name of letters, digits, - and _")
        return text

    def _hint(self) -> str:
        return f"`{self.usage.command} help` tells what it takes"


def parse_arguments(usage: Usage, given: Sequence[str]) -> Arguments:
    """Read `key=value` texts.

    Raises ArgumentError: not_an_argument (no "="), unknown_argument, repeated_argument, missing_argument; the
    message lists all problems, the reason is the first one's.
    """
    known = {option.name: option for option in usage.options}
    values: dict[str, str] = {}
    others: dict[str, str] = {}
    problems: list[tuple[str, str]] = []
    for text in given:
        name, mark, value = str(text).partition("=")
        target = values if name in known else others
        if not mark or not name:
            problems.append(("not_an_argument", f"{text!r} is not of the form name=value"))
        elif name not in known and not usage.open_names:
            problems.append(("unknown_argument", f"{name}=… is not known here"))
        elif name in target:
            problems.append(("repeated_argument", f"{name}=… is given twice"))
        elif not value:
            problems.append(("missing_argument", f"{name}= has no value"))
        else:
            target[name] = value
    seen = {str(text).partition("=")[0] for text in given}
    for option in usage.options:
        if option.default is None and option.name not in seen:
            problems.append(("missing_argument", f"{option.name}=… is not given ({option.help})"))
        elif option.default is not None:
            values.setdefault(option.name, option.default)
    if problems:
        listed = "; ".join(message for _, message in problems)
        raise ArgumentError(problems[0][0], f"{listed}; `{usage.command} help` tells what it takes")
    return Arguments(usage, values, others)


def _which(name: str, file: str, count: int) -> str:
    return f"{count} links: say which, {name}={file}:1 to :{count}" if count > 1 else "1 link"


def whole_number(text: str) -> int:
    """Of an option of argparse's. Raises its ArgumentTypeError for what is none from 1 on."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)
