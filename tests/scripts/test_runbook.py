"""docs/RUNBOOK.md: every line of "Deploy" is typed, in a terminal, on a second chain that is like live ones;
every other command exists and knows the arguments that it is given."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from largesse.chain import Node
from largesse.files import CHECKOUT
from largesse.tokens import Token
from tests.support.terminal import Terminal

TEXT = (CHECKOUT / "docs" / "RUNBOOK.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```deploy\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]
COMMAND = re.compile(r"brownie run (\w+) (\w+)([^`|\n]*)")
CHAIN_ID = 8453
MERCHANT = "0x000000000000000000000000000000000000B00c"
ANSWERS = {
    "Enter the password": "a password",
    "Enter password": "a password",
    f"“deploy on {CHAIN_ID}” to go on": f"deploy on {CHAIN_ID}",
    "“open 1” to go on": "open 1",
    "“issue 1” to go on": "issue 1",
    "“give” to go on": "give",
    "“pay” to go on": "pay",
}


@dataclass
class Rehearsal:
    """What a person does beside typing: reads addresses off the screen, and has accounts funded."""

    terminal: Terminal
    node: Node
    token: Token
    state: Path
    screens: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)

    def type(self, line: str) -> str:
        """Type a line, what is in angles filled in; its screen. Fails where the command does."""
        for blank, filled in self.found.items():
            line = line.replace(f"<{blank}>", filled)
        assert "<" not in line
        if line.startswith("python -m tools.verification "):
            line += " --only CertificateLens"  # one of fifteen: the compiler is slow
        typed = self.terminal.type(line, seconds=200)
        assert typed.code == 0, f"{line}\n{typed.screen}"
        if made := re.search(
            r"(0x[0-9a-fA-F]{40}).* has been generated with the id '\W*(\w+)", _plain(typed.screen)
        ):
            self.found[f"address of {made.group(2)}"] = made.group(1)
        return _plain(typed.screen)


def _plain(screen: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)


@pytest.fixture(scope="module")
def chain() -> Iterator[dict[str, str]]:
    """`python -m tools.rehearsal chain`, as it stands there but for a quicker clock: what it prints is typed
    in the other one."""
    (line,) = re.findall(r"^python (-m tools\.rehearsal chain)$", TEXT, re.MULTILINE)
    process = subprocess.Popen(
        [sys.executable, *line.split(), "--block-seconds", "0.2"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    )
    assert process.stdout is not None
    try:
        printed = [process.stdout.readline() for _ in range(2)]
        found = dict(re.findall(r"^export (\w+)=(\S+)$", "".join(printed), re.MULTILINE))
        yield found
    finally:
        process.terminate()
        assert process.wait() == 0
    with pytest.raises(OSError):  # the node ended with it
        Node.at(found["NODE"]).block_number()


@pytest.fixture(scope="module")
def rehearsed(chain: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """All of "Deploy" was typed, in its order."""
    home, state = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("state")
    node = Node.at(chain["NODE"])
    with Terminal(home, {"LARGESSE_STATE": str(state)}, ANSWERS) as terminal:
        person = Rehearsal(terminal, node, Token.at(node, chain["TOKEN"]), state)
        person.found = {
            "https://…": chain["NODE"], "0x…": chain["TOKEN"], "12": "3", str(CHAIN_ID): str(CHAIN_ID),
            "address of a merchant": MERCHANT, "out/gifts/first.txt": str(state / "out/gifts/first.txt"),
            "your list.csv": str(state / "list.csv"), "https://your page": "https://shop.test/claim",
        }  # fmt: skip
        for line in LINES:
            person.screens[line] = person.type(line)
            if line.startswith("export OPS="):
                (faucet,) = re.findall(r"`(python -m tools\.rehearsal fund [^`]+)`", TEXT)
                person.type(faucet)
                row = f"Ops,{terminal.environ['OPS']},50000,,1\n"
                text = "name,address,amount,message,external_id\n" + row
                (state / "list.csv").write_text(text, encoding="utf-8")
        yield person


def screen_of(person: Rehearsal, start: str) -> str:
    (found,) = [screen for line, screen in person.screens.items() if line.startswith(start)]
    return found


def test_the_whole_deployment_is_typed_as_it_stands(rehearsed: Rehearsal) -> None:
    assert len(rehearsed.screens) == len(LINES) >= 20
    record = json.loads((rehearsed.state / f"deployments/{CHAIN_ID}.json").read_text())
    assert [one["token"] for one in record["currencies"]] == [rehearsed.token.address]
    assert [one["name"] for one in record["series"]] == ["kr-first-50000"]
    assert rehearsed.node.web3.eth.accounts == [], "nothing was unlocked: all was signed"
    checked = screen_of(rehearsed, "brownie run deploy check")
    assert "GiftCertificates of KRWT: signing domain" in checked
    verified = screen_of(rehearsed, "python -m tools.verification")
    assert verified.startswith("same ")
    assert "every contract holds what it owes" in screen_of(rehearsed, "brownie run solvency")
    assert "events" in screen_of(rehearsed, "brownie run index")


def test_it_was_seen_what_it_says_is_seen(rehearsed: Rehearsal) -> None:
    balance = screen_of(rehearsed, "brownie run balance")
    assert re.search(r"kr-first-50000 │ 10,000 KRWT\s*│ 30,000 KRWT\s*│ 10,000 KRWT", balance)
    assert rehearsed.token.balance(MERCHANT) == 29_100
    assert "the balance says 10,000 left, 30,000 spent and 10,000 refundable" in TEXT
    assert "the shop has 29,100." in TEXT


def test_the_gas_it_names_is_what_was_seen(rehearsed: Rehearsal) -> None:
    """In millions, rounded up, and by no more than a tenth too much."""
    screen = screen_of(rehearsed, "brownie run deploy main")
    rows = re.findall(r"at most ([0-9,]+) │", screen)
    most = [int(row.replace(",", "")) for row in rows]
    used = [int(row.replace(",", "")) for row in re.findall(r": ([0-9,]+) gas$", screen, re.MULTILINE)]
    said = re.search(
        r"at most (\d+) million gas in (\d+) transactions, a further one (\d+) million in (\d+)\. "
        r"The largest takes (\d+) million",
        TEXT.replace("\n", " "),
    )
    assert said is not None
    first, count, further, others, largest = map(int, said.groups())
    assert (count, others) == (len(most), len(most) - 3) == (len(used), len(used) - 3)
    for told, measured in ((first, sum(most)), (further, sum(most[3:])), (largest, max(used))):
        assert measured <= told * 10**6 <= measured * 1.1


def test_a_second_run_of_it_sends_nothing(rehearsed: Rehearsal) -> None:
    (line,) = [line for line in LINES if line.startswith("brownie run deploy main")]
    ops = rehearsed.terminal.environ["OPS"]
    sent = rehearsed.node.web3.eth.get_transaction_count(ops)  # type: ignore[arg-type]
    before = (rehearsed.state / f"deployments/{CHAIN_ID}.json").read_bytes()
    assert "deploy CardArt: is there" in rehearsed.type(line)
    assert rehearsed.node.web3.eth.get_transaction_count(ops) == sent  # type: ignore[arg-type]
    assert (rehearsed.state / f"deployments/{CHAIN_ID}.json").read_bytes() == before


def test_a_wrong_phrase_opens_nothing(rehearsed: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rehearsed.terminal.answers, "“let 5” to go on", "let 50")
    command = f"issuer operator series=kr-first-50000 account={MERCHANT} daily=5 from=issuer"
    typed = rehearsed.terminal.type(f"brownie run {command} --network shop")
    assert typed.code == 1
    assert "nothing was sent" in typed.screen


def test_every_command_exists_and_knows_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever it stands in the runbook."""
    found = COMMAND.findall(TEXT.replace("\\\n", " "))
    assert len(found) > 40
    for script, function, rest in found:
        run = getattr(importlib.import_module(f"scripts.{script}"), function)
        run("help")
        usage = capsys.readouterr().out
        names = re.findall(r"(\w+)=", rest)
        for name in names:
            known = f"\n  {name} " in usage or "<role>=" in usage
            assert known, f"brownie run {script} {function}: {name}=\n{usage}"


def test_every_command_names_its_network() -> None:
    """Without one it would be meant for a development chain."""
    for line in TEXT.splitlines():
        for whole in re.findall(r"`(brownie run \w+ \w+ [^`]*=[^`]*)`", line):
            assert whole.endswith(" --network shop"), whole
    for line in LINES:
        assert not line.startswith("brownie run") or line.endswith(" --network shop"), line


def test_every_file_it_names_is_there() -> None:
    for name in re.findall(r"\]\(([^)h][^)]*)\)", TEXT):
        assert (CHECKOUT / "docs" / name).exists(), name
    for name in re.findall(r"`((?:tests|examples|largesse)/[\w./]+)`", TEXT):
        assert (CHECKOUT / name).exists(), name
    assert len(TEXT.splitlines()) <= 250
