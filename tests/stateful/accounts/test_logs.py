"""The accountant who reads the prepaid accounts' logs alone notices what should not be in them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model.account_words import AccountKey, Prepaid
from tests.model.settlements import settled_row
from tests.stateful.accounts.logs import AccountLogs

OWNER, SELLER, SIGNER, TOKEN, THIEF = ("0x" + digit * 40 for digit in "12345")
KEY = AccountKey(SELLER, 7)
UNIT, DELAY, LIMITATION = 10, 3_600, 2_000_000
OPENED = ("AccountOpened", OWNER, SELLER, 7, SIGNER, DELAY, 0, 0, 500)


def settled(payout: int, *amounts: int) -> tuple[Any, ...]:
    return ("Settled", SELLER, payout, b"".join(settled_row(7, amount) for amount in amounts), b"")


@pytest.fixture
def logs() -> AccountLogs:
    """An account of 500 micro-units, opened at second 1,000."""
    logs = AccountLogs(UNIT, lambda series_id: LIMITATION)
    logs.now = 1_000
    logs.add([OPENED])
    return logs


def test_a_life_without_flaws(logs: AccountLogs) -> None:
    logs.add([("Deposited", SELLER, 7, 1_000, 600), ("WithdrawalRequested", SELLER, 7, 4_600)])
    logs.add([settled(4_000, 300, 400)])
    assert [(one.index, one.amount) for one in logs.settled] == [(7, 300), (7, 400)]
    logs.now = 4_600
    logs.add([("Withdrawn", SELLER, 7, 2_000)])
    assert logs.flaws == []
    assert logs.accounts == {KEY: Prepaid(OWNER, SIGNER, 400, 400, DELAY)}
    assert (logs.deposits, logs.payouts, logs.withdrawals) == (6_000, 4_000, 2_000)


@pytest.mark.parametrize(
    ("number", "event"),
    [
        (12, ("Deposited", SELLER, 7, 1_000, 601)),
        (13, settled(5_010, 501)),
        (13, settled(3_000, 300, 300)),
        (13, settled(2_000, 300, 200)),
        (14, settled(3_001, 300)),
        (14, settled(0, 300)),
        (15, ("Withdrawn", SELLER, 7, 5_000)),
        (15, ("SignerChanged", SELLER, 7, THIEF)),
    ],
)
def test_what_should_not_be(logs: AccountLogs, number: int, event: tuple[Any, ...]) -> None:
    """Too much or too little, twice, or before its time."""
    logs.add([event])
    assert [flaw for flaw, _ in logs.flaws] == [number]


@pytest.mark.parametrize(("second", "flaws"), [(4_599, 1), (4_600, 0), (8_199, 0), (8_200, 1)])
def test_what_was_asked_for_has_its_time(logs: AccountLogs, second: int, flaws: int) -> None:
    logs.add([("WithdrawalRequested", SELLER, 7, 4_600), ("SignerRequested", SELLER, 7, THIEF, 4_600)])
    logs.now = second
    logs.add([("SignerChanged", SELLER, 7, THIEF)])
    assert len(logs.flaws) == flaws
    logs.add([("Withdrawn", SELLER, 7, 5_000)])
    assert [flaw for flaw, _ in logs.flaws] == [15] * 2 * flaws


def test_what_a_voucher_took_is_not_withdrawn(logs: AccountLogs) -> None:
    logs.add([("WithdrawalRequested", SELLER, 7, 4_600), settled(1_000, 100)])
    logs.now = 4_600
    logs.add([("Withdrawn", SELLER, 7, 5_000)])
    assert [flaw for flaw, _ in logs.flaws] == [15]


@pytest.mark.parametrize(("to", "flaws"), [(SELLER, 0), (TOKEN, 0), (THIEF, 1)])
def test_a_settlement_pays_its_counterparty(logs: AccountLogs, to: str, flaws: int) -> None:
    """The currency may keep a fee; what is withdrawn beside goes elsewhere."""
    logs.check_moved([settled(1_000, 100)], [(to, 1_000)], TOKEN)
    assert [flaw for flaw, _ in logs.flaws] == [14] * flaws
    logs.check_moved([settled(1_000, 200), ("Withdrawn", SELLER, 7, 3_000)], [(to, 3_000)], TOKEN)
    assert len(logs.flaws) == flaws
