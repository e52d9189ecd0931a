"""tipHandle, claimHandleTips, reclaimHandleTip: tips to somebody who may not have an account yet."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.fixtures.accounts import MakeAccount
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, TODAY, ZERO, Jars, handle_tip_id
from tests.support.logs import logs_of
from tests.support.outputs import returned

RECLAIM = NOON + 7 * DAY
DEADLINE = NOON + 30 * DAY

HandleTip = tuple[Any, ...]


def give(jars: Jars, *tips: HandleTip) -> Any:
    for tip in tips:
        tx = jars.escrow.tipHandle(tip, "for the library", ITSELF, {"from": jars.supporter})
    return tx


def claim(
    jars: Jars, tips: Sequence[HandleTip], recipient: Any = None, deadline: int = DEADLINE, by: Any = None
) -> Any:
    """By the relayer, with a good attestation unless one is given."""
    recipient = recipient or jars.recipient
    attestation = jars.attest(tips, recipient, deadline) if by is None else by
    return jars.escrow.claimHandleTips(tips, recipient, deadline, attestation, {"from": jars.relayer})


def reclaim(jars: Jars, tip: HandleTip) -> Any:
    return jars.escrow.reclaimHandleTip(tip, {"from": jars.relayer})


# tipHandle


def test_tip_handle_reverts_for_nothing_and_for_no_attestor(jars: Jars) -> None:
    with reverts("Jar_ZeroAmount"):
        give(jars, jars.handle_tip(0))
    with reverts("Custody_ZeroAddress"):
        give(jars, jars.handle_tip(attestor=ZERO))


def test_tip_handle_reverts_for_another_account(jars: Jars) -> None:
    with reverts("Custody_NotItself", jars.supporter, jars.creator):
        jars.escrow.tipHandle(jars.handle_tip(), "", ITSELF, {"from": jars.creator})


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_tip_handle_reverts_for_a_reclaim_date_that_is_no_longer_ahead(jars: Jars, late: int) -> None:
    now = at(RECLAIM + late)
    if late < 0:
        give(jars, jars.handle_tip())
    else:
        with reverts("Jar_BadReclaimDate", RECLAIM, now):
            give(jars, jars.handle_tip())


def test_tip_handle_reverts_while_the_same_is_open(jars: Jars) -> None:
    tip = jars.handle_tip()
    give(jars, tip)
    with reverts("Jar_TipExists", handle_tip_id(tip)):
        give(jars, tip)
    give(jars, jars.handle_tip(salt=1))


def test_tip_handle(jars: Jars) -> None:
    tip = jars.handle_tip(1_234)
    before = jars.balance(jars.supporter)
    tx = give(jars, tip)
    assert before - jars.balance(jars.supporter) == jars.held() == 1_234
    assert returned(tx) == int.from_bytes(handle_tip_id(tip), "big")
    assert jars.escrow.isHandleTipOpen(handle_tip_id(tip))
    assert logs_of(tx, jars.escrow) == [
        ("HandleTipped", handle_tip_id(tip), tip[1], tip, "for the library"),
    ]


# claimHandleTips


def test_claim_handle_tips_reverts_for_nobody_and_for_no_tips(jars: Jars) -> None:
    tip = jars.handle_tip()
    give(jars, tip)
    with reverts("Jar_UnknownJar", 0):
        claim(jars, [tip], ZERO)
    with reverts("Jar_ZeroAmount"):
        jars.escrow.claimHandleTips([], jars.recipient, DEADLINE, b"", {"from": jars.relayer})


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_claim_handle_tips_reverts_from_the_deadline_on(jars: Jars, late: int) -> None:
    tip = jars.handle_tip()
    give(jars, tip)
    now = at(NOON + late)
    if late < 0:
        claim(jars, [tip], deadline=NOON)
    else:
        with reverts("Custody_DeadlinePassed", NOON, now):
            claim(jars, [tip], deadline=NOON)


def test_claim_handle_tips_reverts_for_two_attestors(jars: Jars) -> None:
    mine, other = jars.handle_tip(), jars.handle_tip(attestor=jars.stranger)
    give(jars, mine, other)
    for tips, second, first in (
        ([mine, other], jars.stranger, jars.agent),
        ([other, mine], jars.agent, jars.stranger),
    ):
        with reverts("Jar_AttestorDiffers", second, first):
            claim(jars, tips)


def test_claim_handle_tips_reverts_for_another_signature(jars: Jars) -> None:
    """Of another attestor; over other tips, in another order, another recipient or deadline; none."""
    tips = [jars.handle_tip(salt=i) for i in range(3)]
    give(jars, *tips)
    digest = jars.digest("HandleClaim", [handle_tip_id(t) for t in tips], jars.recipient, DEADLINE)
    for bad in (
        jars.attest(tips, jars.recipient, DEADLINE, jars.stranger),
        jars.attest(tips, jars.stranger, DEADLINE),
        jars.attest(tips, jars.recipient, DEADLINE + 1),
        jars.attest(tips[:2], jars.recipient, DEADLINE),
        jars.attest(tips[::-1], jars.recipient, DEADLINE),
        b"",
        bytes(65),
    ):
        with reverts("Custody_InvalidSignature", jars.agent, digest):
            claim(jars, tips, by=bad)
    claim(jars, tips)


def test_claim_handle_tips_reverts_when_none_is_left(jars: Jars) -> None:
    tip = jars.handle_tip()
    with reverts("Jar_NothingLeft", handle_tip_id(tip)):
        claim(jars, [tip])
    give(jars, tip)
    claim(jars, [tip])
    with reverts("Jar_NothingLeft", handle_tip_id(tip)):
        claim(jars, [tip])


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_claim_handle_tips_ends_at_the_reclaim_date(jars: Jars, late: int) -> None:
    tip = jars.handle_tip()
    give(jars, tip)
    at(RECLAIM + late)
    if late < 0:
        claim(jars, [tip])
    else:
        with reverts("Jar_NothingLeft", handle_tip_id(tip)):
            claim(jars, [tip])


def test_claim_handle_tips(jars: Jars) -> None:
    tips = [jars.handle_tip(100), jars.handle_tip(23, payer=jars.giver)]
    give(jars, tips[0])
    jars.escrow.tipHandle(tips[1], "", ITSELF, {"from": jars.giver})
    at(NOON)
    tx = claim(jars, tips)
    ids = tuple(handle_tip_id(t) for t in tips)
    assert returned(tx) == 123
    assert logs_of(tx, jars.escrow) == [("HandleTipsClaimed", ids, jars.recipient, 123)]
    jar = jars.jar_of(jars.recipient)
    assert jars.stored(jar) == (0, TODAY, 123 * jars.scale, 0, 0)
    assert not any(jars.escrow.isHandleTipOpen(i) for i in ids)
    jars.collect(jar)
    assert jars.balance(jars.recipient) == 123
    assert jars.held() == 0


def test_claim_handle_tips_skips_what_is_gone(jars: Jars) -> None:
    """Claimed, late, never given, and one twice: the good ones are paid all the same."""
    claimed, late, never, good, twice = (
        jars.handle_tip(2**i, salt=i, reclaim_at=NOON if i == 1 else RECLAIM) for i in range(5)
    )
    give(jars, claimed, late, good, twice)
    claim(jars, [claimed])
    at(NOON)
    tx = claim(jars, [claimed, late, never, good, twice, twice])
    assert returned(tx) == 8 + 16
    assert [log[1] for log in logs_of(tx, jars.escrow)[:-1]] == [
        handle_tip_id(t) for t in (claimed, late, never, twice)
    ]
    assert {log[0] for log in logs_of(tx, jars.escrow)[:-1]} == {"HandleTipSkipped"}
    assert jars.due(jars.jar_of(jars.recipient)) == 25 * jars.scale
    reclaim(jars, late)
    assert jars.held() == 25


def test_claim_handle_tips_by_an_attestor_that_is_a_contract(jars: Jars, make_account: MakeAccount) -> None:
    wallet = make_account("Wallet1271", jars.agent)
    tip = jars.handle_tip(attestor=wallet)
    give(jars, tip)
    digest = jars.digest("HandleClaim", [handle_tip_id(tip)], jars.recipient, DEADLINE)
    with reverts("Custody_InvalidSignature", wallet, digest):
        claim(jars, [tip], by=jars.attest([tip], jars.recipient, DEADLINE, jars.stranger))
    claim(jars, [tip])


# reclaimHandleTip


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_reclaim_handle_tip_from_its_date_on(jars: Jars, late: int) -> None:
    tip = jars.handle_tip(77)
    give(jars, tip)
    before = jars.balance(jars.supporter)
    now = at(RECLAIM + late)
    if late < 0:
        with reverts("Jar_NotReclaimable", RECLAIM, now):
            reclaim(jars, tip)
    else:
        tx = reclaim(jars, tip)
        assert logs_of(tx, jars.escrow) == [
            ("HandleTipReclaimed", handle_tip_id(tip), jars.supporter, 77),
        ]
        assert jars.balance(jars.supporter) - before == 77
        assert not jars.escrow.isHandleTipOpen(handle_tip_id(tip))
        assert jars.held() == 0


def test_reclaim_handle_tip_reverts_for_what_is_gone(jars: Jars) -> None:
    claimed, taken, never = (jars.handle_tip(salt=i) for i in range(3))
    give(jars, claimed, taken)
    claim(jars, [claimed])
    at(RECLAIM)
    reclaim(jars, taken)
    for tip in (claimed, taken, never):
        with reverts("Jar_NothingLeft", handle_tip_id(tip)):
            reclaim(jars, tip)
    assert jars.held() == 1_000
