"""Row kofi: one transaction tips with a message; the creator can collect in the next block; no fee."""

from __future__ import annotations

import pytest

from tests.support.certificates import World
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.jars import ITSELF, Jars
from tests.support.logs import logs_of
from tests.support.tipping import deploy_jars

COFFEE = 5_000_000
THANKS = "For the essay on rivers — danke! ☕"


@pytest.fixture(scope="module")
def jars(world: World) -> Jars:
    jars = deploy_jars(world)
    jars.fund(world.supporter, 4 * COFFEE)
    return jars


def test_one_transaction_tips_with_a_message(jars: Jars) -> None:
    world = jars.world
    sent = world.supporter.nonce
    jar = jars.jar
    tx = jars.escrow.tip(world.supporter, jar, COFFEE, THANKS, ITSELF, {"from": world.supporter})
    assert world.supporter.nonce == sent + 1
    assert logs_of(tx, jars.escrow) == [("Tipped", world.supporter.address, jar, COFFEE, THANKS)]
    assert jars.escrow.claimable(jar) == COFFEE
    assert jars.held() == COFFEE


def test_the_creator_collects_in_the_next_block_and_no_fee_is_taken(jars: Jars) -> None:
    world = jars.world
    jar = jars.jar
    tx = jars.escrow.tip(world.supporter, jar, COFFEE, THANKS, ITSELF, {"from": world.supporter})
    collected = jars.escrow.collect(jar, 0, {"from": world.creator})
    assert collected.block_number == tx.block_number + 1
    assert collected.events["Collected"]["amount"] == jars.balance(world.creator) == COFFEE
    assert jars.balance(world.supporter) == 3 * COFFEE
    assert jars.held() == jars.escrow.claimable(jar) == jars.escrow.totalOwed() == 0


def test_a_block_in_the_same_second_is_late_enough(jars: Jars) -> None:
    world = jars.world
    jar = jars.jar
    tx = jars.escrow.tip(world.supporter, jar, COFFEE, "", ITSELF, {"from": world.supporter})
    at(tx.timestamp)
    jars.escrow.collect(jar, 0, {"from": world.creator})
    assert jars.balance(world.creator) == COFFEE


def test_somebody_without_gas_tips_by_signature(jars: Jars) -> None:
    """A relayer sends it and can change neither the amount, the creator nor the message."""
    world = jars.world
    jar = jars.jar
    sent = world.supporter.nonce
    consent = jars.consent("Tip", world.supporter, jar, COFFEE, THANKS, signer=world.supporter)
    for other in (
        (jar, COFFEE + 1, THANKS),
        (jars.jar_of(world.relayer), COFFEE, THANKS),
        (jar, COFFEE, "boo"),
    ):
        digest = jars.digest("Tip", world.supporter, *other, *consent[:2])
        with reverts("Custody_InvalidSignature", world.supporter, digest):
            jars.escrow.tip(world.supporter, *other, consent, {"from": world.relayer})
    jars.escrow.tip(world.supporter, jar, COFFEE, THANKS, consent, {"from": world.relayer})
    with reverts("Custody_NonceTooLow", 1, 1):
        jars.escrow.tip(world.supporter, jar, COFFEE, THANKS, consent, {"from": world.relayer})
    assert world.supporter.nonce == sent
    assert jars.escrow.claimable(jar) == COFFEE


def test_tips_add_up_whoever_collects(jars: Jars) -> None:
    """Anybody may send the collecting transaction; the money is the creator's."""
    world = jars.world
    jar = jars.jar
    for amount in (1, COFFEE, 77):
        jars.escrow.tip(world.supporter, jar, amount, "", ITSELF, {"from": world.supporter})
    jars.escrow.collect(jar, 0, {"from": world.stranger})
    assert jars.balance(world.creator) == COFFEE + 78
    assert jars.balance(world.stranger) == 0


def test_a_tip_of_nothing_or_to_nobody_is_refused(jars: Jars) -> None:
    world = jars.world
    with reverts("Jar_ZeroAmount"):
        jars.escrow.tip(world.supporter, jars.jar, 0, "", ITSELF, {"from": world.supporter})
    for jar in (0, jars.jar_of(world.creator, 1)):
        with reverts("Jar_UnknownJar", jar):
            jars.escrow.tip(world.supporter, jar, 1, "", ITSELF, {"from": world.supporter})
    assert jars.held() == 0


def test_nobody_tips_with_anothers_money(jars: Jars) -> None:
    world = jars.world
    with reverts("Custody_NotItself", world.supporter, world.stranger):
        jars.escrow.tip(
            world.supporter, jars.jar_of(world.stranger), COFFEE, "", ITSELF, {"from": world.stranger}
        )


def test_the_message_is_in_the_log_as_it_was_written(jars: Jars) -> None:
    world = jars.world
    text = "é" * 700 + "\n\0🎈"
    tx = jars.escrow.tip(world.supporter, jars.jar, 1, text, ITSELF, {"from": world.supporter})
    assert tx.events["Tipped"]["message"] == text
