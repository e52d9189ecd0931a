"""What a stranger gives to an account, unasked, takes no right to money back from it and brings it none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import ZERO, World
from tests.support.entitlements import REMAINDER
from tests.support.errors import reverts
from tests.support.sales import Shop

PRESENTS = 100


def give_presents(world: World, series: int, to: Any) -> None:
    """A transfer, a link that the stranger claims for `to`, and a gift that names it: 10, 20 and 70."""
    world.issue(series, world.stranger, PRESENTS)
    world.certificates.safeTransferFrom(world.stranger, to, series, 10, b"", {"from": world.stranger})
    for amount, recipient in ((20, ZERO), (70, to)):
        secret, gift, identity = world.give(series, amount, giver=world.stranger, recipient=recipient)
        signature = world.claim_signature(secret, identity, to)
        world.certificates.claim(gift, to, signature, {"from": world.stranger})


@pytest.mark.parametrize("named", [True, False], ids=["named", "open"])
def test_presents_end_no_right_of_withdrawal(shop: Shop, named: bool) -> None:
    """Nor does a purchase in the buyer's name, nor in an open series what a service of the stranger's hands
    back."""
    world = shop.world
    whose = {} if named else {"named": False, "merchants": [], "services": []}
    series = shop.on_sale(premium_bps=300, **whose)
    purchase = shop.buy(series, 1_000)
    give_presents(world, series, world.holder)
    shop.buy(series, 7, payer=world.stranger)
    if not named:
        world.fund(world.stranger, 5)
        world.certificates.restoreFromService(world.holder, series, 5, {"from": world.stranger})
    assert shop.sales.withdrawable(purchase) == 1_030
    shop.withdraw(purchase)
    assert shop.balance(world.holder) == 1_030
    assert world.certificates.balanceOf(world.holder, series) == PRESENTS + 7 + 5 * (not named)
    shop.check_books([series])


def test_presents_move_no_right_to_the_remainder(world: World) -> None:
    """60 of 100 used: 40 are due before and after, and of what was given nothing becomes cash."""
    terms: dict[str, Any] = {"named": True, "denomination": 100, "use_threshold_bps": 6_000}
    series = world.create_series([world.merchant], **terms)
    world.issue(series, world.holder, 100)
    world.certificates.redeem(series, 60, world.merchant, {"from": world.holder})
    give_presents(world, series, world.holder)
    world.fund(world.stranger, 60)
    with reverts("GiftCertificates_OverPlaced", 60, 0):
        world.certificates.restoreFromService(world.holder, series, 60, {"from": world.stranger})
    assert world.certificates.refundable(series, world.holder) == (REMAINDER, 40, 40)
    assert world.certificates.account(series, world.holder)[1] == 60
