"""Typed errors: a machine-readable `reason` for programs, a sentence for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """What somebody else wrote, as a person is shown it: what moves a terminal's cursor, hides what stands
    before or turns a line round is spelt out, as \\x1b. Line breaks and tabs stay."""
    return _ACTING.sub(lambda found: ascii(found[0])[1:-1], text)


class LargesseError(Exception):
    """Base of every error this package raises on purpose.

    `reason` is a stable snake_case word that programs may branch on; `str(error)` names the value and the
    rule it broke.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return self.message


class AddressError(LargesseError):
    """A text is no account address, or its EIP-55 checksum is missing or wrong."""


class AmountError(LargesseError):
    """A text or number is no amount of a currency."""


class TermsError(LargesseError):
    """Terms of a series contradict themselves, their types or their preset."""


class JournalError(LargesseError):
    """The record of an issuing run can't be used as asked."""


class MerkleError(LargesseError):
    """Leaves can't form a Merkle sum tree, or a proof was asked for a leaf that isn't there."""


class LinkError(LargesseError):
    """A gift link is malformed, truncated, altered or inconsistent."""


class PaymentRequestError(LargesseError):
    """A till's payment request is malformed or out of range."""


class QrError(LargesseError):
    """A text can't become a QR code that a phone reads reliably."""


class ReportError(LargesseError):
    """A report that can't be made as asked, or that the contracts contradict."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input file. `line` counts from 1; 0 means the file as a whole."""

    line: int
    section: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.section}: {self.message} [{self.reason}]"


class ProblemsError(LargesseError):
    """An input file with everything that is wrong with it, listed at once."""

    def __init__(self, reason: str, subject: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        self.subject = subject
        count = len(self.problems)
        head = f"{subject}: {count} problem{'' if count == 1 else 's'}"
        super().__init__(reason, "\n".join([head, *(f"  {problem}" for problem in self.problems)]))

    def __reduce__(self) -> tuple[type[ProblemsError], tuple[str, str, tuple[Problem, ...]]]:
        return type(self), (self.reason, self.subject, self.problems)


class ManifestError(ProblemsError):
    """A manifest of series that can't be used; `problems` lists every reason with its line."""


class RecipientsError(ProblemsError):
    """A CSV of recipients that can't be used; `problems` lists every reason with its row's line."""
