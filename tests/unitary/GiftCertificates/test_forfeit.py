"""forfeit: after limitation the whole rest is the beneficiary's, at once."""

from typing import Any

import pytest

from tests.fixtures.tokens import MakeToken
from tests.support.certificates import DAY, NEVER, NO_SIGNATURE, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.gifts import give_many
from tests.support.logs import logs_of


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.holder, 60)
    world.issue(series_id, world.giver, 40)
    return series_id


@pytest.fixture
def late(world: World, series: int) -> int:
    """The series at its limitation."""
    mine_at(world.certificates.terms(series)[3])
    return series


def forfeit(world: World, series: int) -> Any:
    return world.certificates.forfeit(series, {"from": world.stranger})


def test_forfeit_reverts_in_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_UnknownSeries", series + 1):
        forfeit(world, series + 1)


@pytest.mark.parametrize("when", ["live", "expired", "the last second"])
def test_forfeit_reverts_before_limitation(world: World, series: int, when: str) -> None:
    terms = world.certificates.terms(series)
    at({"live": world.now() + DAY, "expired": terms[2], "the last second": terms[3] - 1}[when])
    with reverts("GiftCertificates_BeforeLimitation", series, terms[3]):
        forfeit(world, series)


@pytest.mark.parametrize("past", [0, 1])
def test_forfeit_passes_from_limitation_on(world: World, series: int, past: int) -> None:
    at(world.certificates.terms(series)[3] + past)
    forfeit(world, series)
    assert world.certificates.state(series)[6] is True


def test_forfeit_reverts_the_second_time(world: World, late: int) -> None:
    forfeit(world, late)
    with reverts("GiftCertificates_Forfeited", late):
        forfeit(world, late)
    assert world.token.balanceOf(world.beneficiary) == 100


def test_forfeit_reverts_for_ever_where_there_is_no_limitation(world: World) -> None:
    series = world.create_series(expires_at=NEVER, limitation_at=NEVER)
    at(world.now() + 10**9)
    with reverts("GiftCertificates_BeforeLimitation", series, NEVER):
        forfeit(world, series)


def test_forfeit_pays_the_beneficiary_and_burns_the_series(world: World, late: int) -> None:
    tx = forfeit(world, late)
    assert world.token.balanceOf(world.beneficiary) == 100
    assert world.reserve() == world.liabilities() == 0
    assert world.certificates.state(late) == (world.issuer, 0, 0, 0, 0, False, True)
    assert world.certificates.balanceOf(world.holder, late) == 0
    assert world.certificates.balanceOfBatch([world.holder, world.giver], [late, late]) == (0, 0)
    assert world.certificates.account(late, world.holder) == (0, 0, 0)
    assert world.certificates.cardFacts(late)[5] == 5
    assert logs_of(tx, world.certificates) == [("SeriesForfeited", late, world.beneficiary, 100)]
    assert logs_of(tx, world.token) == [("Transfer", world.certificates, world.beneficiary, 100)]


def test_forfeit_of_an_empty_series_pays_nothing(world: World) -> None:
    series = world.create_series()
    mine_at(world.certificates.terms(series)[3])
    tx = forfeit(world, series)
    assert logs_of(tx, world.certificates) == [("SeriesForfeited", series, world.beneficiary, 0)]
    assert logs_of(tx, world.token) == []


def test_forfeit_leaves_other_series_and_what_is_owed_alone(world: World, series: int) -> None:
    other = world.create_series(expires_at=NEVER, limitation_at=NEVER, sales_close_at=NEVER)
    world.issue(other, world.holder, 7)
    mine_at(world.certificates.terms(series)[2])
    world.certificates.refund(world.holder, series, 60, 54, NO_SIGNATURE, {"from": world.holder})
    mine_at(world.certificates.terms(series)[3])
    forfeit(world, series)
    assert world.certificates.balanceOf(world.holder, other) == 7
    assert world.certificates.owed(world.beneficiary) == 6
    assert world.token.balanceOf(world.beneficiary) == 40
    assert world.reserve() == world.liabilities() == 13


def test_forfeit_takes_unclaimed_gifts_with_it(world: World, series: int) -> None:
    secret, gift, identity = world.give(series, 10)
    batch = give_many(world, series, (5, 5))
    mine_at(world.certificates.terms(series)[3])
    forfeit(world, series)
    assert world.token.balanceOf(world.beneficiary) == 100
    signature = world.claim_signature(secret, identity, world.recipient)
    with reverts("GiftCertificates_AfterLimitation", series, batch.limitation_at):
        world.certificates.claim(gift, world.recipient, signature, {"from": world.relayer})
    signature = world.claim_signature(batch.secrets[0], batch.gift(0), world.recipient)
    with reverts("GiftCertificates_AfterLimitation", series, batch.limitation_at):
        world.certificates.claimFromBatch(
            batch.struct,
            batch.leaves[0].struct,
            batch.proof(0),
            world.recipient,
            signature,
            {"from": world.relayer},
        )
    assert world.certificates.balanceOf(world.recipient, series) == 0


def test_nothing_moves_in_a_forfeited_series(world: World, late: int) -> None:
    forfeit(world, late)
    terms = world.certificates.terms(late)
    holder = {"from": world.holder}
    with reverts("GiftCertificates_Expired", late, terms[2]):
        world.certificates.redeem(late, 1, world.merchant, holder)
    with reverts("GiftCertificates_AfterLimitation", late, terms[3]):
        world.certificates.refund(world.holder, late, 1, 0, NO_SIGNATURE, holder)
    with reverts("GiftCertificates_Forfeited", late):
        world.certificates.safeTransferFrom(world.holder, world.recipient, late, 1, b"", holder)
    with reverts("GiftCertificates_SalesClosed", late, terms[1]):
        world.certificates.issue(late, world.holder, 1, {"from": world.issuer})
    with reverts("GiftCertificates_AfterLimitation", late, terms[3]):
        world.certificates.windDown(late, {"from": world.issuer})
    world.fund(world.merchant, 10)
    with reverts("GiftCertificates_AfterLimitation", late, terms[3]):
        world.certificates.restoreFromService(world.holder, late, 1, {"from": world.merchant})


def test_a_beneficiary_whom_the_currency_refuses_is_owed(make_world: Any, make_token: MakeToken) -> None:
    world: World = make_world(make_token("BlacklistToken"))
    series = world.create_series()
    world.issue(series, world.holder, 60)
    world.token.blacklist(world.beneficiary, {"from": world.deployer})
    mine_at(world.certificates.terms(series)[3])
    tx = forfeit(world, series)
    assert logs_of(tx, world.certificates) == [
        ("SeriesForfeited", series, world.beneficiary, 60),
        ("PayoutOwed", world.beneficiary, 60),
    ]
    assert world.certificates.owed(world.beneficiary) == world.reserve() == world.liabilities() == 60
