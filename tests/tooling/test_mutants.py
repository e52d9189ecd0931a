"""Mutants: what is drawn, where, and what it leads to."""

from __future__ import annotations

import json
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from tests.stateful.evm import bytecode
from tools.compiler import Compiler, compile_contract
from tools.mutants.__main__ import COUNTED, GOAL, State, read_frame
from tools.mutants.draw import ROOT, Mutant, frame_of, mutants, sources
from tools.mutants.kill import Outcome
from tools.mutants.report import answers, print_report
from tools.mutants.sites import changes, code_lines
from tools.mutants.targets import ORDER, digests, files_of, targets
from tools.mutants.tester import Tester

SOURCE = """// a + b in a comment
pragma solidity 0.8.37;
import {A} from "a + b.sol";

contract C {
    function f(uint256 a) external nonReentrant returns (uint256 b) {
        require(a < 7, "a + b");
        if (a == 2) { b = a; }
        assembly { b := add(a, 1) }
    }
}
"""


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


def made(line: int) -> set[str]:
    """The line as each change makes it."""
    return {change.of(SOURCE).split("\n")[line].strip() for change in changes(SOURCE).get(line, [])}


def test_what_is_no_code_is_left_alone() -> None:
    assert code_lines(SOURCE) == [4, 5, 6, 7, 8]
    assert not made(0)


def test_what_a_line_becomes() -> None:
    assert {
        'require(a <= 7, "a + b");',
        'require(a >= 7, "a + b");',
        'require(a < 8, "a + b");',
        "{}",
    } <= made(6)
    assert "if (!(a == 2)) { b = a; }" in made(7)
    assert {"if (true) { b = a; }", "if (false) { b = a; }", "if (a == 2) { {} }"} <= made(7)
    assert {"assembly { b := sub(a, 1) }", "assembly { b := add(a, 0) }"} <= made(8)
    assert "function f(uint256 a) external  returns (uint256 b) {" in made(5)


def test_the_same_seed_draws_the_same() -> None:
    files = sources()
    first, again, other = ([m.name for m in islice(mutants(files, seed), 50)] for seed in (3, 3, 4))
    assert first == again != other
    assert len(set(first)) == 50


def test_every_file_is_part_of_a_contract_that_has_tests() -> None:
    files = sources()
    assert "contracts/test/TestToken.sol" not in files
    assert not [path for path, contracts in targets(files).items() if not contracts]
    assert all(files_of(contract, "", files) for contract in ORDER)
    first = files_of("GiftCertificates", "_openFullRefund", files)[:2]
    assert {path.split("/")[-1] for path in first} == {"test_remove_merchant.py", "test_wind_down.py"}


def test_a_survivor_needs_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    counted = [
        Mutant("contracts/a/B.sol", line, "operator", "a + b", "a - b", str(line), "f") for line in (1, 2)
    ]
    found = dict(
        zip([m.name for m in counted], (Outcome("killed", "lives of B"), Outcome("survived")), strict=True)
    )
    assert print_report(counted, found, {counted[1].name}, 2, goal=0.5) == 0
    assert "| a | 2 | 1 | 1 |" in capsys.readouterr().out
    assert print_report(counted, found, set(), 2, goal=0.5) == 1
    assert "NO ANSWER" in capsys.readouterr().out
    assert print_report(counted, found, {counted[1].name}, 2, goal=0.6) == 1
    assert print_report(counted, found, {counted[1].name}, 3, goal=0.5) == 1


def test_a_compiler_that_stays_says_what_one_that_is_started_says() -> None:
    compiler, name, path = Compiler(), "CallProgram", "contracts/test/CallProgram.sol"
    compiled = partial(compile_contract, name, folder="contracts/test", metadata=False)
    try:
        sound = compiled({})
        assert compiled({}, ask=compiler.run) == sound
        with pytest.raises(ValueError, match="ParserError"):
            compiled({path: "contract {"}, ask=compiler.run)
        assert compiled({}, ask=compiler.run) == sound
    finally:
        compiler.close()


def test_tests_run_on_the_code_that_was_planted(tmp_path: Path) -> None:
    """The lens as it is passes; one that is the art's code does not."""
    tester = Tester(tmp_path / "output.txt")
    file = "tests/unitary/CertificateLens/test_lens.py::test_solvency_of_nothing"
    arguments = ["-q", "-x", "-n", "0", "-p", "tools.mutants.plant", "-p", "no:cacheprovider", file]
    try:
        for contract, code in (("CertificateLens", 0), ("CardArt", 1)):
            plant = tmp_path / "plant.json"
            plant.write_text(json.dumps({"CertificateLens": bytecode(contract).hex()}))
            run = tester.run(arguments, {"LARGESSE_MUTANT": str(plant)}, 120)
            assert run.code == code, run.output
        assert "FAILED" in run.output or "ERROR" in run.output
        assert tester.run(["-q", "-n", "0", file], {}, 0).code is None
    finally:
        tester.close()


def test_a_run_begins_with_what_an_earlier_one_found(tmp_path: Path) -> None:
    mutant = Mutant("contracts/a/B.sol", 1, "operator", "a + b", "a - b", "source", "f")
    earlier, path = tmp_path / "docs.jsonl", tmp_path / "build" / "state.jsonl"
    of = {mutant.path: "of these sources"}
    State(earlier, of).add(mutant, Outcome("killed", "lives of B", "a difference"))
    assert State(path, of).found == {}
    state = State(path, of, earlier)
    assert state.found == {mutant.name: Outcome("killed", "lives of B", "a difference")}
    state.add(mutant, Outcome("survived"))
    assert State(path, of, earlier).found[mutant.name].state == "survived"
    assert State(earlier, of).found[mutant.name].state == "killed"
    assert State(path, {mutant.path: "of others"}).found == {}, "the contract has changed since"


def test_a_file_that_grew_draws_its_own_mutants_anew_and_hardly_any_others() -> None:
    files = sources()
    frame, changed = frame_of(files), "contracts/sales/SalesReserve.sol"
    line = "    uint256 private constant MORE = 7;\n"
    longer = files | {changed: files[changed].replace("    constructor", line * 40 + "    constructor")}
    assert frame_of(longer)[changed] == frame[changed] + 40
    before, after = (list(islice(mutants(of, 5, frame), 400)) for of in (files, longer))
    others = [{one.name for one in drawn if one.path != changed} for drawn in (before, after)]
    assert len(others[0] & others[1]) > 390
    places = {one.line / len(longer[changed].split("\n")) for one in after if one.path == changed}
    assert len(places) > 1, "all along it"
    with pytest.raises(ValueError, match=r"drawn from files that are gone.*--fresh"):
        next(mutants({path: text for path, text in files.items() if path != changed}, 5, frame))


def test_what_was_found_holds_as_long_as_its_contracts_are_the_same() -> None:
    files = sources()
    before = digests(files)
    changed = "contracts/sales/SalesReserve.sol"
    after = digests(files | {changed: files[changed] + "// changed"})
    others = {path for path in files if before[path] != after[path]}
    assert changed in others
    assert "contracts/CertificateSales.sol" in others
    assert not [path for path in others if "CertificateSales" not in targets(files)[path]]
    assert "contracts/jars/Flows.sol" not in others


DRAWN = 412
"""So many were drawn until 400 had counted; the others compile to the same code, or not at all."""


def test_the_committed_record_is_of_these_contracts_and_reaches_the_goal() -> None:
    """What was found out about the contracts as they are; of how many of those drawn, AUDIT.md says."""
    files = sources()
    state = State(ROOT / "docs/mutants/1.jsonl", digests(files))
    frame = read_frame(ROOT / "docs/mutants/1.jsonl", files)
    later = sum(count for path, count in frame_of(files).items() if path not in frame)
    assert later <= sum(frame.values()) / 100, "lines of files that nothing is drawn from: begin with --fresh"
    drawn = islice(mutants(files, 1, frame), DRAWN)
    tried = [one for one in drawn if one.name in state.found and state.found[one.name].state in COUNTED]
    assert len(tried) >= 399, "make audit-mutants"
    assert print_report(tried, state.found, answers(), len(tried), GOAL) == 0
    killed = sum(state.found[mutant.name].state == "killed" for mutant in tried)
    said = (ROOT / "docs/AUDIT.md").read_text(encoding="utf-8")
    assert f"{killed} of {len(tried)} were noticed ({killed / len(tried):.1%})" in said
