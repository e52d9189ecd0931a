"""Handing face back to who doesn't want it: it lowers what counts as used, and refund rights hang on that."""

from typing import Any

import pytest

from largesse.signed.certificates import Cancellation, Redemption, Refund, Restoration, Transfer
from tests.fixtures.accounts import container
from tests.support.certificates import DAY, NO_SIGNATURE, World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS, assert_books

REMAINDER = 2


@pytest.fixture(scope="module")
def service(world: World) -> Any:
    return container("MockService").deploy(world.certificates, {"from": world.deployer})


@pytest.fixture(scope="module")
def named(world: World, service: Any) -> int:
    """Certificates of 1,000; of one 600 are used at the merchant, just the 60 % that make its remainder
    refundable. 100 lie in the service, and are not used.
    """
    series = world.create_series(
        [world.merchant, world.other_merchant],
        [service],
        denomination=1_000,
        use_threshold_bps=6_000,
        **NAMED_TERMS,
    )
    world.issue(series, world.holder, 2_000)
    world.issue(series, world.giver, 1_000)
    world.certificates.redeem(series, 600, world.merchant, {"from": world.holder})
    world.certificates.pay(
        world.payment(service, payee=world.merchant), [world.own_card(series, 100)], {"from": world.holder}
    )
    for person in (world.merchant, world.other_merchant, world.issuer, world.stranger):
        world.fund(person, 10_000)
    return series


@pytest.fixture(autouse=True)
def right_stands(world: World, named: int) -> Any:
    """Each attack here must leave the holder's right to the remaining 400 as it was."""
    yield
    assert world.certificates.refundable(named, world.holder) == (REMAINDER, 400, 400)
    assert_books(world)


def test_a_merchant_cant_without_the_holder(world: World, named: int) -> None:
    for shop in (world.merchant, world.other_merchant):
        with reverts("GiftCertificates_NotYourCard", world.holder, shop):
            world.certificates.restore(world.holder, named, 1, NO_SIGNATURE, {"from": shop})
        with reverts("GiftCertificates_OverPlaced", 1, 0):
            world.certificates.restoreFromService(world.holder, named, 1, {"from": shop})


@pytest.mark.parametrize("role", ["issuer", "stranger", "beneficiary", "deployer"])
def test_others_cant_either(world: World, named: int, role: str) -> None:
    person: Any = getattr(world, role)
    with reverts("GiftCertificates_NotMerchant", named, person):
        world.certificates.restore(world.holder, named, 1, NO_SIGNATURE, {"from": person})
    with reverts("GiftCertificates_OverPlaced", 1, 0):
        world.certificates.restoreFromService(world.holder, named, 1, {"from": person})


def test_a_merchant_cant_with_a_signature_over_something_else(world: World, named: int) -> None:
    """A payment's signature is no consent to take it back, nor is one over a refund or a transfer."""
    deadline = world.now() + DAY
    holder, merchant = world.holder.address, world.merchant.address
    zero = "0x" + "00" * 20
    messages = (
        Redemption(holder, named, 1, merchant, zero, 0, b"", 1, deadline),
        Refund(holder, named, 1, 0, 1, deadline),
        Transfer(holder, merchant, named, 1, 1, deadline),
        Cancellation(holder, named, 1, deadline),
    )
    meant = Restoration(holder, named, 1, merchant, 1, deadline)
    for message in messages:
        with reverts("GiftCertificates_InvalidSignature", holder, meant.digest(world.domain)):
            world.certificates.restore(
                holder, named, 1, world.authorize(message, world.holder), {"from": world.merchant}
            )


def test_a_merchant_cant_with_another_holders_consent(world: World, named: int) -> None:
    world.certificates.redeem(named, 500, world.merchant, {"from": world.giver})
    deadline = world.now() + DAY
    consent = Restoration(world.giver.address, named, 1, world.merchant.address, 1, deadline)
    meant = Restoration(world.holder.address, named, 1, world.merchant.address, 1, deadline)
    with reverts("GiftCertificates_InvalidSignature", world.holder, meant.digest(world.domain)):
        world.certificates.restore(
            world.holder, named, 1, world.authorize(consent, world.giver), {"from": world.merchant}
        )


def test_a_service_cant_to_who_placed_nothing(world: World, named: int, service: Any) -> None:
    """The money the holder placed is not handed to somebody else's card either."""
    with reverts("GiftCertificates_OverPlaced", 100, 0):
        service.giveBack(world.merchant, world.giver, named, 100, {"from": world.stranger})
    assert world.certificates.account(named, world.giver) == (1_000, 0, 0)


def test_a_service_cant_more_than_was_placed(world: World, named: int, service: Any) -> None:
    """600 were paid to the merchant beside the service: those are not the service's to take back."""
    world.certificates.pay(
        world.payment(service, payee=world.merchant),
        [world.own_card(named, 1, holder=world.giver)],
        {"from": world.giver},
    )
    with reverts("GiftCertificates_OverPlaced", 101, 100):
        service.giveBack(world.merchant, world.holder, named, 101, {"from": world.stranger})


def test_a_service_of_another_series_cant(world: World, named: int, service: Any) -> None:
    """The stranger opens a series of its own in which everything was placed, and tries with that."""
    other = world.create_series([world.merchant], [service], **NAMED_TERMS)
    world.issue(other, world.stranger, 500)
    world.certificates.pay(
        world.payment(service, payee=world.merchant),
        [world.own_card(other, 500, holder=world.stranger)],
        {"from": world.stranger},
    )
    with reverts("GiftCertificates_OverPlaced", 500, 100):
        service.giveBack(world.merchant, world.holder, named, 500, {"from": world.stranger})


def test_what_lies_in_a_service_takes_no_right_away_when_it_comes_back(
    world: World, named: int, service: Any
) -> None:
    """It did not count as used before, so nothing is lost by it."""
    for amount in (1, 99):
        service.giveBack(world.merchant, world.holder, named, amount, {"from": world.stranger})
    assert world.certificates.account(named, world.holder) == (1_400, 600, 0)


def test_a_merchant_does_not_hand_back_what_lies_in_a_service(world: World, named: int) -> None:
    deadline = world.now() + DAY
    message = Restoration(world.holder.address, named, 601, world.merchant.address, 1, deadline)
    with reverts("GiftCertificates_OverSpent", 601, 600):
        world.certificates.restore(
            world.holder, named, 601, world.authorize(message, world.holder), {"from": world.merchant}
        )


def test_a_gift_of_certificates_takes_no_right_away(world: World, named: int) -> None:
    """Sending the holder more face raises the balance, not what counts as used; the right stays."""
    world.certificates.safeTransferFrom(world.giver, world.holder, named, 1_000, b"", {"from": world.giver})
    assert world.certificates.account(named, world.holder) == (2_300, 700, 0)


def test_an_open_series_has_no_right_to_take_away(world: World, named: int) -> None:
    """There anybody may pay face in for anybody: it costs the giver, and takes nothing from the holder."""
    series = world.create_series(fee_bps=500)
    world.issue(series, world.holder, 1_000)
    world.certificates.redeem(series, 600, world.merchant, {"from": world.holder})
    before = world.token.balanceOf(world.stranger)
    world.certificates.restoreFromService(world.holder, series, 700, {"from": world.stranger})
    assert before - world.token.balanceOf(world.stranger) == 700
    assert world.certificates.account(series, world.holder) == (1_100, 0, 0)
    # no signature of the holder's was cancelled by it
    world.certificates.redeemSigned(world.redemption(series, 1_100), {"from": world.merchant})
