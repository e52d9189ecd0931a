"""refund: what nobody claimed goes back, from the lock's end on, whoever sends it."""

from __future__ import annotations

import pytest

from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import YEAR
from tests.support.clock import at
from tests.support.consents import ITSELF
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.swaps import CLAIMED, LOCKED, NONE, REFUNDED, Swaps

# reverts


def test_refund_reverts_for_what_is_not_locked(swaps: Swaps) -> None:
    what = swaps.terms()
    with reverts("Swaps_NotLocked", what.id, NONE):
        swaps.refund(what)
    swaps.lock(what)
    swaps.claim(what)
    at(what.expires_at)
    with reverts("Swaps_NotLocked", what.id, CLAIMED):
        swaps.refund(what)


@pytest.mark.parametrize("early", [1, 0, -1])
def test_refund_reverts_before_the_end(swaps: Swaps, early: int) -> None:
    what = swaps.lock()
    now = at(what.expires_at - early)
    if early > 0:
        with reverts("Swaps_TooEarly", what.expires_at, now):
            swaps.refund(what)
    else:
        swaps.refund(what)
        with reverts("Swaps_NotLocked", what.id, REFUNDED):
            swaps.refund(what)


# what it does


@pytest.mark.parametrize("of_series", [False, True])
def test_refund_gives_all_back(swaps: Swaps, of_series: bool) -> None:
    money, face = swaps.balance(swaps.holder), swaps.face(swaps.holder)
    what = swaps.lock(series_id=swaps.series if of_series else 0)
    at(what.expires_at)
    tx = swaps.refund(what, caller=swaps.stranger)
    assert logs_of(tx, swaps.contract) == [("Refunded", what.id, what.sender)]
    assert (swaps.balance(swaps.holder), swaps.face(swaps.holder)) == (money, face)


def test_an_account_that_refuses_certificates_loses_none(swaps: Swaps, make_account: MakeAccount) -> None:
    """It takes them, then no more: they stay for it until it says where they go."""
    account = make_account("Refuser1155", swaps.stranger, mode="Accepts")
    world = swaps.world
    world.issue(swaps.series, account, 1_000)
    approve = world.certificates.setApprovalForAll.encode_input(swaps.contract, True)
    account.execute(world.certificates, 0, approve, {"from": swaps.stranger})
    what = swaps.terms(series_id=swaps.series, sender=account)
    call = swaps.contract.lock.encode_input(what, ITSELF)
    account.execute(swaps.contract, 0, call, {"from": swaps.stranger})
    swaps.made.append(what)
    account.setMode(1, {"from": swaps.stranger})
    at(what.expires_at)
    with reverts("Refuser1155_Refused", swaps.contract, swaps.contract, swaps.series, 1_000):
        swaps.refund(what)
    assert swaps.status(what) == LOCKED
    call = swaps.contract.refundTo.encode_input(what, swaps.giver, ITSELF)
    account.execute(swaps.contract, 0, call, {"from": swaps.stranger})
    assert swaps.face(swaps.giver) == 101_000


def test_certificates_that_expired_come_back(swaps: Swaps) -> None:
    """With the rights that an expired certificate has; forfeited ones are nobody's any more."""
    what, late = swaps.lock(series_id=swaps.series), swaps.lock(series_id=swaps.series, amount=5)
    at(what.expires_at + 2 * YEAR)
    swaps.refund(what)
    assert swaps.face(swaps.holder) == 100_000 - 5
    at(swaps.world.certificates.terms(swaps.series)[3])
    swaps.world.certificates.forfeit(swaps.series, {"from": swaps.stranger})
    with reverts("GiftCertificates_Forfeited", swaps.series):
        swaps.refund(late)
    swaps.made.remove(late)
