"""`make bench`: what it writes, what it measures, what it does where a peer fails; the README's copy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.against import certificates, results
from bench.against.lab import Lab, Missing, Row
from bench.against.plots import draw
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


def test_a_row_shows_both_their_ratio_and_the_floor() -> None:
    row = Row("Streams", "work", "peer", 1_000, 1_500, "so", "jars.open", "7")
    assert results.line(row, {"jars.open": 900}) == "| work | peer | 1,000 | 1,500 | 1.50 | 900 | 7 |"
    alone = Row("Streams", "work", "peer", 1_000, None, "so")
    assert results.line(alone, {"jars.open": 900}) == "| work | peer | 1,000 |  |  |  |  |"


def test_what_differs_from_the_committed_figures_and_what_was_not_run_is_told() -> None:
    rows = [Row("Streams", "w", "p", gas, 5, "so", key) for key, gas in (("a.b", 1_000), ("a.c", 7))]
    text = results.written(rows, {}, [Missing("Somebody", "it is not installed")], {"a.b": 1_012, "a.c": 7})
    assert "1 of 2 figures of ours are those of `bench/gas.json`, to the unit.\n" in text
    assert "\n- `a.b`: 1,000 here, 1,012 there (-12)\n" in text
    assert "a.c`" not in text
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
