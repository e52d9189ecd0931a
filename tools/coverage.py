"""Solidity coverage of the Python tests, for this project's own contracts only.

Brownie's own totals leave out every function without a branch and count a library once per contract that uses
it. This works from what Brownie recorded for each transaction (build/tests.json) and its maps of the compiled
code (build/contracts): statements and branches are merged by source file and place, whichever contract they
ran in.
"""

import argparse
import json
import sys
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Span = tuple[int, int]
MINIMUM_PERCENT = 95


class CoverageError(Exception):
    """There is nothing to compute coverage from; the message says what is missing."""


@dataclass
class Function:
    """Where a function's statements and branches are, and which of them ran. Keys are character ranges."""

    statements: dict[Span, bool] = field(default_factory=dict)
    # each branch: whether its condition was ever false, ever true (as the compiled jump sees it)
    branches: dict[Span, tuple[bool, bool]] = field(default_factory=dict)

    @property
    def called(self) -> bool:
        """Whether anything of it ran."""
        return any(self.statements.values()) or any(any(sides) for sides in self.branches.values())


@dataclass(frozen=True)
class Tally:
    """How many of how many."""

    hit: int
    total: int

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.hit + other.hit, self.total + other.total)

    def __str__(self) -> str:
        # rounded down: 100 % is said of nothing that misses one
        return f"{self.hit} / {self.total} ({self.hit * 1000 // self.total / 10} %)" if self.total else "-"

    def reaches(self, percent: int) -> bool:
        """Whether at least `percent` of the total was hit; true of an empty total."""
        return self.hit * 100 >= percent * self.total


Sources = dict[str, dict[str, Function]]


def ours(path: str) -> bool:
    """Whether a source file is a contract of this project that gets deployed, not one made for tests."""
    return path.startswith("contracts/") and not path.startswith("contracts/test/")


def collect(builds: Iterable[Mapping[str, Any]], recorded: Mapping[str, Mapping[str, Any]]) -> Sources:
    """Merge what ran, per source file and function.

    `builds`: Brownie's build files. `recorded`: its record per transaction, `{contract: {source id:
    [statements, false branches, true branches]}}`. Contracts without code of their own (abstract ones) count
    through those that inherit from them.
    """
    ran: dict[tuple[str, str], tuple[set[int], set[int], set[int]]] = {}
    for contracts in recorded.values():
        for contract, sources in contracts.items():
            for source, hits in sources.items():
                seen = ran.setdefault((contract, source), (set(), set(), set()))
                for known, more in zip(seen, hits, strict=True):
                    known.update(int(index) for index in more)
    found: Sources = {}
    for build in builds:
        if not build.get("bytecode"):
            continue
        for source, path in build["allSourcePaths"].items():
            if not ours(path):
                continue
            hits = ran.get((build["contractName"], source), (set(), set(), set()))
            _merge(found.setdefault(path, {}), build, source, hits)
    return found


def _merge(
    functions: dict[str, Function], build: Mapping[str, Any], source: str, hits: tuple[set[int], ...]
) -> None:
    maps = build["coverageMap"]
    jumps = {entry.get("branch") for entry in build["pcMap"].values() if entry["op"] == "JUMPI"}
    for name, statements in maps["statements"].get(source, {}).items():
        function = functions.setdefault(name, Function())
        for index, (start, stop) in statements.items():
            before = function.statements.get((start, stop), False)
            function.statements[start, stop] = before or int(index) in hits[0]
    for name, branches in maps["branches"].get(source, {}).items():
        function = functions.setdefault(name, Function())
        for index, (start, stop, _) in branches.items():
            if int(index) not in jumps:
                continue
            sides = function.branches.get((start, stop), (False, False))
            function.branches[start, stop] = (
                sides[0] or int(index) in hits[1],
                sides[1] or int(index) in hits[2],
            )


def tallies(functions: Iterable[Function]) -> tuple[Tally, Tally, Tally]:
    """Functions called, statements run, branch sides taken."""
    called, statements, branches = Tally(0, 0), Tally(0, 0), Tally(0, 0)
    for function in functions:
        called += Tally(int(function.called), 1)
        statements += Tally(sum(function.statements.values()), len(function.statements))
        branches += Tally(sum(sum(sides) for sides in function.branches.values()), 2 * len(function.branches))
    return called, statements, branches


def gaps(sources: Sources, root: Path) -> Iterator[str]:
    """One line per function never called, statement never run and branch side never taken."""
    for path, functions in sorted(sources.items()):
        starts = [0]
        for line in (root / path).read_bytes().splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        for name, function in sorted(functions.items()):
            if not function.called:
                yield f"{path}: `{name}` is never called"
                continue
            for (start, _), hit in sorted(function.statements.items()):
                if not hit:
                    yield f"{path}:{bisect(starts, start)}: `{name}`: a statement never runs"
            for (start, _), (false, true) in sorted(function.branches.items()):
                if not (false and true):
                    which = "is never reached" if not (false or true) else "only ever goes one way"
                    yield f"{path}:{bisect(starts, start)}: `{name}`: a branch {which}"


def table(sources: Sources) -> list[str]:
    """A Markdown table: one line per source file, and the sum."""
    lines = ["| source | functions called | statements | branch sides |", "|---|---:|---:|---:|"]
    for path, functions in sorted(sources.items()):
        cells = " | ".join(str(tally) for tally in tallies(functions.values()))
        lines.append(f"| `{path}` | {cells} |")
    everything = tallies(function for functions in sources.values() for function in functions.values())
    lines.append(f"| **all** | {' | '.join(f'**{tally}**' for tally in everything)} |")
    return lines


def failures(sources: Sources) -> list[str]:
    """What the gate refuses: a function never called, statements or branch sides below MINIMUM_PERCENT."""
    called, statements, branches = tallies(
        function for functions in sources.values() for function in functions.values()
    )
    refused = []
    if not called.reaches(100):
        refused.append(f"functions called: {called}, all are wanted")
    for name, tally in (("statements", statements), ("branch sides", branches)):
        if not tally.reaches(MINIMUM_PERCENT):
            refused.append(f"{name}: {tally}, at least {MINIMUM_PERCENT} % is wanted")
    return refused


def load(root: Path) -> Sources:
    """Read a run's record and the build. Raises CoverageError when the tests did not run with coverage."""
    try:
        recorded = json.loads((root / "build/tests.json").read_text(encoding="utf-8"))["tx"]
    except FileNotFoundError as error:
        raise CoverageError("build/tests.json is missing: run the tests with --coverage first") from error
    builds = [
        json.loads(path.read_text(encoding="utf-8")) for path in (root / "build/contracts").glob("*.json")
    ]
    sources = collect(builds, recorded)
    if not recorded or not sources:
        raise CoverageError("the tests recorded no coverage: run them with --coverage")
    return sources


HEAD = """# Coverage of the contracts

What the Python tests run of the Solidity sources, written by `make coverage` (it fails when a function is
never called, or statements or branch sides fall below {percent} %). A branch has two sides; a condition
whose value the compiler computes without a jump is none. Sources that several contracts share are counted
once. Constructors are not traced. The code that runs here is made by the older of the compiler's two
pipelines, from the same sources as what is deployed: the maps of the other one leave branches out.

"""


def main(arguments: list[str] | None = None) -> int:
    """Print the table, write it, and return 1 when the gate refuses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the checkout")
    parser.add_argument("--write", type=Path, help="the Markdown file to write")
    options = parser.parse_args(arguments)
    try:
        sources = load(options.root)
    except CoverageError as error:
        print(f"coverage: {error}", file=sys.stderr)
        return 1
    lines, missing = table(sources), list(gaps(sources, options.root))
    print("\n".join([*lines, "", *missing]))
    if options.write:
        if missing:
            lines += ["", "## What no test on a node reaches", "", *(f"- {gap}" for gap in missing)]
        text = HEAD.format(percent=MINIMUM_PERCENT) + "\n".join(lines) + "\n"
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(text, encoding="utf-8")
    refused = failures(sources)
    for reason in refused:
        print(f"coverage: {reason}", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
