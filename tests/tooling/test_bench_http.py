"""`make bench-http`: what it says of its rounds."""

from __future__ import annotations

import pytest

from bench import http


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


def test_a_ratio_stands_between_the_lowest_and_the_highest_of_its_rounds() -> None:
    """The median is of the rounds' own ratios: that of the two medians is 2.50."""
    assert http.row("ours", [200, 900, 500], [100, 200, 300]) == "| ours | 500 | 2.00 | 1.67–4.50 |"


def test_one_round_has_no_spread() -> None:
    assert http.row("ours", [50], [100]) == "| ours | 50 | 0.50 |  |"


def test_every_row_of_the_report_has_a_spread() -> None:
    rounds = {kind: [10.0, 20.0] for kind in ("bare", "x402", "gateway", "gateway, retry keys")}
    turns = {kind: [10.0, 20.0] for kind in ("ours", "package", "curve")}
    told = [line for line in http.report(rounds, turns, 5.0).splitlines() if line.startswith("| ")]
    assert len(told) == 2 + 4 + 4
    without = [line for line in told if not line.endswith("1.00–1.00 |")]
    assert [line.split(" | ")[0] for line in without] == [
        "| server",
        "| verifier",
        "| x402 package, pure Python",
    ]
