"""What a contract's own work is spent on, from the node's trace and the compiler's map of code to source.

For bench/FLOORS.md: where a floor meets a goal that ours misses, and all that is missing is own work.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

from bench.items import paid

ROOT: Final = Path(__file__).resolve().parents[1]
GENERATED: Final = "dispatch, ABI, calls of functions"
"""Code that no statement stands for."""
GUARD: Final = "re-entrancy guard"
MEASURED: Final = "measuring what moved"
PLACES: Final = "places in storage, hashes"
LEAST: Final = 50
"""Files that take less gas than this are told together."""
_CONTRACTS: Final = {"certificates": "GiftCertificates", "jars": "StreamingTipEscrow"}
_GUARDS: Final = {"ReentrancyGuardTransient.sol", "TransientSlot.sol"}
_MEASURES: Final = {"Custody._balance", "Custody._checkArrived", "Custody._checkLeft"}
_WHOLE: Final = re.compile(r"(abstract contract|contract|library|function|modifier|constructor)\b")
_PLACE: Final = re.compile(r"[\w.]+(\[[^\[\]]+\])+$|keccak256\(")


@dataclass(frozen=True)
class Place:
    """Where a piece of code comes from: a file's name, `Contract._function`, the source it stands for."""

    file: str
    function: str
    text: str


def group(place: Place | None, opcode: str) -> str:
    """What a step of own work counts for: one of the groups above, or the file whose checks and arithmetic it
    is. `place` is None for what the compiler made without a source."""
    if place and place.file in _GUARDS:
        return GUARD
    if place and place.function in _MEASURES:
        return MEASURED
    if opcode == "KECCAK256" or (place and _PLACE.match(place.text)):
        return PLACES
    if place is None or _WHOLE.match(place.text):
        return GENERATED
    return place.file


def groups(steps: Sequence[Any], places: Mapping[int, Place]) -> dict[str, int]:
    """Gas of the own work in a trace by group, the named groups first and the files by what they take.
    `places`: by program counter."""
    found = Counter[str]()
    for step, cost, kind in paid(steps):
        if kind == "own work":
            found[group(places.get(step["pc"]), step["op"])] += cost
    named = [name for name in (GENERATED, GUARD, MEASURED, PLACES) if found[name]]
    files = sorted(found.keys() - set(named), key=lambda name: (-found[name], name))
    return {name: found[name] for name in (*named, *files) if found[name]}


def places_of(built: Mapping[str, Any], root: Path = ROOT) -> dict[int, Place]:
    """Where the code of a contract comes from, by program counter: of Brownie's build of it."""

    @cache
    def source(path: str) -> bytes:
        return (root / path).read_bytes()

    found = {}
    for counter, entry in built["pcMap"].items():
        if entry.get("path") is not None and entry.get("offset"):
            path = built["allSourcePaths"][entry["path"]]
            start, end = entry["offset"]
            text = source(path)[start:end].decode(errors="replace")
            found[int(counter)] = Place(PurePosixPath(path).name, entry.get("fn") or "", text)
    return found


def spent(key: str, steps: Sequence[Any]) -> dict[str, int]:
    """`groups` of a trace of the work `key`. Raises FileNotFoundError where nothing is compiled."""
    name = _CONTRACTS[key.partition(".")[0]]
    built = json.loads((ROOT / f"build/contracts/{name}.json").read_text(encoding="utf-8"))
    return groups(steps, places_of(built))


def table(key: str, found: Mapping[str, int], floor: int) -> Iterable[str]:
    """What ours spends by group, all of it, and what the floor's own work is."""
    yield f"| own work of `{key}` | gas spent |"
    yield "|---|---:|"
    rest = 0
    for name, cost in found.items():
        if not name.endswith(".sol"):
            yield f"| {name} | {cost:,} |"
        elif cost >= LEAST:
            yield f"| checks, arithmetic: `{name}` | {cost:,} |"
        else:
            rest += cost
    if rest:
        yield f"| checks, arithmetic: other files | {rest:,} |"
    yield f"| all | {sum(found.values()):,} |"
    yield f"| the floor's | {floor:,} |"
