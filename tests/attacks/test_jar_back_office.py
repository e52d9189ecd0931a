"""The second piece of the escrow's code, called by its own address: it has neither money nor memory there."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.clock import at
from tests.support.errors import reverts, reverts_without_data
from tests.support.jars import DAY, ITSELF, NOON, ZERO, Jars, gift_batch_id, handle_tip_id, use

UNIT = 10**9


@pytest.fixture
def alone(jars: Jars) -> Any:
    """With money that people approved to it by mistake."""
    jars.token.approve(jars.back_office, 2**255, {"from": jars.supporter})
    jars.token.approve(jars.back_office, 2**255, {"from": jars.giver})
    jars.back_office.setTier(1, 30 * DAY * 10, 0, {"from": jars.creator})
    return jars.back_office


def test_it_takes_no_money(jars: Jars, alone: Any) -> None:
    """By none of its functions, whoever calls."""
    rate = 10 * UNIT
    me, giver = {"from": jars.supporter}, {"from": jars.giver}
    with reverts("Jar_BackOfficeByItself"):
        alone.subscribe(jars.subscription(rate, 1_000), ITSELF, me)
    with reverts("Jar_BackOfficeByItself"):
        alone.giveSubscriptions(jars.gifts(rate, bytes(32)), ITSELF, giver)
    with reverts("Jar_BackOfficeByItself"):
        alone.tipHandle(jars.handle_tip(), "", ITSELF, me)
    assert jars.balance(alone) == 0


@pytest.mark.parametrize("kind", ["Tip", "Open", "TopUp", "Subscribe"])
def test_no_certificate_is_redeemed_into_it(jars: Jars, alone: Any, kind: str) -> None:
    """An open series may be paid into anybody's contract: this one refuses, and nothing has happened."""
    series = jars.world.create_series()
    jars.world.issue(series, jars.holder, 1_000)
    data = {
        "Tip": use("Tip", ""),
        "Open": use("Open", 0, UNIT),
        "TopUp": use("TopUp", 0),
        "Subscribe": use("Subscribe", str(jars.holder), 1, 0, 10 * UNIT),
    }[kind]
    payment = jars.world.payment(alone, payee=jars.creator, data=data)
    with reverts("Jar_BackOfficeByItself"):
        jars.world.certificates.pay(payment, [jars.world.own_card(series, 1_000)], {"from": jars.holder})
    assert jars.world.certificates.account(series, jars.holder) == (1_000, 0, 0)


def test_what_its_jar_earns_stays_there(jars: Jars) -> None:
    """Who tips it makes a mistake, as with any address that is nobody's: the escrow refuses its own alone."""
    jar = jars.jar_of(jars.back_office)
    at(NOON)
    jars.tip(1_000, jar)
    at(NOON + 1)
    jars.collect(jar)
    assert jars.balance(jars.back_office) == 1_000
    assert jars.escrow.owed(jars.back_office) == 0


def test_it_gives_nothing_away(jars: Jars, alone: Any) -> None:
    """What the escrow holds and remembers is out of its reach: its own storage is empty."""
    rate = jars.set_tier()
    gifts, tip = jars.gifts(rate, bytes(32)), jars.handle_tip()
    jars.escrow.giveSubscriptions(gifts, ITSELF, {"from": jars.giver})
    jars.escrow.tipHandle(tip, "", ITSELF, {"from": jars.supporter})
    jars.escrow.subscribe(jars.subscription(rate, 1_000), ITSELF, {"from": jars.supporter})
    held = jars.held()
    at(NOON + 8 * DAY)
    anybody = {"from": jars.stranger}
    with reverts("Jar_NothingLeft", gift_batch_id(gifts)):
        alone.reclaimSubscriptions(gifts, anybody)
    with reverts("Jar_NothingLeft", gift_batch_id(gifts)):
        alone.claimSubscription(gifts, 0, ZERO, jars.stranger, [], jars.stranger, b"", anybody)
    with reverts("Jar_NothingLeft", handle_tip_id(tip)):
        alone.reclaimHandleTip(tip, anybody)
    with reverts("Jar_NotMember", jars.supporter, 1):
        alone.unsubscribe(jars.creator, 1, jars.supporter, ITSELF, {"from": jars.supporter})
    attestation = jars.attest([tip], jars.stranger, NOON + 9 * DAY)
    with reverts("Jar_NothingLeft", handle_tip_id(tip)):
        alone.claimHandleTips([tip], jars.stranger, NOON + 9 * DAY, attestation, anybody)
    assert jars.held() == held


def test_its_tiers_and_caps_are_not_the_escrows(jars: Jars, alone: Any) -> None:
    alone.setMonthlyCap(jars.supporter, 0, ITSELF, {"from": jars.supporter})
    assert jars.escrow.tierOf(jars.creator, 1) == (0, 0)
    jars.tip(5)
    jars.set_tier(price=30 * DAY * 7)
    assert jars.escrow.tierOf(jars.creator, 1) == (7 * UNIT, 0)


def test_a_signature_for_the_escrow_is_none_for_it(jars: Jars, alone: Any) -> None:
    """And the other way round: the typed data name the address."""
    values = (str(jars.supporter), 5)
    consent = jars.consent("SetMonthlyCap", *values)
    own = replace(jars.domain, verifying_contract=alone.address)
    digest = jars.digest("SetMonthlyCap", *values, *consent[:2], domain=own)
    with reverts("Custody_InvalidSignature", jars.supporter, digest):
        alone.setMonthlyCap(*values, consent, {"from": jars.stranger})
    jars.escrow.setMonthlyCap(*values, consent, {"from": jars.stranger})


def test_the_escrows_views_and_streams_are_not_in_it(jars: Jars, alone: Any) -> None:
    for call in (
        jars.escrow.claimable.encode_input(jars.jar),
        jars.escrow.collect.encode_input(jars.jar, 1),
        jars.escrow.open.encode_input(jars.key(), UNIT, 100, ITSELF),
        jars.escrow.withdrawOwed.encode_input(jars.supporter, jars.supporter, ITSELF),
    ):
        with reverts_without_data():
            jars.supporter.transfer(alone, 0, data=call, gas_limit=300_000)


def test_both_pieces_name_the_same_storage(jars: Jars) -> None:
    """What one writes the other reads: a membership's stream is in the jar, a handle's tip in the claim, a
    cap counts."""
    rate = jars.set_tier()
    at(NOON)
    jars.escrow.subscribe(jars.subscription(rate, 10 * 10 * DAY), ITSELF, {"from": jars.supporter})
    assert jars.stored()[0] == rate
    tip = jars.handle_tip(11)
    jars.escrow.tipHandle(tip, "", ITSELF, {"from": jars.supporter})
    attestation = jars.attest([tip], jars.creator, NOON + DAY)
    jars.escrow.claimHandleTips([tip], jars.creator, NOON + DAY, attestation, {"from": jars.relayer})
    assert jars.due() == 11 * UNIT
    jars.escrow.setMonthlyCap(jars.supporter, 3, ITSELF, {"from": jars.supporter})
    with reverts("Jar_OverMonthlyCap", jars.supporter, 0, 4, 3):
        jars.tip(4)
    jars.escrow.cancelConsents(9, {"from": jars.supporter})
    consent = jars.consent("SetMonthlyCap", str(jars.supporter), 1, nonce=9)
    with reverts("Custody_NonceTooLow", 9, 9):
        jars.escrow.setMonthlyCap(jars.supporter, 1, consent, {"from": jars.relayer})
