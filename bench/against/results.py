"""bench/RESULTS.md: a table for each section, what differs from bench/gas.json, what was not run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from bench.against.lab import Missing, Row
from bench.goals import GOALS, REFERENCES

SECTIONS: Final = ("Certificates", "Streams", "Micropayments")
HEAD: Final = (
    "| work | peer | ours | theirs | theirs ÷ ours | goal | floor | elsewhere, not run here | key |",
    "|---|---|---:|---:|---:|---:|---:|---:|---|",
)
PICTURES: Final = {"Streams": "plots/collect.svg", "Micropayments": "plots/micropayments.svg"}
NOT_RUN: Final = (
    Missing("x402 batch settlement", "no package has its contract's code"),
    Missing("x402 `upto`", "the x402 package has the address of its contract and no code of it"),
    Missing(
        "LlamaPay, Drips, Peanut, Boson, bidali, Orchid, Livepeer", "we found no package with their code"
    ),
    Missing("microraiden", "a Python package of 2018 has its code; what is run here comes from npm"),
    Missing(
        "Merkle claim", "the goals do not say whose it is; Uniswap's distributor of 1,000 leaves was run"
    ),
)
INTRODUCTION: Final = (
    "# Against the peers",
    "",
    "Written by `make bench`: receipt `gasUsed`, all on one Anvil in one run, with a 6-decimal OpenZeppelin",
    "ERC-20 unless said otherwise. The payer has approved, the contract holds the currency, the payee has a",
    "balance. Ours are deployed by `largesse.deploying`, theirs from the bytecode that they publish on npm;",
    "the two plain ERC-1155 are compiled as ours are, the currency by the compiler's older pipeline, as when",
    "the goals were set. *Theirs ÷ ours* above 1: ours takes less. *Goal*: at",
    "most so much. *Floor*: ours by hand with what moves measured, [FLOORS.md](FLOORS.md); in brackets what",
    "a prototype took when the goals were set, without all that ours checks; empty where there is neither.",
    "*Elsewhere*: the peer's figure in the project's goals, measured once on its own code when they were",
    "set, by nothing in this tree. An empty *theirs* was not run or can't be: the notes say why. *Key*: of",
    "`bench/gas.json`, for the same work.",
)


def ratio(row: Row) -> str:
    """Theirs ÷ ours with two digits after the point."""
    return f"{row.theirs / row.ours:,.2f}" if row.theirs and row.ours else ""


def figure(gas: float | None) -> str:
    """Whole units, or a tenth where it is an average."""
    if gas is None:
        return ""
    return f"{gas:,}" if isinstance(gas, int) else f"{gas:,.1f}"


def line(row: Row, floors: Mapping[str, int]) -> str:
    """A row of the table."""
    goal = row.goal or figure(GOALS.get(row.key))
    floor = figure(floors.get(row.key)) or f"({figure(REFERENCES.get(row.key))})".removeprefix("()")
    key = f"`{row.key}`" if row.key else ""
    ours, theirs = figure(row.ours), figure(row.theirs)
    cells = (row.work, row.peer, ours, theirs, ratio(row), goal, floor, row.elsewhere, key)
    return "| " + " | ".join(cells) + " |"


def notes(rows: Iterable[Row]) -> list[str]:
    """How each peer was set up; of what was not run, of which works that is said."""
    works: dict[tuple[str, str, bool], list[str]] = {}
    for row in rows:
        if row.setup:
            works.setdefault((row.peer, row.setup, row.theirs is None), []).append(row.work)
    return [
        f"- {peer}, {'; '.join(of)}: {setup}." if is_apart else f"- {peer}: {setup}."
        for (peer, setup, is_apart), of in works.items()
    ]


def differences(rows: Iterable[Row], committed: Mapping[str, int]) -> list[str]:
    """Where ours of this run differ from bench/gas.json, in words; how many are the same."""
    mine = {row.key: int(row.ours) for row in rows if row.key in committed and row.ours and row.ran}
    differ = [
        f"- `{key}`: {committed[key]:,} there, {gas:,} here ({gas - committed[key]:+,})"
        for key, gas in sorted(mine.items())
        if gas != committed[key]
    ]
    same = len(mine) - len(differ)
    told = [f"{same} of {len(mine)} figures of ours are those of `bench/gas.json`, to the unit."]
    if taken := sorted({f"`{row.key}`" for row in rows if not row.ran}):
        told += ["", f"Not measured in this run but taken from there: {', '.join(taken)}."]
    return [*told, "", *differ]


def written(
    rows: Sequence[Row], floors: Mapping[str, int], missing: Iterable[Missing], committed: Mapping[str, int]
) -> str:
    """The whole text."""
    lines = list(INTRODUCTION)
    for section in SECTIONS:
        of_section = [row for row in rows if row.section == section]
        lines += ["", f"## {section}", "", *HEAD, *(line(row, floors) for row in of_section), ""]
        lines += ["How they were set up:", "", *notes(of_section)]
        if section in PICTURES:
            lines += ["", f"![{section}]({PICTURES[section]})"]
    lines += ["", "## Beside bench/gas.json", "", *differences(rows, committed)]
    lines += ["", "Other addresses in the calldata have other zero bytes, of 12 units of gas each.", ""]
    lines += ["## Not run, and why", ""]
    lines += [f"- {one.what}: {one.why}." for one in (*missing, *NOT_RUN)]
    return "\n".join(lines) + "\n"
