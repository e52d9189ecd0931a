"""A recipient that is a contract is asked whether it takes its certificate, and may write an event meanwhile
that looks like the refusal of somebody else's: the issuer read that others had nothing, and a large amount
ended the command in an error after all was issued."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from web3 import Web3

from largesse.recipients import COLUMNS
from scripts import issue
from tests.fixtures.desk import KR, Desk

TOPIC = Web3.keccak(text="IssuanceSkipped(uint256,address,uint256)").hex().removeprefix("0x")


@pytest.fixture(autouse=True)
def fresh_journals(desk: Desk) -> Iterator[None]:
    yield
    for path in desk.session.journals.glob("*"):
        path.unlink()


def liar(desk: Desk, victim: str, amount: int) -> str:
    """Address of an account that takes each certificate, and says that the victim has refused so much."""
    code = (
        f"7f{int(victim, 16):064x}600052" f"7f{amount:064x}602052"  # the event's data
        f"6000" f"7f{TOPIC}" "60406000a2"  # its row and name
        "63f23a6e6160e01b600052" "60206000f3"  # taken
    )  # fmt: skip
    made = f"0x61{len(code) // 2:04x}80600a3d393df3{code}"
    eth = desk.session.node.web3.eth
    sent = eth.send_transaction({"from": desk.address("stranger"), "data": made})
    return str(eth.wait_for_transaction_receipt(sent)["contractAddress"])


def test_what_a_recipient_writes_is_nobodys_refusal(desk: Desk, tmp_path: Path) -> None:
    victim = desk.address("holder")
    place = liar(desk, victim, 1_000_000)
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target)
        rows.writerow(COLUMNS)
        rows.writerow(("Holder", victim, "50000", "", "one"))
        rows.writerow(("Contract", place, "50000", "", "two"))
    result = issue.main(f"series={KR}", f"csv={path}")
    assert result is not None
    assert result.skipped == ()
    assert desk.krw.balances(1, [victim, place]) == [50_000, 50_000]
