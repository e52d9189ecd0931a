"""What slither says is compared with its answers."""

from __future__ import annotations

from typing import Any

import pytest

from tools.slither import DOCUMENT, Place, answers, compare, findings

TEXT = """
| `timestamp` | Dates are dates. |
| `weak-prng` | `A.f`, `B.g` | Remainders. |
"""


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


def report(*said: tuple[str, str]) -> dict[str, Any]:
    detectors = [{"check": check, "description": words} for check, words in said]
    return {"success": True, "error": None, "results": {"detectors": detectors}}


def test_rows_are_read() -> None:
    assert answers(TEXT) == {Place("timestamp", ""), Place("weak-prng", "A.f"), Place("weak-prng", "B.g")}
    assert len(answers(DOCUMENT.read_text())) > 20


def test_what_is_answered_is_in_order() -> None:
    said = report(
        ("timestamp", "X.y(uint256) (a.sol#1) uses"),
        ("weak-prng", "A.f(uint256) (a.sol#1) draws"),
        ("weak-prng", "Reentrancy in B.g() (b.sol)"),
    )
    assert compare(findings(said), answers(TEXT)) == []


def test_a_new_finding_and_an_old_answer_fail() -> None:
    said = report(("timestamp", "X.y(uint256)"), ("weak-prng", "A.f(uint256)"), ("weak-prng", "C.h(uint256)"))
    wrong = compare(findings(said), answers(TEXT))
    assert [line[:24] for line in wrong] == ["no answer: weak-prng C.h", "nothing to answer: weak-"]


def test_a_run_that_failed_is_no_run() -> None:
    with pytest.raises(SystemExit, match="no compiler"):
        findings({"success": False, "error": "no compiler"})
