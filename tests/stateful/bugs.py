"""Bugs put into a contract on purpose, one at a time: its machine must notice each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from tests.model.currency import Kind
from tests.stateful.invariants import Broken, Difference
from tests.stateful.life import ODD
from tools.compiler import ROOT, compile_contract

STEPS, LIVES = 300, 12
Live = Callable[[Kind, Sequence[int], Mapping[str, bytes]], object]


class Bug(NamedTuple):
    """A change of one place in one file. Runs of blanks in `old` stand for any."""

    name: str
    file: str
    old: str
    new: str


def source_of(bug: Bug) -> tuple[str, str]:
    """Path and changed source. Raises ValueError where the bug does not fit the source exactly once."""
    path = f"contracts/{bug.file}.sol"
    text = (ROOT / path).read_text()
    pattern = r"\s+".join(map(re.escape, bug.old.split()))
    if len(re.findall(pattern, text)) != 1:
        raise ValueError(f"{bug.name}: not found exactly once in {path}: {bug.old}")
    return path, re.sub(pattern, lambda _: bug.new, text)


def lives(seed: int) -> Iterator[tuple[Kind, list[int]]]:
    """The lives that a bug has to survive: three in each odd currency."""
    for number in range(LIVES):
        rng = Random(f"{seed} {number}")
        yield ODD[number % len(ODD)], [rng.getrandbits(32) for _ in range(STEPS)]


def caught(bug: Bug, contract: str, live: Live, seed: int = 0) -> str | None:
    """What the machine of these lives said when it noticed the bug, and after how many; None when it did
    not."""
    path, text = source_of(bug)
    code = {contract: compile_contract(contract, {path: text}, trial=True)}
    for number, (kind, steps) in enumerate(lives(seed)):
        try:
            live(kind, steps, code)
        except (Difference, Broken) as failure:
            return f"life {number + 1}: {failure}"
    return None


def print_rows(bugs: Sequence[Bug], caught_by: Callable[[Bug], str | None], names: Sequence[str]) -> None:
    """A row for each bug, or for those of these names."""
    for bug in bugs:
        if not names or bug.name in names:
            said = shortened(caught_by(bug) or "NOT CAUGHT").replace("|", "¦")
            print(f"| {bug.name} | `{bug.file.split('/')[-1]}` | {said[:160]} |", flush=True)


def shortened(said: str) -> str:
    """Bytes, addresses and large numbers by their beginnings."""
    said = re.sub(r"""\bb(['"])(?:\\.|(?!\1).)*(?:\1|$)""", "…", said)
    return re.sub(r"\b(0x[0-9a-fA-F]{4}|\d{6})[0-9a-fA-F]{9,}", r"\1…", said)
