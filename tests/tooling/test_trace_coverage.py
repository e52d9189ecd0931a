"""What ran is read off a trace: across calls, delegated code, both sides of a branch, and nothing else."""

from typing import Any

import pytest

from tests.support.deployed_code import is_code_of
from tests.support.trace_coverage import CodeMap, Covered, Point, code_map, evaluate, news

CARD = CodeMap(
    "Card",
    {
        0: Point("1", 10, None, is_jump=False),
        2: Point("1", None, 11, is_jump=False),
        3: Point("1", None, 11, is_jump=True),
        9: Point("2", 12, None, is_jump=False),
    },
)
LENS = CodeMap("Lens", {0: Point("7", 20, None, is_jump=False), 3: Point("7", None, 21, is_jump=True)})
CODE = {"0xca": CARD, "0x1e": LENS}


def call(to: str, *calls: dict[str, Any], kind: str = "CALL") -> dict[str, Any]:
    return {"type": kind, "to": to, **({"calls": list(calls)} if calls else {})}


def run(steps: str, tree: dict[str, Any]) -> Covered:
    """`steps`: "pc:op:depth" with spaces between."""
    log = []
    for step in steps.split():
        pc, op, depth = step.split(":")
        log.append({"pc": int(pc), "op": op, "depth": int(depth)})
    return evaluate(log, tree, CODE.get)


@pytest.mark.parametrize(("next_pc", "side"), [(4, 1), (9, 2)], ids=["falls through", "jumps"])
def test_a_branch_has_two_sides(next_pc: int, side: int) -> None:
    hits = run(f"0:PUSH1:1 2:LT:1 3:JUMPI:1 {next_pc}:STOP:1", call("0xca"))["Card"]["1"]
    assert hits[0] == {10}
    assert hits[side] == {11}
    assert hits[3 - side] == set()


def test_a_jump_whose_condition_did_not_run_is_no_branch() -> None:
    assert run("3:JUMPI:1 4:STOP:1", call("0xca"))["Card"]["1"] == (set(), set(), set())


def test_a_trace_that_ends_at_the_jump_took_no_side() -> None:
    assert run("2:LT:1 3:JUMPI:1", call("0xca"))["Card"]["1"] == (set(), set(), set())


@pytest.mark.parametrize("op", ["CALL", "STATICCALL", "DELEGATECALL", "CALLCODE"])
def test_each_call_is_followed_into_its_own_code_and_back(op: str) -> None:
    tree = call("0xca", call("0x04"), call("0x1e"), call("0xff"), call("0x1e"))
    covered = run(f"0:PUSH1:1 5:{op}:1 6:{op}:1 1:STOP:2 7:{op}:1 0:STOP:2 8:{op}:1 0:STOP:2 9:STOP:1", tree)
    # a precompile runs no steps, foreign code is stepped over, the second call to 0x1e reaches its statement
    assert covered == {
        "Card": {"1": ({10}, set(), set()), "2": ({12}, set(), set())},
        "Lens": {"7": ({20}, set(), set())},
    }


def test_code_that_creates_a_contract_is_not_taken_for_the_contract() -> None:
    tree = call("0xca", call("0x1e", kind="CREATE"), call("0x1e"))
    assert run("5:CREATE:1 0:STOP:2 6:PUSH0:1", tree).get("Lens") is None
    assert run("0:PUSH0:1 0:STOP:1", call("0xca", kind="CREATE2")) == {}


def test_code_map_keeps_what_stands_for_source() -> None:
    entries = {
        "0": {"op": "PUSH1", "path": "1", "fn": "Card.f", "statement": 10},
        "3": {"op": "JUMPI", "path": "1", "fn": "Card.f", "branch": 11},
        "4": {"op": "POP", "path": "1", "fn": "Card.f"},
        "5": {"op": "POP", "path": "1", "statement": 12},
        "6": {"op": "POP"},
    }
    expected = {0: Point("1", 10, None, is_jump=False), 3: Point("1", None, 11, is_jump=True)}
    assert code_map("Card", entries) == CodeMap("Card", expected)


def test_a_jump_on_the_way_to_a_branch_s_own_is_not_the_branch_s() -> None:
    """`require(a != b, Wrong(list[0]))`: the list's bounds are looked at between."""
    here = {"path": "1", "fn": "Card.f"}
    entries = {
        "0": {"op": "EQ", **here, "branch": 11, "offset": [108, 114]},
        "3": {"op": "JUMPI", **here, "branch": 11, "offset": [122, 129]},
        "10": {"op": "JUMPI", **here, "offset": [100, 131]},
        "20": {"op": "LT", **here, "branch": 12, "offset": [208, 214]},
        "23": {"op": "JUMPI", **here, "branch": 12, "offset": [200, 220]},
    }
    assert code_map("Card", entries).points == {
        0: Point("1", None, 11, is_jump=False),
        10: Point("1", None, 11, is_jump=True),
        20: Point("1", None, 12, is_jump=False),
        23: Point("1", None, 12, is_jump=True),
    }


def test_news_are_told_once() -> None:
    known: Covered = {}
    assert news({"Card": {"1": ({10}, set(), set())}}, known)
    assert not news({"Card": {"1": ({10}, set(), set())}}, known)
    assert news({"Card": {"1": (set(), set(), {10})}}, known)
    assert known == {"Card": {"1": ({10}, set(), {10})}}


METADATA = "a264aabb" + "0004"  # four bytes and their number
COMPILED = "6001" + "7f" + "00" * 32 + "5b" + METADATA


@pytest.mark.parametrize(
    ("deployed", "same"),
    [
        (COMPILED, True),
        ("6001" + "7f" + "ab" * 32 + "5b" + METADATA, True),
        ("6001" + "7f" + "ab" * 32 + "5b" + "ffffffff0004", True),
        ("6002" + "7f" + "ab" * 32 + "5b" + METADATA, False),
        ("6001" + "7f" + "ab" * 32 + "56" + METADATA, False),
        (COMPILED + "00", False),
        ("", False),
    ],
    ids=["itself", "immutable filled in", "other metadata", "other code", "other end", "longer", "no code"],
)
def test_code_is_recognised_whatever_its_immutables(deployed: str, *, same: bool) -> None:
    assert is_code_of(deployed, COMPILED) is same
