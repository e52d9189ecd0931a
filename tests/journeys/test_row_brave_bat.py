"""Row brave_bat: a tip to a handle is claimable with the platform's attestation for that handle, else the
tipper reclaims it after the deadline, 90 days on.
"""

from __future__ import annotations

from typing import Any

import pytest
from brownie import web3
from eth_utils.crypto import keccak

from largesse.signing import address_of
from tests.support.certificates import DAY, ZERO, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.logs import logs_of
from tests.support.tipping import (
    HANDLE_CLAIM,
    ITSELF,
    Tipping,
    attest,
    deploy_tipping,
    digest_of,
    handle_tip,
    jar_of,
    tip_id,
)

HANDLE = "github:anna"
AMOUNT = 3_000_000
CREATOR_SECRET = secret_of("made when she signed up")
ANNA = address_of(CREATOR_SECRET)
HeldTip = tuple[Any, ...]


@pytest.fixture(scope="module")
def tips(world: World) -> Tipping:
    tips = deploy_tipping(world)
    tips.fund(world.supporter, 10 * AMOUNT)
    tips.fund(world.giver, 10 * AMOUNT)
    return tips


@pytest.fixture
def platform(tips: Tipping) -> Any:
    """Who knows whose handle it is: the attestor that the tipper named."""
    return tips.world.agent


@pytest.fixture
def tip(tips: Tipping, platform: Any) -> HeldTip:
    """A tip to somebody who has no account anywhere on the chain."""
    world = tips.world
    tip = handle_tip(world.supporter, HANDLE, platform, AMOUNT, world.now() + 90 * DAY)
    tips.escrow.tipHandle(tip, "for the parser", ITSELF, {"from": world.supporter})
    return tip


def claim(tips: Tipping, held: list[HeldTip], platform: Any, recipient: object = ANNA) -> Any:
    """The platform attests, a relayer submits."""
    deadline = tips.world.now() + DAY
    attestation = attest(tips.domain, held, recipient, deadline, platform)
    return tips.escrow.claimHandleTips(held, recipient, deadline, attestation, {"from": tips.world.relayer})


def test_the_tip_waits_for_the_handle(tips: Tipping, platform: Any) -> None:
    world = tips.world
    tip = handle_tip(world.supporter, HANDLE, platform, AMOUNT, world.now() + 90 * DAY)
    tx = tips.escrow.tipHandle(tip, "for the parser", ITSELF, {"from": world.supporter})
    assert logs_of(tx, tips.escrow) == [
        ("HandleTipped", tip_id(tip), keccak(text=HANDLE), tip, "for the parser")
    ]
    assert tips.escrow.isHandleTipOpen(tip_id(tip)) is True
    assert tips.held() == AMOUNT
    assert tips.escrow.claimable(jar_of(ANNA)) == 0


def test_the_attested_creator_claims_and_collects_without_gas(
    tips: Tipping, tip: HeldTip, platform: Any
) -> None:
    tx = claim(tips, [tip], platform)
    assert logs_of(tx, tips.escrow) == [("HandleTipsClaimed", (tip_id(tip),), ANNA, AMOUNT)]
    assert tips.escrow.isHandleTipOpen(tip_id(tip)) is False
    assert tips.escrow.claimable(jar_of(ANNA)) == AMOUNT
    tips.escrow.collect(jar_of(ANNA), 0, {"from": tips.world.relayer})
    assert tips.purse(ANNA) == AMOUNT
    assert tips.held() == 0
    assert web3.eth.get_transaction_count(ANNA) == 0


def test_tips_of_many_to_one_handle_are_claimed_at_once(tips: Tipping, tip: HeldTip, platform: Any) -> None:
    """One has come too late and is left to its tipper; the others don't wait for it."""
    world = tips.world
    late = handle_tip(world.giver, HANDLE, platform, 7, world.now() + 30 * DAY)
    good = handle_tip(world.giver, HANDLE, platform, 2 * AMOUNT, world.now() + 90 * DAY, salt=1)
    for one in (late, good):
        tips.escrow.tipHandle(one, "", ITSELF, {"from": world.giver})
    mine_at(late[4])
    tx = claim(tips, [late, tip, good], platform)
    assert logs_of(tx, tips.escrow) == [
        ("HandleTipSkipped", tip_id(late)),
        ("HandleTipsClaimed", tuple(tip_id(one) for one in (late, tip, good)), ANNA, 3 * AMOUNT),
    ]
    tips.escrow.reclaimHandleTip(late, {"from": world.stranger})
    tips.escrow.collect(jar_of(ANNA), 0, {"from": world.stranger})
    assert tips.purse(world.giver) == 10 * AMOUNT - 2 * AMOUNT
    assert (tips.purse(ANNA), tips.held()) == (3 * AMOUNT, 0)


def test_a_tip_is_claimed_once(tips: Tipping, tip: HeldTip, platform: Any) -> None:
    claim(tips, [tip], platform)
    for held in ([tip], [tip, tip]):
        with reverts("Jar_NothingLeft", tip_id(tip)):
            claim(tips, held, platform)
    assert tips.escrow.claimable(jar_of(ANNA)) == AMOUNT


def test_one_tip_named_twice_in_a_claim_counts_once(tips: Tipping, tip: HeldTip, platform: Any) -> None:
    tips.fund(tips.world.giver, AMOUNT)
    tips.escrow.tip(
        tips.world.giver, jar_of(tips.world.creator), AMOUNT, "", ITSELF, {"from": tips.world.giver}
    )
    claim(tips, [tip, tip], platform)
    assert tips.escrow.claimable(jar_of(ANNA)) == AMOUNT
    assert tips.held() == 2 * AMOUNT


def test_only_the_attestor_the_tipper_named_says_whose_handle_it_is(
    tips: Tipping, tip: HeldTip, platform: Any
) -> None:
    world = tips.world
    deadline = world.now() + DAY
    good = attest(tips.domain, [tip], ANNA, deadline, platform)

    def refused(recipient: object, until: int, attestation: bytes) -> None:
        digest = digest_of(tips.domain, "HandleClaim", HANDLE_CLAIM, ([tip_id(tip)], str(recipient), until))
        with reverts("Custody_InvalidSignature", platform, digest):
            tips.escrow.claimHandleTips([tip], recipient, until, attestation, {"from": world.relayer})

    # somebody else's word, the right word for another recipient or for longer than it was given
    refused(world.stranger, deadline, attest(tips.domain, [tip], world.stranger, deadline, world.stranger))
    refused(ANNA, deadline, attest(tips.domain, [tip], ANNA, deadline, world.supporter))
    refused(world.relayer, deadline, good)
    refused(ANNA, deadline + 1, good)
    # or the word for another tip to another handle
    other = handle_tip(world.giver, "github:otto", platform, 1, tip[4])
    tips.escrow.tipHandle(other, "", ITSELF, {"from": world.giver})
    refused(ANNA, deadline, attest(tips.domain, [other], ANNA, deadline, platform))
    # or one given on another chain, for another contract
    for key, value in (("chainId", 1), ("verifyingContract", world.token.address)):
        elsewhere = tips.domain | {key: value}
        refused(ANNA, deadline, attest(elsewhere, [tip], ANNA, deadline, platform))
    at(deadline)
    with reverts("Custody_DeadlinePassed", deadline, deadline):
        tips.escrow.claimHandleTips([tip], ANNA, deadline, good, {"from": world.relayer})
    assert tips.escrow.isHandleTipOpen(tip_id(tip)) is True


def test_two_platforms_do_not_speak_for_each_other(tips: Tipping, tip: HeldTip, platform: Any) -> None:
    world = tips.world
    other = handle_tip(world.giver, HANDLE, world.operator, 5, tip[4])
    tips.escrow.tipHandle(other, "", ITSELF, {"from": world.giver})
    with reverts("Jar_AttestorDiffers", world.operator, platform):
        claim(tips, [tip, other], platform)


def test_an_unclaimed_tip_goes_back_after_90_days(tips: Tipping, tip: HeldTip, platform: Any) -> None:
    """Not a second before; and from then on the handle's owner comes too late."""
    world = tips.world
    reclaim_at = tip[4]
    at(reclaim_at - 1)
    with reverts("Jar_NotReclaimable", reclaim_at, reclaim_at - 1):
        tips.escrow.reclaimHandleTip(tip, {"from": world.supporter})
    at(reclaim_at)
    with reverts("Jar_NothingLeft", tip_id(tip)):
        claim(tips, [tip], platform)
    before = tips.purse(world.supporter)
    tx = tips.escrow.reclaimHandleTip(tip, {"from": world.stranger})
    assert logs_of(tx, tips.escrow) == [("HandleTipReclaimed", tip_id(tip), world.supporter.address, AMOUNT)]
    assert tips.purse(world.supporter) == before + AMOUNT
    assert tips.held() == 0
    with reverts("Jar_NothingLeft", tip_id(tip)):
        tips.escrow.reclaimHandleTip(tip, {"from": world.supporter})


def test_the_last_second_is_the_recipients(tips: Tipping, tip: HeldTip, platform: Any) -> None:
    deadline = tip[4] + DAY
    attestation = attest(tips.domain, [tip], ANNA, deadline, platform)
    at(tip[4] - 1)
    tips.escrow.claimHandleTips([tip], ANNA, deadline, attestation, {"from": tips.world.relayer})
    at(tip[4])
    with reverts("Jar_NothingLeft", tip_id(tip)):
        tips.escrow.reclaimHandleTip(tip, {"from": tips.world.supporter})
    assert tips.escrow.claimable(jar_of(ANNA)) == AMOUNT


def test_a_tip_to_a_handle_can_be_signed(tips: Tipping, platform: Any) -> None:
    world = tips.world
    tip = handle_tip(world.supporter, HANDLE, platform, AMOUNT, world.now() + 90 * DAY)
    consent = tips.consent("TipHandle", world.supporter, tip_id(tip), "hello", by=world.supporter)
    digest = tips.digest("TipHandle", (world.supporter, tip_id(tip), "bye"), *consent[:2])
    with reverts("Custody_InvalidSignature", world.supporter, digest):
        tips.escrow.tipHandle(tip, "bye", consent, {"from": world.relayer})
    tips.escrow.tipHandle(tip, "hello", consent, {"from": world.relayer})
    assert tips.escrow.isHandleTipOpen(tip_id(tip)) is True
    with reverts("Jar_TipExists", tip_id(tip)):
        tips.escrow.tipHandle(tip, "hello", ITSELF, {"from": world.supporter})


def test_a_tip_that_nobody_could_ever_claim_is_refused(tips: Tipping, platform: Any) -> None:
    world = tips.world
    now = at(world.now() + 10)
    later = now + 90 * DAY
    for tip, refusal in (
        (handle_tip(world.supporter, HANDLE, platform, 1, now), ("Jar_BadReclaimDate", now, now)),
        (handle_tip(world.supporter, HANDLE, ZERO, 1, later), ("Custody_ZeroAddress",)),
        (handle_tip(world.supporter, HANDLE, platform, 0, later), ("Jar_ZeroAmount",)),
    ):
        at(now)
        with reverts(*refusal):
            tips.escrow.tipHandle(tip, "", ITSELF, {"from": world.supporter})
