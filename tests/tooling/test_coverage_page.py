"""docs/COVERAGE.md has a row for each source that has code, and for none that is gone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "COVERAGE.md").read_text(encoding="utf-8")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
CODE = re.compile(r"^\s*(?:function|constructor|modifier|receive|fallback)\b[^;{]*\{", re.MULTILINE)


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


def sources() -> dict[str, bool]:
    """Whether each source that is deployed, or is part of what is, has code of its own."""
    paths = [path for path in ROOT.glob("contracts/**/*.sol") if "test" not in path.parts]
    return {
        path.relative_to(ROOT).as_posix(): bool(CODE.search(COMMENT.sub("", path.read_text("utf-8"))))
        for path in paths
    }


def test_each_source_with_code_has_a_row() -> None:
    rows = re.findall(r"^\| `(contracts/.+?\.sol)` \|", PAGE, re.MULTILINE)
    there = sources()
    assert len(there) > 60
    assert len(rows) == len(set(rows))
    assert sorted(path for path, has_code in there.items() if has_code and path not in rows) == []
    assert sorted(set(rows) - there.keys()) == []
