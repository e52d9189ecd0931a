"""addServices: contracts that a named series pays into, apart from its merchants."""

from typing import Any

import pytest

from tests.support.certificates import DAY, NEVER, ZERO, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of

NOTICE = 30 * DAY


@pytest.fixture(scope="module")
def series(world: World) -> int:
    return world.create_series([world.merchant], named=True, refund_on_removal=True)


def add(world: World, series: int, *services: Any, caller: Any = None) -> Any:
    return world.certificates.addServices(
        series, [str(service) for service in services], {"from": caller or world.issuer}
    )


def test_add_services_reverts_for_anybody_but_the_issuer(world: World, series: int) -> None:
    for caller in (world.stranger, world.merchant, world.beneficiary):
        with reverts("GiftCertificates_NotIssuer", series, caller):
            add(world, series, world.token, caller=caller)
    with reverts("GiftCertificates_NotIssuer", series + 1, world.issuer):
        add(world, series + 1, world.token)


def test_add_services_reverts_in_an_open_series(world: World) -> None:
    opened = world.create_series()
    with reverts("GiftCertificates_OpenSeries", opened):
        add(world, opened, world.token)
    assert world.certificates.isService(opened, world.token) is True  # of an open series, anybody's is one
    assert world.certificates.isService(opened, ZERO) is False


def test_add_services_reverts_for_nobody_and_for_the_ledger_itself(world: World, series: int) -> None:
    for address in (ZERO, world.certificates.address):
        with reverts("GiftCertificates_ZeroAddress"):
            add(world, series, address)


def test_a_member_has_one_part(world: World, series: int) -> None:
    add(world, series, world.token)
    for member in (world.token, world.merchant):
        with reverts("GiftCertificates_MerchantKnown", series, member):
            add(world, series, member)
        with reverts("GiftCertificates_MerchantKnown", series, member):
            world.certificates.addMerchants(series, [str(member)], {"from": world.issuer})


def test_a_service_is_no_merchant_and_the_reverse(world: World, series: int) -> None:
    tx = add(world, series, world.token, world.creator)
    for service in (world.token, world.creator):
        assert world.certificates.isService(series, service) is True
        assert world.certificates.isMerchant(series, service) is False
        assert world.certificates.merchantUntil(series, service) == NEVER
    assert world.certificates.isService(series, world.merchant) is False
    assert world.certificates.state(series)[4] == 1  # merchants, services don't count
    assert logs_of(tx, world.certificates) == [
        ("ServiceAdmitted", series, world.token),
        ("ServiceAdmitted", series, world.creator),
    ]
    world.issue(series, world.holder, 10)
    with reverts("GiftCertificates_NotMerchant", series, world.creator):
        world.certificates.redeem(series, 10, world.creator, {"from": world.holder})


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_a_service_leaves_with_notice_like_a_merchant(world: World, series: int, past: int) -> None:
    add(world, series, world.creator)
    world.issue(series, world.holder, 10)
    tx = world.certificates.removeMerchant(series, world.creator, {"from": world.issuer})
    gone_at = tx.timestamp + NOTICE
    assert logs_of(tx, world.certificates) == [("MerchantSet", series, world.creator, gone_at)]
    assert world.certificates.merchantUntil(series, world.creator) == gone_at
    assert world.certificates.state(series)[4] == 1
    mine_at(gone_at + past)
    assert world.certificates.isService(series, world.creator) is (past < 0)
    assert world.certificates.refundable(series, world.holder) == ((0, 0, 0) if past < 0 else (1, 10, 10))


def test_the_last_merchant_stays_though_there_are_services(world: World, series: int) -> None:
    add(world, series, world.creator)
    with reverts("GiftCertificates_LastMerchant", series, world.merchant):
        world.certificates.removeMerchant(series, world.merchant, {"from": world.issuer})


@pytest.mark.parametrize("part", ["service", "merchant"])
def test_a_member_under_notice_returns_only_as_what_it_was(world: World, series: int, part: str) -> None:
    """Its notice is kept; when it is over, the member may come back in either part."""
    certificates, issuer = world.certificates, {"from": world.issuer}
    ways = {"service": certificates.addServices, "merchant": certificates.addMerchants}
    other = ways["merchant" if part == "service" else "service"]
    ways[part](series, [world.creator.address], issuer)
    removed_at = certificates.removeMerchant(series, world.creator, issuer).timestamp + NOTICE
    with reverts("GiftCertificates_NotMerchant", series, world.creator):
        certificates.removeMerchant(series, world.creator, issuer)
    at(removed_at - 1)
    with reverts("GiftCertificates_MerchantKnown", series, world.creator):
        other(series, [world.creator.address], issuer)
    at(removed_at)
    other(series, [world.creator.address], issuer)
    assert certificates.isService(series, world.creator) is (part == "merchant")
    assert certificates.isMerchant(series, world.creator) is (part == "service")
    # The right that the removal opened stays.
    assert certificates.state(series)[3] == removed_at


@pytest.mark.parametrize("part", ["service", "merchant"])
def test_a_member_under_notice_returns(world: World, series: int, part: str) -> None:
    certificates, issuer = world.certificates, {"from": world.issuer}
    way = {"service": certificates.addServices, "merchant": certificates.addMerchants}[part]
    way(series, [world.creator.address], issuer)
    certificates.removeMerchant(series, world.creator, issuer)
    way(series, [world.creator.address], issuer)
    assert certificates.merchantUntil(series, world.creator) == NEVER
    assert certificates.isService(series, world.creator) is (part == "service")
    assert certificates.state(series)[4] == (2 if part == "merchant" else 1)
