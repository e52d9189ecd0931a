"""account, isMerchant, currency, DOMAIN_SEPARATOR: what wallets and tills ask."""

from typing import Any

import pytest

from largesse.eip712 import certificates_domain
from tests.fixtures.accounts import container
from tests.support import clock
from tests.support.certificates import DAY, ZERO, World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS


@pytest.fixture(scope="module")
def named(world: World) -> int:
    series = world.create_series([world.merchant, world.other_merchant], **NAMED_TERMS)
    world.issue(series, world.holder, 100)
    return series


def test_account_of_nobody_and_of_no_series_is_empty(world: World, named: int) -> None:
    for series, holder in ((named, world.stranger), (named, ZERO), (0, world.holder), (99, world.holder)):
        assert world.certificates.account(series, holder) == (0, 0, 0)


def test_account_follows_what_happens(world: World, named: int) -> None:
    certificates = world.certificates
    certificates.redeem(named, 30, world.merchant, {"from": world.holder})
    assert certificates.account(named, world.holder) == (70, 30, 0)
    certificates.redeemSigned(world.redemption(named, 5, nonce=17), {"from": world.merchant})
    assert certificates.account(named, world.holder) == (65, 35, 17)
    certificates.safeTransferFrom(world.holder, world.giver, named, 15, b"", {"from": world.holder})
    # a transfer is no use: the right to a refund stays with who spent
    assert certificates.account(named, world.holder) == (50, 35, 17)
    assert certificates.account(named, world.giver) == (15, 0, 0)
    certificates.cancelAuthorizations(world.holder, named, (40, 0, b""), {"from": world.holder})
    assert certificates.account(named, world.holder) == (50, 35, 40)


def test_account_of_a_forfeited_series_keeps_what_was_spent(world: World, named: int) -> None:
    world.certificates.redeem(named, 30, world.merchant, {"from": world.holder})
    clock.at(world.certificates.terms(named)[3])
    world.certificates.forfeit(named, {"from": world.stranger})
    assert world.certificates.account(named, world.holder) == (0, 30, 0)


def test_is_merchant_of_an_open_series_is_everybody_but_nobody(world: World, named: int) -> None:
    series = world.create_series()
    assert world.certificates.isMerchant(series, world.stranger) is True
    for nobody in (ZERO, world.certificates):
        assert world.certificates.isMerchant(series, nobody) is False


@pytest.mark.parametrize("series_id", [0, 12, 2**256 - 1])
def test_is_merchant_of_no_series_is_nobody(world: World, named: int, series_id: int) -> None:
    assert world.certificates.isMerchant(series_id, world.merchant) is False


def test_is_merchant_of_a_named_series_is_its_set(world: World, named: int) -> None:
    people = (world.merchant, world.other_merchant, world.issuer, world.holder, ZERO)
    assert [world.certificates.isMerchant(named, person) for person in people] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(("second", "is_one"), [(-1, True), (0, False), (1, False)])
def test_is_merchant_until_the_end_of_its_notice(world: World, named: int, second: int, is_one: bool) -> None:
    world.certificates.removeMerchant(named, world.merchant, {"from": world.issuer})
    clock.mine_at(world.now() + 30 * DAY + second)
    assert world.certificates.isMerchant(named, world.merchant) is is_one


def test_is_service_and_is_merchant_exclude_each_other_in_a_named_series(world: World, named: int) -> None:
    world.certificates.addServices(named, [world.creator], {"from": world.issuer})
    people = (world.creator, world.merchant, world.stranger)
    assert [world.certificates.isService(named, person) for person in people] == [True, False, False]
    assert [world.certificates.isMerchant(named, person) for person in people] == [False, True, False]
    until = clock.at(world.now() + 10) + 30 * DAY
    world.certificates.removeMerchant(named, world.creator, {"from": world.issuer})
    assert world.certificates.merchantUntil(named, world.creator) == until
    clock.mine_at(until - 1)
    assert world.certificates.isService(named, world.creator) is True
    clock.mine_at(until)
    assert world.certificates.isService(named, world.creator) is False


def test_is_service_of_an_open_series_is_everybody_but_nobody(world: World, named: int) -> None:
    series = world.create_series()
    assert world.certificates.isService(series, world.stranger) is True
    for nobody in (ZERO, world.certificates):
        assert world.certificates.isService(series, nobody) is False
    assert world.certificates.isService(99, world.stranger) is False


def test_currency_is_what_the_ledger_was_deployed_with(world: World) -> None:
    assert world.certificates.currency() == world.token.address


def test_a_ledger_needs_a_currency_with_code(world: World) -> None:
    for nothing in (ZERO, world.stranger.address):
        with reverts("GiftCertificates_ZeroAddress"):
            container("GiftCertificates").deploy(nothing, world.card_art, {"from": world.deployer})


def test_domain_separator_is_the_one_that_signers_compute(world: World) -> None:
    domain = certificates_domain(world.chain.id, world.certificates.address)
    assert bytes(world.certificates.DOMAIN_SEPARATOR()) == domain.separator


def test_domain_separator_differs_for_each_deployment(world: World, make_world: Any) -> None:
    other = make_world(world.token)
    assert other.certificates.DOMAIN_SEPARATOR() != world.certificates.DOMAIN_SEPARATOR()
