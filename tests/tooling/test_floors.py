"""`make floors`: what it says of ours, of the floors and of what lies between them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from bench import above
from bench.floors import Floors, verdict, written
from bench.goals import GOALS
from bench.items import KINDS
from tests.support import gas

ROOT: Final = Path(__file__).resolve().parents[2]
KEY: Final = "jars.open"
GOAL: Final = GOALS[KEY]


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


def parts(**gas: int) -> dict[str, int]:
    return dict.fromkeys(KINDS, 0) | {kind.replace("_", " "): paid for kind, paid in gas.items()}


def test_what_ours_spends_above_the_floor_is_told_by_item() -> None:
    floor = parts(events=2_000, own_work=1_500, refund=-4_800)
    ours = parts(events=1_988, own_work=2_500, refund=-4_800)
    assert above.told(KEY, ours, floor) == f"- `{KEY}` spends 988 more: events -12, own work +1,000"


@pytest.mark.parametrize(
    "ours, floor, word",
    [
        (GOAL, GOAL - 9, "met"),
        (GOAL + 1, GOAL, "missed by 1; the floor meets it"),
        (GOAL + 9, GOAL + 1, "missed, and so does the floor, by 1"),
    ],
)
def test_a_goal_is_met_or_missed_and_only_what_the_floor_meets_is_told_by_item(
    ours: int, floor: int, word: str
) -> None:
    assert verdict(ours, floor, GOAL) == word
    paid = parts(own_work=floor)
    traced = {KEY: above.Ours(parts(own_work=ours), {"Streams.sol": ours})}
    text = written(Floors({KEY: floor}, {KEY: 5}, {KEY: paid}, {}), {KEY: ours}, traced)
    assert f"| `{KEY}` | {ours:,} | {floor:,} | 5 | {GOAL:,} | {word} |" in text
    assert ("spends" in text) == ("the floor meets it" in word)
    assert (f"| checks, arithmetic: `Streams.sol` | {ours:,} |" in text) == ("the floor meets it" in word)
    assert f"| `{KEY}` | " + "0 | " * (len(KINDS) - 1) + f"{floor:,} | {GOAL:,} |" in text


def test_where_all_checks_cost_more_than_the_goal_leaves_no_contract_meets_it() -> None:
    floor, ruled, ours = GOAL - 9, GOAL + 7, GOAL + 99
    word = "missed, and so does a floor with all checks, by 7"
    assert verdict(ours, floor, GOAL, ruled) == word
    assert verdict(ours, floor, GOAL, GOAL) == "missed by 99; the floor meets it"
    assert verdict(GOAL, floor, GOAL, ruled) == "met"
    text = written(Floors({KEY: floor}, {KEY: 5}, {KEY: parts()}, {KEY: ruled}), {KEY: ours}, {})
    assert f"| {word} |" in text
    assert "spends" not in text


def test_the_readme_counts_the_goals_that_are_met_and_missed() -> None:
    measured = gas.committed()
    missed = {key for key, goal in GOALS.items() if measured[key] > goal}
    page = (ROOT / "bench/FLOORS.md").read_text(encoding="utf-8")
    rows = [[cell.strip(" `") for cell in line.split("|")] for line in page.splitlines()]
    verdicts = {row[1]: row[6] for row in rows if len(row) == 8 and row[1] in GOALS}
    bare = {key for key, word in verdicts.items() if word.startswith("missed, and so does the floor")}
    beyond = {key for key, word in verdicts.items() if word.startswith("missed, and so does")}
    assert beyond <= missed == {key for key, word in verdicts.items() if word.startswith("missed")}
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    met = len(GOALS) - len(missed)
    assert f"Of the {len(GOALS)} goals that" in readme
    assert f"{met} are met and {len(missed)} missed. Of the {len(missed)}, in {len(beyond)} what we" in readme
    assert f"wrote by hand misses the goal too, in {len(bare)} of them without any check of input;" in readme
    assert "the other one is opening a stream." in readme
    assert missed - beyond == {"jars.open"}


def test_what_own_work_is_spent_on_adds_up_to_what_is_above_the_floor() -> None:
    page = (ROOT / "bench/FLOORS.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^- `([\w.]+)` spends .*own work \+([\d,]+)$", page, re.MULTILINE))
    tables = re.findall(r"^\| own work of `([\w.]+)` \|.*\n\|---\|---:\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert {key for key, _ in tables} == told.keys() != set()
    for key, table in tables:
        *spent, total, floor = (int(row.split("|")[2].replace(",", "")) for row in table.splitlines())
        assert (sum(spent), total - floor) == (total, int(told[key].replace(",", ""))), key
