"""A currency that calls back in the middle of a transfer finds the escrow's door shut, and true views."""

from typing import Any

import pytest

from tests.fixtures.tokens import MakeToken
from tests.support.clock import at
from tests.support.jars import DAY, ITSELF, NOON, Jars, use
from tests.support.payments import selector

UNIT = 10**9


def guarded_calls(jars: Jars, me: Any) -> dict[str, str]:
    """Calldata of all that moves money; each would succeed if the escrow were not at work."""
    escrow, jar, who = jars.escrow, jars.jar, str(me)
    running, paused, fresh = ((who, jar, i) for i in (0, 1, 2))
    rate = int(escrow.tierOf(jars.creator, 1)[0])
    subscription = jars.subscription(rate, 100, payer=me, account=jars.recipient)
    given = jars.gifts(rate, bytes(32), payer=me)
    tip = jars.handle_tip(5, payer=me)
    portion = (who, 1, 10)
    return {
        "open": escrow.open.encode_input(fresh, UNIT, 100, ITSELF),
        "topUp": escrow.topUp.encode_input(running, who, 100, ITSELF),
        "cancel": escrow.cancel.encode_input(running, ITSELF),
        "changeRate": escrow.changeRate.encode_input(running, 2 * UNIT, ITSELF),
        "pause": escrow.pause.encode_input(running, ITSELF),
        "resume": escrow.resume.encode_input(paused, ITSELF),
        "tip": escrow.tip.encode_input(who, jar, 100, "", ITSELF),
        "collect": escrow.collect.encode_input(jar, 9),
        "subscribe": escrow.subscribe.encode_input(subscription, ITSELF),
        "unsubscribe": escrow.unsubscribe.encode_input(jars.creator, 1, who, ITSELF),
        "giveSubscriptions": escrow.giveSubscriptions.encode_input(given, ITSELF),
        "reclaimSubscriptions": escrow.reclaimSubscriptions.encode_input(given),
        "tipHandle": escrow.tipHandle.encode_input(tip, "", ITSELF),
        "reclaimHandleTip": escrow.reclaimHandleTip.encode_input(tip),
        "claimHandleTips": escrow.claimHandleTips.encode_input([tip], who, NOON + DAY, b""),
        "claimSubscription": escrow.claimSubscription.encode_input(given, 0, who, who, [], who, b""),
        "countUsed": escrow.countUsed.encode_input([jars.id_of(running)]),
        "onRedemption": escrow.onRedemption.encode_input(who, 10, 0, [portion], use("Tip", "")),
        "withdrawOwed": escrow.withdrawOwed.encode_input(who, who, ITSELF),
    }


GUARDED = (
    "open",
    "topUp",
    "cancel",
    "changeRate",
    "pause",
    "resume",
    "tip",
    "collect",
    "subscribe",
    "unsubscribe",
    "giveSubscriptions",
    "reclaimSubscriptions",
    "tipHandle",
    "reclaimHandleTip",
    "claimHandleTips",
    "claimSubscription",
    "countUsed",
    "onRedemption",
    "withdrawOwed",
)


@pytest.fixture(scope="module")
def calling(make_jars: Any, make_token: MakeToken) -> Jars:
    """The currency is itself a payer: it has money, a running and a paused stream, and a membership."""
    token = make_token("ReenteringToken")
    jars: Jars = make_jars(token)
    escrow = jars.escrow
    rate = jars.set_tier()
    token.mint(token, 10**12, {"from": jars.deployer})
    me = {"from": jars.deployer}

    def act(data: str) -> None:
        token.program(escrow, data, 1, me)
        token.transfer(jars.merchant, 0, {"from": jars.merchant})
        assert (token.callsMade(), token.succeeded()) == (1, True), token.returned()

    token.program(token, token.approve.encode_input(escrow, 2**255), 1, me)
    token.transfer(jars.merchant, 0, {"from": jars.merchant})
    at(NOON)
    running, paused = ((str(token), jars.jar, i) for i in (0, 1))
    act(escrow.open.encode_input(running, UNIT, 10 * DAY, ITSELF))
    act(escrow.open.encode_input(paused, UNIT, 10 * DAY, ITSELF))
    act(escrow.pause.encode_input(paused, ITSELF))
    act(escrow.subscribe.encode_input(jars.subscription(rate, 10 * DAY, payer=token, account=token), ITSELF))
    jars.open(UNIT, 10 * DAY)
    at(NOON + 100)
    jars.collect()
    return jars


@pytest.mark.parametrize("during", ["pull", "payout"])
@pytest.mark.parametrize("function", GUARDED)
def test_a_currency_that_calls_back_finds_the_door_shut(calling: Jars, function: str, during: str) -> None:
    jars, token = calling, calling.token
    token.setCallsFirst(during == "pull", {"from": jars.deployer})
    token.program(jars.escrow, guarded_calls(jars, token)[function], 1, {"from": jars.deployer})
    stored = jars.stored()
    at(NOON + 200)
    if during == "pull":
        jars.tip(7)
        assert jars.stored()[0] == stored[0]
    else:
        jars.cancel(jars.key())
        assert jars.stored()[0] == stored[0] - UNIT
    assert (token.callsMade(), token.succeeded()) == (1, False)
    assert bytes.fromhex(str(token.returned())[2:]) == selector("ReentrancyGuardReentrantCall")


def test_every_function_that_moves_money_is_among_the_guarded(calling: Jars) -> None:
    """But for those that move none."""
    acts = {item["name"] for item in calling.escrow.abi if item.get("stateMutability") == "nonpayable"}
    unguarded = {"permit", "cancelConsents", "setTier", "createSharedJar", "setMonthlyCap"}
    assert acts == set(GUARDED) | unguarded
    assert set(guarded_calls(calling, calling.token)) == set(GUARDED)


@pytest.mark.parametrize("is_first", [True, False])
def test_the_views_in_the_middle_of_a_payout_are_those_after_it(calling: Jars, is_first: bool) -> None:
    """Who looks while a refund or a collection is on its way sees it as gone."""
    jars, token = calling, calling.token
    token.setCallsFirst(is_first, {"from": jars.deployer})
    key = jars.key()
    for view, act in (
        (jars.escrow.refundable.encode_input(key), lambda: jars.cancel(key)),
        (jars.escrow.claimable.encode_input(jars.jar), jars.collect),
    ):
        token.program(jars.escrow, view, 1, {"from": jars.deployer})
        at(NOON + 300)
        act()
        assert (token.callsMade(), token.succeeded()) == (1, True)
        assert int(str(token.returned()), 16) == 0


def test_a_cap_that_is_lowered_in_the_middle_of_a_payment_holds(calling: Jars) -> None:
    jars, token = calling, calling.token
    cap = jars.escrow.setMonthlyCap.encode_input(token, 5, ITSELF)
    token.setCallsFirst(True, {"from": jars.deployer})
    token.program(jars.escrow, cap, 1, {"from": jars.deployer})
    jars.tip(7)
    assert jars.escrow.monthlyCap(token)[0] == 5
    nested = jars.escrow.tip.encode_input(token, jars.jar, 6, "", ITSELF)
    token.program(jars.escrow, nested, 1, {"from": jars.deployer})
    token.transfer(jars.merchant, 0, {"from": jars.merchant})
    assert not token.succeeded()
