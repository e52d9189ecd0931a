"""The demo as a person runs it, and that its proof can fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from xml.etree import ElementTree

import pytest
from brownie import web3

from largesse.artifacts import artifact
from largesse.demo.tour import DemoError, Tour
from largesse.files import CHECKOUT
from largesse.gifts.links import parse_link
from largesse.scanning import read_qr
from largesse.solvency.certificates import InsolventError
from largesse.solvency.proof import Proof
from largesse.terms.manifest import load_manifest
from largesse.tills import parse_request
from scripts import demo
from tests.fixtures.desk import CSV, MANIFEST, Desk


def brownie(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Brownie's command line in a process of its own, with a node of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tools.brownie_here", *words],
        cwd=CHECKOUT, env={**os.environ, "LARGESSE_STATE": str(state), "COLUMNS": "200"},
        capture_output=True, text=True, timeout=420, check=False,
    )  # fmt: skip


def acts(screen: str) -> list[str]:
    """The headings of what was done, without how many calls there were."""
    return [re.sub("[0-9,]+ calls", "calls", act) for act in re.findall(r"^● (.+?)  ", screen, re.MULTILINE)]


def acts_of_the_readme() -> list[str]:
    """The first column of its table of acts."""
    _, _, after = (CHECKOUT / "README.md").read_text(encoding="utf-8").partition("| act | ")
    rows = re.findall(r"^\| (\w.+?) \|", after.partition("\n\n")[0], re.MULTILINE)
    return [re.sub("[0-9,]+ calls", "calls", act) for act in rows]


def test_the_demo_ends_with_the_proof_and_exit_code_0(tmp_path: Path) -> None:
    run = brownie(tmp_path, "run", "demo", "main", "calls=500")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1000/1000" in run.stdout
    assert "has 50,000 KRWT of face, 0 wei, and has sent 0 transactions" in run.stdout
    assert "one stops after 37 s: 0.0037 USDC have flowed, 1.0763 USDC are back" in run.stdout
    collected = [line for line in run.stdout.splitlines() if "✓ collected from" in line]
    assert [line.split(":")[0] for line in collected] == [
        "✓ collected from 100 tippers", "✓ collected from 1 tipper",
    ]  # fmt: skip
    # The same price: of 100 tippers 106.9237 USDC, of one 1.08.
    assert len({line.partition("for ")[2] for line in collected}) == 1
    assert "the seller has 0.125 USDC, and the agent has sent 1 deposit" in run.stdout
    assert "500/500" in run.stdout
    assert "18,000 KRWT for what was delivered; 12,000 KRWT that was sold out is on the card" in run.stdout
    assert "to authors; the same reads again: 0" in run.stdout
    assert "2 swords for 10,000 KRWT of a card, in one transaction" in run.stdout
    assert "50,000 KRWT of face for 46,500 KRWT: a balance of 50,000 KRWT with the shop" in run.stdout
    assert "140,000 KRWT for 100 USDC; nobody had to trust anybody" in run.stdout
    assert "Every contract holds exactly what it owes, after every block." in run.stdout
    assert acts(run.stdout) == acts_of_the_readme()
    differences = [line for line in run.stdout.splitlines() if "difference, base units" in line]
    assert len(differences) == len(fields(Proof))
    for line in differences:
        assert [cell.strip() for cell in line.strip("│ ").split("│")[1:]] == ["0", "0", "0"]
    (folder,) = (tmp_path / "out").glob("demo-*")
    shown = (CHECKOUT / "docs/pictures/card.svg").read_bytes()
    assert (folder / "card-kr-culture-50000.svg").read_bytes() == shown, "the README's picture"
    cards = sorted(folder.glob("card-*.svg"))
    assert len(cards) == 4
    for card in cards:
        assert ElementTree.parse(card).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert (folder / "income.png").read_bytes().startswith(b"\x89PNG")
    assert parse_link(read_qr(folder / "gift-link.png")).gift.amount == 50_000
    assert parse_request(read_qr(folder / "till-order-7001.png")).total == 31_000


def test_a_script_that_fails_says_why_and_ends_with_exit_code_1(tmp_path: Path) -> None:
    run = brownie(tmp_path, "run", "give", "main", "series=KRWT/1", "amont=5")
    assert run.returncode == 1
    assert "amont=… is not known here; amount=… is not given" in run.stdout
    assert "brownie run give main help" in run.stdout


def test_a_used_chain_is_not_taken(desk: Desk) -> None:
    block = desk.block()
    with pytest.raises(DemoError) as error:
        demo.main()
    assert error.value.reason == "not_fresh"
    assert desk.block() == block


@pytest.mark.parametrize(("change", "reason"), ((-1, "missing_money"), (+1, "books_differ")))
def test_one_unit_too_few_or_out_of_nowhere_and_the_proof_fails(
    desk: Desk, tmp_path: Path, change: int, reason: str
) -> None:
    desk.issue("holder", "50000")
    tour = Tour(desk.session.node, tmp_path, Path(MANIFEST), Path(CSV))
    tour.manifest, tour.deployment = load_manifest(Path(MANIFEST)), desk.session.deployment()
    assert [one.surplus for one in tour.prove().certificates.values()] == [0, 0, 0]
    held = desk.won.balance(desk.krw.address)
    slot = web3.keccak(bytes.fromhex(desk.krw.address[2:]).rjust(32, b"\0") + bytes(32))
    value = "0x" + (held + change).to_bytes(32, "big").hex()
    desk.session.node.develop("anvil_setStorageAt", [desk.won.address, slot.to_0x_hex(), value])
    with pytest.raises(InsolventError) as error:
        tour.prove()
    assert error.value.reason == reason


def test_a_unit_that_belongs_to_nobody_is_not_exactly_what_is_owed(desk: Desk, tmp_path: Path) -> None:
    tour = Tour(desk.session.node, tmp_path, Path(MANIFEST), Path(CSV))
    tour.manifest, tour.deployment = load_manifest(Path(MANIFEST)), desk.session.deployment()
    token = web3.eth.contract(address=desk.won.address, abi=artifact("TestToken").abi)
    desk.session.node.send(token.functions.transfer(desk.krw.address, 1), desk.wallet("supporter"))
    with pytest.raises(DemoError) as error:
        tour.prove()
    assert (error.value.reason, str(error.value)) == (
        "unexpected",
        "KRWT: money held less liabilities: 1, expected 0",
    )
