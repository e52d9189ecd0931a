"""The same ledger over every currency of the zoo: what works with each, how each is refused or contained."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_abi.abi import decode

from largesse.signed.certificates import OwedWithdrawal, Restoration
from largesse.usdc import Usdc
from tests.fixtures.accounts import container
from tests.fixtures.tokens import deploy_token
from tests.support.certificates import DAY, NO_SIGNATURE, World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS, assert_books, rows, selector, skipped
from tests.zoo.raw import raw_call, raw_send

MakeWorld = Callable[[Any], World]

ZOO = (
    "TestToken 0",
    "TestToken 6",
    "TestToken 18",
    "NoReturnToken",
    "FalseReturnToken",
    "FeeToken",
    "SenderFeeToken",
    "ReenteringToken",
    "BlacklistToken",
    "PausableToken",
    "GasGuzzlerToken",
    "ReturnBombToken",
    "USDC",
)
HONEST, REFUSING, LYING = range(3)
BOMB_OFF, BOMB_SUCCESS, BOMB_FAILURE = range(3)


def deploy(kind: str) -> Any:
    name, _, decimals = kind.partition(" ")
    return deploy_token(name, int(decimals or 6))


@pytest.fixture(scope="module", params=ZOO)
def any_world(request: pytest.FixtureRequest, module_isolation: None, make_world: MakeWorld) -> World:
    """Certificates over each currency, not switched over."""
    if request.param == "USDC":
        token = request.getfixturevalue("usdc")
        minter = request.getfixturevalue("issuer")
        token.configureMinter(minter, 2**255, {"from": request.getfixturevalue("deployer")})
    else:
        token = deploy(request.param)
    return make_world(token)


@pytest.fixture(scope="module")
def odd(make_world: MakeWorld, module_isolation: None) -> Callable[[str], tuple[World, int]]:
    """Certificates over one odd currency; the holder has 1,000 of an open series, the merchant nothing."""

    def build(kind: str) -> tuple[World, int]:
        world = make_world(deploy(kind))
        series = world.create_series()
        world.issue(series, world.holder, 1_000)
        return world, series

    return build


def withdraw(world: World, payee: Any, to: Any) -> Any:
    return world.certificates.withdrawOwed(payee, to, NO_SIGNATURE, {"from": payee})


# every currency, behaving


def test_a_whole_life_in_every_currency(any_world: World) -> None:
    """Issue, the four ways of paying, a service, restore, refund, fee: the same figures in each currency."""
    world = any_world
    unit = 10 ** world.token.decimals()
    service = container("MockService").deploy(world.certificates, {"from": world.deployer})
    series = world.create_series([world.merchant], [service], fee_bps=1_000, **NAMED_TERMS)
    world.issue(series, world.holder, 1_000 * unit)
    certificates = world.certificates
    certificates.redeem(series, 100 * unit, world.merchant, {"from": world.holder})
    certificates.redeemSigned(
        world.redemption(series, 100 * unit, order=1, nonce=1), {"from": world.merchant}
    )
    certificates.redeemBatch(
        [world.redemption(series, 50 * unit, order=n, nonce=n) for n in (2, 3)], {"from": world.merchant}
    )
    certificates.pay(
        world.payment(order=4, total=100 * unit, least=90 * unit, signer=world.merchant),
        [world.own_card(series, 100 * unit, order=4)],
        {"from": world.holder},
    )
    certificates.pay(
        world.payment(service, payee=world.merchant),
        [world.own_card(series, 100 * unit)],
        {"from": world.holder},
    )
    assert world.token.balanceOf(world.merchant) == 360 * unit
    assert certificates.state(series)[1:3] == (500 * unit, 40 * unit)

    service.giveBack(world.merchant, world.holder, series, 100 * unit, {"from": world.merchant})
    world.token.approve(certificates, 10 * unit, {"from": world.merchant})
    deadline = world.now() + DAY
    consent = Restoration(world.holder.address, series, 10 * unit, world.merchant.address, 9, deadline)
    certificates.restore(
        world.holder, series, 10 * unit, world.authorize(consent, world.holder), {"from": world.merchant}
    )
    assert certificates.account(series, world.holder) == (610 * unit, 390 * unit, 9)

    certificates.windDown(series, {"from": world.issuer})
    certificates.refund(world.holder, series, 610 * unit, 610 * unit, NO_SIGNATURE, {"from": world.holder})
    before = world.token.balanceOf(world.issuer)
    certificates.collectFees(series, {"from": world.stranger})
    assert world.token.balanceOf(world.issuer) - before == 40 * unit
    assert world.token.balanceOf(world.holder) == 610 * unit
    assert world.token.balanceOf(world.merchant) == 350 * unit
    assert world.reserve() == world.liabilities() == 0


def test_one_base_unit_in_every_currency(any_world: World) -> None:
    world = any_world
    series = world.create_series()
    world.issue(series, world.holder, 1)
    world.certificates.redeem(series, 1, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 1
    assert_books(world)


# money that does not arrive


@pytest.mark.parametrize(
    ("mode", "error"), [(REFUSING, "SafeERC20FailedOperation"), (LYING, "GiftCertificates_ArrivedDiffers")]
)
def test_false_return_creates_no_face(odd: Any, mode: int, error: str) -> None:
    world, series = odd("FalseReturnToken")
    world.fund(world.issuer, 500)
    world.token.setMode(mode, {"from": world.deployer})
    values = (world.token,) if mode == REFUSING else (500, 0)
    with reverts(error, *values):
        world.certificates.issue(series, world.giver, 500, {"from": world.issuer})
    with reverts(error, *values):
        world.certificates.issueBatch(series, [(world.giver, 500)], {"from": world.issuer})
    assert world.certificates.state(series)[1] == 1_000


def test_a_fee_on_transfer_creates_no_face(odd: Any) -> None:
    world, series = odd("FeeToken")
    world.fund(world.issuer, 500)
    world.token.setFeeBps(1, {"from": world.deployer})
    for amount in (1, 500):
        with reverts("GiftCertificates_ArrivedDiffers", amount, amount - 1):
            world.certificates.issue(series, world.giver, amount, {"from": world.issuer})
    world.fund(world.merchant, 500)
    world.certificates.redeem(series, 10, world.stranger, {"from": world.holder})
    with reverts("GiftCertificates_ArrivedDiffers", 10, 9):
        world.certificates.restoreFromService(world.holder, series, 10, {"from": world.merchant})
    assert_books(world)


def test_a_fee_that_comes_later_is_the_merchants_loss_not_the_reserves(odd: Any) -> None:
    """What left is what should have: the currency kept its fee out of the merchant's part."""
    world, series = odd("FeeToken")
    world.token.setFeeBps(500, {"from": world.deployer})
    world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 95
    assert_books(world)


def test_a_fee_on_top_would_eat_the_reserve_and_is_refused(odd: Any) -> None:
    world, series = odd("SenderFeeToken")
    world.token.setFeeBps(100, {"from": world.deployer})
    with reverts("GiftCertificates_LeftDiffers", 100, 101):
        world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    with reverts("GiftCertificates_LeftDiffers", 100, 101):
        world.certificates.redeemSigned(world.redemption(series, 100), {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (1_000, 0, 0)
    world.token.setFeeBps(0, {"from": world.deployer})
    world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    assert_books(world)


def test_money_sent_by_mistake_belongs_to_nobody(odd: Any) -> None:
    world, series = odd("TestToken 6")
    world.token.mint(world.certificates, 77, {"from": world.deployer})
    world.certificates.redeem(series, 1_000, world.merchant, {"from": world.holder})
    assert (world.reserve(), world.liabilities()) == (77, 0)


def test_a_currency_that_tops_the_ledger_up_in_a_payout_is_stopped(odd: Any) -> None:
    """More is held after the payout than before it: what left can't be measured, so nothing happens."""
    world, series = odd("ReenteringToken")
    mint = world.token.mint.encode_input(world.certificates, 500)
    world.token.program(world.token, mint, 1, {"from": world.deployer})
    with reverts("GiftCertificates_LeftDiffers", 100, 2**256 - 400):
        world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    assert world.certificates.account(series, world.holder) == (1_000, 0, 0)


# money that does not leave: owed, never lost


def switch_blacklist(world: World, on: bool) -> None:
    method = world.token.blacklist if on else world.token.unBlacklist
    method(world.merchant, {"from": world.deployer})


def switch_pause(world: World, on: bool) -> None:
    (world.token.pause if on else world.token.unpause)({"from": world.deployer})


def switch_refusing(world: World, on: bool) -> None:
    world.token.setMode(REFUSING if on else HONEST, {"from": world.deployer})


def switch_lying(world: World, on: bool) -> None:
    world.token.setMode(LYING if on else HONEST, {"from": world.deployer})


def switch_guzzler(world: World, on: bool) -> None:
    world.token.setBurns(on, False, {"from": world.deployer})


def switch_bomb(world: World, on: bool) -> None:
    world.token.setMode(BOMB_FAILURE if on else BOMB_OFF, 1 << 20, {"from": world.deployer})


TROUBLES: dict[str, tuple[str, Callable[[World, bool], None]]] = {
    "blacklisted payee": ("BlacklistToken", switch_blacklist),
    "paused": ("PausableToken", switch_pause),
    "returns false": ("FalseReturnToken", switch_refusing),
    "says yes and moves nothing": ("FalseReturnToken", switch_lying),
    "burns all gas": ("GasGuzzlerToken", switch_guzzler),
    "reverts with megabytes": ("ReturnBombToken", switch_bomb),
}


@pytest.fixture(scope="module", params=TROUBLES)
def trouble(request: pytest.FixtureRequest, odd: Any) -> tuple[World, int, Callable[[World, bool], None]]:
    kind, switch = TROUBLES[request.param]
    world, series = odd(kind)
    return world, series, switch


def test_a_payout_that_fails_is_owed_whichever_way_it_was_paid(trouble: Any) -> None:
    world, series, switch = trouble
    switch(world, True)
    certificates = world.certificates
    tx = certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    event = tx.events["PayoutOwed"]
    assert (event["payee"], event["amount"]) == (world.merchant, 100)
    certificates.redeemSigned(world.redemption(series, 50, order=1, nonce=1), {"from": world.merchant})
    tx = certificates.redeemBatch(
        [world.redemption(series, 20, order=n, nonce=n) for n in (2, 3)], {"from": world.merchant}
    )
    assert (rows(tx), skipped(tx)) == ([(2, 2), (3, 3)], [])
    certificates.pay(world.payment(), [world.own_card(series, 10)], {"from": world.holder})
    assert certificates.owed(world.merchant) == certificates.totalOwed() == 200
    assert certificates.account(series, world.holder) == (800, 200, 3)
    assert world.token.balanceOf(world.merchant) == 0
    assert world.reserve() == world.liabilities() == 1_000
    # an order that was paid into the debt is paid
    with reverts("GiftCertificates_OrderUsed", world.merchant, 1):
        certificates.redeemSigned(world.redemption(series, 50, order=1, nonce=9), {"from": world.merchant})

    switch(world, False)
    tx = withdraw(world, world.merchant, world.merchant)
    event = tx.events["OwedPaid"]
    assert (event["payee"], event["to"], event["amount"]) == (world.merchant, world.merchant, 200)
    assert world.token.balanceOf(world.merchant) == 200
    with reverts("GiftCertificates_NothingOwed", world.merchant):
        withdraw(world, world.merchant, world.merchant)
    assert world.reserve() == world.liabilities() == 800


def test_what_is_owed_stays_owed_while_the_currency_refuses(trouble: Any) -> None:
    world, series, switch = trouble
    switch(world, True)
    world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    with reverts("GiftCertificates_LeftDiffers", 100, 0):
        withdraw(world, world.merchant, world.merchant)
    assert world.certificates.owed(world.merchant) == 100


def test_a_service_is_paid_at_once_or_not_at_all(trouble: Any) -> None:
    """A service acts on the money in the same transaction: a debt would be no use to it."""
    world, series, switch = trouble
    if world.token._name == "BlacklistToken":
        service = world.merchant  # the account that is shut out
    else:
        service = container("MockService").deploy(world.certificates, {"from": world.deployer})
    switch(world, True)
    with reverts("GiftCertificates_LeftDiffers", 100, 0):
        world.certificates.pay(
            world.payment(service, payee=world.stranger),
            [world.own_card(series, 100)],
            {"from": world.holder},
        )
    assert world.certificates.account(series, world.holder) == (1_000, 0, 0)


def test_a_refund_that_fails_is_owed_to_the_holder(trouble: Any) -> None:
    world, series, switch = trouble
    if world.token._name == "BlacklistToken":
        world.token.blacklist(world.holder, {"from": world.deployer})
    else:
        switch(world, True)
    world.certificates.windDown(series, {"from": world.issuer})
    world.certificates.refund(world.holder, series, 1_000, 1_000, NO_SIGNATURE, {"from": world.holder})
    assert world.certificates.owed(world.holder) == 1_000
    assert world.certificates.account(series, world.holder) == (0, 1_000, 0)
    assert world.reserve() == world.liabilities() == 1_000


def test_fees_that_fail_are_owed_to_the_issuer(odd: Any) -> None:
    world, _ = odd("BlacklistToken")
    series = world.create_series(fee_bps=1_000)
    world.issue(series, world.holder, 1_000)
    world.certificates.redeem(series, 1_000, world.merchant, {"from": world.holder})
    world.token.blacklist(world.issuer, {"from": world.deployer})
    world.certificates.collectFees(series, {"from": world.stranger})
    assert world.certificates.owed(world.issuer) == 100
    assert world.certificates.state(series)[2] == 0
    withdraw(world, world.issuer, world.creator)
    assert world.token.balanceOf(world.creator) == 100
    assert_books(world)


def test_a_blacklisted_payee_redirects_what_it_is_owed(odd: Any) -> None:
    world, series = odd("BlacklistToken")
    switch_blacklist(world, True)
    world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    with reverts("GiftCertificates_LeftDiffers", 100, 0):
        withdraw(world, world.merchant, world.merchant)
    with reverts("GiftCertificates_NotYourCard", world.merchant, world.stranger):
        world.certificates.withdrawOwed(
            world.merchant, world.stranger, NO_SIGNATURE, {"from": world.stranger}
        )
    withdraw(world, world.merchant, world.creator)
    assert world.token.balanceOf(world.creator) == 100
    assert world.certificates.totalOwed() == 0
    assert_books(world)


def test_a_blacklisted_payee_redirects_by_signature(odd: Any) -> None:
    world, series = odd("BlacklistToken")
    switch_blacklist(world, True)
    world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    message = OwedWithdrawal(world.merchant.address, world.creator.address, 1, world.now() + DAY)
    authorization = world.authorize(message, world.merchant)
    elsewhere = OwedWithdrawal(world.merchant.address, world.stranger.address, 1, message.deadline)
    with reverts("GiftCertificates_InvalidSignature", world.merchant, elsewhere.digest(world.domain)):
        world.certificates.withdrawOwed(
            world.merchant, world.stranger, authorization, {"from": world.stranger}
        )
    world.certificates.withdrawOwed(world.merchant, world.creator, authorization, {"from": world.relayer})
    assert world.token.balanceOf(world.creator) == 100
    with reverts("GiftCertificates_NonceTooLow", 1, 1):
        world.certificates.withdrawOwed(world.merchant, world.creator, authorization, {"from": world.relayer})


def test_one_payees_trouble_is_nobody_elses(odd: Any) -> None:
    world, series = odd("BlacklistToken")
    switch_blacklist(world, True)
    for shop in (world.merchant, world.other_merchant):
        world.certificates.redeem(series, 100, shop, {"from": world.holder})
    assert world.token.balanceOf(world.other_merchant) == 100
    assert world.certificates.owed(world.other_merchant) == 0


def test_withdrawing_to_nobody_or_to_the_ledger_reverts(odd: Any) -> None:
    world, series = odd("BlacklistToken")
    switch_blacklist(world, True)
    world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    for nowhere in ("0x" + "00" * 20, world.certificates):
        with reverts("GiftCertificates_ZeroAddress"):
            withdraw(world, world.merchant, nowhere)
    assert world.certificates.owed(world.merchant) == 100


# answers and gas


def test_megabytes_for_an_answer_are_not_copied(odd: Any) -> None:
    """A transfer that works but answers with a mebibyte costs its own memory, not ours as well."""
    world, series = odd("ReturnBombToken")
    world.token.setMode(BOMB_SUCCESS, 1 << 20, {"from": world.deployer})
    tx = world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 100
    assert world.certificates.totalOwed() == 0
    assert tx.gas_used < 2_600_000  # a mebibyte costs 2.2 million to make, and would cost that again to copy


def test_a_balance_that_cant_be_read_stops_payment_and_loses_nothing(odd: Any) -> None:
    world, series = odd("GasGuzzlerToken")
    world.token.setBurns(False, True, {"from": world.deployer})
    with reverts("GiftCertificates_NoBalance", world.token):
        world.certificates.redeem(series, 100, world.merchant, {"from": world.holder, "gas_limit": 1_000_000})
    world.token.setBurns(False, False, {"from": world.deployer})
    world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    assert world.certificates.account(series, world.holder) == (900, 100, 0)


def test_a_payout_starved_of_gas_reverts_and_with_enough_is_owed(odd: Any) -> None:
    """A refused transfer burns what it is given; were the 64th that is left too little, it was starved."""
    world, series = odd("GasGuzzlerToken")
    world.token.setBurns(True, False, {"from": world.deployer})
    args = (series, 100, world.merchant.address)
    starved = raw_call(world.certificates.redeem, *args, sender=world.holder, gas=160_000)
    assert (starved.succeeded, starved.data[:4]) == (False, selector("GiftCertificates_GasFloor"))
    left, floor = decode(["uint256", "uint256"], starved.data[4:])
    assert left <= floor == 150_000 // 63
    world.certificates.redeem(*args, {"from": world.holder, "gas_limit": 5_000_000})
    assert world.certificates.owed(world.merchant) == 100
    assert_books(world)


@pytest.fixture(scope="module")
def usdc_world(usdc: Any, usdc_deployment: Usdc, issuer: Any, deployer: Any, make_world: MakeWorld) -> World:
    usdc.configureMinter(issuer, 2**255, {"from": deployer})
    return make_world(usdc)


def sent_for(world: World, gas: int, series: int) -> tuple[int, int, int]:
    """Send a redemption of 10 with this gas limit; (spent, paid, owed) after it, in base units."""
    raw_send(world.certificates.redeem, series, 10, world.merchant.address, sender=world.holder, gas=gas)
    return (
        world.certificates.account(series, world.holder)[1],
        world.token.balanceOf(world.merchant),
        world.certificates.owed(world.merchant),
    )


@pytest.mark.parametrize("gas", range(50_000, 180_000, 6_500))
def test_no_gas_limit_turns_a_payment_in_usdc_into_a_debt(usdc_world: World, gas: int) -> None:
    """Whoever sends the transaction chooses the gas: a starved transfer must not leave a debt."""
    world = usdc_world
    series = world.create_series()
    world.issue(series, world.holder, 1_000)
    spent, paid, owed = sent_for(world, gas, series)
    assert owed == 0
    assert spent == paid
    assert paid in {0, 10}


def test_enough_gas_pays_in_usdc(usdc_world: World) -> None:
    series = usdc_world.create_series()
    usdc_world.issue(series, usdc_world.holder, 1_000)
    assert sent_for(usdc_world, 50_000, series) == (0, 0, 0)
    assert sent_for(usdc_world, 180_000, series) == (10, 10, 0)


# the real USDC


def test_usdc_blacklists_a_merchant(usdc_world: World, usdc_deployment: Usdc) -> None:
    world = usdc_world
    series = world.create_series()
    world.issue(series, world.holder, 1_000)
    usdc_deployment.blacklist(world.merchant.address)
    world.certificates.redeem(series, 400, world.merchant, {"from": world.holder})
    assert world.certificates.owed(world.merchant) == 400
    withdraw(world, world.merchant, world.creator)
    assert world.token.balanceOf(world.creator) == 400
    assert_books(world)


def test_usdc_is_paused(usdc_world: World, usdc_deployment: Usdc) -> None:
    world = usdc_world
    series = world.create_series()
    world.issue(series, world.holder, 1_000)
    usdc_deployment.pause()
    with reverts("Error", "Pausable: paused"):
        world.certificates.issue(series, world.holder, 1, {"from": world.issuer})
    world.certificates.redeem(series, 400, world.merchant, {"from": world.holder})
    assert world.certificates.owed(world.merchant) == 400
    usdc_deployment.unpause()
    withdraw(world, world.merchant, world.merchant)
    assert world.token.balanceOf(world.merchant) == 400
    assert_books(world)


def test_usdc_blacklists_the_ledger_itself(usdc_world: World, usdc_deployment: Usdc) -> None:
    """Nothing moves, every redemption is owed, and nothing is lost when it ends."""
    world = usdc_world
    series = world.create_series()
    world.issue(series, world.holder, 1_000)
    usdc_deployment.blacklist(world.certificates.address)
    world.certificates.redeem(series, 400, world.merchant, {"from": world.holder})
    assert world.certificates.owed(world.merchant) == 400
    with reverts("GiftCertificates_LeftDiffers", 400, 0):
        withdraw(world, world.merchant, world.merchant)
    usdc_deployment.unblacklist(world.certificates.address)
    withdraw(world, world.merchant, world.merchant)
    world.certificates.redeem(series, 600, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 1_000
    assert world.reserve() == world.liabilities() == 0


def test_a_currency_that_misbehaves_touches_no_other(odd: Any) -> None:
    bad, bad_series = odd("PausableToken")
    good, good_series = odd("TestToken 6")
    bad.token.pause({"from": bad.deployer})
    bad.certificates.redeem(bad_series, 100, bad.merchant, {"from": bad.holder})
    good.certificates.redeem(good_series, 100, good.merchant, {"from": good.holder})
    assert good.token.balanceOf(good.merchant) == 100
    assert good.certificates.totalOwed() == 0
