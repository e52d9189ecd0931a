"""claim: the preimage pays the recipient, before the lock's end, whoever sends it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from largesse.eip712 import keccak
from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY
from tests.support.clock import at
from tests.support.consents import ITSELF
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.swaps import CLAIMED, LOCKED, NONE, REFUNDED, SECRET, Swaps

# reverts


def test_claim_reverts_for_what_is_not_locked(swaps: Swaps) -> None:
    """Never made; claimed; paid back; locked with one other value."""
    what = swaps.terms()
    with reverts("Swaps_NotLocked", what.id, NONE):
        swaps.claim(what)
    swaps.lock(what)
    swaps.claim(what)
    with reverts("Swaps_NotLocked", what.id, CLAIMED):
        swaps.claim(what)
    other = swaps.lock(amount=7)
    more = other._replace(amount=8)
    with reverts("Swaps_NotLocked", more.id, NONE):
        swaps.claim(more)
    at(other.expires_at)
    swaps.refund(other)
    with reverts("Swaps_NotLocked", other.id, REFUNDED):
        swaps.claim(other)


def test_claim_reverts_with_another_preimage(swaps: Swaps) -> None:
    what = swaps.lock()
    for wrong in (bytes(32), keccak(SECRET), what.hash):
        with reverts("Swaps_WrongPreimage", sha256(wrong).digest(), what.hash):
            swaps.claim(what, wrong)


@pytest.mark.parametrize("early", [1, 0, -1])
def test_claim_reverts_from_the_end_on(swaps: Swaps, early: int) -> None:
    what = swaps.lock()
    now = at(what.expires_at - early)
    if early > 0:
        swaps.claim(what)
    else:
        with reverts("Swaps_TooLate", what.expires_at, now):
            swaps.claim(what)


# what it does


@pytest.mark.parametrize("of_series", [False, True])
def test_claim_pays_the_recipient(swaps: Swaps, of_series: bool) -> None:
    what = swaps.lock(series_id=swaps.series if of_series else 0)
    money, face = swaps.balance(swaps.merchant), swaps.face(swaps.merchant)
    tx = swaps.claim(what, caller=swaps.stranger)
    assert logs_of(tx, swaps.contract) == [("Claimed", what.id, what.to, SECRET)]
    assert swaps.balance(swaps.merchant) == money + (0 if of_series else 1_000)
    assert swaps.face(swaps.merchant) == face + (1_000 if of_series else 0)
    assert swaps.status(what) == CLAIMED


def test_claim_reverts_where_a_recipient_refuses_certificates(
    swaps: Swaps, make_account: MakeAccount
) -> None:
    """It has them sent elsewhere by its own call; nobody else can."""
    account = make_account("Refuser1155", swaps.stranger, mode="Reverts")
    what = swaps.lock(series_id=swaps.series, to=account)
    with reverts("Refuser1155_Refused", swaps.contract, swaps.contract, swaps.series, 1_000):
        swaps.claim(what)
    assert swaps.status(what) == LOCKED
    call = swaps.contract.claimTo.encode_input(what, SECRET, swaps.giver, ITSELF)
    account.execute(swaps.contract, 0, call, {"from": swaps.stranger})
    assert swaps.face(swaps.giver) == 101_000


def test_what_a_currency_refuses_is_owed(make_swaps: Any, make_token: Any) -> None:
    token = make_token("BlacklistToken")
    swaps: Swaps = make_swaps(token)
    what = swaps.lock()
    token.blacklist(swaps.merchant, {"from": swaps.deployer})
    swaps.claim(what)
    assert swaps.contract.owed(swaps.merchant) == 1_000
    before = swaps.balance(swaps.giver)
    swaps.contract.withdrawOwed(swaps.merchant, swaps.giver, ITSELF, {"from": swaps.merchant})
    assert swaps.balance(swaps.giver) == before + 1_000
    swaps.check_books()


def test_a_lock_outlives_a_day_to_the_second(swaps: Swaps) -> None:
    what = swaps.lock(seconds=DAY)
    at(what.expires_at - 1)
    swaps.claim(what)
