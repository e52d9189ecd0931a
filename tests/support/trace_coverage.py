"""What a transaction or call ran of the sources, from a node's traces.

Brownie does this too, with the whole memory and stack of each step: gigabytes for a drawing, and only of what
goes through Brownie. The steps' program counters and the tree of calls say as much.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

# as Brownie keeps it: per contract and source id, statements run, branches seen false, branches seen true
Covered = dict[str, dict[str, tuple[set[int], set[int], set[int]]]]

_CALLS = frozenset(("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2"))


@dataclass(frozen=True)
class Point:
    """A program counter that stands for a statement, a branch's condition or a branch's jump."""

    source: str
    statement: int | None
    branch: int | None
    is_jump: bool


@dataclass(frozen=True)
class CodeMap:
    """A contract's code: the points among its program counters."""

    contract: str
    points: dict[int, Point]


@dataclass
class _Frame:
    code: CodeMap | None
    calls: Iterator[dict[str, Any]]
    open_branches: set[int] = field(default_factory=set)


def code_map(contract: str, pc_map: dict[Any, dict[str, Any]]) -> CodeMap:
    """The points of a Brownie build's pcMap."""
    moved = dict(_moved_jumps(pc_map))
    points = {}
    for pc, entry in pc_map.items():
        if "path" not in entry or "fn" not in entry:
            continue
        branch = entry.get("branch")
        if entry["op"] == "JUMPI":
            branch = moved.get(int(pc), branch)
        if branch is not None or "statement" in entry:
            points[int(pc)] = Point(entry["path"], entry.get("statement"), branch, entry["op"] == "JUMPI")
    return CodeMap(contract, points)


def _moved_jumps(pc_map: dict[Any, dict[str, Any]]) -> Iterator[tuple[int, int | None]]:
    """Jumps that Brownie takes for a branch's and are not, with None; those that are, with the branch.

    Between a condition and its jump the compiler may look for an error's values, and an array's bounds make
    the first jump there. The branch's own stands for all of a source that contains the condition.
    """
    code = sorted((int(pc), entry) for pc, entry in pc_map.items())
    conditions = {
        entry["branch"]: entry["offset"]
        for _, entry in code
        if "branch" in entry and "offset" in entry and entry["op"] != "JUMPI"
    }
    for place, (pc, entry) in enumerate(code):
        branch = entry.get("branch")
        if entry["op"] != "JUMPI" or branch not in conditions or _contains(entry, conditions[branch]):
            continue
        yield pc, None
        for later, other in code[place + 1 :]:
            if other["op"] == "JUMPI" and _contains(other, conditions[branch]):
                yield later, branch
                break


def _contains(entry: dict[str, Any], span: Sequence[int]) -> bool:
    start, end = entry.get("offset") or (0, 0)
    return start <= span[0] and span[1] <= end


def evaluate(
    steps: list[dict[str, Any]], call: dict[str, Any], code_of: Callable[[str], CodeMap | None]
) -> Covered:
    """What ran.

    `steps`: a struct log (pc, op, depth from 1). `call`: the tree of calls of the same execution, with type,
    to and calls. `code_of`: the map of the code at an address, None for foreign code. Code that creates a
    contract is not looked at.
    """
    covered: Covered = {}
    frames = [_frame(call, code_of)]
    entered = frames[0]
    for index, step in enumerate(steps):
        del frames[step["depth"] :]
        if step["depth"] > len(frames):
            frames.append(entered)
        frame = frames[-1]
        if step["op"] in _CALLS and (inner := next(frame.calls, None)) is not None:
            entered = _frame(inner, code_of)
        point = frame.code.points.get(step["pc"]) if frame.code else None
        if point is None or frame.code is None:
            continue
        hits = covered.setdefault(frame.code.contract, {}).setdefault(point.source, (set(), set(), set()))
        if point.statement is not None:
            hits[0].add(point.statement)
        if point.branch is None:
            continue
        if not point.is_jump:
            frame.open_branches.add(point.branch)
        elif point.branch in frame.open_branches and index + 1 < len(steps):
            frame.open_branches.remove(point.branch)
            jumped = steps[index + 1]["pc"] != step["pc"] + 1
            hits[2 if jumped else 1].add(point.branch)
    return covered


def news(covered: Covered, known: Covered) -> bool:
    """Add `covered` to `known`; returns whether there was anything new in it."""
    new = False
    for contract, sources in covered.items():
        for source, hits in sources.items():
            before = known.setdefault(contract, {}).setdefault(source, (set(), set(), set()))
            for old, more in zip(before, hits, strict=True):
                new = new or not more <= old
                old |= more
    return new


def _frame(call: dict[str, Any], code_of: Callable[[str], CodeMap | None]) -> _Frame:
    created = call["type"].startswith("CREATE") or "to" not in call
    return _Frame(None if created else code_of(call["to"]), iter(call.get("calls", ())))
