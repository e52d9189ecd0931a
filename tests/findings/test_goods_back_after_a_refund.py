"""Goods were bought, the rest of the card was paid out, the goods were taken back onto the card: what had
been paid out counted as used then, and opened the next payout. Round after round a whole card became cash,
though nothing of it was used; one bought at a discount brought more than it had cost."""

from __future__ import annotations

from typing import Any

import pytest

from largesse.signed.certificates import Restoration
from tests.support.certificates import DAY, NO_SIGNATURE, World
from tests.support.errors import reverts
from tests.support.jars import Jars, use
from tests.support.sales import Shop

FACE = 100
REMAINDER: dict[str, Any] = {"named": True, "denomination": FACE, "use_threshold_bps": 6_000}
SMALL_REST: dict[str, Any] = {"named": True, "denomination": FACE, "cash_out_below": 41}


def paid_out(world: World, series: int) -> int:
    """All that the holder has a right to."""
    _, amount, payout = world.certificates.refundable(series, world.holder)
    if amount:
        world.certificates.refund(world.holder, series, amount, 0, NO_SIGNATURE, {"from": world.holder})
    return int(payout)


def take_back(world: World, series: int, amount: int, nonce: int) -> None:
    said = Restoration(str(world.holder), series, amount, str(world.merchant), nonce, world.now() + DAY)
    world.token.approve(world.certificates, 2**256 - 1, {"from": world.merchant})
    world.certificates.restore(
        world.holder, series, amount, world.authorize(said, world.holder), {"from": world.merchant}
    )


def buy(world: World, series: int, amount: int) -> None:
    world.certificates.redeem(series, amount, world.merchant, {"from": world.holder})


@pytest.mark.parametrize("terms", (REMAINDER, SMALL_REST), ids=("remainder", "small rest"))
def test_what_was_used_for_a_payout_stays_used(world: World, terms: dict[str, Any]) -> None:
    series = world.create_series([world.merchant], **terms)
    world.issue(series, world.holder, 2 * FACE)
    buy(world, series, 60)
    assert paid_out(world, series) == 40
    with reverts("GiftCertificates_OverSpent", 1, 0):
        take_back(world, series, 1, 1)
    # What is bought later can go back: of the next certificate, whose use is counted by itself.
    buy(world, series, 30)
    take_back(world, series, 20, 1)
    with reverts("GiftCertificates_OverSpent", 11, 10):
        take_back(world, series, 11, 2)
    take_back(world, series, 10, 2)
    assert paid_out(world, series) == 0
    assert world.certificates.account(series, world.holder)[:2] == (FACE, FACE)


def test_a_part_that_is_paid_out_closes_what_was_used(world: World) -> None:
    series = world.create_series([world.merchant], **REMAINDER)
    world.issue(series, world.holder, FACE)
    buy(world, series, 70)
    world.certificates.refund(world.holder, series, 1, 0, NO_SIGNATURE, {"from": world.holder})
    with reverts("GiftCertificates_OverSpent", 1, 0):
        take_back(world, series, 1, 1)
    assert paid_out(world, series) == 29


def test_a_discount_is_no_money(shop: Shop) -> None:
    """40 % off where 60 % must be used."""
    world = shop.world
    series = shop.on_sale(denomination=FACE, use_threshold_bps=6_000, post_expiry_bps=0)
    promotion = shop.promote(
        series, 1_000, discount_bps=4_000, cash_back_bps=0, referral_bps=0, reward_series_id=0
    )
    shop.buy_with_coupon(promotion, FACE)
    start = shop.balance(world.holder)
    buy(world, series, 60)
    assert paid_out(world, series) == 40
    with reverts("GiftCertificates_OverSpent", 60, 0):
        take_back(world, series, 60, 1)
    assert shop.balance(world.holder) - start == 40


def test_what_lies_with_a_service_comes_back_after_a_payout(jars: Jars) -> None:
    """It was never used, and is the service's to hand back."""
    world = jars.world
    series = world.create_series([world.merchant, jars.creator], [jars.escrow], **REMAINDER)
    world.issue(series, world.holder, FACE)
    buy(world, series, 60)
    card, data = world.own_card(series, 20), use("Open", 0, jars.scale)
    jars.redeem([card], data, sender=world.holder)
    assert world.certificates.returnable(series, world.holder) == 20
    assert paid_out(world, series) == 20
    jars.cancel(jars.key(0, payer=world.holder), world.holder)
    assert world.certificates.returnable(series, world.holder) == 0
    with reverts("GiftCertificates_OverSpent", 1, 0):
        take_back(world, series, 1, 1)
