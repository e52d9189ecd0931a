"""Mutation testing: python -m tools.mutants [--count N] [--seed N] [--jobs N] [--again] [--fresh]
[--limit SECONDS]

Draws mutants of the contracts by the seed, in proportion to lines of code, and has the machines' lives and
then the contract's tests notice them. What does not compile, or compiles to the same code, is not counted.
Goes on where an interrupted run stopped: build/mutants/ holds what was found about each, which counts as
long as the sources of the contracts that its file is part of are the same. It begins with what docs/mutants/
has of an earlier run, and draws from the lines that the files had then, unless it is to be --fresh. Survivors
must be answered in docs/MUTANTS.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from time import monotonic

from brownie import project

from tools.mutants.draw import ROOT, Mutant, frame_of, mutants, sources
from tools.mutants.kill import Outcome, attempt
from tools.mutants.report import answers, print_report
from tools.mutants.targets import digests, targets

GOAL = 0.95
COUNTED = ("killed", "survived")


class State:
    """What was found out so far: a line of JSON for each mutant that was tried, the last one counts.

    `of`: by file, what it must have been found out of (`targets.digests`). `earlier`: of another run.
    """

    def __init__(self, path: Path, of: Mapping[str, str], earlier: Path | None = None) -> None:
        self.path = path
        self._of = of
        path.parent.mkdir(parents=True, exist_ok=True)
        if earlier is not None and earlier.exists() and not path.exists():
            shutil.copyfile(earlier, path)
        self.found: dict[str, Outcome] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                if entry["of"] == of.get("contracts/" + entry["name"].rsplit(":", 2)[0]):
                    self.found[entry["name"]] = Outcome(entry["state"], entry["by"], entry["said"])

    def forget(self, answered: set[str]) -> None:
        """The survivors that have no answer."""
        kept = answered | {name for name, outcome in self.found.items() if outcome.state != "survived"}
        self.found = {name: outcome for name, outcome in self.found.items() if name in kept}

    def add(self, mutant: Mutant, outcome: Outcome) -> None:
        self.found[mutant.name] = outcome
        entry = {"name": mutant.name, "of": self._of[mutant.path], **outcome._asdict()}
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")


def main() -> int:
    """Exit code 1 when fewer were killed than the goal, or a survivor has no answer."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants")
    parser.add_argument("--count", type=int, default=400, help="mutants that count")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="try survivors without an answer again")
    parser.add_argument("--fresh", action="store_true", help="try all, whatever an earlier run found")
    parser.add_argument("--limit", type=float, default=float("inf"), help="stop after so many seconds")
    options = parser.parse_args()
    files = sources()
    name = f"{options.seed}.jsonl"
    path, earlier = ROOT / "build/mutants" / name, ROOT / "docs/mutants" / name
    if options.fresh:
        path.unlink(missing_ok=True)
        frame_path(path).unlink(missing_ok=True)
    state = State(path, digests(files), None if options.fresh else earlier)
    frame = read_frame(path, files, None if options.fresh else earlier)
    frame_path(path).write_text(json.dumps(frame, indent=1) + "\n")
    print(
        f"seed {options.seed}, {len(files)} files, {options.count} mutants; kept in {state.path}", flush=True
    )
    if options.again:
        state.forget(answers())
    # The first load after compiling removes what no contract needs; several at once would find it gone.
    project.load(str(ROOT)).close()
    drawn = partial(mutants, files, options.seed, frame)
    _run(drawn(), targets(files), state, options)
    counted = those_that_count(drawn(), state, options.count)
    return print_report(counted, state.found, answers(), options.count, GOAL)


def frame_path(path: Path) -> Path:
    """Of what a state's file was drawn from."""
    return path.with_suffix(".lines.json")


def read_frame(path: Path, files: Mapping[str, str], earlier: Path | None = None) -> dict[str, int]:
    """That of the state at `path`, or else of an `earlier` one, or else of the files as they are."""
    for known in (path, earlier):
        if known is not None and frame_path(known).exists():
            return dict(json.loads(frame_path(known).read_text()))
    return frame_of(files)


def those_that_count(drawn: Iterator[Mutant], state: State, count: int) -> list[Mutant]:
    """The first `count` that changed something, as far as all before them were tried."""
    found: list[Mutant] = []
    for mutant in drawn:
        if len(found) == count or mutant.name not in state.found:
            break
        if state.found[mutant.name].state in COUNTED:
            found.append(mutant)
    return found


def _run(
    drawn: Iterator[Mutant], contracts: Mapping[str, list[str]], state: State, options: argparse.Namespace
) -> None:
    """Tries until as many as are wanted count; those that run at the end are finished too."""
    until = monotonic() + options.limit
    counted = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        running: dict[Future[Outcome], Mutant] = {}
        while counted < options.count or running:
            while len(running) < options.jobs and counted + len(running) < options.count:
                mutant = next(drawn, None)
                if mutant is None or monotonic() >= until:
                    break
                if mutant.name in state.found:
                    counted += state.found[mutant.name].state in COUNTED
                else:
                    running[pool.submit(attempt, mutant, contracts[mutant.path], state.path.parent)] = mutant
            if not running:
                break
            for work in wait(running, return_when=FIRST_COMPLETED).done:
                mutant, outcome = running.pop(work), work.result()
                state.add(mutant, outcome)
                if outcome.state in COUNTED:
                    counted += 1
                    _tell(counted, options.count, mutant, outcome)


def _tell(number: int, count: int, mutant: Mutant, outcome: Outcome) -> None:
    said = outcome.said.split("\n")[0][:70]
    print(
        f"{number}/{count} {outcome.state} {mutant.name}: {mutant.shown[:90]} | {outcome.by}: {said}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
