"""The commands of docs/COMMANDS.md, typed as they are written, in their order, each one working; and what the
README says of files and of a card's cost, and shows."""

from __future__ import annotations

import base64
import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from brownie import web3
from starlette.types import ASGIApp

from largesse.cards import decode_metadata, read_svg
from largesse.files import CHECKOUT
from largesse.session import open_session
from scripts import balance, webhook
from tests.fixtures.desk import Desk
from tests.support import gas, reach
from tests.support.served import Server

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
COMMANDS = (CHECKOUT / "docs" / "COMMANDS.md").read_text(encoding="utf-8")
GATEWAY_PORT = 8402
COMMAND = re.compile(r"`brownie run (\w+)((?: [^`<>]+)?)`")


def commands() -> list[tuple[str, str, list[str]]]:
    """Script, function and arguments of each command that stands in the table."""
    found = []
    for line in COMMANDS.splitlines():
        if line.startswith("|") and (match := COMMAND.search(line)):
            words = match.group(2).split()
            function = words.pop(0) if words else "main"
            found.append((match.group(1), function, words))
    return found


@contextmanager
def serving_beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What serves until Ctrl-C does so beside the commands after it, as in a terminal of its own."""
    running: list[Server] = []
    for path in (CHECKOUT / "scripts").glob("*.py"):
        script = importlib.import_module(f"scripts.{path.stem}")
        if hasattr(script, "serve"):
            monkeypatch.setattr(script, "serve", partial(_beside, running))
            monkeypatch.setattr(script, "write_logs", lambda: None)
    try:
        yield
    finally:
        for server in running:
            server.stop()


def _beside(running: list[Server], app: ASGIApp, host: str, port: int) -> None:
    """The gateway at its port, since a later command calls it; the others wherever there is room."""
    running.append(Server(app, host, port if port == GATEWAY_PORT else 0))


def test_every_script_is_among_the_commands() -> None:
    scripts = {path.stem for path in (CHECKOUT / "scripts").glob("*.py")} - {"demo"}
    assert scripts <= {name for name, _, _ in commands()}


def test_all_commands_work_one_after_the_other(
    module_isolation: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LARGESSE_STATE", str(tmp_path))
    monkeypatch.setenv("LARGESSE_NOTICES_SECRET", "whsec_" + base64.b64encode(bytes(32)).decode())
    (tmp_path / "examples").symlink_to(CHECKOUT / "examples")
    monkeypatch.chdir(tmp_path)
    for name in (webhook.SECRET, webhook.LINK_SECRET):
        monkeypatch.setenv(name, "a secret of thirty-two characters" + name)
    typed, seen = commands(), set[tuple[reach.Function, str]]()
    assert len(typed) > 20
    with serving_beside(monkeypatch):
        for script, function, given in typed:
            before = web3.eth.block_number
            getattr(importlib.import_module(f"scripts.{script}"), function)(*given)
            sent = reach.sent(open_session(), before + 1, web3.eth.block_number)
            seen |= {(called, f"{script} {function}") for called in sent}
    left = balance.main("of=recipient")
    # What reach.py says which command calls was called by it, or is shown by another test.
    told = {
        (called, command)
        for called, command in reach.reached().items()
        if command != reach.RELAYER and called not in reach.NOT_IN_THE_WALK
    }
    assert told - seen == set()
    assert {called for called, _ in seen} & set(reach.NOT_IN_THE_WALK) == set(), "no other test is needed"
    # The Korean series is forfeited by now, and the card was refunded before: nothing is left of it.
    assert left is not None
    assert {name: one.balance for name, one in left.items()} == {"kr-culture-50000": 0}
    krw = open_session().certificates("KRWT")
    assert krw.state(1).forfeited
    assert krw.state(1).outstanding == 0


def test_every_file_the_readme_names_is_there() -> None:
    for name in re.findall(r"\]\(([^)h#][^)#]*)", README):
        assert (CHECKOUT / name).exists(), name
    for folder in re.findall(r"^\| `(\w+)/`", README, re.MULTILINE):
        assert (CHECKOUT / folder).is_dir(), folder


def test_what_the_readme_says_to_type_is_there_after_make() -> None:
    """A fresh clone has make; everything else comes with it. `anvil` alone, which it once said, does not."""
    targets = re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README + COMMANDS, re.MULTILINE | re.DOTALL)
    lines = [line for kind, block in blocks if not kind and "──" not in block for line in block.splitlines()]
    typed = [line.split() for line in lines if not line.startswith(("export ", "source "))]
    assert len(typed) >= 7
    for words in typed:
        if words[0] == "make":
            assert words[1] in targets, words
        else:
            assert words[:2] == ["brownie", "run"], words
            assert (CHECKOUT / "scripts" / f"{words[2]}.py").exists(), words


LIVES = {
    "issued, given, claimed, redeemed by signature": (
        "certificates.issue_new", "certificates.give", "certificates.claim_new", "certificates.redeem_signed",
    ),
    "sold on chain (bought), redeemed by signature": ("sales.buy_new", "certificates.redeem_signed"),
}  # fmt: skip


@pytest.mark.parametrize("life", LIVES)
def test_what_the_readme_says_a_card_costs_is_its_gas_in_dollars(life: str) -> None:
    measured = gas.committed()
    used = sum(measured[key] for key in LIVES[life])
    dollars = used * 3_000 / 10**9  # at 1 gwei
    assert "here with 3,000 dollars an ether" in README
    assert f"\n| {life} | {used:,} | {dollars / 100:.4f} | {dollars:.2f} |\n" in README


def test_the_card_that_the_readme_shows_is_what_the_chain_draws(desk: Desk) -> None:
    (shown,) = re.findall(r"!\[[^\]]*\]\((docs/pictures/[^)]+)\)", README)
    assert read_svg(decode_metadata(desk.krw.uri(1))) == (CHECKOUT / shown).read_bytes()
