"""Row brave_bat: a tip to a handle is claimable with the platform's attestation for that handle, else the
tipper reclaims it after the deadline, 90 days on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from brownie import web3
from eth_utils.crypto import keccak

from largesse.eip712 import address_of, sign_digest
from tests.support.certificates import DAY, ZERO, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.jars import ITSELF, Jars, handle_tip_id
from tests.support.logs import logs_of
from tests.support.tipping import deploy_jars, handle_tip

HANDLE = "github:anna"
AMOUNT = 3_000_000
CREATOR_SECRET = secret_of("made when she signed up")
ANNA = address_of(CREATOR_SECRET)
HeldTip = tuple[Any, ...]


@pytest.fixture(scope="module")
def jars(world: World) -> Jars:
    jars = deploy_jars(world)
    jars.fund(world.supporter, 10 * AMOUNT)
    jars.fund(world.giver, 10 * AMOUNT)
    return jars


@pytest.fixture
def platform(jars: Jars) -> Any:
    """Who knows whose handle it is: the attestor that the tipper named."""
    return jars.agent


@pytest.fixture
def tip(jars: Jars, platform: Any) -> HeldTip:
    """A tip to somebody who has no account anywhere on the chain."""
    world = jars.world
    tip = handle_tip(world.supporter, HANDLE, platform, AMOUNT, world.now() + 90 * DAY)
    jars.escrow.tipHandle(tip, "for the parser", ITSELF, {"from": world.supporter})
    return tip


def claim(jars: Jars, held: list[HeldTip], platform: Any, recipient: object = ANNA) -> Any:
    """The platform attests, a relayer submits."""
    deadline = jars.now() + DAY
    attestation = jars.attest(held, recipient, deadline, platform)
    return jars.escrow.claimHandleTips(held, recipient, deadline, attestation, {"from": jars.relayer})


def test_the_tip_waits_for_the_handle(jars: Jars, platform: Any) -> None:
    world = jars.world
    tip = handle_tip(world.supporter, HANDLE, platform, AMOUNT, world.now() + 90 * DAY)
    tx = jars.escrow.tipHandle(tip, "for the parser", ITSELF, {"from": world.supporter})
    assert logs_of(tx, jars.escrow) == [
        ("HandleTipped", handle_tip_id(tip), keccak(text=HANDLE), tip, "for the parser")
    ]
    assert jars.escrow.isHandleTipOpen(handle_tip_id(tip)) is True
    assert jars.held() == AMOUNT
    assert jars.escrow.claimable(jars.jar_of(ANNA)) == 0


def test_the_attested_creator_claims_and_collects_without_gas(
    jars: Jars, tip: HeldTip, platform: Any
) -> None:
    tx = claim(jars, [tip], platform)
    assert logs_of(tx, jars.escrow) == [("HandleTipsClaimed", (handle_tip_id(tip),), ANNA, AMOUNT)]
    assert jars.escrow.isHandleTipOpen(handle_tip_id(tip)) is False
    assert jars.escrow.claimable(jars.jar_of(ANNA)) == AMOUNT
    jars.escrow.collect(jars.jar_of(ANNA), 0, {"from": jars.relayer})
    assert jars.balance(ANNA) == AMOUNT
    assert jars.held() == 0
    assert web3.eth.get_transaction_count(ANNA) == 0


def test_tips_of_many_to_one_handle_are_claimed_at_once(jars: Jars, tip: HeldTip, platform: Any) -> None:
    """One has come too late and is left to its tipper; the others don't wait for it."""
    world = jars.world
    late = handle_tip(world.giver, HANDLE, platform, 7, world.now() + 30 * DAY)
    good = handle_tip(world.giver, HANDLE, platform, 2 * AMOUNT, world.now() + 90 * DAY, salt=1)
    for one in (late, good):
        jars.escrow.tipHandle(one, "", ITSELF, {"from": world.giver})
    mine_at(late[4])
    tx = claim(jars, [late, tip, good], platform)
    assert logs_of(tx, jars.escrow) == [
        ("HandleTipSkipped", handle_tip_id(late)),
        ("HandleTipsClaimed", tuple(handle_tip_id(one) for one in (late, tip, good)), ANNA, 3 * AMOUNT),
    ]
    jars.escrow.reclaimHandleTip(late, {"from": world.stranger})
    jars.escrow.collect(jars.jar_of(ANNA), 0, {"from": world.stranger})
    assert jars.balance(world.giver) == 10 * AMOUNT - 2 * AMOUNT
    assert (jars.balance(ANNA), jars.held()) == (3 * AMOUNT, 0)


def test_a_tip_is_claimed_once(jars: Jars, tip: HeldTip, platform: Any) -> None:
    claim(jars, [tip], platform)
    for held in ([tip], [tip, tip]):
        with reverts("Jar_NothingLeft", handle_tip_id(tip)):
            claim(jars, held, platform)
    assert jars.escrow.claimable(jars.jar_of(ANNA)) == AMOUNT


def test_one_tip_named_twice_in_a_claim_counts_once(jars: Jars, tip: HeldTip, platform: Any) -> None:
    jars.fund(jars.giver, AMOUNT)
    jars.escrow.tip(jars.giver, jars.jar, AMOUNT, "", ITSELF, {"from": jars.giver})
    claim(jars, [tip, tip], platform)
    assert jars.escrow.claimable(jars.jar_of(ANNA)) == AMOUNT
    assert jars.held() == 2 * AMOUNT


def test_only_the_attestor_the_tipper_named_says_whose_handle_it_is(
    jars: Jars, tip: HeldTip, platform: Any
) -> None:
    world = jars.world
    deadline = world.now() + DAY
    good = jars.attest([tip], ANNA, deadline, platform)

    def refused(recipient: object, until: int, attestation: bytes) -> None:
        digest = jars.digest("HandleClaim", [handle_tip_id(tip)], recipient, until)
        with reverts("Custody_InvalidSignature", platform, digest):
            jars.escrow.claimHandleTips([tip], recipient, until, attestation, {"from": world.relayer})

    # somebody else's word, the right word for another recipient or for longer than it was given
    refused(world.stranger, deadline, jars.attest([tip], world.stranger, deadline, world.stranger))
    refused(ANNA, deadline, jars.attest([tip], ANNA, deadline, world.supporter))
    refused(world.relayer, deadline, good)
    refused(ANNA, deadline + 1, good)
    # or the word for another tip to another handle
    other = handle_tip(world.giver, "github:otto", platform, 1, tip[4])
    jars.escrow.tipHandle(other, "", ITSELF, {"from": world.giver})
    refused(ANNA, deadline, jars.attest([other], ANNA, deadline, platform))
    # or one given on another chain, for another contract
    for elsewhere in (
        replace(jars.domain, chain_id=1),
        replace(jars.domain, verifying_contract=world.token.address),
    ):
        word = jars.digest("HandleClaim", [handle_tip_id(tip)], ANNA, deadline, domain=elsewhere)
        refused(ANNA, deadline, sign_digest(word, world.key(platform)))
    at(deadline)
    with reverts("Custody_DeadlinePassed", deadline, deadline):
        jars.escrow.claimHandleTips([tip], ANNA, deadline, good, {"from": world.relayer})
    assert jars.escrow.isHandleTipOpen(handle_tip_id(tip)) is True


def test_two_platforms_do_not_speak_for_each_other(jars: Jars, tip: HeldTip, platform: Any) -> None:
    world = jars.world
    other = handle_tip(world.giver, HANDLE, world.operator, 5, tip[4])
    jars.escrow.tipHandle(other, "", ITSELF, {"from": world.giver})
    with reverts("Jar_AttestorDiffers", world.operator, platform):
        claim(jars, [tip, other], platform)


def test_an_unclaimed_tip_goes_back_after_90_days(jars: Jars, tip: HeldTip, platform: Any) -> None:
    """Not a second before; and from then on the handle's owner comes too late."""
    world = jars.world
    reclaim_at = tip[4]
    at(reclaim_at - 1)
    with reverts("Jar_NotReclaimable", reclaim_at, reclaim_at - 1):
        jars.escrow.reclaimHandleTip(tip, {"from": world.supporter})
    at(reclaim_at)
    with reverts("Jar_NothingLeft", handle_tip_id(tip)):
        claim(jars, [tip], platform)
    before = jars.balance(world.supporter)
    tx = jars.escrow.reclaimHandleTip(tip, {"from": world.stranger})
    assert logs_of(tx, jars.escrow) == [
        ("HandleTipReclaimed", handle_tip_id(tip), world.supporter.address, AMOUNT)
    ]
    assert jars.balance(world.supporter) == before + AMOUNT
    assert jars.held() == 0
    with reverts("Jar_NothingLeft", handle_tip_id(tip)):
        jars.escrow.reclaimHandleTip(tip, {"from": world.supporter})


def test_the_last_second_is_the_recipients(jars: Jars, tip: HeldTip, platform: Any) -> None:
    deadline = tip[4] + DAY
    attestation = jars.attest([tip], ANNA, deadline, platform)
    at(tip[4] - 1)
    jars.escrow.claimHandleTips([tip], ANNA, deadline, attestation, {"from": jars.relayer})
    at(tip[4])
    with reverts("Jar_NothingLeft", handle_tip_id(tip)):
        jars.escrow.reclaimHandleTip(tip, {"from": jars.supporter})
    assert jars.escrow.claimable(jars.jar_of(ANNA)) == AMOUNT


def test_a_tip_to_a_handle_can_be_signed(jars: Jars, platform: Any) -> None:
    world = jars.world
    tip = handle_tip(world.supporter, HANDLE, platform, AMOUNT, world.now() + 90 * DAY)
    consent = jars.consent("TipHandle", world.supporter, handle_tip_id(tip), "hello", signer=world.supporter)
    digest = jars.digest("TipHandle", world.supporter, handle_tip_id(tip), "bye", *consent[:2])
    with reverts("Custody_InvalidSignature", world.supporter, digest):
        jars.escrow.tipHandle(tip, "bye", consent, {"from": world.relayer})
    jars.escrow.tipHandle(tip, "hello", consent, {"from": world.relayer})
    assert jars.escrow.isHandleTipOpen(handle_tip_id(tip)) is True
    with reverts("Jar_TipExists", handle_tip_id(tip)):
        jars.escrow.tipHandle(tip, "hello", ITSELF, {"from": world.supporter})


def test_a_tip_that_nobody_could_ever_claim_is_refused(jars: Jars, platform: Any) -> None:
    world = jars.world
    now = at(world.now() + 10)
    later = now + 90 * DAY
    for tip, refusal in (
        (handle_tip(world.supporter, HANDLE, platform, 1, now), ("Jar_BadReclaimDate", now, now)),
        (handle_tip(world.supporter, HANDLE, ZERO, 1, later), ("Custody_ZeroAddress",)),
        (handle_tip(world.supporter, HANDLE, platform, 0, later), ("Jar_ZeroAmount",)),
    ):
        at(now)
        with reverts(*refusal):
            jars.escrow.tipHandle(tip, "", ITSELF, {"from": world.supporter})
