"""docs/FEATURES.md as it is rendered: what fails, was not run or has no test is said, and found again."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support import features


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Nothing to take back: no test here touches the chain."""


def all_pass() -> dict[str, Counter[str]]:
    files = (features.CHECKOUT / features.FOLDER).glob("test_*.py")
    return {features.FOLDER + path.name: Counter(passed=2) for path in files}


def test_where_all_pass_nothing_is_missing() -> None:
    text = features.render(all_pass())
    assert features.missing(text) == []
    for name in (*features.ROWS, *features.PRESETS, "12 newcomer"):
        assert f"[{name}]" in text


def test_a_row_of_several_files_counts_them_all() -> None:
    (line,) = [one for one in features.render(all_pass()).splitlines() if one.startswith("| [layer_2]")]
    assert line.endswith("| 6 | passes |")


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Counter(passed=1, failed=2), "**2 fail**"),
        (Counter(passed=1, error=1), "**1 fail**"),
        (Counter(), "**not run**"),
    ],
)
def test_what_does_not_pass_is_missing(outcome: Counter[str], said: str) -> None:
    outcomes = all_pass() | {f"{features.FOLDER}test_row_kofi.py": outcome}
    (line,) = features.missing(features.render(outcomes))
    assert line.startswith("| [kofi]")
    assert line.endswith(f"{said} |")


def test_a_row_without_a_test_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "ROWS", (*features.ROWS, "lottery"))
    (line,) = features.missing(features.render(all_pass()))
    assert line == "| lottery |  | 0 | **no test** |"
