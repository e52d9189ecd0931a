"""claimTo and refundTo: whose it is says who gets it, by its own call or by its signature."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

import pytest

from tests.support.certificates import ZERO
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.swaps import CLAIMED, LOCKED, REFUNDED, SECRET, Lock, Swaps


class End(NamedTuple):
    """One of the two ends of a lock, as it can be had."""

    swaps: Swaps
    message: str
    what: Lock
    owner: Any
    to: Callable[..., Any]
    after: int
    log: tuple[Any, ...]

    def consent(self, receiver: Any, **changed: Any) -> Any:
        return self.swaps.consent(self.message, self.what.id, str(receiver), signer=self.owner, **changed)


@pytest.fixture(params=["claimTo", "refundTo"])
def end(request: pytest.FixtureRequest, swaps: Swaps) -> End:
    """A lock that can be claimed, or whose time is over."""
    what = swaps.lock()
    if request.param == "claimTo":
        log = ("Claimed", what.id, str(swaps.giver), SECRET)
        return End(swaps, "ClaimTo", what, swaps.merchant, swaps.claim_to, CLAIMED, log)
    mine_at(what.expires_at)
    log = ("Refunded", what.id, str(swaps.giver))
    return End(swaps, "RefundTo", what, swaps.holder, swaps.refund_to, REFUNDED, log)


# reverts


def test_it_reverts_to_nobody(end: End) -> None:
    for nobody in (ZERO, end.swaps.contract):
        with reverts("Custody_ZeroAddress"):
            end.to(end.what, nobody)


def test_it_reverts_by_anybody_but_the_owner(end: End) -> None:
    other = end.swaps.holder if end.owner == end.swaps.merchant else end.swaps.merchant
    for thief in (end.swaps.stranger, other):
        with reverts("Custody_NotItself", end.owner, thief):
            end.to(end.what, thief, caller=thief)


def test_a_signature_is_for_one_receiver_of_one_lock(end: End) -> None:
    swaps, consent = end.swaps, end.consent(end.swaps.giver)
    digest = swaps.digest(end.message, end.what.id, str(swaps.stranger), *consent[:2])
    with reverts("Custody_InvalidSignature", end.owner, digest):
        end.to(end.what, swaps.stranger, consent, caller=swaps.stranger)
    other = end.what._replace(amount=7)
    digest = swaps.digest(end.message, other.id, str(swaps.giver), *consent[:2])
    with reverts("Custody_InvalidSignature", end.owner, digest):
        end.to(other, swaps.giver, consent, caller=swaps.relayer)
    assert swaps.status(end.what) == LOCKED


def test_a_signature_for_one_end_is_not_for_the_other(end: End) -> None:
    swaps = end.swaps
    other = {"ClaimTo": "RefundTo", "RefundTo": "ClaimTo"}[end.message]
    consent = swaps.consent(other, end.what.id, str(swaps.giver), signer=end.owner)
    digest = swaps.digest(end.message, end.what.id, str(swaps.giver), *consent[:2])
    with reverts("Custody_InvalidSignature", end.owner, digest):
        end.to(end.what, swaps.giver, consent, caller=swaps.relayer)


def test_nothing_of_it_moves_money_of_the_signer(end: End) -> None:
    nonce, deadline, _, signature = end.consent(end.swaps.giver)
    with reverts("Custody_NothingMoves"):
        end.to(end.what, end.swaps.giver, (nonce, deadline, True, signature), caller=end.swaps.relayer)


def test_it_reverts_when_the_lock_is_over(end: End) -> None:
    end.to(end.what, end.swaps.giver)
    with reverts("Swaps_NotLocked", end.what.id, end.after):
        end.to(end.what, end.swaps.giver)


def test_claim_to_reverts_with_another_preimage_or_too_late(swaps: Swaps) -> None:
    what = swaps.lock()
    with reverts("Swaps_WrongPreimage", sha256(bytes(32)).digest(), what.hash):
        swaps.claim_to(what, swaps.giver, secret=bytes(32))
    now = at(what.expires_at - 1)
    with reverts("Swaps_TooEarly", what.expires_at, now):
        swaps.refund_to(what, swaps.giver)
    now = at(what.expires_at)
    with reverts("Swaps_TooLate", what.expires_at, now):
        swaps.claim_to(what, swaps.giver)


# what it does


@pytest.mark.parametrize("signed", [False, True])
def test_it_pays_whom_the_owner_names(end: End, signed: bool) -> None:
    swaps = end.swaps
    before = swaps.balance(swaps.giver)
    if signed:
        tx = end.to(end.what, swaps.giver, end.consent(swaps.giver), caller=swaps.relayer)
        assert logs_of(tx, swaps.contract)[0][0] == "ConsentUsed"
    else:
        tx = end.to(end.what, swaps.giver)
    assert logs_of(tx, swaps.contract)[-1] == end.log
    assert swaps.balance(swaps.giver) == before + 1_000
    assert swaps.status(end.what) == end.after


def test_certificates_go_where_their_owner_says(swaps: Swaps) -> None:
    claimed, refunded = (swaps.lock(series_id=swaps.series, amount=amount) for amount in (10, 5))
    swaps.claim_to(claimed, swaps.giver)
    at(refunded.expires_at)
    swaps.refund_to(refunded, swaps.stranger)
    assert (swaps.face(swaps.giver), swaps.face(swaps.stranger)) == (100_010, 5)
