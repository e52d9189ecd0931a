"""cancelAuthorizations: one number makes every lower signature void."""

from typing import Any

import pytest

from largesse.signed.certificates import Cancellation
from tests.support.certificates import DAY, World
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.signed import FAULTS, NONCE_WINDOW, SignedAction, check_accepted, check_refused


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.holder, 100)
    return series_id


def cancel(world: World, series: int, nonce: int) -> Any:
    return world.certificates.cancelAuthorizations(
        world.holder, series, (nonce, 0, b""), {"from": world.holder}
    )


def action(world: World, series: int) -> SignedAction:
    return SignedAction(
        world,
        series,
        world.holder,
        lambda nonce, deadline: Cancellation(str(world.holder), series, nonce, deadline),
        lambda authorization: world.certificates.cancelAuthorizations(
            world.holder, series, authorization, {"from": world.relayer}
        ),
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_cancel_reverts_on_a_faulty_authorization(world: World, series: int, fault: str) -> None:
    check_refused(action(world, series), fault)


def test_cancel_acts_once(world: World, series: int) -> None:
    check_accepted(action(world, series))


def test_cancel_by_signature_binds_the_series(world: World, series: int) -> None:
    other = world.create_series()
    deadline = world.now() + DAY
    authorization = world.authorize(Cancellation(str(world.holder), series, 1, deadline), world.holder)
    digest = Cancellation(str(world.holder), other, 1, deadline).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest):
        world.certificates.cancelAuthorizations(world.holder, other, authorization, {"from": world.relayer})


def test_cancel_reverts_at_or_below_the_watermark(world: World, series: int) -> None:
    with reverts("GiftCertificates_NonceTooLow", 0, 0):
        cancel(world, series, 0)
    cancel(world, series, 7)
    for nonce in (6, 7):
        with reverts("GiftCertificates_NonceTooLow", nonce, 7):
            cancel(world, series, nonce)
    cancel(world, series, 8)
    assert world.certificates.account(series, world.holder) == (100, 0, 8)


def test_cancel_reverts_beyond_the_window(world: World, series: int) -> None:
    with reverts("GiftCertificates_NonceTooHigh", NONCE_WINDOW + 1, NONCE_WINDOW):
        cancel(world, series, NONCE_WINDOW + 1)
    cancel(world, series, NONCE_WINDOW)
    cancel(world, series, 2 * NONCE_WINDOW)
    assert world.certificates.account(series, world.holder) == (100, 0, 2 * NONCE_WINDOW)


def test_cancel_voids_what_was_signed_up_to_it(world: World, series: int) -> None:
    cards = {nonce: world.redemption(series, 10, nonce=nonce) for nonce in (4, 5, 6)}
    cancel(world, series, 5)
    for nonce in (4, 5):
        with reverts("GiftCertificates_NonceTooLow", nonce, 5):
            world.certificates.redeemSigned(cards[nonce], {"from": world.merchant})
    world.certificates.redeemSigned(cards[6], {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) == 10


def test_cancel_touches_nobody_else_and_no_other_series(world: World, series: int) -> None:
    other = world.create_series()
    tx = cancel(world, series, 5)
    assert logs_of(tx, world.certificates) == [("AuthorizationUsed", world.holder, series, 5)]
    assert world.certificates.account(series, world.holder) == (100, 0, 5)
    assert world.certificates.account(other, world.holder) == (0, 0, 0)
    assert world.certificates.account(series, world.giver) == (0, 0, 0)
