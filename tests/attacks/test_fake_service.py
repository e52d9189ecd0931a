"""A thief's contract posing as a service: it says yes to everything and keeps the money."""

from typing import Any

import pytest

from largesse.signed.certificates import Redemption
from tests.fixtures.accounts import container
from tests.support.certificates import World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS, assert_books, payment_with, request_digest

ORDER = 41


@pytest.fixture(scope="module")
def fake(world: World) -> Any:
    return container("FakeService").deploy(world.certificates, world.stranger, {"from": world.stranger})


@pytest.fixture(scope="module")
def service(world: World) -> Any:
    return container("MockService").deploy(world.certificates, {"from": world.deployer})


@pytest.fixture(scope="module")
def named(world: World, service: Any) -> int:
    series = world.create_series([world.merchant], [service], **NAMED_TERMS)
    world.issue(series, world.holder, 1_000)
    return series


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series = world.create_series()
    world.issue(series, world.holder, 1_000)
    return series


@pytest.mark.parametrize("payee", ["merchant", "stranger", "fake"])
def test_a_named_series_does_not_pay_into_it(world: World, named: int, fake: Any, payee: str) -> None:
    """Not even when the holder was talked into signing."""
    target = fake if payee == "fake" else getattr(world, payee)
    card = world.redemption(named, 500, merchant=fake, payee=target)
    with reverts("GiftCertificates_NotService", named, fake):
        fake.pay(world.payment(fake, payee=target), [card], {"from": world.stranger})
    assert world.certificates.account(named, world.holder) == (1_000, 0, 0)


def test_a_named_series_mixed_with_an_open_one_does_not_pay_into_it(
    world: World, named: int, series: int, fake: Any
) -> None:
    cards = [world.own_card(series, 1), world.own_card(named, 500)]
    with reverts("GiftCertificates_NotService", named, fake):
        world.certificates.pay(world.payment(fake, payee=world.merchant), cards, {"from": world.holder})
    assert fake.payments() == 0


@pytest.mark.parametrize("meant_for", ["merchant", "service"])
def test_it_cant_use_up_an_order_with_a_request_for_somebody_else(
    world: World, series: int, fake: Any, service: Any, meant_for: str
) -> None:
    """The thief pays a merchant's order into its own pocket, with the request it saw at the till."""
    if meant_for == "merchant":
        stolen = world.payment(order=ORDER, total=100, signer=world.merchant)
    else:
        stolen = world.payment(service, payee=world.merchant, order=ORDER, total=100, signer=world.merchant)
    payment = payment_with(stolen, merchant=fake.address, payee=world.merchant.address)
    world.issue(series, world.stranger, 100)
    card = world.own_card(series, 100, holder=world.stranger, order=ORDER)
    with reverts("GiftCertificates_InvalidSignature", world.merchant, request_digest(world, payment)):
        world.certificates.pay(payment, [card], {"from": world.stranger})
    assert not world.certificates.isOrderUsed(world.merchant, ORDER)
    assert fake.payments() == 0


def test_it_cant_use_up_an_order_by_calling_as_itself(world: World, series: int, fake: Any) -> None:
    payment = world.payment(fake, payee=world.merchant, order=ORDER, total=100)
    world.issue(series, world.stranger, 100)
    card = world.redemption(
        series, 100, holder=world.stranger, merchant=fake, payee=world.merchant, order=ORDER
    )
    with reverts("GiftCertificates_InvalidSignature", world.merchant, request_digest(world, payment)):
        fake.pay(payment, [card], {"from": world.stranger})
    assert not world.certificates.isOrderUsed(world.merchant, ORDER)


def test_it_uses_up_its_own_orders_only(world: World, series: int, fake: Any) -> None:
    """As its own payee it needs nobody's request: what it uses up is its own number."""
    payment = world.payment(fake, payee=fake, order=ORDER, total=100)
    card = world.redemption(series, 100, merchant=fake, payee=fake, order=ORDER)
    fake.pay(payment, [card], {"from": world.stranger})
    assert world.certificates.isOrderUsed(fake, ORDER)
    assert not world.certificates.isOrderUsed(world.merchant, ORDER)


@pytest.mark.parametrize("order", [0, ORDER])
def test_it_cant_take_a_card_that_was_signed_for_another(
    world: World, series: int, fake: Any, service: Any, order: int
) -> None:
    for card in (
        world.redemption(series, 100, order=order),
        world.redemption(series, 100, merchant=service, payee=world.merchant, order=order),
        world.redemption(series, 100, merchant=service, payee=fake, order=order),
    ):
        message = Redemption(*card[:3], fake.address, fake.address, order, b"", card[4], card[5])
        with reverts("GiftCertificates_InvalidSignature", world.holder, message.digest(world.domain)):
            fake.pay(
                world.payment(fake, payee=fake, order=order, total=100), [card], {"from": world.stranger}
            )


def test_it_cant_report_a_payment_to_an_honest_service(world: World, series: int, service: Any) -> None:
    with reverts("MockService_NotCertificates", world.stranger):
        service.onRedemption(
            world.stranger, 10**12, 0, [(world.holder, series, 10**12)], b"", {"from": world.stranger}
        )
    assert service.creditOf(world.stranger) == 0


def test_it_cant_pose_through_a_ledger_of_its_own(
    world: World, series: int, service: Any, make_world: Any
) -> None:
    """A second ledger of the same currency is another caller: a service takes payments from its own only."""
    other = make_world(world.token)
    theirs = other.create_series()
    other.issue(theirs, world.holder, 100)
    with reverts("MockService_NotCertificates", other.certificates):
        other.certificates.pay(
            world.payment(service, payee=world.merchant),
            [world.own_card(theirs, 100)],
            {"from": world.holder},
        )
    assert other.certificates.account(theirs, world.holder) == (100, 0, 0)


def test_it_gives_back_nothing_that_was_not_placed_with_it(
    world: World, named: int, service: Any, fake: Any
) -> None:
    """A holder placed 600 with the honest service: the thief can't lower the holder's use for it."""
    world.certificates.pay(
        world.payment(service, payee=world.merchant), [world.own_card(named, 600)], {"from": world.holder}
    )
    world.token.mint(fake, 600, {"from": world.issuer})
    with reverts("GiftCertificates_OverPlaced", 600, 0):
        fake.giveBack(world.holder, named, 600, {"from": world.stranger})
    assert world.certificates.account(named, world.holder) == (400, 600, 0)
    assert_books(world)


def test_a_holder_who_pays_into_it_loses_that_card_and_nothing_else(
    world: World, series: int, fake: Any
) -> None:
    """An open series is cash: who signs it over to a thief has paid the thief, up to what was signed."""
    world.certificates.pay(
        world.payment(fake, payee=world.merchant),
        [world.redemption(series, 100, merchant=fake, payee=world.merchant)],
        {"from": world.stranger},
    )
    assert world.token.balanceOf(world.stranger) == 100
    assert world.certificates.account(series, world.holder) == (900, 100, 1)
    assert not world.certificates.isOrderUsed(world.merchant, ORDER)
    assert_books(world)
