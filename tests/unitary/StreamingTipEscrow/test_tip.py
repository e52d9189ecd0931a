"""tip: money at once, with a message."""

from typing import Any

import pytest

from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, MAX_AMOUNT, NOON, TODAY, ZERO, Jars
from tests.support.logs import logs_of

UNIT = 10**9


def test_tip_reverts_for_nothing(jars: Jars) -> None:
    with reverts("Jar_ZeroAmount"):
        jars.tip(0)


def test_tip_reverts_for_a_jar_that_nobody_can_have(jars: Jars) -> None:
    for jar in (jars.jar_of(ZERO), jars.jar_of(jars.creator, 1), 2**256 - 1):
        with reverts("Jar_UnknownJar", jar):
            jars.tip(5, jar)


def test_tip_reverts_for_another_account(jars: Jars) -> None:
    with reverts("Custody_NotItself", jars.supporter, jars.creator):
        jars.escrow.tip(jars.supporter, jars.jar, 5, "", ITSELF, {"from": jars.creator})


def test_tip_reverts_without_money(jars: Jars) -> None:
    jars.fund(jars.recipient, 4)
    with reverts("ERC20InsufficientBalance", jars.recipient, 4, 5):
        jars.escrow.tip(jars.recipient, jars.jar, 5, "", ITSELF, {"from": jars.recipient})


@pytest.mark.parametrize("amount", [1, 5, MAX_AMOUNT])
def test_tip_is_due_at_once(any_jars: Jars, amount: int) -> None:
    jars = any_jars
    before = jars.balance(jars.supporter)
    at(NOON)
    tx = jars.tip(amount, message="for the song «Größe» 🎵")
    assert before - jars.balance(jars.supporter) == jars.held() == amount
    assert jars.stored() == (0, TODAY, amount * jars.scale, 0, 0)
    assert jars.due() == amount * jars.scale
    assert jars.escrow.claimable(jars.jar) == amount
    assert logs_of(tx, jars.escrow) == [
        ("Tipped", jars.supporter, jars.jar, amount, "for the song «Größe» 🎵"),
    ]
    jars.collect()
    assert jars.balance(jars.creator) == amount


def test_tip_does_not_move_the_cursor(jars: Jars) -> None:
    at(NOON)
    jars.open(UNIT, 2 * DAY)
    at(NOON + 10 * DAY)
    jars.tip(7)
    assert jars.stored()[1] == TODAY
    assert jars.due() == (2 * DAY + 7) * UNIT


def test_tip_to_a_shared_jar_and_to_oneself(jars: Jars) -> None:
    shared = jars.shared_jar([jars.creator, jars.agent], [1, 9_999])
    jars.tip(10_000, shared)
    jars.collect(shared)
    assert (jars.escrow.owed(jars.creator), jars.escrow.owed(jars.agent)) == (1, 9_999)
    own = jars.jar_of(jars.supporter)
    before = jars.balance(jars.supporter)
    jars.tip(5, own)
    jars.collect(own)
    assert jars.balance(jars.supporter) == before


def test_tip_with_a_message_of_16_kilobytes(jars: Jars) -> None:
    """A message costs its sender only."""
    message = "x" * 16_384
    tx: Any = jars.tip(5, message=message)
    assert tx.events["Tipped"]["message"] == message
    assert jars.due() == 5 * UNIT
