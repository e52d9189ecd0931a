"""docs/AUDIT.md names tests that there are, and answers each failure with one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/AUDIT.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`", TEXT)))
ROWS = [
    line
    for line in TEXT.split("## What failed elsewhere")[1].split("## What is not covered")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| elsewhere")
]


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


@pytest.mark.parametrize(("path", "test"), NAMED, ids=lambda part: part.split("/")[-1])
def test_what_it_names_is_there(path: str, test: str) -> None:
    text = (ROOT / path).read_text()
    assert f"def {test}(" in text if test else "def test_" in text


def test_each_failure_has_a_test() -> None:
    assert len(ROWS) >= 28
    assert not [row for row in ROWS if "`tests/" not in row]


def test_each_finding_is_told_of() -> None:
    told = {path for path, _ in NAMED}
    there = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/findings/test_*.py")}
    assert there <= told
