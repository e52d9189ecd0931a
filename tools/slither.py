"""Runs slither and compares what it says with docs/SLITHER.md: python -m tools.slither

Exit code 1 when a finding has no answer, or an answer no finding.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs/SLITHER.md"
REPORT = ROOT / "build/slither.json"
ELSEWHERE = "node_modules|contracts/test/"


class Place(NamedTuple):
    """A detector and what it points at, `Contract.function`; "" for all of them."""

    check: str
    where: str


def answers(text: str) -> set[Place]:
    """The rows of the document."""
    found: set[Place] = set()
    for check, rest in re.findall(r"^\| `([\w-]+)` \| ([^\n]*) \|$", text, re.MULTILINE):
        cells = rest.split(" | ")
        names = re.findall(r"`([\w.]+)`", cells[0]) if len(cells) == 2 else [""]
        found |= {Place(check, name) for name in names}
    return found


def findings(report: Any) -> list[tuple[Place, str]]:
    """What slither said: the place, and its words."""
    if not report["success"]:
        raise SystemExit(f"slither failed: {report['error']}")
    found = []
    for entry in report["results"].get("detectors", []):
        said = " ".join(entry["description"].split())
        words = re.match(r"(?:Reentrancy in )?(\w+(?:\.\w+)?)", said)
        found.append((Place(entry["check"], words[1] if words else said), said))
    return found


def compare(said: Iterable[tuple[Place, str]], answered: set[Place]) -> list[str]:
    """What is not in order."""
    wrong, used = [], set[Place]()
    for place, words in said:
        known = {place, Place(place.check, "")} & answered
        used |= known
        if not known:
            wrong.append(f"no answer: {place.check} {place.where}: {words}")
    return wrong + [f"nothing to answer: {check} {where}" for check, where in sorted(answered - used)]


def main() -> int:
    """Compares, and prints what is not in order."""
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.unlink(missing_ok=True)
    command = [str(ROOT / ".venv-slither/bin/slither"), ".", "--filter-paths", ELSEWHERE]
    command += ["--exclude-dependencies", "--json", str(REPORT)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not REPORT.exists():
        sys.exit(f"slither did not run:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    said = findings(json.loads(REPORT.read_text()))
    wrong = compare(said, answers(DOCUMENT.read_text()))
    print("\n".join([*wrong, f"slither: {len(said)} findings, {len(wrong)} not in order"]))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
