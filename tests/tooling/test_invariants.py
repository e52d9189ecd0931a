"""INVARIANTS.md has a row for each bug that is seeded, and for no other; each bug fits the sources."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from tests.stateful.bugs import shortened, source_of

FOLDER = Path(__file__).resolve().parents[1] / "stateful"
TEXT = (FOLDER / "INVARIANTS.md").read_text(encoding="utf-8")
MACHINES = sorted(path.parent.name for path in FOLDER.glob("*/seeded_bugs.py"))
SHARED = {"custody"}
"""No machine's own: the others take them in."""


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


def rows(machine: str) -> list[tuple[str, str]]:
    """Name and file of the bugs in the table under the command that prints it."""
    _, _, after = TEXT.partition(f"`python -m tests.stateful.{machine}.seeded_bugs`")
    section = re.split(r"^#+ ", after, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^\| (.+?) \| `(\w+)` \| life \d", section, re.MULTILINE)


@pytest.mark.parametrize("machine", sorted({*MACHINES} - SHARED))
def test_its_table_has_each_bug(machine: str) -> None:
    bugs = importlib.import_module(f"tests.stateful.{machine}.seeded_bugs").BUGS
    wanted = [(bug.name, bug.file.split("/")[-1]) for bug in bugs]
    assert len(wanted) > 3
    found = rows(machine)
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("machine", sorted({*MACHINES} - SHARED))
def test_each_bug_still_fits_the_sources(machine: str) -> None:
    for bug in importlib.import_module(f"tests.stateful.{machine}.seeded_bugs").BUGS:
        path, changed = source_of(bug)
        assert changed != (FOLDER.parents[1] / path).read_text(encoding="utf-8"), bug.name


def test_what_is_shared_is_in_somebodys_table() -> None:
    there = {name for machine in MACHINES for name, _ in rows(machine)}
    for machine in SHARED:
        shared = importlib.import_module(f"tests.stateful.{machine}.seeded_bugs")
        assert {bug.name for bug in (*shared.CUSTODY_BUGS, *shared.GIVING_BACK)} <= there


@pytest.mark.parametrize(
    ("said", "short"),
    (
        ("owed(0x3860e09aee14dc5749fa103b31eeb6f2312ad1fc,) is [72216], must be (0,)",
         "owed(0x3860…,) is [72216], must be (0,)"),
        ("('Swaps_Exists', (b'\\x08\"\\'|', 5))", "('Swaps_Exists', (…, 5))"),
        ("must be (1343560598869050951569935385971026796154552648199, 42159)", "must be (134356…, 42159)"),
        ("('0x46a33da6d4bd3b3b3cb5b8f2f9b3c6e1f1f2de1b', 5)", "('0x46a3…', 5)"),
        ("a time like 1800430161 stays", "a time like 1800430161 stays"),
    ),
)  # fmt: skip
def test_what_a_machine_said_is_shortened(said: str, short: str) -> None:
    assert shortened(said) == short
