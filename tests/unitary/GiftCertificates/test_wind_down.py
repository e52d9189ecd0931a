"""windDown: sales stop for good, everybody may have full face back."""

from typing import Any

import pytest

from tests.support.certificates import NO_SIGNATURE, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of


@pytest.fixture(scope="module")
def series(world: World) -> int:
    """No refund right before expiry, 50 % after."""
    series_id = world.create_series([world.merchant], named=True, post_expiry_bps=5_000)
    world.issue(series_id, world.holder, 100)
    return series_id


def wind_down(world: World, series: int, caller: Any = None) -> Any:
    return world.certificates.windDown(series, {"from": caller or world.issuer})


def test_wind_down_reverts_for_anybody_but_the_issuer(world: World, series: int) -> None:
    world.certificates.setOperator(series, world.operator, 100, {"from": world.issuer})
    for caller in (world.stranger, world.operator, world.merchant, world.beneficiary, world.holder):
        with reverts("GiftCertificates_NotIssuer", series, caller):
            wind_down(world, series, caller)


def test_wind_down_reverts_in_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_NotIssuer", series + 1, world.issuer):
        wind_down(world, series + 1)


def test_wind_down_reverts_the_second_time(world: World, series: int) -> None:
    wind_down(world, series)
    with reverts("GiftCertificates_AlreadyWoundDown", series):
        wind_down(world, series)


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_wind_down_reverts_from_limitation_on(world: World, series: int, past: int) -> None:
    limitation = world.certificates.terms(series)[3]
    at(limitation + past)
    if past < 0:
        wind_down(world, series)
        assert world.certificates.refundable(series, world.holder) == (1, 100, 100)
        return
    with reverts("GiftCertificates_AfterLimitation", series, limitation):
        wind_down(world, series)


def test_wind_down_opens_full_refunds_at_once(world: World, series: int) -> None:
    assert world.certificates.refundable(series, world.holder) == (0, 0, 0)
    tx = wind_down(world, series)
    assert world.certificates.state(series) == (world.issuer, 100, 0, tx.timestamp, 1, True, False)
    assert world.certificates.refundable(series, world.holder) == (1, 100, 100)
    assert world.certificates.cardFacts(series)[5] == 2
    assert logs_of(tx, world.certificates) == [("WoundDown", series)]
    world.certificates.refund(world.holder, series, 100, 100, NO_SIGNATURE, {"from": world.holder})
    assert world.token.balanceOf(world.holder) == 100


def test_wind_down_moves_no_money_and_changes_no_terms(world: World, series: int) -> None:
    before = (world.certificates.terms(series), world.reserve(), world.token.balanceOf(world.issuer))
    wind_down(world, series)
    assert (
        world.certificates.terms(series), world.reserve(), world.token.balanceOf(world.issuer)
    ) == before  # fmt: skip


def test_redemption_goes_on_until_expiry(world: World, series: int) -> None:
    wind_down(world, series)
    expires_at = world.certificates.terms(series)[2]
    at(expires_at - 1)
    world.certificates.redeem(series, 30, world.merchant, {"from": world.holder})
    at(expires_at)
    with reverts("GiftCertificates_Expired", series, expires_at):
        world.certificates.redeem(series, 30, world.merchant, {"from": world.holder})
    mine_at(expires_at)
    assert world.certificates.refundable(series, world.holder) == (1, 70, 70)


def test_gifts_and_transfers_go_on(world: World, series: int) -> None:
    wind_down(world, series)
    secret, gift, identity = world.give(series, 10, giver=world.holder)
    world.certificates.claim(
        gift,
        world.recipient,
        world.claim_signature(secret, identity, world.recipient),
        {"from": world.relayer},
    )
    world.certificates.safeTransferFrom(world.holder, world.giver, series, 5, b"", {"from": world.holder})
    assert world.certificates.refundable(series, world.recipient) == (1, 10, 10)
    assert world.certificates.refundable(series, world.giver) == (1, 5, 5)


def test_one_series_wound_down_says_nothing_of_another(world: World, series: int) -> None:
    other = world.create_series([world.merchant], named=True)
    wind_down(world, series)
    world.issue(other, world.holder, 5)
    assert world.certificates.state(other)[3] == 0
    assert world.certificates.refundable(other, world.holder) == (0, 0, 0)
