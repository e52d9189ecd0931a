"""bench/RESULTS.md: a table for each section, what differs from bench/gas.json, what was not run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from bench.against.lab import Missing, Row

SECTIONS: Final = ("Certificates", "Streams", "Micropayments")
HEAD: Final = (
    "| work | peer | ours | theirs | theirs ÷ ours | floor | published elsewhere, not run here |",
    "|---|---|---:|---:|---:|---:|---:|",
)
PICTURES: Final = {"Streams": "plots/collect.svg", "Micropayments": "plots/micropayments.svg"}
NOT_RUN: Final = (
    Missing("x402 batch settlement", "no package has its contract's code"),
    Missing("LlamaPay, Drips, Peanut, Boson", "we found no package with their bytecode"),
)
INTRODUCTION: Final = (
    "# Against the peers",
    "",
    "Written by `make bench`: receipt `gasUsed`, all on one Anvil in one run, with a 6-decimal OpenZeppelin",
    "ERC-20 unless said otherwise. The payer has approved, the contract holds the currency, the payee has a",
    "balance. Ours are deployed by `largesse.deploying`, theirs from the bytecode that they publish on npm;",
    "the two plain tokens are compiled as ours are. *Theirs ÷ ours* above 1: ours takes less. *Floor*: ours",
    "by hand with rule 8, `bench/floors/`. An empty *theirs* was not run or can't be: the notes say why.",
    "*Published elsewhere*: measured once by this project on the official contract's code, not here.",
)


def ratio(row: Row) -> str:
    """Theirs ÷ ours with two digits after the point."""
    return "" if row.theirs is None else f"{row.theirs / row.ours:,.2f}"


def line(row: Row, floors: Mapping[str, int]) -> str:
    """A row of the table."""
    floor = f"{floors[row.key]:,}" if row.key in floors else ""
    theirs = "" if row.theirs is None else f"{row.theirs:,}"
    cells = (row.work, row.peer, f"{row.ours:,}", theirs, ratio(row), floor, row.elsewhere)
    return "| " + " | ".join(cells) + " |"


def differences(rows: Iterable[Row], committed: Mapping[str, int]) -> list[str]:
    """Where ours differ from bench/gas.json, in words; how many are the same."""
    mine = {row.key: row.ours for row in rows if row.key in committed}
    differ = [
        f"- `{key}`: {gas:,} here, {committed[key]:,} there ({gas - committed[key]:+,})"
        for key, gas in sorted(mine.items())
        if gas != committed[key]
    ]
    same = len(mine) - len(differ)
    return [f"{same} of {len(mine)} figures of ours are those of `bench/gas.json`, to the unit.", "", *differ]


def written(
    rows: Sequence[Row], floors: Mapping[str, int], missing: Iterable[Missing], committed: Mapping[str, int]
) -> str:
    """The whole text."""
    lines = list(INTRODUCTION)
    for section in SECTIONS:
        of_section = [row for row in rows if row.section == section]
        lines += ["", f"## {section}", "", *HEAD, *(line(row, floors) for row in of_section), ""]
        notes = dict.fromkeys(f"- {row.peer}, {row.work}: {row.setup}." if row.theirs is None
                              else f"- {row.peer}: {row.setup}." for row in of_section)  # fmt: skip
        lines += ["How they were set up:", "", *notes]
        if section in PICTURES:
            lines += ["", f"![{section}]({PICTURES[section]})"]
    lines += ["", "## Beside bench/gas.json", "", *differences(rows, committed)]
    lines += ["", "Other addresses in the calldata have other zero bytes, of 12 units of gas each.", ""]
    lines += ["## Not run, and why", ""]
    lines += [f"- {one.what}: {one.why}." for one in (*missing, *NOT_RUN)]
    return "\n".join(lines) + "\n"
