"""`issue`: a whole list or nothing, exactly once for everybody, whatever kills the run."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from brownie import web3

from largesse.amounts import AmountError
from largesse.arguments import ArgumentError
from largesse.chain import RefusedError
from largesse.clients.certificates import ClientError
from largesse.errors import RecipientsError
from largesse.recipients import load_recipients
from scripts import issue
from tests.fixtures.desk import CSV, KR, Desk

LIST = (f"series={KR}", f"csv={CSV}")


@pytest.fixture(autouse=True)
def fresh_journals(desk: Desk) -> Iterator[None]:
    """The chain is set back after each test; what the journals know must go with it."""
    yield
    for path in desk.session.journals.glob("*"):
        path.unlink()


def issued(desk: Desk) -> list[tuple[str, int]]:
    """Every issue that the contract has logged."""
    logs = desk.krw.contract.events.TransferSingle.get_logs(from_block=desk.krw.first_block)
    return [(log["args"]["to"], log["args"]["value"]) for log in logs]


def rows(path: Path, count: int) -> Path:
    """The first `count` people of the example list, as a list of their own."""
    with Path(CSV).open(encoding="utf-8", newline="") as source, path.open("w", newline="") as target:
        writer = csv.writer(target)
        for _, row in zip(range(count + 1), csv.reader(source), strict=False):
            writer.writerow(row)
    return path


def test_killed_at_row_500_and_run_again_everybody_has_theirs_once(desk: Desk, state_folder: Path) -> None:
    recipients = load_recipients(Path(CSV), decimals=0, denomination=50_000)
    command = [sys.executable, "-m", "tests.scripts.attached", str(web3.provider.endpoint_uri), "issue"]
    run = subprocess.Popen(
        [*command, *LIST, "batch=50"], env={**os.environ, "LARGESSE_STATE": str(state_folder)}
    )
    try:
        deadline = time.monotonic() + 120
        while desk.krw.state(1).outstanding < sum(one.amount for one in recipients.recipients[:500]):
            assert run.poll() is None, f"the run ended by itself with {run.returncode}"
            assert time.monotonic() < deadline, "500 rows take longer than two minutes"
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
    finally:
        run.kill()
    assert run.wait() == -signal.SIGKILL
    # What the dead process had sent may still be on its way into a block.
    time.sleep(1)
    through = len(issued(desk))
    assert 500 <= through < 1_000

    result = issue.main(*LIST, "batch=50")
    assert result is not None
    # A batch may have been mined, and its mining not written down: then it counts for the second run.
    assert 1_000 - through <= result.rows_now <= 1_000 - through + 50
    assert sorted(issued(desk)) == sorted((one.address, one.amount) for one in recipients.recipients)
    assert desk.krw.state(1).outstanding == recipients.total
    assert desk.won.balance(desk.krw.address) == recipients.total

    block = desk.block()
    again = issue.main(*LIST, "batch=50")
    assert again is not None
    assert again.rows_now == 0
    assert desk.block() == block


def test_one_wrong_row_and_nobody_is_issued_to(desk: Desk, tmp_path: Path) -> None:
    path = rows(tmp_path / "list.csv", 20)
    lines = list(csv.reader(path.open(encoding="utf-8", newline="")))
    lines[3][2], lines[7][2], lines[9][1] = "50001", "-50000", lines[9][1].lower()
    with path.open("w", newline="") as target:
        csv.writer(target).writerows(lines)
    block = desk.block()
    with pytest.raises(RecipientsError) as error:
        issue.main(f"series={KR}", f"csv={path}")
    assert {one.reason for one in error.value.problems} == {
        "not_a_multiple",
        "negative_amount",
        "unchecksummed_address",
    }
    assert desk.block() == block


def test_without_the_money_nothing_is_started(desk: Desk, tmp_path: Path) -> None:
    path = rows(tmp_path / "list.csv", 3)
    with pytest.raises(ClientError) as error:
        issue.main(f"series={KR}", f"csv={path}", "from=stranger")
    assert error.value.reason == "not_enough_money"


def test_a_stranger_with_money_is_refused_by_the_chain(desk: Desk, tmp_path: Path) -> None:
    path = rows(tmp_path / "list.csv", 3)
    with pytest.raises(RefusedError) as error:
        issue.main(f"series={KR}", f"csv={path}", "from=supporter")
    assert (error.value.reason, error.value.values) == (
        "GiftCertificates_NotOperator",
        (1, desk.address("supporter").lower()),
    )
    assert issued(desk) == []


@pytest.mark.parametrize("seconds", (-1, 0, 1))
def test_the_sale_ends_with_its_last_second(desk: Desk, tmp_path: Path, seconds: int) -> None:
    path = rows(tmp_path / f"list{seconds}.csv", 2)
    # One block is the approval's, one the batch's: at −1 both still fall before the end.
    desk.session.node.jump_to(desk.krw.terms(1).sales_close_at + (seconds if seconds >= 0 else -100))
    if seconds < 0:
        result = issue.main(f"series={KR}", f"csv={path}")
        assert result is not None
        assert result.rows_now == 2
        return
    with pytest.raises(ClientError) as error:
        issue.main(f"series={KR}", f"csv={path}")
    assert error.value.reason == "sales_closed"


def test_one_certificate(desk: Desk) -> None:
    before = desk.won.balance(desk.address("issuer"))
    assert issue.one(f"series={KR}", "to=holder", "amount=100000") == 100_000
    assert desk.krw.account(1, desk.address("holder")).balance == 100_000
    assert before - desk.won.balance(desk.address("issuer")) == 100_000


def test_a_part_of_a_certificate_is_refused(desk: Desk) -> None:
    block = desk.block()
    with pytest.raises(ArgumentError) as error:
        issue.one(f"series={KR}", "to=holder", "amount=50001")
    assert str(error.value) == f"amount=…: 50,001 KRWT is no multiple of 50,000 KRWT, the face of {KR}"
    assert desk.block() == block


@pytest.mark.parametrize(
    ("given", "kind", "reason"),
    (
        ((f"series={KR}", "csv=gone.csv"), ArgumentError, "no_such_file"),
        ((*LIST, "batch=0"), ArgumentError, "out_of_range"),
        ((*LIST, "batch=501"), ArgumentError, "out_of_range"),
        (LIST[:1], ArgumentError, "missing_argument"),
    ),
)
def test_bad_input(desk: Desk, given: tuple[str, ...], kind: type[Exception], reason: str) -> None:
    block = desk.block()
    with pytest.raises(kind) as error:
        issue.main(*given)
    assert error.value.reason == reason  # type: ignore[attr-defined]
    assert desk.block() == block


def test_an_amount_in_the_wrong_spelling_names_the_rule(desk: Desk) -> None:
    with pytest.raises(AmountError) as error:
        issue.one(f"series={KR}", "to=holder", "amount=50,000")
    assert error.value.reason == "bad_amount"
