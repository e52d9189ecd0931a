"""Attacks on refunds: splitting, passing on, asking twice, converting credit to cash, standing in the way."""

from typing import Any

import pytest

from largesse.signed.certificates import Restoration
from tests.fixtures.accounts import MakeAccount, call_as
from tests.fixtures.tokens import MakeToken
from tests.support.certificates import ART, DAY, NO_SIGNATURE, YEAR, World
from tests.support.clock import at, mine_at
from tests.support.entitlements import NONE, REMAINDER, SMALL_REST
from tests.support.errors import reverts
from tests.support.logs import logs_of

FACE = 100
THRESHOLD: dict[str, Any] = {"named": True, "denomination": FACE, "use_threshold_bps": 6_000}
SMALL: dict[str, Any] = {
    "named": True,
    "denomination": FACE,
    "cash_out_below": 15,
    "cash_out_unused": True,
}


def series_of(world: World, certificates: int, **terms: Any) -> int:
    series_id = world.create_series([world.merchant], **terms)
    world.issue(series_id, world.holder, certificates * FACE)
    return series_id


def transfer(world: World, series: int, to: Any, amount: int, source: Any = None) -> None:
    source = source or world.holder
    world.certificates.safeTransferFrom(source, to, series, amount, b"", {"from": source})


def refund(world: World, series: int, amount: int, holder: Any = None) -> Any:
    holder = holder or world.holder
    return world.certificates.refund(holder, series, amount, 0, NO_SIGNATURE, {"from": holder})


def test_splitting_a_certificate_makes_no_small_rests(world: World) -> None:
    """What is small is the rest of the certificate in use, not a balance of 14 that was passed on."""
    series = series_of(world, 1, **SMALL)
    for person in (world.giver, world.recipient, world.stranger, world.agent):
        transfer(world, series, person, 14)
        assert world.certificates.refundable(series, person) == (NONE, 0, 0)
        with reverts("GiftCertificates_OverEntitlement", 14, 0):
            refund(world, series, 14, person)
    assert world.certificates.balanceOf(world.holder, series) == 44
    assert world.certificates.refundable(series, world.holder) == (NONE, 0, 0)


def test_splitting_and_spending_pays_out_no_more_than_small_rests(world: World) -> None:
    """Each account must itself use up a certificate but for the small rest before it is paid that rest."""
    series = series_of(world, 3, **SMALL)
    paid_out = 0
    for person in (world.giver, world.recipient):
        transfer(world, series, person, FACE)
        world.certificates.redeem(series, 85, world.merchant, {"from": person})
        assert world.certificates.refundable(series, person)[0] == NONE
        world.certificates.redeem(series, 1, world.merchant, {"from": person})
        assert world.certificates.refundable(series, person) == (SMALL_REST, 14, 14)
        refund(world, series, 14, person)
        paid_out += world.token.balanceOf(person)
        with reverts("GiftCertificates_OverEntitlement", 1, 0):
            refund(world, series, 1, person)
    assert paid_out == 28
    assert world.token.balanceOf(world.merchant) == 172


def test_a_used_account_is_no_cash_desk_for_the_unused_certificates_of_others(world: World) -> None:
    """Who has used 60 % of one gets the rest of that one, whatever others send to the account."""
    series = series_of(world, 1, **THRESHOLD)
    world.issue(series, world.giver, 10 * FACE)
    world.certificates.redeem(series, 60, world.merchant, {"from": world.holder})
    transfer(world, series, world.holder, 10 * FACE, world.giver)
    assert world.certificates.refundable(series, world.holder) == (REMAINDER, 40, 40)
    refund(world, series, 40)
    assert world.certificates.refundable(series, world.holder) == (NONE, 0, 0)
    assert world.certificates.balanceOf(world.holder, series) == 10 * FACE


def test_a_right_does_not_follow_a_transfer(world: World) -> None:
    series = series_of(world, 2, **THRESHOLD)
    world.certificates.redeem(series, 60, world.merchant, {"from": world.holder})
    transfer(world, series, world.recipient, 40)
    assert world.certificates.refundable(series, world.recipient) == (NONE, 0, 0)
    with reverts("GiftCertificates_OverEntitlement", 40, 0):
        refund(world, series, 40, world.recipient)
    assert world.certificates.refundable(series, world.holder) == (REMAINDER, 40, 40)


def test_a_gift_carries_no_use_with_it_and_brings_none_back(world: World) -> None:
    series = series_of(world, 1, **THRESHOLD)
    world.certificates.redeem(series, 60, world.merchant, {"from": world.holder})
    secret, gift, identity = world.give(series, 40, giver=world.holder)
    assert world.certificates.refundable(series, world.holder) == (REMAINDER, 0, 0)
    with reverts("GiftCertificates_OverEntitlement", 1, 0):
        refund(world, series, 1)
    signature = world.claim_signature(secret, identity, world.recipient)
    world.certificates.claim(gift, world.recipient, signature, {"from": world.relayer})
    assert world.certificates.refundable(series, world.recipient) == (NONE, 0, 0)


def test_nothing_is_refunded_twice(world: World) -> None:
    series = series_of(world, 1, **THRESHOLD)
    world.certificates.redeem(series, 60, world.merchant, {"from": world.holder})
    refund(world, series, 40)
    for _ in range(2):
        with reverts("GiftCertificates_OverEntitlement", 40, 0):
            refund(world, series, 40)
    assert world.token.balanceOf(world.holder) == 40
    assert world.certificates.state(series)[1] == 0
    assert world.reserve() == world.liabilities()


def test_small_refunds_gain_nothing_by_rounding(world: World) -> None:
    """After expiry a hundred refunds of 1 pay less than one of 100, never more."""
    series = world.create_series(post_expiry_bps=9_999)
    world.issue(series, world.holder, 40)
    mine_at(world.certificates.terms(series)[2])
    for _ in range(20):
        refund(world, series, 1)
    refund(world, series, 20)
    assert world.token.balanceOf(world.holder) == 19
    assert world.certificates.owed(world.beneficiary) == 21
    assert world.certificates.state(series)[1] == 0


def test_use_restored_is_use_undone(world: World) -> None:
    """Spend 60 %, take the goods back, ask for the rest: the right has gone with the use."""
    series = series_of(world, 1, **THRESHOLD)
    world.certificates.redeem(series, 60, world.merchant, {"from": world.holder})
    world.token.approve(world.certificates, 2**256 - 1, {"from": world.merchant})
    assert world.certificates.refundable(series, world.holder) == (REMAINDER, 40, 40)
    service = world.merchant
    authorization = restoration(world, series, 1, service)
    world.certificates.restore(world.holder, series, 1, authorization, {"from": service})
    assert world.certificates.account(series, world.holder)[:2] == (41, 59)
    assert world.certificates.refundable(series, world.holder) == (NONE, 0, 0)


def restoration(world: World, series: int, amount: int, merchant: Any) -> tuple[int, int, bytes]:
    message = Restoration(str(world.holder), series, amount, str(merchant), 1, world.now() + DAY)
    return world.authorize(message, world.holder)


# beneficiaries in the way


@pytest.mark.parametrize("kind", ["BlacklistToken", "PausableToken"])
def test_no_beneficiary_stands_in_the_way_of_a_refund(
    make_world: Any, make_token: MakeToken, kind: str
) -> None:
    """Its share is owed, never sent: a beneficiary whom the currency refuses blocks nobody."""
    world: World = make_world(make_token(kind))
    series = world.create_series()
    world.issue(series, world.holder, 100)
    mine_at(world.certificates.terms(series)[2])
    if kind == "BlacklistToken":
        world.token.blacklist(world.beneficiary, {"from": world.deployer})
    refund(world, series, 50)
    assert world.token.balanceOf(world.holder) == 45
    if kind == "PausableToken":
        world.token.pause({"from": world.deployer})
    tx = refund(world, series, 50)
    assert ("PayoutOwed", world.beneficiary, 5) in logs_of(tx, world.certificates)
    paused = kind == "PausableToken"
    assert world.certificates.owed(world.holder) == (45 if paused else 0)
    assert world.token.balanceOf(world.holder) == (45 if paused else 90)
    assert world.reserve() == world.liabilities()


def test_a_currency_that_calls_back_finds_the_door_shut(make_world: Any, make_token: MakeToken) -> None:
    """While a refund is being paid, no second one begins."""
    token = make_token("ReenteringToken")
    world: World = make_world(token)
    series = world.create_series()
    world.issue(series, world.holder, 100)
    mine_at(world.certificates.terms(series)[2])
    again = world.certificates.collectFees.encode_input(series)
    token.program(world.certificates, again, 1, {"from": world.deployer})
    refund(world, series, 50)
    assert token.callsMade() == 1
    assert token.succeeded() is False
    assert bytes(token.returned()) == bytes.fromhex("3ee5aeb5")  # ReentrancyGuardReentrantCall()
    assert world.token.balanceOf(world.holder) == 45
    assert world.reserve() == world.liabilities()


# credit stays credit


def test_no_conversion_makes_cash_of_credit(world: World) -> None:
    """Each way by which a converted certificate would be worth more cash than the expired one is shut."""
    now = world.now()
    old = world.create_series(
        [world.merchant],
        named=True,
        convertible=True,
        post_expiry_bps=9_000,
        sales_close_at=now + DAY,
        expires_at=now + 2 * DAY,
    )
    world.issue(old, world.holder, 100)
    named: dict[str, Any] = {"named": True, "sales_close_at": now + YEAR}
    opened = world.create_series()
    cash_out = world.create_series(
        [world.merchant], **named, denomination=100, cash_out_below=101, cash_out_unused=True
    )
    generous = world.create_series([world.merchant], **named, post_expiry_bps=9_001)
    wound_down = world.create_series([world.merchant], **named)
    world.certificates.windDown(wound_down, {"from": world.issuer})
    announced = world.create_series([world.merchant, world.creator], **named, refund_on_removal=True)
    world.certificates.removeMerchant(announced, world.creator, {"from": world.issuer})
    closed = world.create_series(
        [world.merchant], **named | {"sales_close_at": now + DAY, "expires_at": now + YEAR}
    )
    world.certificates.createSeries(
        world.terms(**named), [world.merchant.address], ART, {"from": world.stranger}
    )
    foreign = int(world.certificates.seriesCount())
    at(now + 2 * DAY)
    for target in (opened, cash_out, generous, wound_down, announced, closed, foreign, old):
        with reverts("GiftCertificates_NotConvertible", old, target):
            world.certificates.convertExpired(
                world.holder, old, target, 100, NO_SIGNATURE, {"from": world.holder}
            )
    assert world.certificates.account(old, world.holder) == (100, 0, 0)


# acceptance and re-entrancy


def test_a_recipient_that_calls_back_while_it_claims_gains_nothing(
    world: World, make_account: MakeAccount
) -> None:
    """It may claim again, spend or pass on: all it finds is one gift, already its own."""
    series = world.create_series()
    world.issue(series, world.giver, 100)
    secret, gift, identity = world.give(series, 40)
    recipient = make_account("ReentrantReceiver1155", world.agent)
    signature = world.claim_signature(secret, identity, recipient)
    again = world.certificates.claim.encode_input(gift, recipient, signature)
    recipient.program(world.certificates, again, 5, {"from": world.agent})
    world.certificates.claim(gift, recipient, signature, {"from": world.relayer})
    assert (recipient.callsMade(), recipient.succeeded()) == (1, False)
    assert bytes(recipient.returned())[-32:] == identity  # GiftCertificates_NoSuchGift
    assert world.certificates.balanceOf(recipient, series) == 40
    call_as(recipient, world.agent, world.certificates.redeem, series, 40, world.merchant)
    assert world.token.balanceOf(world.merchant) == 40
    assert world.reserve() == world.liabilities() == 60


@pytest.mark.parametrize("how", ["issue", "issueBatch", "claim"])
def test_a_recipient_that_spends_while_it_receives_is_paid_once(
    world: World, make_account: MakeAccount, how: str
) -> None:
    """Within an issue the door is shut; within a claim the certificate is the recipient's to spend."""
    series = world.create_series()
    recipient = make_account("ReentrantReceiver1155", world.agent)
    spend = world.certificates.redeem.encode_input(series, 40, world.merchant)
    recipient.program(world.certificates, spend, 1, {"from": world.agent})
    if how == "issue":
        world.issue(series, recipient, 40)
    elif how == "issueBatch":
        world.fund(world.issuer, 40)
        world.certificates.issueBatch(series, [(recipient.address, 40)], {"from": world.issuer})
    else:
        world.issue(series, world.giver, 40)
        secret, gift, identity = world.give(series, 40)
        world.certificates.claim(
            gift,
            recipient,
            world.claim_signature(secret, identity, recipient),
            {"from": world.relayer},
        )
    spent = 40 if how == "claim" else 0
    assert (recipient.callsMade(), recipient.succeeded()) == (1, bool(spent))
    assert world.certificates.account(series, recipient) == (40 - spent, spent, 0)
    assert world.token.balanceOf(world.merchant) == spent
    assert world.reserve() == world.liabilities() == 40 - spent
