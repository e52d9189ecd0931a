"""Each function of the contracts that changes something has a command, or a reason why it has none.

That the commands do call them: tests/scripts/test_readme.py, which types those of docs/COMMANDS.md and reads
the chain, and the tests that `NOT_IN_THE_WALK` names.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from largesse.files import CHECKOUT
from tests.support.reach import (
    COMMANDS,
    NO_COMMAND,
    NOT_IN_THE_WALK,
    RELAYER,
    changing,
    deployed,
    functions,
    reached,
    relayed,
    selector,
)

COMMAND_LIST = (CHECKOUT / "docs" / "COMMANDS.md").read_text(encoding="utf-8")
DOCS = COMMAND_LIST + (CHECKOUT / "docs" / "RUNBOOK.md").read_text(encoding="utf-8")
NOT_OURS = {"ICurrency"}
"""What the currency's own contract answers."""


@pytest.fixture(autouse=True)
def isolation() -> None:
    """No chain is needed here."""


@pytest.mark.parametrize("contract", deployed())
def test_each_function_that_changes_something_has_a_command_or_a_reason(contract: str) -> None:
    names = set(changing(contract).values())
    commands = set(COMMANDS.get(contract, {}))
    reasons = {function for name, function in NO_COMMAND if name == contract}
    assert names - commands - reasons == set(), "write a command, or a reason"
    assert (commands | reasons) - names == set(), "there is no such function"
    assert commands & reasons == set(), "it has a command"


def test_no_function_of_the_interfaces_is_overlooked() -> None:
    """Each is of a contract that was looked at, so that the test above has asked for its command."""
    found = {selector(item) for contract in deployed() for item in functions(contract)}
    interfaces = {path.stem for path in (CHECKOUT / "interfaces").glob("*.sol")}
    assert len(interfaces) > 20
    for name in sorted(interfaces - NOT_OURS):
        known = [item["name"] for item in functions(name) if selector(item) not in found]
        assert known == [], name


@pytest.mark.parametrize("command", sorted(set(reached().values())))
def test_each_of_these_commands_is_there_and_written_down(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    script, function = command.split()
    getattr(importlib.import_module(f"scripts.{script}"), function)("help")
    assert f"brownie run {command}" in capsys.readouterr().out
    short = script if function == "main" else command
    assert f"`brownie run {command}" in DOCS or f"`brownie run {short}`" in DOCS, command


def test_each_command_of_the_list_knows_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    """Those that a day does not come to as well."""
    found = re.findall(r"`brownie run (\w+) (\w+)([^`]*)`", COMMAND_LIST)
    assert len(found) > 100
    for script, function, rest in found:
        getattr(importlib.import_module(f"scripts.{script}"), function)("help")
        usage = capsys.readouterr().out
        for name in re.findall(r" (\w+)=", rest):
            assert f"\n  {name} " in usage or "<role>=" in usage, f"{script} {function}: {name}=\n{usage}"


def test_what_the_relayer_is_said_to_send_it_sends() -> None:
    said = {function for function, command in reached().items() if command == RELAYER}
    assert len(said) > 10
    assert {function for function in said if not relayed(function)} == set()


def test_a_reason_is_a_sentence_and_a_test_is_there() -> None:
    assert all(len(reason.split()) > 4 for reason in NO_COMMAND.values())
    assert set(NOT_IN_THE_WALK) <= set(reached())
    for place in NOT_IN_THE_WALK.values():
        path, _, name = place.partition("::")
        text = (CHECKOUT / Path(path)).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in text, place
