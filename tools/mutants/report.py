"""Killed and survived, by contract; and what docs/MUTANTS.md answers of the survivors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from tools.mutants.draw import ROOT, Mutant
from tools.mutants.kill import Outcome

DOCUMENT = ROOT / "docs/MUTANTS.md"


def answers() -> set[str]:
    """Survivors that have a row, by name."""
    if not DOCUMENT.exists():
        return set()
    return set(re.findall(r"^\| `([^`]+:\d+:[0-9a-f]{8})` \|", DOCUMENT.read_text(), re.MULTILINE))


def print_report(
    counted: Sequence[Mutant], found: Mapping[str, Outcome], answered: set[str], count: int, goal: float
) -> int:
    """Prints the table and the survivors. 1 when too few were tried or killed, or one has no answer."""
    killed, all_of = Counter[str](), Counter[str]()
    for mutant in counted:
        where = _part(mutant)
        all_of[where] += 1
        killed[where] += found[mutant.name].state == "killed"
    print("\n| part | mutants | killed | survived |\n|---|---:|---:|---:|")
    for where, number in sorted(all_of.items()):
        print(f"| {where} | {number} | {killed[where]} | {number - killed[where]} |")
    by_lives = sum(found[mutant.name].by.startswith("lives") for mutant in counted)
    dead = killed.total()
    share = dead / max(len(counted), 1)
    print(f"| all | {len(counted)} | {dead} ({share:.1%}) | {len(counted) - dead} |")
    print(f"\nkilled by the lives: {by_lives}; by the tests: {dead - by_lives}")
    missing = 0
    for mutant in counted:
        if found[mutant.name].state == "survived":
            known = mutant.name in answered
            missing += not known
            print(f"survived{'' if known else ', NO ANSWER'}: {mutant.name} {mutant.shown}")
    if len(counted) < count:
        print(f"stopped: {len(counted)} of {count}; the next run goes on")
    if missing:
        print(f"{missing} survivors have no row in docs/{DOCUMENT.name}")
    return int(bool(missing) or len(counted) < count or share < goal)


def _part(mutant: Mutant) -> str:
    """Folder of the file, or the file where it stands at the top."""
    path = PurePosixPath(mutant.path.removeprefix("contracts/"))
    return path.parts[0].removesuffix(".sol")
