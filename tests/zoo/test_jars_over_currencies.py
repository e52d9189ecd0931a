"""The streaming escrow over every currency of the zoo that behaves: a whole life, and no unit is lost. And
one that begins to misbehave moves nothing in another's books.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from brownie.exceptions import VirtualMachineError

from largesse.eip712 import address_of
from tests.fixtures.tokens import MakeToken
from tests.support.certificates import ZERO, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.jars import DAY, ITSELF, NOON, Jars, handle_tip_id, use
from tests.support.misbehaving import BEHAVING, GOING_BAD, go_bad
from tests.support.tipping import Gifts, deploy_jars

SECRET = secret_of("a gift subscription")
WEEK = 7 * DAY


@pytest.fixture
def jars_of(make_world: Callable[[Any], World], make_token: MakeToken) -> Callable[..., Jars]:
    """An escrow over a new currency of a kind; the supporter and the giver have `purse` of it."""

    def make(kind: str, decimals: int = 6, purse: int = 0) -> Jars:
        jars = deploy_jars(make_world(make_token(kind, decimals)))
        for person in (jars.supporter, jars.giver):
            jars.fund(person, purse or 1_000 * 10**decimals)
        return jars

    return make


def streams(jars: Jars, unit: int) -> None:
    """Open, top up, go faster, pause, go on, end; one that runs out."""
    sender = {"from": jars.supporter}
    rate = unit * jars.scale // DAY or 1
    key = jars.open(rate, 30 * unit)
    at(jars.now() + DAY)
    jars.escrow.topUp(key, jars.giver, 10 * unit, ITSELF, {"from": jars.giver})
    at(jars.now() + DAY)
    jars.escrow.changeRate(key, 2 * rate, ITSELF, sender)
    at(jars.now() + DAY)
    jars.collect()
    jars.escrow.pause(key, ITSELF, sender)
    at(jars.now() + WEEK)
    jars.escrow.resume(key, ITSELF, sender)
    at(jars.now() + DAY)
    jars.cancel(key)
    jars.open(rate, 3 * unit, index=1)


def memberships(jars: Jars, unit: int) -> Gifts:
    """A tier; a member who leaves; two gifts, one of which is claimed."""
    rate = jars.set_tier(1, 30 * unit)
    jars.escrow.subscribe(jars.subscription(rate, 30 * unit), ITSELF, {"from": jars.supporter})
    at(jars.now() + DAY)
    jars.escrow.unsubscribe(jars.creator, 1, jars.supporter, ITSELF, {"from": jars.supporter})
    gifts = Gifts(
        jars.giver.address,
        jars.creator.address,
        1,
        0,
        rate,
        unit,
        jars.now() + WEEK,
        ((address_of(SECRET), ZERO), (ZERO, jars.stranger.address)),
    )
    jars.escrow.giveSubscriptions(gifts.struct, ITSELF, {"from": jars.giver})
    jars.escrow.claimSubscription(*gifts.claim(jars, 0, jars.holder, SECRET), {"from": jars.relayer})
    return gifts


def certificates(jars: Jars, unit: int) -> int:
    """A card of a named series into a stream, and most of it back. The series."""
    world = jars.world
    series = world.create_series([jars.creator], [jars.escrow], named=True)
    jars.token.mint(jars.issuer, 50 * unit, {"from": jars.deployer})
    jars.token.approve(world.certificates, 2**256 - 1, {"from": jars.issuer})
    world.certificates.issue(series, jars.holder, 50 * unit, {"from": jars.issuer})
    jars.redeem([world.own_card(series, 50 * unit)], use("Open", 5, 5 * unit * jars.scale // DAY))
    at(jars.now() + DAY)
    jars.cancel(jars.key(5, payer=jars.holder), payer=jars.holder)
    return series


@pytest.mark.parametrize(("kind", "decimals"), BEHAVING)
def test_a_whole_life(jars_of: Callable[..., Jars], kind: str, decimals: int) -> None:
    """Everything that can be done, in a currency that does as it is told; at the end the escrow is empty but
    for what makes no base unit of a jar."""
    unit = 10**decimals * 7
    jars = jars_of(kind, decimals, 1_000 * unit)
    mine_at(NOON)
    streams(jars, unit)
    gifts = memberships(jars, unit)
    series = certificates(jars, unit)
    shared = jars.shared_jar([jars.creator, jars.stranger], [9_000, 1_000])
    jars.tip(10 * unit, message="thanks")
    jars.tip(9 * unit, jar=shared)
    tips = [jars.handle_tip(unit, salt=salt, reclaim_at=jars.now() + WEEK) for salt in (0, 1)]
    for tip in tips:
        jars.escrow.tipHandle(tip, "", ITSELF, {"from": jars.supporter})
    deadline = jars.now() + DAY
    word = jars.attest(tips[:1], jars.recipient, deadline)
    jars.escrow.claimHandleTips(tips[:1], jars.recipient, deadline, word, {"from": jars.relayer})

    mine_at(jars.now() + 30 * DAY)
    jars.escrow.reclaimSubscriptions(gifts.struct, {"from": jars.relayer})
    jars.escrow.reclaimHandleTip(tips[1], {"from": jars.relayer})
    assert jars.escrow.isHandleTipOpen(handle_tip_id(tips[1])) is False
    for jar in (jars.jar, shared, jars.jar_of(jars.recipient)):
        jars.collect(jar)
        assert jars.due(jar) < jars.scale
    assert jars.balance(jars.recipient) == unit
    for payee, part in ((jars.creator, 9 * unit * 9 // 10), (jars.stranger, 9 * unit // 10)):
        before = jars.balance(payee)
        jars.escrow.withdrawOwed(payee, payee, ITSELF, {"from": payee})
        assert jars.balance(payee) - before == part
    # a base unit at the most of each jar, and of the split
    assert jars.held() <= 3
    card = jars.world.certificates.balanceOf(jars.holder, series)
    assert card == jars.world.reserve() >= 44 * unit
    purses = sum(jars.balance(person) for person in jars.world.people.values())
    assert purses + jars.held() + jars.world.reserve() == jars.token.totalSupply()


# what one does, the other does not feel


def everything(jars: Jars) -> tuple[Any, ...]:
    """What the escrow's books say, and what it holds."""
    return (
        jars.held(),
        jars.stored(),
        jars.due(),
        jars.escrow.stream(jars.key()),
        jars.escrow.refundable(jars.key()),
        jars.escrow.totalOwed(),
        jars.balance(jars.creator),
        jars.balance(jars.supporter),
    )


@pytest.mark.parametrize("kind", GOING_BAD)
def test_a_currency_that_goes_bad_harms_only_itself(jars_of: Callable[..., Jars], kind: str) -> None:
    good, bad = jars_of("TestToken"), jars_of(kind)
    mine_at(NOON)
    for jars in (good, bad):
        at(NOON)
        jars.open(jars.scale, 10 * DAY)
    go_bad(bad.token, kind, bad.escrow, bad.deployer)
    time = mine_at(NOON + DAY + 5)
    before = everything(good)

    # whatever is tried in the bad one
    for attempt in (
        lambda: bad.collect(),
        lambda: bad.tip(1_000),
        lambda: bad.escrow.topUp(bad.key(), bad.giver, 1_000, ITSELF, {"from": bad.giver}),
        lambda: bad.cancel(bad.key()),
    ):
        at(time)
        with suppress(VirtualMachineError):
            attempt()
    assert everything(good) == before

    at(time)
    good.collect()
    assert good.balance(good.creator) == DAY + 5
    at(time)
    good.cancel(good.key())
    assert good.held() == 0


def test_a_currency_that_shrank_and_was_made_good_pays_everybody(jars_of: Callable[..., Jars]) -> None:
    """Half of it vanished; who came first was paid, the other is owed; the issuer sends what was missing."""
    jars = jars_of("RebasingToken")
    mine_at(NOON)
    at(NOON)
    key = jars.open(jars.scale, 10 * DAY)
    jars.token.rebase(1, 2, {"from": jars.deployer})
    at(NOON + 6 * DAY)
    jars.cancel(key)
    assert jars.balance(jars.supporter) == 500 * 10**6 - 5 * DAY + 4 * DAY
    at(NOON + 6 * DAY)
    jars.collect()
    assert jars.escrow.owed(jars.creator) == 6 * DAY
    assert jars.held() == DAY
    with reverts("Custody_LeftDiffers", 6 * DAY, 0):
        jars.escrow.withdrawOwed(jars.creator, jars.creator, ITSELF, {"from": jars.creator})
    jars.token.mint(jars.escrow, 5 * DAY, {"from": jars.deployer})
    jars.escrow.withdrawOwed(jars.creator, jars.creator, ITSELF, {"from": jars.creator})
    assert jars.balance(jars.creator) == 6 * DAY
    assert jars.held() == jars.escrow.totalOwed() == 0


# accounts that a currency shuts out


def test_a_payee_that_is_shut_out_blocks_no_other_payee(jars_of: Callable[..., Jars]) -> None:
    jars = jars_of("BlacklistToken")
    shared = jars.shared_jar([jars.creator, jars.stranger], [5_000, 5_000])
    jars.tip(1_000, jar=shared)
    jars.token.blacklist(jars.creator, {"from": jars.deployer})
    jars.collect(shared)
    with reverts("Custody_LeftDiffers", 500, 0):
        jars.escrow.withdrawOwed(jars.creator, jars.creator, ITSELF, {"from": jars.creator})
    jars.escrow.withdrawOwed(jars.stranger, jars.stranger, ITSELF, {"from": jars.stranger})
    assert jars.balance(jars.stranger) == 500
    # and it may have its own sent elsewhere
    jars.escrow.withdrawOwed(jars.creator, jars.recipient, ITSELF, {"from": jars.creator})
    assert jars.balance(jars.recipient) == 500
    assert jars.held() == 0


def test_what_returns_to_somebody_shut_out_is_owed(jars_of: Callable[..., Jars]) -> None:
    """A refund, an unclaimed gift and an unclaimed tip of a payer that the currency has shut out."""
    jars = jars_of("BlacklistToken")
    mine_at(NOON)
    at(NOON)
    key = jars.open(jars.scale, 10 * DAY)
    tip = jars.handle_tip(70)
    jars.escrow.tipHandle(tip, "", ITSELF, {"from": jars.supporter})
    rate = jars.set_tier()
    places = ((ZERO, jars.stranger.address),) * 3
    gifts = Gifts(jars.supporter.address, jars.creator.address, 1, 0, rate, 1_000, NOON + WEEK, places)
    jars.escrow.giveSubscriptions(gifts.struct, ITSELF, {"from": jars.supporter})
    jars.token.blacklist(jars.supporter, {"from": jars.deployer})
    mine_at(NOON + WEEK)
    at(NOON + WEEK)
    jars.cancel(key)
    jars.escrow.reclaimSubscriptions(gifts.struct, {"from": jars.relayer})
    jars.escrow.reclaimHandleTip(tip, {"from": jars.relayer})
    assert jars.escrow.owed(jars.supporter) == 3 * DAY + 3_000 + 70
    with reverts("BlacklistToken_Blacklisted", jars.supporter):
        jars.tip(1)
    jars.escrow.withdrawOwed(jars.supporter, jars.holder, ITSELF, {"from": jars.supporter})
    assert jars.balance(jars.holder) == 3 * DAY + 3_070
    at(NOON + WEEK)
    jars.collect()
    assert (jars.balance(jars.creator), jars.held()) == (WEEK, 0)
