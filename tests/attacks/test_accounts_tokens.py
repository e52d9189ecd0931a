"""Currencies that burn gas or answer with megabytes, and relayers that send too little gas: nobody who
could be paid is owed instead, and nobody else's vouchers are touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.tokens import BOMB_MODES, MakeToken
from tests.support.certificates import DAY
from tests.support.clock import later
from tests.support.errors import reverts
from tests.support.prepaid import ITSELF, Prepaid
from tests.zoo.raw import raw_send


@pytest.fixture
def odd(make_prepaid: Any, make_token: MakeToken) -> Callable[[str], Prepaid]:
    """Over an odd currency: an account of 1,000 whose withdrawal is due."""

    def make(kind: str) -> Prepaid:
        prepaid: Prepaid = make_prepaid(make_token(kind))
        prepaid.open(1_000)
        prepaid.request_withdrawal(prepaid.key())
        later(DAY)
        return prepaid

    return make


@pytest.mark.parametrize("act", ["settle", "settleOne", "withdraw"])
def test_a_payout_is_never_starved_into_a_debt(odd: Callable[[str], Prepaid], act: str) -> None:
    """Whoever sends too little gas has its transaction reverted; nobody is owed what could be paid."""
    prepaid = odd("BlacklistToken")
    key, voucher = prepaid.key(), prepaid.voucher(prepaid.key(), 100)
    calls = {
        "settle": (prepaid.contract.settle, (prepaid.merchant, voucher.row()), prepaid.stranger),
        "settleOne": (prepaid.contract.settleOne, (key, 100, voucher.signature), prepaid.stranger),
        "withdraw": (prepaid.contract.withdraw, (key, ITSELF), prepaid.agent),
    }
    method, args, sender = calls[act]
    full = int(method.estimate_gas(*args, {"from": sender}))
    least = max(full - 40_000, 30_000)  # below what a transaction costs by itself it is none
    for gas in range(least, full + 4_000, 2_000):
        status = raw_send(method, *args, sender=sender, gas=gas)["status"]
        assert prepaid.contract.totalOwed() == 0
        if status == 1:
            break
    assert status == 1
    assert gas > least  # the first ones were not enough
    assert prepaid.held() == (0 if act == "withdraw" else 900)


def test_a_currency_that_burns_all_gas_owes_or_reverts(odd: Callable[[str], Prepaid]) -> None:
    prepaid = odd("GasGuzzlerToken")
    key, rich = prepaid.key(), {"from": prepaid.agent, "gas_limit": 12_000_000}
    prepaid.token.setBurns(True, False, {"from": prepaid.deployer})
    prepaid.contract.settle(prepaid.merchant, prepaid.voucher(key, 100).row(), rich)
    assert (prepaid.contract.owed(prepaid.merchant), prepaid.money(key)) == (100, (1_000, 100))
    prepaid.token.setBurns(False, True, {"from": prepaid.deployer})
    with reverts("Custody_NoBalance", prepaid.token):
        prepaid.contract.withdraw(key, ITSELF, rich)
    prepaid.token.setBurns(False, False, {"from": prepaid.deployer})
    prepaid.withdraw(key)
    assert prepaid.held() == prepaid.contract.totalOwed() == 100


@pytest.mark.parametrize("mode", ["Success", "Failure"])
def test_megabytes_of_answer_cost_their_currency_only(odd: Callable[[str], Prepaid], mode: str) -> None:
    prepaid = odd("ReturnBombToken")
    prepaid.token.setMode(BOMB_MODES.index(mode), 1 << 20, {"from": prepaid.deployer})
    row = prepaid.voucher(prepaid.key(), 100).row()
    send = {"from": prepaid.relayer, "gas_limit": 6_000_000}
    tx = prepaid.contract.settle(prepaid.merchant, row, send)
    assert tx.gas_used < 3_000_000  # its own 2.2 million, and no copy
    paid, owed = prepaid.balance(prepaid.merchant), prepaid.contract.owed(prepaid.merchant)
    assert (paid, owed) == ((100, 0) if mode == "Success" else (0, 100))
    prepaid.check_books()
