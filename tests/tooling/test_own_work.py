"""What own work is spent on: the step's place in the source, its opcode, its gas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.own_work import GENERATED, GUARD, MEASURED, PLACES, Place, group, groups, places_of, table


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


CHECK = Place("Streams.sol", "Streams.open", "require(rate != 0, Jar_RateOutOfRange(rate))")
HEADER = Place("Streams.sol", "Streams.open", "function open(StreamKey calldata key) external {}")


@pytest.mark.parametrize(
    ("place", "opcode", "counts_for"),
    [
        (None, "ADD", GENERATED),
        (Place("Jars.sol", "", "contract Jars is Streams {}"), "JUMPI", GENERATED),
        (Place("Jars.sol", "", "abstract contract Jars {}"), "JUMPI", GENERATED),
        (HEADER, "JUMPDEST", GENERATED),
        (Place("Streams.sol", "Streams.open", "functionOf(key)"), "ADD", "Streams.sol"),
        (CHECK, "LT", "Streams.sol"),
        (CHECK, "SLOAD", "Streams.sol"),
        (Place("TransientSlot.sol", "TransientSlot.tload", "tload(slot)"), "TLOAD", GUARD),
        (Place("ReentrancyGuardTransient.sol", "", "function _nonReentrantBefore() {}"), "JUMP", GUARD),
        (Place("Custody.sol", "Custody._balance", "function _balance() {}"), "JUMP", MEASURED),
        (Place("Custody.sol", "Custody._balance", "_currency"), "PUSH32", MEASURED),
        (Place("Custody.sol", "Custody._isOwnCall", "signed != 0"), "EQ", "Custody.sol"),
        (Place("Flows.sol", "Flows._enter", "_jars[jarId]"), "MSTORE", PLACES),
        (Place("Flows.sol", "Flows._enter", "book.ends[end / DAY]"), "MSTORE", PLACES),
        (Place("Ledger.sol", "Ledger._held", "_accounts[seriesId][giver]"), "MSTORE", PLACES),
        (Place("Ledger.sol", "Ledger._held", "_accounts[seriesId].balance()"), "SHR", "Ledger.sol"),
        (Place("Streams.sol", "Streams._idOf", "id := keccak256(words, 0x60)"), "KECCAK256", PLACES),
        (Place("Streams.sol", "Streams._idOf", "keccak256(words, 0x60)"), "PUSH1", PLACES),
    ],
)
def test_a_step_counts_for_one_thing(place: Place | None, opcode: str, counts_for: str) -> None:
    assert group(place, opcode) == counts_for


def step(pc: int, op: str, gas: int, depth: int = 1, cost: int = 0) -> dict[str, Any]:
    return {"pc": pc, "op": op, "gas": gas, "gasCost": cost, "depth": depth, "stack": ["0x9", "0x0"]}


def test_only_own_work_of_the_contract_itself_is_counted() -> None:
    """Cold slots, written ones, events and what a call does are items of their own."""
    steps = [
        step(0, "PUSH1", 10_000),
        step(1, "SLOAD", 9_997, cost=2_100),
        step(2, "LT", 7_897),
        step(3, "CALL", 7_894),
        step(1, "LT", 5_000, depth=2),
        step(4, "LOG1", 4_000),
        step(2, "GT", 3_000),
        step(5, "STOP", 2_990, cost=7),
    ]
    found = groups(steps, {1: CHECK, 2: CHECK, 5: HEADER})
    assert found == {GENERATED: 3 + 7, "Streams.sol": 3 + 10}
    assert list(found) == [GENERATED, "Streams.sol"]


def test_places_are_read_from_the_compilers_map(tmp_path: Path) -> None:
    """Its offsets count bytes."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/Jars.sol").write_text("// é\nrate != 0;", encoding="utf-8")
    entries = {
        "0": {"path": "7", "offset": [6, 15], "fn": "Jars.open"},
        "2": {"path": "7", "offset": [6, 10], "fn": None},
        "3": {"op": "ADD"},
    }
    found = places_of({"pcMap": entries, "allSourcePaths": {"7": "a/Jars.sol"}}, tmp_path)
    assert found == {0: Place("Jars.sol", "Jars.open", "rate != 0"), 2: Place("Jars.sol", "", "rate")}


def test_small_files_are_told_together() -> None:
    found = {GENERATED: 20, "Flows.sol": 1_050, "Jar.sol": 49, "Lump.sol": 2}
    assert list(table("jars.open", found, 700)) == [
        "| own work of `jars.open` | gas spent |",
        "|---|---:|",
        f"| {GENERATED} | 20 |",
        "| checks, arithmetic: `Flows.sol` | 1,050 |",
        "| checks, arithmetic: other files | 51 |",
        "| all | 1,121 |",
        "| the floor's | 700 |",
    ]
