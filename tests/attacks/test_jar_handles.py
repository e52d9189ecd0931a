"""Tips to handles: a foreign attestor, an attestation used again, a row that is meant to block others."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, Jars, handle_tip_id
from tests.support.outputs import returned

DEADLINE = NOON + 30 * DAY


def give(jars: Jars, *tips: tuple[Any, ...]) -> None:
    for tip in tips:
        jars.escrow.tipHandle(tip, "", ITSELF, {"from": jars.supporter})


def claim(jars: Jars, tips: Sequence[Any], recipient: Any, attestation: bytes) -> Any:
    return jars.escrow.claimHandleTips(tips, str(recipient), DEADLINE, attestation, {"from": jars.stranger})


def test_an_attestor_speaks_for_those_who_named_him(jars: Jars) -> None:
    """A thief names himself as attestor of a tip of his own and puts others' tips beside it."""
    victim = jars.handle_tip()
    mine = jars.handle_tip(1, attestor=jars.stranger, salt=1)
    give(jars, victim, mine)
    foreign = jars.attest([victim], jars.stranger, DEADLINE, jars.stranger)
    digest = jars.digest("HandleClaim", [handle_tip_id(victim)], jars.stranger, DEADLINE)
    with reverts("Custody_InvalidSignature", jars.agent, digest):
        claim(jars, [victim], jars.stranger, foreign)
    both = jars.attest([mine, victim], jars.stranger, DEADLINE, jars.stranger)
    with reverts("Jar_AttestorDiffers", jars.agent, jars.stranger):
        claim(jars, [mine, victim], jars.stranger, both)
    # with another attestor written into it, it is another tip, which nobody gave
    forged = (*victim[:2], str(jars.stranger), *victim[3:])
    with reverts("Jar_NothingLeft", handle_tip_id(forged)):
        claim(jars, [forged], jars.stranger, jars.attest([forged], jars.stranger, DEADLINE, jars.stranger))
    assert jars.escrow.isHandleTipOpen(handle_tip_id(victim))


def test_an_attestation_serves_its_recipient_and_its_tips(jars: Jars) -> None:
    first, second = jars.handle_tip(), jars.handle_tip(salt=1)
    give(jars, first, second)
    attestation = jars.attest([first], jars.recipient, DEADLINE)
    for tips, recipient in (
        ([first], jars.stranger),
        ([second], jars.recipient),
        ([first, second], jars.recipient),
    ):
        digest = jars.digest("HandleClaim", [handle_tip_id(t) for t in tips], recipient, DEADLINE)
        with reverts("Custody_InvalidSignature", jars.agent, digest):
            claim(jars, tips, recipient, attestation)
    claim(jars, [first], jars.recipient, attestation)
    with reverts("Jar_NothingLeft", handle_tip_id(first)):
        claim(jars, [first], jars.recipient, attestation)


def test_the_same_tip_given_again_goes_to_the_same_recipient(jars: Jars) -> None:
    """The attestation is still good: for whom it was made."""
    tip = jars.handle_tip()
    attestation = jars.attest([tip], jars.recipient, DEADLINE)
    for _ in range(2):
        give(jars, tip)
        claim(jars, [tip], jars.recipient, attestation)
    assert jars.due(jars.jar_of(jars.recipient)) == 2_000 * jars.scale


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_tip_that_somebody_claims_first_blocks_no_neighbour(jars: Jars, place: int) -> None:
    """A thief submits one of three, whose attestation it has, just before the three: two are paid."""
    tips = [jars.handle_tip(10**i, salt=i) for i in range(3)]
    give(jars, *tips)
    all_three = jars.attest(tips, jars.recipient, DEADLINE)
    claim(jars, [tips[place]], jars.recipient, jars.attest([tips[place]], jars.recipient, DEADLINE))
    tx = claim(jars, tips, jars.recipient, all_three)
    assert returned(tx) == 111 - 10**place
    assert jars.due(jars.jar_of(jars.recipient)) == 111 * jars.scale


def test_a_reclaimed_tip_blocks_no_neighbour(jars: Jars) -> None:
    """Its payer takes it back at its date, while the others' dates are later."""
    early = jars.handle_tip(5, reclaim_at=NOON + DAY)
    late = jars.handle_tip(7, salt=1)
    give(jars, early, late)
    at(NOON + DAY)
    jars.escrow.reclaimHandleTip(early, {"from": jars.stranger})
    tx = claim(jars, [early, late], jars.recipient, jars.attest([early, late], jars.recipient, DEADLINE))
    assert returned(tx) == 7
    assert jars.held() == 7


def test_a_tip_is_paid_once_whatever_races(jars: Jars) -> None:
    """Claim and reclaim have no second in common."""
    tip = jars.handle_tip(9, reclaim_at=NOON + DAY)
    give(jars, tip)
    attestation = jars.attest([tip], jars.recipient, DEADLINE)
    at(NOON + DAY - 1)
    with reverts("Jar_NotReclaimable", NOON + DAY, NOON + DAY - 1):
        jars.escrow.reclaimHandleTip(tip, {"from": jars.supporter})
    at(NOON + DAY)
    with reverts("Jar_NothingLeft", handle_tip_id(tip)):
        claim(jars, [tip], jars.recipient, attestation)
    jars.escrow.reclaimHandleTip(tip, {"from": jars.supporter})
    assert jars.held() == 0


def test_nobody_gives_in_anothers_name(jars: Jars) -> None:
    """The payer gets an unclaimed tip back: a thief that could name himself as payer of another's money would
    have it."""
    tip = jars.handle_tip(payer=jars.stranger)
    with reverts("Custody_NotItself", jars.stranger, jars.supporter):
        jars.escrow.tipHandle(tip, "", ITSELF, {"from": jars.supporter})
    mine = jars.handle_tip()
    consent = jars.consent("TipHandle", str(jars.supporter), handle_tip_id(mine), "")
    digest = jars.digest("TipHandle", str(jars.stranger), handle_tip_id(tip), "", *consent[:2])
    with reverts("Custody_InvalidSignature", jars.stranger, digest):
        jars.escrow.tipHandle(tip, "", consent, {"from": jars.relayer})
