"""An issuer that leaves its holders nowhere to spend: the notice and the refund that follow."""

import pytest

from tests.support import clock
from tests.support.certificates import DAY, NO_SIGNATURE, World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS, assert_books

NOTICE = 30 * DAY
FULL = 1


@pytest.fixture(scope="module")
def named(world: World) -> int:
    series = world.create_series([world.merchant, world.other_merchant], **NAMED_TERMS)
    world.issue(series, world.holder, 1_000)
    return series


def test_the_last_merchant_stays(world: World, named: int) -> None:
    world.certificates.removeMerchant(named, world.other_merchant, {"from": world.issuer})
    with reverts("GiftCertificates_LastMerchant", named, world.merchant):
        world.certificates.removeMerchant(named, world.merchant, {"from": world.issuer})
    clock.at(world.now() + 2 * NOTICE)
    with reverts("GiftCertificates_LastMerchant", named, world.merchant):
        world.certificates.removeMerchant(named, world.merchant, {"from": world.issuer})
    world.certificates.redeem(named, 1_000, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 1_000


def test_a_merchant_cant_be_removed_twice_to_count_one_down(world: World, named: int) -> None:
    world.certificates.removeMerchant(named, world.other_merchant, {"from": world.issuer})
    with reverts("GiftCertificates_NotMerchant", named, world.other_merchant):
        world.certificates.removeMerchant(named, world.other_merchant, {"from": world.issuer})
    assert world.certificates.state(named)[4] == 1


def test_a_straw_merchant_in_place_of_the_real_ones_opens_the_refund(world: World, named: int) -> None:
    """The issuer admits an address that sells nothing and removes all others."""
    world.certificates.addMerchants(named, [world.stranger], {"from": world.issuer})
    given = clock.at(world.now() + 10)
    world.certificates.removeMerchant(named, world.merchant, {"from": world.issuer})
    world.certificates.removeMerchant(named, world.other_merchant, {"from": world.issuer})
    with reverts("GiftCertificates_LastMerchant", named, world.stranger):
        world.certificates.removeMerchant(named, world.stranger, {"from": world.issuer})
    # for 30 days the real ones still take it, and there is no refund yet
    clock.mine_at(given + NOTICE - 1)
    assert world.certificates.isMerchant(named, world.merchant)
    assert world.certificates.refundable(named, world.holder) == (0, 0, 0)
    clock.mine_at(given + NOTICE)
    assert not world.certificates.isMerchant(named, world.merchant)
    assert world.certificates.refundable(named, world.holder) == (FULL, 1_000, 1_000)
    world.certificates.refund(world.holder, named, 1_000, 1_000, NO_SIGNATURE, {"from": world.holder})
    assert world.token.balanceOf(world.holder) == 1_000
    assert_books(world)


def test_services_are_no_merchants_that_keep_a_series_alive(world: World, named: int) -> None:
    """With services only, nobody could be paid for: they don't count."""
    world.certificates.addServices(named, [world.stranger, world.creator], {"from": world.issuer})
    world.certificates.removeMerchant(named, world.merchant, {"from": world.issuer})
    with reverts("GiftCertificates_LastMerchant", named, world.other_merchant):
        world.certificates.removeMerchant(named, world.other_merchant, {"from": world.issuer})
    # a service goes without counting down
    world.certificates.removeMerchant(named, world.stranger, {"from": world.issuer})
    assert world.certificates.state(named)[4] == 1


def test_a_merchant_cant_be_turned_into_a_service_behind_the_holders_back(world: World, named: int) -> None:
    with reverts("GiftCertificates_MerchantKnown", named, world.merchant):
        world.certificates.addServices(named, [world.merchant], {"from": world.issuer})


def test_a_merchant_that_returns_as_a_service_leaves_the_refund_open(world: World, named: int) -> None:
    """When its notice is over it may return in the other part; the right that the notice opened stays."""
    given = clock.at(world.now() + 10)
    world.certificates.removeMerchant(named, world.merchant, {"from": world.issuer})
    clock.at(given + NOTICE)
    world.certificates.addServices(named, [world.merchant], {"from": world.issuer})
    assert world.certificates.isService(named, world.merchant)
    assert world.certificates.refundable(named, world.holder) == (FULL, 1_000, 1_000)


@pytest.mark.parametrize("returns", [True, False])
def test_the_right_stays_whether_the_merchant_returns_or_not(world: World, named: int, returns: bool) -> None:
    given = clock.at(world.now() + 10)
    world.certificates.removeMerchant(named, world.merchant, {"from": world.issuer})
    if returns:
        world.certificates.addMerchants(named, [world.merchant], {"from": world.issuer})
    clock.mine_at(given + NOTICE)
    assert world.certificates.isMerchant(named, world.merchant) is returns
    assert world.certificates.refundable(named, world.holder) == (FULL, 1_000, 1_000)


def test_a_series_that_grants_no_refund_on_removal_only_grows(world: World) -> None:
    series = world.create_series([world.merchant, world.other_merchant], named=True)
    for shop in (world.merchant, world.other_merchant, world.stranger):
        with reverts("GiftCertificates_RemovalBarred", series):
            world.certificates.removeMerchant(series, shop, {"from": world.issuer})
    world.certificates.addMerchants(series, [world.stranger], {"from": world.issuer})
    assert world.certificates.state(series)[4] == 3


@pytest.mark.parametrize("role", ["stranger", "merchant", "holder", "beneficiary", "deployer"])
def test_nobody_but_the_issuer_touches_the_set(world: World, named: int, role: str) -> None:
    person = getattr(world, role)
    for act in (
        lambda: world.certificates.addMerchants(named, [world.stranger], {"from": person}),
        lambda: world.certificates.addServices(named, [world.stranger], {"from": person}),
        lambda: world.certificates.removeMerchant(named, world.merchant, {"from": person}),
    ):
        with reverts("GiftCertificates_NotIssuer", named, person):
            act()
    assert world.certificates.state(named)[4] == 2
