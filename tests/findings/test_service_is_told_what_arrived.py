"""A service is told only of money that it has.

What left was measured, what arrived was not: a currency that keeps a fee debits the reserve in full and
credits the service with less. The service, told "it has already arrived", would have owed its payee what it
never got, at the cost of everybody else whose money it keeps.
"""

from typing import Any

import pytest

from largesse.signed.certificates import Redemption
from tests.fixtures.accounts import container
from tests.fixtures.tokens import deploy_token
from tests.support.certificates import YEAR, World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS, assert_books

Kept = tuple[World, int, Any]


@pytest.fixture(scope="module")
def kept(module_isolation: None, make_world: Any) -> Kept:
    """A named series of one merchant and one service, over a currency that keeps 1 %."""
    world = make_world(deploy_token("FeeToken"))
    service = container("MockService").deploy(world.certificates, {"from": world.deployer})
    series = world.create_series([world.merchant], [service], **NAMED_TERMS)
    world.issue(series, world.holder, 1_000)
    world.token.setFeeBps(100, {"from": world.deployer})
    return world, series, service


def untouched(kept: Kept) -> bool:
    """Nothing was paid, told or used up."""
    world, _, service = kept
    assert_books(world)
    return (world.token.balanceOf(service), service.payments(), world.reserve()) == (0, 0, 1_000)


def test_pay_reverts_when_less_arrives_at_the_service(kept: Kept) -> None:
    world, series, service = kept
    order = world.payment(service, payee=world.merchant, order=7, total=200, signer=world.merchant)
    cards = [world.own_card(series, 150, order=7), world.own_card(series, 50, order=7)]
    with reverts("GiftCertificates_ArrivedDiffers", 200, 198):
        world.certificates.pay(order, cards, {"from": world.holder})
    assert untouched(kept)
    assert not world.certificates.isOrderUsed(world.merchant, 7)


def test_claim_and_pay_reverts_when_less_arrives_at_the_service(kept: Kept) -> None:
    world, series, service = kept
    world.token.setFeeBps(0, {"from": world.deployer})
    secret, gift, gift_id = world.give(series, 100, giver=world.holder, reclaim_at=world.now() + YEAR)
    world.token.setFeeBps(10_000, {"from": world.deployer})
    payment = world.payment(service, payee=world.merchant)
    follow_up = Redemption(
        world.recipient.address, series, 100, service.address, world.merchant.address, 0, b"", 0, 0
    ).struct_hash()
    signature = world.claim_signature(secret, gift_id, world.recipient, follow_up)
    with reverts("GiftCertificates_ArrivedDiffers", 100, 0):
        world.certificates.claimAndPay(gift, world.recipient, signature, payment, {"from": world.recipient})
    assert untouched(kept)
    assert world.certificates.isGiftOpen(gift_id)


def test_what_the_currency_keeps_from_a_merchant_is_still_the_merchants_loss(kept: Kept) -> None:
    """Only who must act on the money needs all of it: nobody can stop a redemption with a fee."""
    world, series, service = kept
    world.certificates.pay(
        world.payment(world.merchant), [world.own_card(series, 100)], {"from": world.holder}
    )
    assert world.token.balanceOf(world.merchant) == 99
    world.token.setFeeBps(0, {"from": world.deployer})
    world.certificates.pay(
        world.payment(service, payee=world.merchant), [world.own_card(series, 100)], {"from": world.holder}
    )
    assert (service.amount(), world.token.balanceOf(service)) == (100, 100)
    assert_books(world)
