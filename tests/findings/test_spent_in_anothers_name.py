"""A link's key signed whom a gift goes to and what is paid with it at once, and whoever makes a link knows
its key: so anybody could spend in anybody's name. The giver of a delivered, named gift paid itself with it; a
stranger's unit ended a buyer's right of withdrawal, a merchant's card the right to a remainder; accounts,
numbers of orders, tips and monthly caps of people who knew of nothing were used."""

from __future__ import annotations

from typing import Any

import pytest

from largesse.signed.certificates import Redemption
from tests.fixtures.accounts import container
from tests.fixtures.payout import Payouts
from tests.support.certificates import DAY, World
from tests.support.consents import ITSELF
from tests.support.entitlements import REMAINDER
from tests.support.errors import reverts
from tests.support.jars import Jars
from tests.support.jars import use as jar_use
from tests.support.orders import Orders
from tests.support.orders import use as order_use
from tests.support.prepaid import Prepaid
from tests.support.prepaid import use as account_use
from tests.support.sales import Shop

FACE = 100


def spend_as(
    world: World,
    series: int,
    amount: int,
    victim: Any,
    *,
    thief: Any,
    merchant: Any = None,
    service: Any = None,
    data: bytes = b"",
    recipient: Any = None,
) -> None:
    """The thief gives to a key of its own, and claims for the victim what it pays out in the same step."""
    gift_to = {} if recipient is None else {"recipient": recipient}
    secret, made, identity = world.give(series, amount, giver=thief, **gift_to)
    payment = (
        world.payment(merchant) if service is None else world.payment(service, payee=merchant, data=data)
    )
    follow_up = Redemption(str(victim), series, amount, payment[0], payment[1], 0, data, 0, 0).struct_hash()
    signature = world.claim_signature(secret, identity, victim, follow_up)
    with reverts("GiftCertificates_NotYourCard", victim, thief):
        world.certificates.claimAndPay(made, victim, signature, payment, {"from": thief})
    assert world.certificates.isGiftOpen(identity)


def test_a_giver_has_no_named_gift_back(world: World) -> None:
    series = world.create_series()
    world.issue(series, world.giver, 1_000)
    spend_as(
        world, series, 1_000, world.recipient, thief=world.giver, merchant=world.giver,
        recipient=world.recipient,
    )  # fmt: skip
    assert world.token.balanceOf(world.giver) == 0


@pytest.mark.parametrize("named", (True, False))
def test_a_right_of_withdrawal_stays(shop: Shop, named: bool) -> None:
    world = shop.world
    open_to_all: dict[str, Any] = {"named": False, "merchants": [], "services": []}
    terms = {"withdrawal_seconds": 7 * DAY} if named else open_to_all
    series = shop.on_sale(premium_bps=5_000, **terms)
    purchase = shop.buy(series, 1_000)
    world.issue(series, world.stranger, 1)
    spend_as(world, series, 1, world.holder, thief=world.stranger, merchant=world.merchant)
    assert shop.sales.withdrawable(purchase) == 1_500
    shop.withdraw(purchase)


def test_a_right_to_the_remainder_stays(world: World) -> None:
    series = world.create_series([world.merchant], named=True, denomination=FACE, use_threshold_bps=6_000)
    world.issue(series, world.holder, FACE)
    world.issue(series, world.stranger, FACE)
    world.certificates.redeem(series, 60, world.merchant, {"from": world.holder})
    spend_as(world, series, 40, world.holder, thief=world.stranger, merchant=world.merchant)
    assert world.certificates.refundable(series, world.holder) == (REMAINDER, 40, 40)


def test_an_order_of_ones_own_is_opened_by_oneself(orders: Orders) -> None:
    world = orders.world
    series = world.create_series()
    world.issue(series, orders.stranger, 1)
    spend_as(
        world, series, 1, orders.holder, thief=orders.stranger, service=orders.contract,
        merchant=orders.merchant, data=order_use(1, orders.now() + DAY),
    )  # fmt: skip
    orders.open(1_000, 1)


def test_an_account_of_ones_own_is_opened_by_oneself(prepaid: Prepaid) -> None:
    """Else whoever came first had the signer's key of an account that its owner topped up."""
    world, seller = prepaid.world, prepaid.merchant
    series = world.create_series()
    world.issue(series, seller, prepaid.unit)
    spend_as(
        world, series, prepaid.unit, prepaid.agent, thief=seller, service=prepaid.contract, merchant=seller,
        data=account_use("Open", 0, str(seller), DAY, 0),
    )  # fmt: skip
    prepaid.open(1_000_000, 0)


def test_nobody_tips_in_anothers_name(jars: Jars) -> None:
    world = jars.world
    series = world.create_series()
    world.issue(series, jars.stranger, 500)
    jars.escrow.setMonthlyCap(jars.supporter, 500, ITSELF, {"from": jars.supporter})
    before = jars.escrow.monthlyCap(jars.supporter)
    spend_as(
        world, series, 500, jars.supporter, thief=jars.stranger, service=jars.escrow, merchant=jars.stranger,
        data=jar_use("Tip", "I love this"),
    )  # fmt: skip
    assert jars.escrow.monthlyCap(jars.supporter) == before


def test_nobody_chooses_anothers_router(payouts: Payouts) -> None:
    """A named, delivered gift would go through it, and the recipient have nothing."""
    world, thief = payouts.world, payouts.stranger
    router = container("OddRouter").deploy({"from": thief})
    payouts.other.mint(router, 10_000, {"from": payouts.deployer})
    world.issue(payouts.open_series, thief, 1_000)
    router.set(1_000, 0, 1)
    spend_as(
        world, payouts.open_series, 1_000, world.recipient, thief=thief, service=payouts.contract,
        merchant=world.recipient, data=payouts.data(1, router=str(router)), recipient=world.recipient,
    )  # fmt: skip
    assert payouts.token.balanceOf(router) == 0
