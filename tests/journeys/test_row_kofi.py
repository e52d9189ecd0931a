"""Row kofi: one transaction tips with a message; the creator can collect in the next block; no fee."""

from __future__ import annotations

import pytest

from tests.support.certificates import World
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.tipping import ITSELF, Tipping, deploy_tipping, jar_of

COFFEE = 5_000_000
THANKS = "For the essay on rivers — danke! ☕"


@pytest.fixture(scope="module")
def tips(world: World) -> Tipping:
    tips = deploy_tipping(world)
    tips.fund(world.supporter, 4 * COFFEE)
    return tips


def test_one_transaction_tips_with_a_message(tips: Tipping) -> None:
    world = tips.world
    sent = world.supporter.nonce
    jar = jar_of(world.creator)
    tx = tips.escrow.tip(world.supporter, jar, COFFEE, THANKS, ITSELF, {"from": world.supporter})
    assert world.supporter.nonce == sent + 1
    assert logs_of(tx, tips.escrow) == [("Tipped", world.supporter.address, jar, COFFEE, THANKS)]
    assert tips.escrow.claimable(jar) == COFFEE
    assert tips.held() == COFFEE


def test_the_creator_collects_in_the_next_block_and_no_fee_is_taken(tips: Tipping) -> None:
    world = tips.world
    jar = jar_of(world.creator)
    tx = tips.escrow.tip(world.supporter, jar, COFFEE, THANKS, ITSELF, {"from": world.supporter})
    collected = tips.escrow.collect(jar, 0, {"from": world.creator})
    assert collected.block_number == tx.block_number + 1
    assert collected.events["Collected"]["amount"] == tips.purse(world.creator) == COFFEE
    assert tips.purse(world.supporter) == 3 * COFFEE
    assert tips.held() == tips.escrow.claimable(jar) == tips.escrow.totalOwed() == 0


def test_a_block_in_the_same_second_is_late_enough(tips: Tipping) -> None:
    world = tips.world
    jar = jar_of(world.creator)
    tx = tips.escrow.tip(world.supporter, jar, COFFEE, "", ITSELF, {"from": world.supporter})
    at(tx.timestamp)
    tips.escrow.collect(jar, 0, {"from": world.creator})
    assert tips.purse(world.creator) == COFFEE


def test_somebody_without_gas_tips_by_signature(tips: Tipping) -> None:
    """A relayer sends it and can change neither the amount, the creator nor the message."""
    world = tips.world
    jar = jar_of(world.creator)
    sent = world.supporter.nonce
    consent = tips.consent("Tip", world.supporter, jar, COFFEE, THANKS, by=world.supporter)
    for other in ((jar, COFFEE + 1, THANKS), (jar_of(world.relayer), COFFEE, THANKS), (jar, COFFEE, "boo")):
        digest = tips.digest("Tip", (world.supporter, *other), *consent[:2])
        with reverts("Custody_InvalidSignature", world.supporter, digest):
            tips.escrow.tip(world.supporter, *other, consent, {"from": world.relayer})
    tips.escrow.tip(world.supporter, jar, COFFEE, THANKS, consent, {"from": world.relayer})
    with reverts("Custody_NonceTooLow", 1, 1):
        tips.escrow.tip(world.supporter, jar, COFFEE, THANKS, consent, {"from": world.relayer})
    assert world.supporter.nonce == sent
    assert tips.escrow.claimable(jar) == COFFEE


def test_tips_add_up_whoever_collects(tips: Tipping) -> None:
    """Anybody may send the collecting transaction; the money is the creator's."""
    world = tips.world
    jar = jar_of(world.creator)
    for amount in (1, COFFEE, 77):
        tips.escrow.tip(world.supporter, jar, amount, "", ITSELF, {"from": world.supporter})
    tips.escrow.collect(jar, 0, {"from": world.stranger})
    assert tips.purse(world.creator) == COFFEE + 78
    assert tips.purse(world.stranger) == 0


def test_a_tip_of_nothing_or_to_nobody_is_refused(tips: Tipping) -> None:
    world = tips.world
    with reverts("Jar_ZeroAmount"):
        tips.escrow.tip(world.supporter, jar_of(world.creator), 0, "", ITSELF, {"from": world.supporter})
    for jar in (0, jar_of(world.creator, 1)):
        with reverts("Jar_UnknownJar", jar):
            tips.escrow.tip(world.supporter, jar, 1, "", ITSELF, {"from": world.supporter})
    assert tips.held() == 0


def test_nobody_tips_with_anothers_money(tips: Tipping) -> None:
    world = tips.world
    with reverts("Custody_NotItself", world.supporter, world.stranger):
        tips.escrow.tip(world.supporter, jar_of(world.stranger), COFFEE, "", ITSELF, {"from": world.stranger})


def test_the_message_is_in_the_log_as_it_was_written(tips: Tipping) -> None:
    world = tips.world
    text = "é" * 700 + "\n\0🎈"
    tx = tips.escrow.tip(world.supporter, jar_of(world.creator), 1, text, ITSELF, {"from": world.supporter})
    assert tx.events["Tipped"]["message"] == text
