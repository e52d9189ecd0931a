"""withdrawOwed: what a failed payout left, paid to wherever its payee says."""

from typing import Any

import pytest

from largesse.signed.certificates import OwedWithdrawal
from tests.fixtures.tokens import FALSE_MODES, MakeToken
from tests.support.certificates import DAY, NO_SIGNATURE, ZERO, World
from tests.support.clock import mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.signed import FAULTS, SignedAction, check_accepted, check_refused


@pytest.fixture(scope="module")
def owing(world: World) -> World:
    """The beneficiary is owed 10: what a post-expiry refund left."""
    series = world.create_series()
    world.issue(series, world.holder, 100)
    mine_at(world.certificates.terms(series)[2])
    world.certificates.refund(world.holder, series, 100, 90, NO_SIGNATURE, {"from": world.holder})
    assert world.certificates.owed(world.beneficiary) == world.certificates.totalOwed() == 10
    return world


def withdraw(world: World, to: Any = None, caller: Any = None) -> Any:
    caller = caller or world.beneficiary
    return world.certificates.withdrawOwed(caller, to or world.agent, NO_SIGNATURE, {"from": caller})


def action(world: World) -> SignedAction:
    """Nonces of series 0: no series has that id."""
    return SignedAction(
        world,
        0,
        world.beneficiary,
        lambda nonce, deadline: OwedWithdrawal(str(world.beneficiary), str(world.agent), nonce, deadline),
        lambda authorization: world.certificates.withdrawOwed(
            world.beneficiary, world.agent, authorization, {"from": world.relayer}
        ),
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_withdraw_owed_reverts_on_a_faulty_authorization(owing: World, fault: str) -> None:
    check_refused(action(owing), fault)


def test_withdraw_owed_acts_once(owing: World) -> None:
    check_accepted(action(owing))
    assert owing.token.balanceOf(owing.agent) == 10


def test_withdraw_owed_by_signature_binds_where_to(owing: World) -> None:
    good = action(owing).signed()
    stolen = OwedWithdrawal(str(owing.beneficiary), str(owing.relayer), good[0], good[1])
    with reverts("GiftCertificates_InvalidSignature", owing.beneficiary, stolen.digest(owing.domain)):
        owing.certificates.withdrawOwed(owing.beneficiary, owing.relayer, good, {"from": owing.relayer})


def test_withdraw_owed_reverts_to_nobody_and_to_the_ledger_itself(owing: World) -> None:
    for to in (ZERO, owing.certificates.address):
        with reverts("GiftCertificates_ZeroAddress"):
            withdraw(owing, to)


def test_withdraw_owed_reverts_when_nothing_is_owed(owing: World) -> None:
    with reverts("GiftCertificates_NothingOwed", owing.stranger):
        withdraw(owing, caller=owing.stranger)
    withdraw(owing)
    with reverts("GiftCertificates_NothingOwed", owing.beneficiary):
        withdraw(owing)


def test_withdraw_owed_pays_what_is_owed(owing: World) -> None:
    tx = withdraw(owing)
    assert owing.token.balanceOf(owing.agent) == 10
    assert owing.certificates.owed(owing.beneficiary) == owing.certificates.totalOwed() == 0
    assert owing.reserve() == owing.liabilities() == 0
    assert logs_of(tx, owing.certificates) == [("OwedPaid", owing.beneficiary, owing.agent, 10)]


def test_owed_sums_add_up_and_stay_apart(owing: World) -> None:
    series = owing.create_series()
    owing.issue(series, owing.holder, 200)
    mine_at(owing.now() + 2 * 365 * DAY)
    owing.certificates.refund(owing.holder, series, 100, 0, NO_SIGNATURE, {"from": owing.holder})
    assert owing.certificates.owed(owing.beneficiary) == 20
    withdraw(owing, owing.beneficiary)
    assert owing.token.balanceOf(owing.beneficiary) == 20
    assert owing.certificates.state(series)[1] == owing.reserve() == 100


# payees whom the currency refuses


@pytest.fixture
def blocked(make_world: Any, make_token: MakeToken) -> World:
    """The merchant was paid 40 while blacklisted."""
    world: World = make_world(make_token("BlacklistToken"))
    series = world.create_series()
    world.issue(series, world.holder, 100)
    world.token.blacklist(world.merchant, {"from": world.deployer})
    tx = world.certificates.redeem(series, 40, world.merchant, {"from": world.holder})
    assert ("PayoutOwed", world.merchant, 40) in logs_of(tx, world.certificates)
    assert world.certificates.owed(world.merchant) == 40
    assert world.reserve() == world.liabilities() == 100
    return world


def test_a_blacklisted_payee_is_paid_elsewhere(blocked: World) -> None:
    with reverts("GiftCertificates_LeftDiffers", 40, 0):
        withdraw(blocked, blocked.merchant, blocked.merchant)
    assert blocked.certificates.owed(blocked.merchant) == 40
    withdraw(blocked, blocked.agent, blocked.merchant)
    assert blocked.token.balanceOf(blocked.agent) == 40
    assert blocked.reserve() == blocked.liabilities() == 60


def test_a_payee_that_is_welcome_again_is_paid_itself(blocked: World) -> None:
    blocked.token.unBlacklist(blocked.merchant, {"from": blocked.deployer})
    withdraw(blocked, blocked.merchant, blocked.merchant)
    assert blocked.token.balanceOf(blocked.merchant) == 40


@pytest.mark.parametrize("mode", ["Refusing", "Lying"])
def test_withdraw_owed_reverts_while_the_currency_moves_nothing(
    make_world: Any, make_token: MakeToken, mode: str
) -> None:
    world: World = make_world(make_token("FalseReturnToken"))
    series = world.create_series()
    world.issue(series, world.holder, 100)
    world.token.setMode(FALSE_MODES.index(mode), {"from": world.deployer})
    world.certificates.redeem(series, 40, world.merchant, {"from": world.holder})
    assert world.certificates.owed(world.merchant) == 40
    with reverts("GiftCertificates_LeftDiffers", 40, 0):
        withdraw(world, world.agent, world.merchant)
    assert world.certificates.owed(world.merchant) == 40
    world.token.setMode(FALSE_MODES.index("Honest"), {"from": world.deployer})
    withdraw(world, world.agent, world.merchant)
    assert world.token.balanceOf(world.agent) == 40
