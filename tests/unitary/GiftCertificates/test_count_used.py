"""countUsed: a service says that what a holder placed with it was used (count_used.tree)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.accounts import container
from tests.support.certificates import NO_SIGNATURE, World
from tests.support.entitlements import NONE, REMAINDER, SMALL_REST
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.payments import NAMED_TERMS, assert_books

FACE = 1_000


@pytest.fixture(scope="module")
def service(world: World) -> Any:
    return container("MockService").deploy(world.certificates, {"from": world.deployer})


@pytest.fixture(scope="module")
def named(world: World, service: Any) -> int:
    """The holder placed 600 of a certificate of 1,000 with the service, for the merchant; 60 % are enough."""
    series = world.create_series(
        [world.merchant],
        [service],
        denomination=FACE,
        use_threshold_bps=6_000,
        cash_out_below=100,
        **NAMED_TERMS,
    )
    world.issue(series, world.holder, FACE)
    world.issue(series, world.giver, FACE)
    place(world, service, series, 600)
    return series


def place(world: World, service: Any, series: int, amount: int, holder: Any = None) -> None:
    holder = holder or world.holder
    payment = world.payment(service, payee=world.merchant)
    world.certificates.pay(payment, [world.own_card(series, amount, holder=holder)], {"from": holder})


def count(world: World, service: Any, series: int, amount: int, holder: Any = None) -> Any:
    return service.countUsed(holder or world.holder, series, amount, {"from": world.stranger})


def test_count_used_reverts_for_an_unknown_series(world: World, named: int, service: Any) -> None:
    with reverts("GiftCertificates_UnknownSeries", 9):
        count(world, service, 9, 1)


def test_count_used_reverts_above_what_was_placed(world: World, named: int, service: Any) -> None:
    with reverts("GiftCertificates_OverPlaced", 601, 600):
        count(world, service, named, 601)
    with reverts("GiftCertificates_OverPlaced", 1, 0):
        count(world, service, named, 1, world.giver)
    for person in (world.merchant, world.holder, world.issuer):
        with reverts("GiftCertificates_OverPlaced", 1, 0):
            world.certificates.countUsed(world.holder, named, 1, {"from": person})


def test_count_used_counts_each_service_apart(world: World, named: int, service: Any) -> None:
    other = container("MockService").deploy(world.certificates, {"from": world.deployer})
    world.certificates.addServices(named, [other], {"from": world.issuer})
    place(world, other, named, 50)
    assert world.certificates.returnable(named, world.holder) == 650
    with reverts("GiftCertificates_OverPlaced", 51, 50):
        count(world, other, named, 51)
    count(world, other, named, 50)
    assert world.certificates.returnable(named, world.holder) == 600
    assert world.certificates.placed(named, service, world.holder) == 600


def test_count_used_lowers_what_can_be_handed_back(world: World, named: int, service: Any) -> None:
    books = world.reserve(), world.certificates.account(named, world.holder)
    tx = count(world, service, named, 250)
    assert logs_of(tx, world.certificates) == [
        ("CountedUsed", named, world.holder.address, service.address, 250)
    ]
    assert world.certificates.placed(named, service, world.holder) == 350
    assert world.certificates.returnable(named, world.holder) == 350
    assert (world.reserve(), world.certificates.account(named, world.holder)) == books
    with reverts("GiftCertificates_OverPlaced", 351, 350):
        service.giveBack(world.merchant, world.holder, named, 351, {"from": world.merchant})
    service.giveBack(world.merchant, world.holder, named, 350, {"from": world.merchant})
    assert world.certificates.account(named, world.holder) == (750, 250, 0)
    assert world.certificates.returnable(named, world.holder) == 0
    assert_books(world)


@pytest.mark.parametrize(("used", "right"), [(599, NONE), (600, REMAINDER)])
def test_what_is_counted_is_used_to_the_unit(
    world: World, named: int, service: Any, used: int, right: int
) -> None:
    assert world.certificates.refundable(named, world.holder) == (NONE, 0, 0)
    count(world, service, named, used)
    amount = 400 if right else 0
    assert world.certificates.refundable(named, world.holder) == (right, amount, amount)
    if right:
        world.certificates.refund(world.holder, named, 400, 400, NO_SIGNATURE, {"from": world.holder})
        assert world.certificates.account(named, world.holder) == (0, FACE, 0)


def test_a_small_rest_of_what_is_only_placed_is_not_cashed_out(
    world: World, named: int, service: Any
) -> None:
    place(world, service, named, 950, world.giver)
    assert world.certificates.refundable(named, world.giver) == (NONE, 0, 0)
    with reverts("GiftCertificates_OverEntitlement", 50, 0):
        world.certificates.refund(world.giver, named, 50, 50, NO_SIGNATURE, {"from": world.giver})
    count(world, service, named, 940, world.giver)
    assert world.certificates.refundable(named, world.giver)[0] == REMAINDER


def test_a_small_rest_is_what_is_left_of_what_was_used(world: World, service: Any) -> None:
    series = world.create_series(
        [world.merchant], [service], denomination=FACE, cash_out_below=100, **NAMED_TERMS
    )
    world.issue(series, world.holder, FACE)
    place(world, service, series, 950)
    count(world, service, series, 900)
    assert world.certificates.refundable(series, world.holder) == (NONE, 0, 0)  # 100 is not below 100
    count(world, service, series, 1)
    assert world.certificates.refundable(series, world.holder) == (SMALL_REST, 50, 50)


def test_count_used_says_nothing_of_an_open_series_or_of_nothing(
    world: World, named: int, service: Any
) -> None:
    series = world.create_series()
    world.issue(series, world.holder, 100)
    place(world, service, series, 30)
    for used in ((series, 30), (series, 31), (named, 0)):
        assert logs_of(count(world, service, *used), world.certificates) == []
    assert world.certificates.returnable(series, world.holder) == 0


def test_a_service_counts_from_within_the_payment(world: World, named: int, service: Any) -> None:
    """The ledger is locked then; saying that something is used moves nothing and passes."""
    said = world.certificates.countUsed.encode_input(world.giver, named, 100)
    service.program(world.certificates, said, 1, {"from": world.stranger})
    place(world, service, named, 100, world.giver)
    assert service.succeeded() is True
    assert world.certificates.placed(named, service, world.giver) == 0
    assert world.certificates.account(named, world.giver) == (900, 100, 0)
