"""Row machine_to_machine: a device pays all the time with a session key, which spends only its own cap until
its own expiry."""

from __future__ import annotations

import pytest
from brownie import web3

from largesse.eip712 import sign_digest
from largesse.vouchers import rows
from tests.support.certificates import DAY
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.outputs import returned
from tests.support.prepaid import HOUR, ITSELF, Key, Prepaid, settled

CAP = 2_000_000
"""Micro-units that a charger may spend: two dollars."""
PER_SECOND = 300
DEVICES = 100


@pytest.fixture
def until(prepaid: Prepaid) -> int:
    """When the device's key ends."""
    return prepaid.now() + DAY


@pytest.fixture
def charger(prepaid: Prepaid, until: int) -> Key:
    """The agent's charger pays the merchant's grid; its key was made in the device and has never left it."""
    return prepaid.open(CAP, delay=HOUR, expires_at=until)


def test_a_device_pays_by_the_second_until_its_cap(prepaid: Prepaid, charger: Key) -> None:
    """The grid serves as long as the latest voucher is good, settles now and then, and stops at the first
    that is not."""
    deposit, served = prepaid.state(charger).deposit, 0
    while (served + 1) * PER_SECOND <= deposit:
        served += 1
        latest = prepaid.voucher(charger, served * PER_SECOND)
        if served % 2_000 == 0:
            prepaid.settle(latest)
    assert served == CAP // PER_SECOND
    too_much = prepaid.voucher(charger, (served + 1) * PER_SECOND)
    assert settled(prepaid.settle(too_much, latest)).skipped == [0]
    assert prepaid.balance(prepaid.merchant) == served * PER_SECOND
    assert prepaid.money(charger) == (CAP, served * PER_SECOND)


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_a_device_pays_until_its_expiry(prepaid: Prepaid, charger: Key, until: int, late: int) -> None:
    """Until then the owner cannot take the money away without its delay; from then on at once, and what the
    device goes on signing is worth nothing."""
    signed = prepaid.voucher(charger, 500)
    at(until + late)
    if late < 0:
        with reverts("Accounts_NotRequested", *charger):
            prepaid.withdraw(charger)
        prepaid.settle(signed)
        assert prepaid.balance(prepaid.merchant) == 500
        return
    assert returned(prepaid.withdraw(charger)) == CAP
    assert settled(prepaid.settle(signed, prepaid.voucher(charger, 900))).payout == 0
    assert (prepaid.balance(prepaid.merchant), prepaid.held()) == (0, 0)


def test_a_stolen_device_spends_its_cap_and_nothing_else(prepaid: Prepaid, charger: Key) -> None:
    """Whoever has the key may buy of the grid for what is left: no other seller's, no other account, no
    purse."""
    key, thief, grid = prepaid.session(charger), prepaid.stranger, prepaid.merchant
    other = prepaid.open(7 * CAP, salt=1)
    purse = prepaid.balance(prepaid.agent)
    for stolen in (
        prepaid.voucher(charger, CAP + 1),
        prepaid.voucher(other, 100, private_key=key),
        prepaid.voucher(charger, 100, counterparty=str(thief)),
    ):
        assert settled(prepaid.settle(stolen)).payout == 0
        assert settled(prepaid.settle(stolen, counterparty=thief)).payout == 0
    deadline = prepaid.now() + DAY
    for name, function, values in (
        ("Withdraw", prepaid.contract.withdraw, ()),
        ("RequestWithdrawal", prepaid.contract.requestWithdrawal, ()),
        ("RequestSigner", prepaid.contract.requestSigner, (str(thief),)),
        ("ChangeSigner", prepaid.contract.changeSigner, ()),
    ):
        digest = prepaid.digest(name, str(prepaid.agent), *charger, *values, 1, deadline)
        consent = (1, deadline, False, sign_digest(digest, key))
        with reverts("Custody_InvalidSignature", prepaid.agent, digest):
            function(charger, *values, consent, {"from": thief})
    prepaid.settle(prepaid.voucher(charger, CAP))
    assert (prepaid.balance(grid), prepaid.balance(prepaid.agent)) == (CAP, purse)
    assert prepaid.money(other) == (7 * CAP, 0)


def test_a_device_that_was_lost_gets_a_new_key(prepaid: Prepaid, charger: Key) -> None:
    """After the delay, in which the grid settles what it has served; the rest of the cap is the new key's."""
    new = prepaid.world.key(prepaid.supporter)
    prepaid.request_signer(charger, prepaid.supporter)
    prepaid.settle(prepaid.voucher(charger, 300))
    later(HOUR)
    prepaid.change_signer(charger)
    assert settled(prepaid.settle(prepaid.voucher(charger, 900))).payout == 0
    assert settled(prepaid.settle(prepaid.voucher(charger, 800, private_key=new))).payout == 500


def test_a_cap_that_is_raised_pays_on_with_the_same_key(prepaid: Prepaid, charger: Key) -> None:
    """The device signs the same running sum; nobody has to reach it."""
    prepaid.settle(prepaid.voucher(charger, CAP))
    prepaid.top_up(charger, CAP)
    assert settled(prepaid.settle(prepaid.voucher(charger, CAP + PER_SECOND))).payout == PER_SECOND


def test_a_fleet_is_settled_in_one_transaction(prepaid: Prepaid, until: int) -> None:
    """A hundred devices of one owner, each with its own key and cap; one asks for too much. When all of it
    ends, the owner has the rest of every cap."""
    keys = [prepaid.key(salt) for salt in range(DEVICES)]
    openings = [prepaid.opening(salt, delay=HOUR, expires_at=until) for salt in range(DEVICES)]
    calls = [prepaid.contract.open.encode_input(opening, CAP * prepaid.unit) for opening in openings]
    prepaid.contract.multicall(calls, {"from": prepaid.agent})
    asked = [1_000 * (place + 1) for place in range(DEVICES)]
    asked[13] = CAP + 1
    packed = rows(prepaid.voucher(key, amount) for key, amount in zip(keys, asked, strict=True))
    blocks = web3.eth.block_number
    report = settled(prepaid.contract.settle(prepaid.merchant, packed, {"from": prepaid.merchant}))
    assert web3.eth.block_number == blocks + 1
    assert report.skipped == [13]
    assert report.payout == sum(asked) - asked[13] == prepaid.balance(prepaid.merchant)
    at(until)
    before = prepaid.balance(prepaid.agent)
    outs = [prepaid.contract.withdraw.encode_input(key, ITSELF) for key in keys]
    prepaid.contract.multicall(outs, {"from": prepaid.agent})
    assert prepaid.balance(prepaid.agent) - before == DEVICES * CAP - report.payout
    assert prepaid.held() == 0
