"""Every figure that stands beside a key of bench/gas.json in a text is that key's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bench.goals import GOALS
from tests.support import gas
from tests.tooling.test_tree import texts

COMMITTED = gas.committed()
KEY = rf"`((?:{'|'.join(sorted({key.split('.')[0] for key in COMMITTED}))})\.(?!py`)\w+)`"
BEFORE = re.compile(rf"([\d,]*\d)(?: [a-z]+){{0,4}}\s\({KEY}")
AFTER = re.compile(rf"{KEY}:? ([\d,]*\d)")
OURS = {"ours", "gas"}
"""Columns whose figures are ours; other tables have none."""
DIFFERS = re.compile(rf"^- {KEY}: ([\d,]+) there, ([\d,]+) here", re.MULTILINE)


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


def number(told: str) -> int:
    return int(told.replace(",", ""))


def told(text: str) -> Iterator[tuple[str, int]]:
    """Keys and the figures beside them: in a table in the column of ours, elsewhere right before or after."""
    prose, head = [], list[str]()
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("| ") else []
        if not cells:
            prose.append(line)
            head = head if line.startswith("|") else []
        elif not head:
            head = cells
        else:
            keys = [found[1] for cell in cells if (found := re.fullmatch(KEY, cell))]
            ours = [cell for name, cell in zip(head, cells, strict=True) if name in OURS and cell]
            yield from ((key, number(cell)) for key in keys for cell in ours)
    joined = "\n".join(prose)
    yield from ((key, number(figure)) for figure, key in BEFORE.findall(joined))
    yield from ((key, number(figure)) for key, figure in AFTER.findall(joined))


PAGES = {name: text for name, text in texts() if name.endswith(".md")}


def here(text: str) -> dict[str, int]:
    """What a page says that its run measured instead."""
    return {key: number(figure) for key, _, figure in DIFFERS.findall(text)}


@pytest.mark.parametrize("name", PAGES)
def test_a_figure_beside_a_key_is_what_was_measured(name: str) -> None:
    text, differs = PAGES[name], here(PAGES[name])
    wrong = [
        f"{key}: {figure:,}, measured {COMMITTED.get(key)}"
        for key, figure in told(text)
        if figure not in {COMMITTED.get(key), differs.get(key)}
    ]
    assert wrong == []


@pytest.mark.parametrize("name", PAGES)
def test_what_a_run_measured_instead_differs_by_bytes_of_an_address(name: str) -> None:
    """Of 12 units of gas each; an address has 20. A mean of many rows moves by less, and is rounded."""
    for key, figure in here(PAGES[name]).items():
        rows = re.search(r"_(\d+)_each$", key)
        if rows:
            assert abs(figure - COMMITTED[key]) <= 1 + 12 * 20 / int(rows[1]), key
        else:
            assert (figure - COMMITTED[key]) % 12 == 0 and abs(figure - COMMITTED[key]) <= 12 * 20, key


@pytest.mark.parametrize("name", PAGES)
def test_a_key_that_a_page_names_is_there(name: str) -> None:
    assert set(re.findall(KEY, PAGES[name])) <= COMMITTED.keys()


def test_the_figures_are_found_where_they_are() -> None:
    found = {name: len(list(told(text))) for name, text in PAGES.items()}
    for name, least in {
        "README.md": 11,
        "SECURITY.md": 1,
        "bench/FLOORS.md": 14,
        "bench/RESULTS.md": 60,
    }.items():
        assert found[name] >= least, name


def test_what_security_says_that_a_day_of_dust_costs_its_creator() -> None:
    """A day is a 365th of a year's backlog less what collecting costs anyway."""
    year = COMMITTED["jars.collect_year_backlog"] - COMMITTED["jars.collect_1"]
    assert f"costs the creator {year / 365:,.0f} when it is collected" in PAGES["SECURITY.md"]
    assert f"{year / 10**6:.2f} million gas" in PAGES["SECURITY.md"]


def test_results_has_each_goal_beside_its_figure() -> None:
    rows = [line for line in PAGES["bench/RESULTS.md"].splitlines() if line.startswith("| ")]
    for key, goal in GOALS.items():
        of_key = [line for line in rows if line.endswith(f"| `{key}` |")]
        assert of_key, key
        assert all(f" | {goal:,} | " in line for line in of_key), key


@pytest.mark.parametrize(
    "text",
    [
        "| work | gas | key |\n|---|---:|---|\n| open | 1,234 | `jars.open` |",
        "| work | ours | theirs | key |\n|---|---|---|---|\n| open | 1,234 | 9 | `jars.open` |",
        "| work | ours | floor |\n|---|---|---|\n| `jars.open` | 1,234 | 7 |",
        "It costs its author 1,234 gas a day\n(`jars.open`), and 7 by another way.",
        "- `jars.open`: 1,234 there, 7 here (-5)",
        "`jars.open` 1,234",
    ],
)
def test_a_figure_is_found_beside_its_key(text: str) -> None:
    assert list(told(text)) == [("jars.open", 1_234)]


@pytest.mark.parametrize(
    "text",
    [
        "| work | slots |\n|---|---|\n| `jars.open` | 1,234 |",
        "| work | ours | key |\n|---|---|---|\n| verify |  | `jars.open` |",
        "`jars.py` 7, (`tests/model/jars.py`), `jars.open` spends 7 more",
    ],
)
def test_what_is_no_figure_of_ours_is_left_alone(text: str) -> None:
    assert list(told(text)) == []
