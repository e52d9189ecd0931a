"""lock: currency or certificates for a recipient, under a hash, until a time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import DAY, ZERO
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.swaps import LOCKED, LONGEST, SECRET, Swaps

# reverts


def test_lock_reverts_for_nobody(swaps: Swaps) -> None:
    """The contract itself is nobody: nothing could be fetched from it."""
    for nobody in (ZERO, swaps.contract):
        with reverts("Custody_ZeroAddress"):
            swaps.lock(to=nobody)


def test_lock_reverts_for_nothing(swaps: Swaps) -> None:
    for series_id in (0, swaps.series):
        with reverts("Swaps_ZeroAmount"):
            swaps.lock(amount=0, series_id=series_id)


@pytest.mark.parametrize("seconds", [-1, 0, 1, LONGEST, LONGEST + 1])
def test_lock_reverts_outside_of_a_year(swaps: Swaps, seconds: int) -> None:
    now = at(swaps.world.now() + 10)
    what = swaps.terms()._replace(expires_at=now + seconds)
    if 0 < seconds <= LONGEST:
        swaps.lock(what)
    else:
        with reverts("Swaps_EndsAt", now + seconds, now + 1, now + LONGEST):
            swaps.lock(what)


@pytest.mark.parametrize("before", [-1, 0, 1])
def test_lock_of_certificates_reverts_unless_it_ends_before_their_expiry(swaps: Swaps, before: int) -> None:
    world = swaps.world
    expires_at = world.now() + 30 * DAY
    series_id = world.create_series(sales_close_at=expires_at, expires_at=expires_at)
    world.issue(series_id, swaps.holder, 1_000)
    what = swaps.terms(series_id=series_id)._replace(expires_at=expires_at - before)
    now = at(world.now() + 1)
    if before == 1:
        swaps.lock(what)
    else:
        with reverts("Swaps_EndsAt", expires_at - before, now + 1, expires_at - 1):
            swaps.lock(what)


def test_lock_reverts_for_a_series_that_is_none(swaps: Swaps) -> None:
    with reverts("GiftCertificates_UnknownSeries", 99):
        swaps.lock(series_id=99)


def test_lock_reverts_when_it_was_made_before(swaps: Swaps) -> None:
    """Whatever became of it: a preimage that was shown must not open a second one."""
    what = swaps.lock()
    with reverts("Swaps_Exists", what.id):
        swaps.lock(what)
    swaps.claim(what)
    with reverts("Swaps_Exists", what.id):
        swaps.lock(what)
    refunded = swaps.lock(swaps.terms(amount=7))
    later(DAY)
    swaps.refund(refunded)
    with reverts("Swaps_EndsAt", refunded.expires_at, swaps.world.now() + 1, swaps.world.now() + LONGEST):
        swaps.lock(refunded)


def test_lock_reverts_by_somebody_else(swaps: Swaps) -> None:
    with reverts("Custody_NotItself", swaps.holder, swaps.stranger):
        swaps.lock(caller=swaps.stranger)


def test_lock_reverts_without_money_or_approval(swaps: Swaps) -> None:
    with reverts("ERC20InsufficientAllowance", swaps.contract, 0, 1_000):
        swaps.lock(sender=swaps.stranger)
    with reverts("ERC1155MissingApprovalForAll", swaps.contract, swaps.stranger):
        swaps.lock(series_id=swaps.series, sender=swaps.stranger)
    with reverts("ERC1155InsufficientBalance", swaps.holder, 100_000, 100_001, swaps.series):
        swaps.lock(series_id=swaps.series, amount=100_001)


def test_lock_reverts_when_the_currency_keeps_a_fee(make_swaps: Any, make_token: Any) -> None:
    token = make_token("FeeToken")
    swaps: Swaps = make_swaps(token)
    token.setFeeBps(100, {"from": swaps.deployer})
    with reverts("Custody_ArrivedDiffers", 1_000, 990):
        swaps.lock()


# what it does


@pytest.mark.parametrize("of_series", [False, True])
def test_lock_takes_it_from_the_sender(swaps: Swaps, of_series: bool) -> None:
    series_id = swaps.series if of_series else 0
    money, face = swaps.balance(swaps.holder), swaps.face(swaps.holder)
    what = swaps.terms(series_id=series_id)
    tx = swaps.contract.lock(what, (0, 0, False, b""), {"from": swaps.holder})
    swaps.made.append(what)
    assert logs_of(tx, swaps.contract) == [("Locked", what.id, what.sender, what.to, tuple(what))]
    assert swaps.status(what) == LOCKED
    assert swaps.contract.idOf(what) == "0x" + what.id.hex()
    assert swaps.balance(swaps.holder) == money - (0 if of_series else 1_000)
    assert swaps.face(swaps.holder) == face - (1_000 if of_series else 0)


def test_one_hash_locks_many(swaps: Swaps) -> None:
    """Each for itself: another amount, recipient or end is another lock."""
    locks = [swaps.lock(), swaps.lock(amount=2), swaps.lock(to=swaps.giver), swaps.lock(seconds=DAY + 1)]
    swaps.claim(locks[1])
    assert [swaps.status(what) for what in locks] == [LOCKED, 2, LOCKED, LOCKED]


@pytest.mark.parametrize("moves", [False, True])
def test_lock_by_the_senders_signature(swaps: Swaps, moves: bool) -> None:
    """Somebody else pays for the transaction; with the currency's own signature no allowance is needed."""
    what = swaps.terms()
    if moves:
        swaps.token.approve(swaps.contract, 0, {"from": swaps.holder})
    consent = swaps.consent("Lock", *what, signer=swaps.holder, moves=what.amount if moves else None)
    money = swaps.balance(swaps.holder)
    swaps.lock(what, consent, caller=swaps.relayer)
    assert swaps.balance(swaps.holder) == money - 1_000
    swaps.claim(what, SECRET)


def test_lock_of_certificates_by_the_senders_signature(swaps: Swaps) -> None:
    what = swaps.terms(series_id=swaps.series)
    with reverts("Custody_NothingMoves"):
        swaps.lock(
            what, swaps.consent("Lock", *what, signer=swaps.holder, moves=what.amount), caller=swaps.relayer
        )
    swaps.lock(what, swaps.consent("Lock", *what, signer=swaps.holder), caller=swaps.relayer)
    assert swaps.status(what) == LOCKED


def test_a_signature_is_for_each_of_the_locks_values(swaps: Swaps) -> None:
    what = swaps.terms()
    others = [
        what._replace(sender=str(swaps.giver)),
        what._replace(to=str(swaps.stranger)),
        what._replace(series_id=swaps.series),
        what._replace(amount=999),
        what._replace(hash=bytes(32)),
        what._replace(expires_at=what.expires_at + 1),
    ]
    for other in others:
        consent = swaps.consent("Lock", *what, signer=swaps.holder)
        signer, digest = other.sender, swaps.digest("Lock", *other, *consent[:2])
        with reverts("Custody_InvalidSignature", signer, digest):
            swaps.lock(other, consent, caller=swaps.relayer)


# nothing else comes in


def test_certificates_sent_here_are_refused(swaps: Swaps) -> None:
    certificates, holder = swaps.world.certificates, swaps.holder
    sent = {"from": holder}
    with reverts("Swaps_NotTaken", holder):
        certificates.safeTransferFrom(holder, swaps.contract, swaps.series, 5, b"", sent)
    with reverts("Swaps_NotTaken", holder):
        certificates.safeBatchTransferFrom(holder, swaps.contract, [swaps.series], [5], b"", sent)
    swaps.world.fund(swaps.issuer, 5)
    with reverts("Swaps_NotTaken", swaps.issuer):
        certificates.issue(swaps.series, swaps.contract, 5, {"from": swaps.issuer})
    with reverts("Swaps_NotTaken", swaps.contract):
        swaps.contract.onERC1155Received(swaps.contract, holder, swaps.series, 5, b"", sent)
