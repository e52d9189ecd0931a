"""restoreFromService: a service hands back what a holder placed with it (restore_from_service.tree)."""

from typing import Any

import pytest

from tests.fixtures.accounts import container
from tests.support import clock
from tests.support.certificates import DAY, World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS, assert_books, mints


@pytest.fixture(scope="module")
def service(world: World) -> Any:
    return container("MockService").deploy(world.certificates, {"from": world.deployer})


@pytest.fixture(scope="module")
def named(world: World, service: Any) -> int:
    """A named series; the holder placed 600 of 1,000 with the service, for the merchant."""
    series = world.create_series(
        [world.merchant], [service], denomination=500, use_threshold_bps=6_000, **NAMED_TERMS
    )
    world.issue(series, world.holder, 1_000)
    world.issue(series, world.giver, 1_000)
    world.certificates.pay(
        world.payment(service, payee=world.merchant), [world.own_card(series, 600)], {"from": world.holder}
    )
    return series


def give_back(world: World, service: Any, series: int, amount: int, holder: Any = None) -> Any:
    return service.giveBack(world.merchant, holder or world.holder, series, amount, {"from": world.merchant})


def test_restore_from_service_reverts_for_an_unknown_series(world: World, named: int, service: Any) -> None:
    with reverts("GiftCertificates_UnknownSeries", 9):
        give_back(world, service, 9, 10)


def test_restore_from_service_reverts_for_nothing(world: World, named: int, service: Any) -> None:
    with reverts("GiftCertificates_ZeroAmount", named):
        give_back(world, service, named, 0)


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_restore_from_service_gives_back_at_most_what_was_placed(
    world: World, named: int, service: Any, over: int
) -> None:
    if over > 0:
        world.token.mint(service, 1, {"from": world.issuer})
        with reverts("MockService_NotCredited", world.merchant, 600, 601):
            give_back(world, service, named, 601)
        # with enough credit of its own, the ledger says no
        world.certificates.pay(
            world.payment(service, payee=world.merchant),
            [world.own_card(named, 1, holder=world.giver)],
            {"from": world.giver},
        )
        with reverts("GiftCertificates_OverPlaced", 601, 600):
            give_back(world, service, named, 601)
    else:
        give_back(world, service, named, 600 + over)
        assert world.certificates.placed(named, service, world.holder) == -over
        assert world.certificates.account(named, world.holder) == (1_000 + over, -over, 0)


def test_restore_from_service_reverts_for_who_placed_nothing(world: World, named: int, service: Any) -> None:
    for holder in (world.giver, world.stranger):
        with reverts("GiftCertificates_OverPlaced", 1, 0):
            give_back(world, service, named, 1, holder)


def test_restore_from_service_reverts_for_a_merchant_that_is_no_service(world: World, named: int) -> None:
    """Paying a merchant places nothing with it: it needs the holder's signature (`restore`)."""
    world.certificates.redeem(named, 100, world.merchant, {"from": world.holder})
    world.fund(world.merchant, 100)
    with reverts("GiftCertificates_OverPlaced", 100, 0):
        world.certificates.restoreFromService(world.holder, named, 100, {"from": world.merchant})


def test_restore_from_service_reverts_for_another_service(world: World, named: int) -> None:
    other = container("MockService").deploy(world.certificates, {"from": world.deployer})
    world.certificates.addServices(named, [other], {"from": world.issuer})
    world.certificates.pay(
        world.payment(other, payee=world.merchant),
        [world.own_card(named, 50, holder=world.giver)],
        {"from": world.giver},
    )
    with reverts("GiftCertificates_OverPlaced", 50, 0):
        give_back(world, other, named, 50)
    give_back(world, other, named, 50, world.giver)
    assert world.certificates.account(named, world.giver) == (1_000, 0, 0)


def test_restore_from_service_counts_each_series_apart(world: World, named: int, service: Any) -> None:
    twin = world.create_series([world.merchant], [service], **NAMED_TERMS)
    with reverts("GiftCertificates_OverPlaced", 1, 0):
        give_back(world, service, twin, 1)


def test_restore_from_service_reverts_when_the_money_is_missing(
    world: World, named: int, service: Any
) -> None:
    service.release(world.merchant, 600, {"from": world.merchant})
    with reverts("MockService_NotCredited", world.merchant, 0, 600):
        give_back(world, service, named, 600)
    assert world.token.balanceOf(world.merchant) == 600


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_restore_from_service_ends_at_limitation(world: World, named: int, service: Any, second: int) -> None:
    limitation = world.certificates.terms(named)[3]
    clock.at(limitation + second)
    if second < 0:
        give_back(world, service, named, 600)
        assert world.certificates.account(named, world.holder) == (1_000, 0, 0)
    else:
        with reverts("GiftCertificates_AfterLimitation", named, limitation):
            give_back(world, service, named, 600)


def test_restore_from_service_gives_the_card_back_exactly(world: World, named: int, service: Any) -> None:
    assert world.certificates.account(named, world.holder) == (400, 600, 0)
    tx = give_back(world, service, named, 250)
    assert world.certificates.account(named, world.holder) == (650, 350, 0)
    assert world.certificates.placed(named, service, world.holder) == 350
    assert world.token.balanceOf(service) == 350
    assert world.certificates.state(named)[1] == 1_650
    assert mints(tx) == [(service, world.holder, named, 250)]
    event = tx.events["Restored"]
    assert (event["holder"], event["merchant"], event["amount"]) == (world.holder, service, 250)
    assert_books(world)


def test_restore_from_service_uses_what_was_placed_up_in_parts(
    world: World, named: int, service: Any
) -> None:
    for amount in (1, 599):
        give_back(world, service, named, amount)
    with reverts("MockService_NotCredited", world.merchant, 0, 1):
        give_back(world, service, named, 1)
    assert world.certificates.placed(named, service, world.holder) == 0


def test_restore_from_service_after_its_removal_and_after_expiry(
    world: World, named: int, service: Any
) -> None:
    world.certificates.removeMerchant(named, service, {"from": world.issuer})
    clock.at(world.now() + 31 * DAY)
    give_back(world, service, named, 100)
    clock.at(world.certificates.terms(named)[2])
    give_back(world, service, named, 100)
    assert world.certificates.account(named, world.holder) == (600, 400, 0)
    # 90 % come back between expiry and limitation; removal opened full refunds, which are better
    assert world.certificates.refundable(named, world.holder) == (1, 600, 600)


def test_restore_from_service_of_an_open_series_stops_spent_at_zero(
    world: World, named: int, service: Any
) -> None:
    """Open series grant no right that depends on use: what a service hands back may exceed what was spent."""
    series = world.create_series()
    world.issue(series, world.holder, 100)
    payment = world.payment(service, payee=world.merchant)
    world.certificates.pay(payment, [world.own_card(series, 30)], {"from": world.holder})
    give_back(world, service, series, 10)
    assert world.certificates.account(series, world.holder) == (80, 20, 0)
    give_back(world, service, series, 120)
    assert world.certificates.account(series, world.holder) == (200, 0, 0)
    assert_books(world)
