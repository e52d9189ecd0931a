"""Currencies that lie, shrink, refuse, burn gas or answer with megabytes: they harm themselves."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.tokens import BOMB_MODES, FALSE_MODES, MakeToken
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, Jars, gift_batch_id
from tests.support.payments import selector
from tests.zoo.raw import raw_call, raw_send

UNIT = 10**9


@pytest.fixture
def odd(make_jars: Any, make_token: MakeToken) -> Callable[[str], Jars]:
    """Jars over an odd currency; at noon the supporter has begun a stream of a unit a second for a day."""

    def make(kind: str) -> Jars:
        jars: Jars = make_jars(make_token(kind))
        at(NOON)
        jars.open(jars.scale, DAY)
        return jars

    return make


# keeping a fee, taking more


@pytest.mark.parametrize("act", ["open", "topUp", "tip", "subscribe", "giveSubscriptions", "tipHandle"])
def test_a_currency_that_keeps_a_fee_is_refused(odd: Callable[[str], Jars], act: str) -> None:
    jars = odd("FeeToken")
    rate = jars.set_tier()
    jars.token.setFeeBps(100, {"from": jars.deployer})
    send = {"from": jars.supporter}
    calls: dict[str, Callable[[], Any]] = {
        "open": lambda: jars.open(UNIT, 1_000, 1),
        "topUp": lambda: jars.escrow.topUp(jars.key(), jars.supporter, 1_000, ITSELF, send),
        "tip": lambda: jars.tip(1_000),
        "subscribe": lambda: jars.escrow.subscribe(jars.subscription(rate, 1_000), ITSELF, send),
        "giveSubscriptions": lambda: jars.escrow.giveSubscriptions(
            jars.gifts(rate, bytes(32), payer=jars.supporter, count=1), ITSELF, send
        ),
        "tipHandle": lambda: jars.escrow.tipHandle(jars.handle_tip(1_000), "", ITSELF, send),
    }
    with reverts("Custody_ArrivedDiffers", 1_000, 990):
        calls[act]()
    assert jars.held() == DAY
    if act == "giveSubscriptions":
        gifts = jars.gifts(rate, bytes(32), payer=jars.supporter, count=1)
        assert jars.escrow.giftsLeft(gift_batch_id(gifts)) == 0


def test_a_fee_that_comes_later_is_the_payees(odd: Callable[[str], Jars]) -> None:
    """What left is what was owed; less arrives, and the books stay whole."""
    jars = odd("FeeToken")
    jars.token.setFeeBps(100, {"from": jars.deployer})
    at(NOON + 1_000)
    jars.collect()
    assert jars.balance(jars.creator) == 990
    assert jars.held() == DAY - 1_000
    before = jars.balance(jars.supporter)
    at(NOON + 1_000)
    jars.cancel(jars.key())
    assert jars.balance(jars.supporter) - before == (DAY - 1_000) * 99 // 100
    assert jars.held() == 0


def test_a_currency_that_debits_more_is_refused(odd: Callable[[str], Jars]) -> None:
    """Else what others are owed would pay the fee."""
    jars = odd("SenderFeeToken")
    jars.token.setFeeBps(100, {"from": jars.deployer})
    at(NOON + 1_000)
    with reverts("Custody_LeftDiffers", 1_000, 1_010):
        jars.collect()
    with reverts("Custody_LeftDiffers", DAY - 1_000, DAY - 1_000 + (DAY - 1_000) // 100):
        jars.cancel(jars.key())
    assert jars.held() == DAY
    jars.token.setFeeBps(0, {"from": jars.deployer})
    at(NOON + 1_000)
    jars.collect()
    assert jars.held() == DAY - 1_000


# refusing and lying


@pytest.mark.parametrize("how", ["Refusing", "Lying", "paused"])
def test_a_currency_that_moves_nothing_owes(odd: Callable[[str], Jars], how: str) -> None:
    """Refunds and earnings are owed, and paid when it moves again; nobody's money is touched meanwhile."""
    jars = odd("PausableToken" if how == "paused" else "FalseReturnToken")
    sender = {"from": jars.deployer}
    purse = jars.balance(jars.supporter)
    if how == "paused":
        jars.token.pause(sender)
    else:
        jars.token.setMode(FALSE_MODES.index(how), sender)
    at(NOON + 1_000)
    jars.collect()
    at(NOON + 2_000)
    jars.cancel(jars.key())
    assert jars.escrow.owed(jars.creator) == 1_000
    assert jars.escrow.owed(jars.supporter) == DAY - 2_000
    assert jars.due() == 1_000 * UNIT
    assert jars.held() == DAY
    error = {"paused": "EnforcedPause", "Refusing": "SafeERC20FailedOperation"}.get(how)
    if error is None:
        with reverts("Custody_ArrivedDiffers", 5, 0):
            jars.tip(5)
    else:
        with reverts(error, *([jars.token] if how == "Refusing" else [])):
            jars.tip(5)
    if how == "paused":
        jars.token.unpause(sender)
    else:
        jars.token.setMode(FALSE_MODES.index("Honest"), sender)
    for person in (jars.creator, jars.supporter):
        jars.escrow.withdrawOwed(person, person, ITSELF, {"from": person})
    at(NOON + 2_000)
    jars.collect()
    assert jars.balance(jars.creator) == 2_000
    assert jars.balance(jars.supporter) - purse == DAY - 2_000
    assert jars.held() == jars.escrow.totalOwed() == 0


# burning gas


def test_a_payout_is_never_starved_into_a_debt(odd: Callable[[str], Jars]) -> None:
    """A relayer that sends too little gas has its transaction reverted; nobody is owed what could be paid."""
    jars = odd("BlacklistToken")
    mine_at(NOON + 1_000)
    full = int(jars.escrow.collect.estimate_gas(jars.jar, 9, {"from": jars.stranger}))
    for gas in range(full - 40_000, full + 4_000, 2_000):
        at(NOON + 1_000)
        status = raw_send(jars.escrow.collect, jars.jar, 9, sender=jars.stranger, gas=gas)["status"]
        assert jars.escrow.totalOwed() == 0
        if status == 1:
            break
    assert status == 1
    assert gas > full - 40_000  # the first ones were not enough
    assert jars.balance(jars.creator) == 1_000


def test_a_currency_that_burns_all_gas_owes_or_reverts(odd: Callable[[str], Jars]) -> None:
    jars = odd("GasGuzzlerToken")
    jars.token.setBurns(True, False, {"from": jars.deployer})
    at(NOON + 1_000)
    jars.escrow.collect(jars.jar, 9, {"from": jars.stranger, "gas_limit": 12_000_000})
    assert jars.escrow.owed(jars.creator) == 1_000
    jars.token.setBurns(False, True, {"from": jars.deployer})
    with reverts("Custody_NoBalance", jars.token):
        jars.escrow.cancel(jars.key(), ITSELF, {"from": jars.supporter, "gas_limit": 12_000_000})
    jars.token.setBurns(False, False, {"from": jars.deployer})
    at(NOON + 1_000)
    jars.cancel(jars.key())
    assert jars.held() == 1_000


def test_a_payout_that_had_too_little_gas_reverts_instead_of_being_owed(odd: Callable[[str], Jars]) -> None:
    jars = odd("GasGuzzlerToken")
    jars.token.setBurns(True, False, {"from": jars.deployer})
    mine_at(NOON + 1_000)
    starved = raw_call(jars.escrow.collect, jars.jar, 9, sender=jars.stranger, gas=150_000)
    assert (starved.succeeded, starved.data[:4]) == (False, selector("Custody_GasFloor"))
    assert jars.escrow.totalOwed() == 0


@pytest.mark.parametrize("mode", ["Success", "Failure"])
def test_megabytes_of_answer_cost_their_currency_only(odd: Callable[[str], Jars], mode: str) -> None:
    jars = odd("ReturnBombToken")
    jars.token.setMode(BOMB_MODES.index(mode), 1 << 20, {"from": jars.deployer})
    at(NOON + 1_000)
    tx = jars.escrow.collect(jars.jar, 9, {"from": jars.stranger, "gas_limit": 6_000_000})
    assert tx.gas_used < 3_000_000  # its own 2.2 million, and no copy
    assert (jars.balance(jars.creator), jars.escrow.owed(jars.creator)) == (
        (1_000, 0) if mode == "Success" else (0, 1_000)
    )


def test_a_currency_that_shrinks_pays_who_comes_first_and_lies_to_nobody(odd: Callable[[str], Jars]) -> None:
    """Half of all balances vanish: there is not enough for all, and the last is owed."""
    jars = odd("RebasingToken")
    jars.token.rebase(1, 2, {"from": jars.deployer})
    assert jars.held() == DAY // 2
    at(NOON + 2_000)
    jars.collect()
    assert jars.balance(jars.creator) == 2_000
    at(NOON + 2_000)
    jars.cancel(jars.key())
    assert jars.escrow.owed(jars.supporter) == DAY - 2_000
    with reverts("Custody_LeftDiffers", DAY - 2_000, 0):
        jars.escrow.withdrawOwed(jars.supporter, jars.supporter, ITSELF, {"from": jars.supporter})
