"""Draws mutants by a seed, in proportion to lines of code.

A seed is drawn from the lines that each file had when it was first used, its *frame*: where a file has become
longer or shorter its own mutants are drawn anew, all along it, and those of other files stay the same but for
a few. From a file that came later nothing is drawn, until one begins afresh.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

from tools.mutants.sites import Change, changes, code_lines, tokens

ROOT = Path(__file__).resolve().parents[2]


class Mutant(NamedTuple):
    """One change of one file."""

    path: str
    line: int
    kind: str
    old: str
    new: str
    source: str
    function: str

    @property
    def name(self) -> str:
        """Short and the same in every run: the place, and a digest of the changed source."""
        digest = hashlib.sha256(self.source.encode()).hexdigest()[:8]
        return f"{self.path.removeprefix('contracts/')}:{self.line}:{digest}"

    @property
    def shown(self) -> str:
        """The change, on one line."""
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{old} → {new if new not in ('', '{}') else '(nothing)'}"


def sources() -> dict[str, str]:
    """Every contract's source by path; what only tests use is none."""
    paths = sorted(ROOT.glob("contracts/**/*.sol"))
    return {
        path.relative_to(ROOT).as_posix(): path.read_text()
        for path in paths
        if "test" not in path.relative_to(ROOT).parts
    }


def frame_of(files: Mapping[str, str]) -> dict[str, int]:
    """How many lines of code each file has."""
    return {path: len(code_lines(source)) for path, source in files.items()}


def mutants(files: Mapping[str, str], seed: int, frame: Mapping[str, int] | None = None) -> Iterator[Mutant]:
    """All that are drawn, none twice; the caller takes as many as it wants. Ends when nothing new comes.

    `frame` as above; of the files as they are where there is none. Raises ValueError where one of its files
    is gone.
    """
    frame = frame_of(files) if frame is None else frame
    if gone := frame.keys() - files.keys():
        raise ValueError(f"drawn from files that are gone: {sorted(gone)}; begin with --fresh")
    rng = Random(seed)  # noqa: S311 - no secret
    lines = []
    for path, count in frame.items():
        now = code_lines(files[path])
        lines += [(path, now[at * len(now) // count]) for at in range(count)]
    possible = {path: changes(source) for path, source in files.items()}
    drawn: set[str] = set()
    idle = 0
    while idle < 10_000:
        idle += 1
        path, line = rng.choice(lines)
        here = possible[path].get(line)
        if not here:
            continue
        mutant = _mutant(path, files[path], line, rng.choice(here))
        if mutant.name not in drawn:
            drawn.add(mutant.name)
            idle = 0
            yield mutant


def _mutant(path: str, source: str, line: int, change: Change) -> Mutant:
    old = source[change.start : change.end]
    start = source.rfind("\n", 0, change.start) + 1
    end = source.find("\n", change.end)
    after = source[start : change.start] + change.new + source[change.end : end]
    function = _function(source, change.start)
    if change.kind in ("requirement", "statement"):
        return Mutant(path, line + 1, change.kind, old, change.new, change.of(source), function)
    return Mutant(path, line + 1, change.kind, source[start:end], after, change.of(source), function)


def _function(source: str, at: int) -> str:
    """Name of the last function that begins before a place."""
    words = [token.text for token in tokens(source[:at])]
    names = [after for word, after in pairwise(words) if word == "function"]
    return names[-1] if names else ""
