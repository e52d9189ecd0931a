"""The gates on sizes and coverage refuse what they are there to refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools import coverage, sizes
from tools.coverage import Tally
from tools.sizes import CODE_LIMIT, INITCODE_LIMIT, Artifact

TOO_LONG = "bytes of initcode with arguments, less than 49152 are wanted"
SOURCE = "contracts/Card.sol"
LIBRARY = "contracts/libraries/Text.sol"


def artifact(name: str = "Card", code: int = 100, initcode: int = 200, **more: Any) -> Artifact:
    return Artifact(name, f"contracts/{name}.sol", "ab" * initcode, "cd" * code, **more)


def test_sizes_limits_are_the_chains() -> None:
    assert (CODE_LIMIT, INITCODE_LIMIT) == (24_576, 49_152)  # EIP-170, EIP-3860


@pytest.mark.parametrize(
    ("code", "initcode", "arguments", "refused"),
    [
        (CODE_LIMIT - 1, INITCODE_LIMIT - 1, 0, []),
        (CODE_LIMIT - 1, INITCODE_LIMIT - 33, 32, []),
        (CODE_LIMIT, 30_000, 0, ["Card: 24576 bytes of code, less than 24576 are wanted"]),
        (100, INITCODE_LIMIT, 0, [f"Card: 49152 {TOO_LONG}"]),
        (100, INITCODE_LIMIT - 32, 32, [f"Card: 49152 {TOO_LONG}"]),
    ],
)
def test_sizes_refuse_what_is_too_large(code: int, initcode: int, arguments: int, refused: list[str]) -> None:
    card = artifact(code=code, initcode=initcode, arguments=arguments)
    assert list(sizes.oversize([card])) == refused


def test_sizes_count_the_constructors_arguments(tmp_path: Path) -> None:
    inputs = [{"name": "currency", "type": "address"}, {"name": "cardArt", "type": "address"}]
    built = {
        "contractName": "Card", "sourcePath": SOURCE, "bytecode": "ab" * 10, "deployedBytecode": "cd",
        "type": "contract", "abi": [{"type": kind, "inputs": inputs} for kind in ("constructor", "function")],
    }  # fmt: skip
    (tmp_path / "Card.json").write_text(json.dumps(built))
    assert sizes.read_brownie(tmp_path)["Card"].sizes == (1, 74)


def test_sizes_print_what_is_left() -> None:
    lines = list(sizes.table([artifact("Small", 10, 20), artifact("Large", 24_000, 49_000, arguments=32)]))
    assert lines[0].split() == ["limit", "24,576", "49,152"]
    assert lines[2].split() == ["Large", "24,000", "576", "49,032", "120"]
    assert lines[3].split() == ["Small", "10", "24,566", "20", "49,132"]


def test_sizes_compare_the_two_compilers() -> None:
    card = artifact()
    assert list(sizes.differences({"Card": card}, {"Card": card})) == []
    other = Artifact(card.name, card.source, card.initcode[:-2] + "00", card.code)
    assert list(sizes.differences({"Card": card}, {"Card": other})) == [
        "Card: Brownie's and Forge's creation bytecode differ"
    ]
    assert "Brownie does not see it" in next(sizes.differences({}, {"Card": card}))
    assert list(sizes.differences({"Card": card}, {})) == ["Card: Forge does not see it"]


def test_sizes_compare_around_the_places_of_libraries() -> None:
    def linked(placeholder: str, tail: str) -> dict[str, Artifact]:
        return {"Card": Artifact("Card", "contracts/Card.sol", "73" + placeholder + tail, "00")}

    brownie = linked("__CardText" + "_" * 30, "5b")
    assert not list(sizes.differences(brownie, linked("__$" + "0" * 34 + "$__", "5b")))
    assert list(sizes.differences(brownie, linked("__$" + "0" * 34 + "$__", "5c")))


def test_sizes_judge_what_gets_deployed() -> None:
    assert artifact().is_ours
    assert not artifact(is_library=True).is_ours
    assert not Artifact("FeeToken", "contracts/test/FeeToken.sol", "00", "00").is_ours


def build(
    name: str, sources: dict[str, str], statements: Any, branches: Any, code: str = "60", jumps: Any = ()
) -> dict[str, Any]:
    return {
        "contractName": name,
        "bytecode": code,
        "allSourcePaths": sources,
        "coverageMap": {"statements": statements, "branches": branches},
        "pcMap": {
            "0": {"op": "JUMPDEST", "branch": 5},
            **{str(i): {"op": "JUMPI", "branch": branch} for i, branch in enumerate(jumps, 1)},
        },
    }


# Two contracts share a library function; a third is abstract; tests' and packages' sources don't count, nor
# does a branch without a jump (5).
CARD = build(
    "Card",
    {"0": SOURCE, "1": LIBRARY, "2": "node_modules/solady/src/utils/LibString.sol"},
    {
        "0": {"Card.pay": {"0": [10, 20], "1": [30, 40]}},
        "1": {"Text.show": {"2": [5, 9]}},
        "2": {"x": {"3": [0, 1]}},
    },
    {"0": {"Card.pay": {"4": [12, 15, True], "5": [16, 18, True]}}, "1": {}, "2": {}},
    jumps=[4],
)
LENS = build(
    "Lens",
    {"7": LIBRARY, "8": "contracts/test/Odd.sol"},
    {"7": {"Text.show": {"0": [5, 9]}, "Text.hide": {"1": [50, 60]}}, "8": {"Odd.f": {"2": [0, 1]}}},
    {"7": {"Text.show": {"3": [6, 7, False]}}, "8": {}},
    jumps=[3],
)
BASE = build("Base", {"0": SOURCE}, {"0": {"Base.f": {"0": [0, 1]}}}, {"0": {}}, code="")


def collect(recorded: dict[str, Any]) -> coverage.Sources:
    return coverage.collect([CARD, LENS, BASE], recorded)


def test_coverage_merges_transactions_and_contracts_by_place() -> None:
    recorded = {
        "tx 1": {"Card": {"0": [[0], [4], []], "1": [[2], [], []]}},
        "tx 2": {"Card": {"0": [[0, 1], [], [4]]}, "Lens": {"7": [[], [3], []]}},
    }
    found = collect(recorded)
    assert found.keys() == {SOURCE, LIBRARY}
    assert found[SOURCE]["Card.pay"].statements == {(10, 20): True, (30, 40): True}
    assert found[SOURCE]["Card.pay"].branches == {(12, 15): (True, True)}
    assert found[LIBRARY]["Text.show"].statements == {(5, 9): True}
    assert found[LIBRARY]["Text.show"].branches == {(6, 7): (True, False)}
    assert not found[LIBRARY]["Text.hide"].called
    functions = [f for source in found.values() for f in source.values()]
    assert coverage.tallies(functions) == (Tally(2, 3), Tally(3, 4), Tally(3, 4))


def test_coverage_refuses_a_function_that_is_never_called() -> None:
    refused = coverage.failures(collect({"tx": {"Card": {"0": [[0, 1], [4], [4]]}}}))
    assert refused[0] == "functions called: 1 / 3 (33.3 %), all are wanted"


@pytest.mark.parametrize(("hit", "refused"), [(95, False), (94, True)])
def test_coverage_refuses_too_few_statements(hit: int, *, refused: bool) -> None:
    function = coverage.Function({(i, i + 1): i < hit for i in range(100)})
    assert coverage.failures({SOURCE: {"f": function}}) == (
        [f"statements: {hit} / 100 ({hit}.0 %), at least 95 % is wanted"] if refused else []
    )


@pytest.mark.parametrize(("sides", "refused"), [(1, False), (2, True)])
def test_coverage_refuses_too_few_branch_sides(sides: int, *, refused: bool) -> None:
    # ten branches, twenty sides: one missing is 95 %
    branches = {(i, i + 1): (True, i >= sides) for i in range(10)}
    problems = coverage.failures({SOURCE: {"f": coverage.Function({(0, 1): True}, branches)}})
    assert bool(problems) is refused


def test_coverage_rounds_down() -> None:
    assert str(Tally(9_999, 10_000)) == "9999 / 10000 (99.9 %)"
    assert str(Tally(0, 0)) == "-"


def test_coverage_names_the_gaps_with_their_lines(tmp_path: Path) -> None:
    for path in (SOURCE, LIBRARY):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / SOURCE).write_text("// é\n\n" + "x" * 5 + "\n" + "y" * 18 + "\n" + "z" * 30, encoding="utf-8")
    (tmp_path / LIBRARY).write_text("x" * 100)
    found = collect({"tx": {"Card": {"0": [[0], [4], []]}}})
    assert list(coverage.gaps(found, tmp_path)) == [
        f"{SOURCE}:4: `Card.pay`: a statement never runs",
        f"{SOURCE}:3: `Card.pay`: a branch only ever goes one way",
        f"{LIBRARY}: `Text.hide` is never called",
        f"{LIBRARY}: `Text.show` is never called",
    ]


def test_coverage_needs_a_run_with_coverage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert coverage.main(["--root", str(tmp_path)]) == 1
    assert "run the tests with --coverage" in capsys.readouterr().err
