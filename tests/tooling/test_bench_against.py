"""`make bench`: what it writes, what it measures, what it does where a peer fails; the README's copy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.against import certificates, elsewhere, micropayments, results
from bench.against.lab import Lab, Missing, Row
from bench.against.plots import draw
from bench.goals import GOALS
from largesse.nodes import development_node

ROOT = Path(__file__).resolve().parents[2]
KEY = "market.fill_with_fee"
ZERO_BYTES = 20
"""How many more or fewer there may be; an address has 20 bytes."""


def test_what_the_readme_says_of_peers_was_measured() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| work | peer | ours | theirs | theirs ÷ ours |\n")[2].partition("\n\n")[0]
    rows = table.splitlines()[1:]
    assert len(rows) >= 8
    told = (ROOT / "bench/RESULTS.md").read_text(encoding="utf-8").splitlines()
    for row in rows:
        assert any(line.startswith(row) for line in told), row


def test_what_the_readme_says_of_the_nearest_peer_is_what_the_results_say() -> None:
    """x402's batch settlement, which is not run: its figure is the one from elsewhere."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| work | ours | theirs | key |\n")[2].partition("\n\n")[0]
    rows = [row.strip("|").split("|") for row in table.splitlines()[1:]]
    told = (ROOT / "bench/RESULTS.md").read_text(encoding="utf-8").splitlines()
    for work, _, theirs, key in rows:  # ours are those of bench/gas.json, as another test says
        start, end = f"|{work}| x402 batch settlement |", f"|{theirs}|{key}|"
        assert any(line.startswith(start) and line.endswith(end) for line in told), work
    ran = [line for line in told if line.startswith("| settle, ") and "| x402 batch settlement |" in line]
    assert len(ran) == sum(work.startswith(" settle, ") for work, *_ in rows) == 4


def test_a_row_shows_both_their_ratio_the_goal_and_the_floor() -> None:
    row, floors = Row("Streams", "work", "peer", 1_000, 1_500, "so", "jars.open", "7"), {"jars.open": 900}
    shown = "| work | peer | 1,000 | 1,500 | 1.50 | 82,000 | 900 | 7 | `jars.open` |"
    assert results.line(row, floors) == shown
    alone = Row("Streams", "work", "peer", 10.25, None, "so", goal="10.6")
    assert results.line(alone, floors) == "| work | peer | 10.2 |  |  | 10.6 |  |  |  |"


def test_where_nobody_wrote_a_floor_a_prototype_stands_in_brackets() -> None:
    row = Row("Streams", "work", "peer", 1_000, None, "so", "jars.collect_1")
    assert results.line(row, {}) == "| work | peer | 1,000 |  |  | 55,000 | (51,912) |  | `jars.collect_1` |"


def test_what_is_said_of_a_peer_names_the_works_where_it_was_not_run() -> None:
    rows = [Row("Streams", work, "one", 1, None, "so") for work in ("a", "b")]
    rows += [Row("Streams", "c", "one", 1, None, ""), Row("Streams", "d", "two", 1, 2, "so")]
    assert results.notes(rows) == ["- one, a; b: so.", "- two: so."]


def test_every_goal_has_a_row_of_ours_of_this_run_or_of_the_committed_file() -> None:
    committed = dict.fromkeys(GOALS, 8_000)
    rows = elsewhere.rows(dict.fromkeys(("accounts.settle_1", "accounts.settle_500_each"), 5_000), committed)
    told = {row.key for row in rows} | {"market.fill_with_fee", "certificates.claim_from_many"}
    assert GOALS.keys() <= told  # those two beside peers that are run
    assert all(row.ours == (5_000 if row.ran else 8_000) for row in rows if row.key)
    assert [row.ours for row in rows if row.work == micropayments.EACH] == [5.0]
    assert {row.section for row in rows} == set(results.SECTIONS)


def test_works_are_in_the_order_of_the_goals_and_what_was_run_comes_first() -> None:
    works = [
        Row("Streams", "change the rate", "a", 1, None, ""),
        Row("Streams", "open and fund", "b", 1, None, ""),
        Row("Streams", "open and fund", "c", 1, 2, ""),
        Row("Certificates", "give by link", "d", 1, None, ""),
    ]
    assert "".join(row.peer for row in elsewhere.in_order(works)) == "dcba"


def test_what_differs_from_the_committed_figures_and_what_was_not_run_is_told() -> None:
    rows = [Row("Streams", "w", "p", gas, 5, "so", key) for key, gas in (("a.b", 1_000), ("a.c", 7))]
    rows.append(Row("Streams", "w", "p", 9, None, "so", "a.d", ran=False))
    committed = {"a.b": 1_012, "a.c": 7, "a.d": 9}
    text = results.written(rows, {}, [Missing("Somebody", "it is not installed")], committed)
    assert "1 of 2 figures of ours are those of `bench/gas.json`, to the unit.\n" in text
    assert "\n- `a.b`: 1,012 there, 1,000 here (-12)\n" in text
    assert "taken from there: `a.d`." in text
    assert "- `a.c`" not in text
    assert "\n- Somebody: it is not installed.\n" in text


def test_the_same_figures_give_the_same_picture(tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw(tmp_path / name, {"ours": {1: 5.0, 10: 7.0}}, title="t", across="a", up="u")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_bytes().startswith(b"<?xml")


def test_certificates_beside_seaport_and_a_peer_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seaport is of the packages that all tests have."""

    def fails(lab: Lab) -> dict[str, int]:
        lab.published("@nobody/nothing.json")
        return {}

    peers = (("Nobody", fails, ""), ("Seaport 1.6, basic order", certificates.seaport(basic=True), "so"))
    monkeypatch.setattr(certificates, "PEERS", peers)
    with development_node() as url:
        rows, missing = certificates.measure(Lab(url))
    assert missing == [Missing("Nobody", "FileNotFoundError: @nobody/nothing.json is not installed")]
    assert [(row.key, row.peer) for row in rows] == [(KEY, "Seaport 1.6, basic order")]
    (row,) = rows
    told = re.search(
        rf"^\| {row.work} \| {row.peer} \| ([\d,]+) \| ([\d,]+) \|",
        (ROOT / "bench/RESULTS.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert told
    for committed, measured in zip(told.groups(), (row.ours, row.theirs), strict=True):
        # An address follows from the code, comments included: other zero bytes of calldata, of 12 gas each.
        moved = int(committed.replace(",", "")) - (measured or 0)
        assert moved % 12 == 0 and abs(moved) <= 12 * ZERO_BYTES, f"{committed}: make bench"
