"""A merchant's request bound order and total, and not what arrives of it.

A thief paid it with a series of its own, whose fee of 20 % came out of what the merchant got, and was the
thief's. The order counted as paid.
"""

from __future__ import annotations

from typing import Any

import pytest

from largesse.signed.certificates import Redemption
from tests.fixtures.accounts import container
from tests.support.certificates import ART, ZERO, World
from tests.support.errors import reverts
from tests.support.market import FACE, Market
from tests.support.payments import NAMED_TERMS, assert_books

ORDER, TOTAL, FEE_BPS = 7_001, 10_000, 2_000
ARRIVES = TOTAL * 8 // 10
TOO_LITTLE = "GiftCertificates_PayoutBelowLeast"
open_or_named = pytest.mark.parametrize(
    "named", (False, True), ids=("open", "names the merchant without asking it")
)


def of_the_thief(world: World, named: bool) -> int:
    """A series with the highest fee that there is, for its issuer, who holds enough of it for the order."""
    thief = world.stranger
    world.fund(thief, TOTAL)
    terms = world.terms(fee_bps=FEE_BPS, named=named)
    world.certificates.createSeries(terms, [str(world.merchant)] if named else [], ART, {"from": thief})
    series = int(world.certificates.seriesCount())
    world.certificates.issue(series, thief, TOTAL, {"from": thief})
    return series


def is_open(world: World) -> bool:
    """The order waits to be paid, and the merchant has nothing yet."""
    assert_books(world)
    used = world.certificates.isOrderUsed(world.merchant, ORDER)
    return not used and world.token.balanceOf(world.merchant) == 0


@open_or_named
def test_an_order_is_not_paid_with_a_fee_of_the_payers_own(world: World, named: bool) -> None:
    series = of_the_thief(world, named)
    card = world.own_card(series, TOTAL, holder=world.stranger, order=ORDER)
    request = world.payment(order=ORDER, total=TOTAL, signer=world.merchant)
    with reverts(TOO_LITTLE, ARRIVES, TOTAL):
        world.certificates.pay(request, [card], {"from": world.stranger})
    assert is_open(world)


@open_or_named
def test_a_fee_that_the_merchant_accepts_is_taken(world: World, named: bool) -> None:
    series = of_the_thief(world, named)
    card = world.own_card(series, TOTAL, holder=world.stranger, order=ORDER)
    dearer = world.payment(order=ORDER, total=TOTAL, least=ARRIVES + 1, signer=world.merchant)
    with reverts(TOO_LITTLE, ARRIVES, ARRIVES + 1):
        world.certificates.pay(dearer, [card], {"from": world.stranger})
    request = world.payment(order=ORDER, total=TOTAL, least=ARRIVES, signer=world.merchant)
    world.certificates.pay(request, [card], {"from": world.stranger})
    assert world.certificates.isOrderUsed(world.merchant, ORDER)
    assert world.token.balanceOf(world.merchant) == ARRIVES


@open_or_named
def test_a_merchant_that_sends_it_itself_says_what_it_accepts(world: World, named: bool) -> None:
    """The thief hands its signed card over at the till, and the till submits it."""
    series = of_the_thief(world, named)
    card = world.redemption(series, TOTAL, holder=world.stranger, order=ORDER)
    with reverts(TOO_LITTLE, ARRIVES, TOTAL):
        world.certificates.pay(world.payment(order=ORDER, total=TOTAL), [card], {"from": world.merchant})
    assert is_open(world)
    accepts = world.payment(order=ORDER, total=TOTAL, least=ARRIVES)
    world.certificates.pay(accepts, [card], {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) == ARRIVES


@open_or_named
def test_a_gift_of_the_thiefs_pays_no_order(world: World, named: bool) -> None:
    series, thief = of_the_thief(world, named), world.stranger
    secret, gift, gift_id = world.give(series, TOTAL, giver=thief)
    paid = Redemption(str(thief), series, TOTAL, str(world.merchant), ZERO, ORDER, b"", 0, 0)
    signature = world.claim_signature(secret, gift_id, thief, paid.struct_hash())
    request = world.payment(order=ORDER, total=TOTAL, signer=world.merchant)
    with reverts(TOO_LITTLE, ARRIVES, TOTAL):
        world.certificates.claimAndPay(gift, thief, signature, request, {"from": thief})
    assert is_open(world)
    assert world.certificates.isGiftOpen(gift_id)
    accepts = world.payment(order=ORDER, total=TOTAL, least=ARRIVES, signer=world.merchant)
    world.certificates.claimAndPay(gift, thief, signature, accepts, {"from": thief})
    assert world.token.balanceOf(world.merchant) == ARRIVES


def test_what_is_bought_of_such_a_series_pays_no_order(market: Market) -> None:
    """And what was to be bought for it is not bought."""
    world = market.world
    market.fund(market.holder)
    series = world.create_series(fee_bps=FEE_BPS)
    market.stock(series)
    rows = [market.signed(market.offer(series))]
    purchase, card = market.purchase(series, FACE, FACE), world.redemption(series, FACE, order=ORDER)
    request = world.payment(order=ORDER, total=FACE, signer=world.merchant)
    before, arrives = market.money(market.holder, market.giver), FACE * 8 // 10
    with reverts(TOO_LITTLE, arrives, FACE):
        market.contract.fillAndPay(rows, purchase, request, [card], {"from": market.holder})
    assert is_open(world)
    assert market.money(market.holder, market.giver) == before
    accepts = world.payment(order=ORDER, total=FACE, least=arrives, signer=world.merchant)
    market.contract.fillAndPay(rows, purchase, accepts, [card], {"from": market.holder})
    assert world.token.balanceOf(world.merchant) == arrives


@pytest.fixture
def service(world: World) -> Any:
    return container("MockService").deploy(world.certificates, {"from": world.deployer})


def test_into_a_service_all_of_an_order_arrives(world: World, service: Any) -> None:
    """A named series has no fee there; more than the total is not to be had anywhere."""
    series = world.create_series([world.merchant], [service], fee_bps=FEE_BPS, **NAMED_TERMS)
    world.issue(series, world.holder, TOTAL)
    card = world.own_card(series, TOTAL, order=ORDER)
    into: dict[str, Any] = {"payee": world.merchant, "order": ORDER, "total": TOTAL, "signer": world.merchant}
    with reverts(TOO_LITTLE, TOTAL, TOTAL + 1):
        payment = world.payment(service, least=TOTAL + 1, **into)
        world.certificates.pay(payment, [card], {"from": world.holder})
    assert is_open(world)
    world.certificates.pay(world.payment(service, **into), [card], {"from": world.holder})
    assert (service.amount(), world.token.balanceOf(service)) == (TOTAL, TOTAL)


def test_into_a_service_an_open_series_with_a_fee_pays_no_order(world: World, service: Any) -> None:
    series = of_the_thief(world, named=False)
    card = world.own_card(series, TOTAL, holder=world.stranger, order=ORDER)
    payment = world.payment(service, payee=world.merchant, order=ORDER, total=TOTAL, signer=world.merchant)
    with reverts("GiftCertificates_FeeBarsService", series, FEE_BPS):
        world.certificates.pay(payment, [card], {"from": world.stranger})
    assert is_open(world)
