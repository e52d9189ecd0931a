"""subscribe: a membership, for oneself or for somebody else."""

from typing import Any

import pytest

from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, LATEST, MIDNIGHT, NOON, TODAY, ZERO, Flow, Jars, claimable_scaled
from tests.support.logs import logs_of
from tests.support.outputs import returned

MONTH = 30 * DAY


@pytest.fixture(scope="module")
def rate(jars: Jars) -> int:
    """The creator's tier 1 costs ten base units a second."""
    return jars.set_tier()


def subscribe(jars: Jars, subscription: tuple[Any, ...], payer: Any = None) -> Any:
    return jars.escrow.subscribe(subscription, ITSELF, {"from": payer or jars.supporter})


def unsubscribe(jars: Jars, account: Any = None, payer: Any = None) -> Any:
    return jars.escrow.unsubscribe(
        jars.creator, 1, account or jars.supporter, ITSELF, {"from": payer or jars.supporter}
    )


# reverts


def test_subscribe_reverts_for_another_account(jars: Jars, rate: int) -> None:
    with reverts("Custody_NotItself", jars.supporter, jars.creator):
        subscribe(jars, jars.subscription(rate, 1_000), jars.creator)


def test_subscribe_reverts_for_nobody(jars: Jars, rate: int) -> None:
    with reverts("Custody_ZeroAddress"):
        subscribe(jars, jars.subscription(rate, 1_000, account=ZERO))


@pytest.mark.parametrize("agreed", [-1, 1])
def test_subscribe_reverts_for_another_price(jars: Jars, rate: int, agreed: int) -> None:
    with reverts("Jar_TierRateDiffers", 1, rate, rate + agreed):
        subscribe(jars, jars.subscription(rate + agreed, 1_000))


def test_subscribe_reverts_for_another_jar(jars: Jars, rate: int) -> None:
    """The creator has the tier fill a shared jar, at the same price."""
    jars.shared_jar([jars.agent], [10_000])
    jars.set_tier(version=1)
    with reverts("Jar_TierVersionDiffers", 1, 1, 0):
        subscribe(jars, jars.subscription(rate, 1_000))
    subscribe(jars, jars.subscription(rate, 1_000, version=1))


def test_subscribe_reverts_for_no_tier(jars: Jars, rate: int) -> None:
    with reverts("Jar_TierRateDiffers", 2, 0, rate):
        subscribe(jars, jars.subscription(rate, 1_000, tier=2))
    with reverts("Jar_RateOutOfRange", 0, 2**80 - 1):
        subscribe(jars, jars.subscription(0, 1_000, tier=2))
    with reverts("Jar_RateOutOfRange", 0, 2**80 - 1):
        subscribe(jars, jars.subscription(0, 1_000, creator=ZERO))


def test_subscribe_reverts_for_less_than_a_second(jars: Jars, rate: int) -> None:
    with reverts("Jar_AmountBelowOneSecond", 9 * jars.scale, rate):
        subscribe(jars, jars.subscription(rate, 9))
    at(NOON)
    assert returned(subscribe(jars, jars.subscription(rate, 10))) == NOON + 1


def test_subscribe_reverts_beyond_40_bits(jars: Jars, rate: int) -> None:
    at(NOON)
    with reverts("Jar_EndTooLate", LATEST + 1, LATEST):
        subscribe(jars, jars.subscription(rate, 10 * (LATEST + 1 - NOON)))


def test_subscribe_reverts_while_somebody_else_pays(jars: Jars, rate: int) -> None:
    at(NOON)
    subscribe(jars, jars.subscription(rate, 1_000, payer=jars.giver), jars.giver)
    at(NOON + 99)
    with reverts("Jar_AlreadyMember", jars.supporter, NOON + 100):
        subscribe(jars, jars.subscription(rate, 1_000))
    at(NOON + 100)
    subscribe(jars, jars.subscription(rate, 1_000))
    assert jars.escrow.membership(jars.creator, jars.supporter, 1)[0] == jars.supporter


def test_an_extension_reverts_when_the_price_has_changed(jars: Jars, rate: int) -> None:
    """What runs keeps its rate to its end; more of it is not to be had."""
    at(NOON)
    subscribe(jars, jars.subscription(rate, 1_000))
    new = jars.set_tier(price=MONTH * 11)
    for agreed, tier in ((rate, new), (new, rate)):
        with reverts("Jar_TierRateDiffers", 1, tier, agreed):
            subscribe(jars, jars.subscription(agreed, 1_100))
    at(NOON + 100)
    subscribe(jars, jars.subscription(new, 1_100))


def test_an_extension_reverts_when_the_jar_has_changed(jars: Jars, rate: int) -> None:
    at(NOON)
    subscribe(jars, jars.subscription(rate, 1_000))
    jars.shared_jar([jars.agent], [10_000])
    jars.set_tier(version=1)
    with reverts("Jar_TierVersionDiffers", 1, 1, 0):
        subscribe(jars, jars.subscription(rate, 1_000))
    with reverts("Jar_TierVersionDiffers", 1, 0, 1):
        subscribe(jars, jars.subscription(rate, 1_000, version=1))


# it subscribes


@pytest.mark.parametrize("who", ["supporter", "recipient"])
def test_subscribe(jars: Jars, rate: int, who: str) -> None:
    account = getattr(jars, who)
    at(NOON)
    tx = subscribe(jars, jars.subscription(rate, 10 * MONTH + 9, account=account))
    until = NOON + MONTH
    assert returned(tx) == until
    assert jars.held() == 10 * MONTH + 9
    assert jars.escrow.membership(jars.creator, account, 1) == (jars.supporter, NOON, until, 0)
    assert jars.escrow.isSupporter(jars.creator, account, 1) == NOON
    assert jars.stored() == (rate, TODAY, 9 * jars.scale - rate * DAY // 2, 0, 0)
    assert jars.escrow.stream(jars.key()) == (0, 0, 0, 0)  # it has no index of its own
    assert logs_of(tx, jars.escrow) == [
        (
            "Subscribed",
            jars.creator,
            account,
            1,
            jars.supporter,
            jars.jar,
            rate,
            10 * MONTH + 9,
            until,
        )
    ]
    for nobody in ((jars.creator, account, 2), (jars.agent, account, 1), (jars.creator, jars.giver, 1)):
        assert jars.escrow.isSupporter(*nobody) == 0
    mine_at(until - 1)
    assert jars.escrow.isSupporter(jars.creator, account, 1) == NOON
    mine_at(until)
    assert jars.escrow.isSupporter(jars.creator, account, 1) == 0
    at(until + DAY)
    jars.collect()
    assert jars.balance(jars.creator) == 10 * MONTH + 9


def test_subscribe_into_a_shared_jar(jars: Jars, rate: int) -> None:
    shared = jars.shared_jar([jars.creator, jars.agent], [4_000, 6_000])
    jars.set_tier(version=1)
    at(NOON)
    subscribe(jars, jars.subscription(rate, 10 * 2 * DAY, version=1))
    assert jars.escrow.membership(jars.creator, jars.supporter, 1)[3] == 1
    assert (jars.stored()[0], jars.stored(shared)[0]) == (0, rate)
    at(NOON + DAY)
    jars.collect(shared)
    assert jars.escrow.owed(jars.agent) == 6 * DAY


def test_an_extension_keeps_since(jars: Jars, rate: int) -> None:
    at(NOON)
    subscribe(jars, jars.subscription(rate, 1_000))
    for second, until in ((50, NOON + 2_000), (99, NOON + MONTH)):
        at(NOON + second)
        more = 10 * (until - int(jars.escrow.membership(jars.creator, jars.supporter, 1)[2]))
        tx = subscribe(jars, jars.subscription(rate, more))
        assert returned(tx) == until
        assert jars.escrow.membership(jars.creator, jars.supporter, 1) == (jars.supporter, NOON, until, 0)
        assert logs_of(tx, jars.escrow) == [
            ("SubscriptionExtended", jars.creator, jars.supporter, 1, jars.supporter, more, until)
        ]
    mine_at(MIDNIGHT + 10 * DAY)
    assert jars.due() == claimable_scaled([Flow(rate, NOON, NOON + MONTH)], MIDNIGHT + 10 * DAY)


@pytest.mark.parametrize("late", [0, 1])
def test_a_renewal_after_the_end_begins_anew(jars: Jars, rate: int, late: int) -> None:
    at(NOON)
    subscribe(jars, jars.subscription(rate, 1_000))
    at(NOON + 100 + late)
    subscribe(jars, jars.subscription(rate, 1_000))
    assert jars.escrow.isSupporter(jars.creator, jars.supporter, 1) == NOON + 100 + late


def test_memberships_of_one_payer_are_apart(jars: Jars, rate: int) -> None:
    """Other accounts and other tiers are other streams; ending one ends no other."""
    jars.set_tier(2)
    at(NOON)
    accounts = (jars.supporter, jars.recipient, jars.giver)
    for account in accounts:
        for tier in (1, 2):
            subscribe(jars, jars.subscription(rate, 10 * DAY, account=account, tier=tier))
    unsubscribe(jars, jars.recipient)
    seen = [bool(jars.escrow.isSupporter(jars.creator, a, t)) for a in accounts for t in (1, 2)]
    assert seen == [True, True, False, True, True, True]
    assert jars.stored()[0] == 5 * rate


# unsubscribe


@pytest.mark.parametrize("late", [0, 1])
def test_unsubscribe_reverts_for_who_is_no_member(jars: Jars, rate: int, late: int) -> None:
    with reverts("Jar_NotMember", jars.supporter, 1):
        unsubscribe(jars)
    at(NOON)
    subscribe(jars, jars.subscription(rate, 1_000))
    at(NOON + 100 + late)
    with reverts("Jar_NotMember", jars.supporter, 1):
        unsubscribe(jars)


def test_unsubscribe_twice_reverts(jars: Jars, rate: int) -> None:
    at(NOON)
    subscribe(jars, jars.subscription(rate, 1_000))
    unsubscribe(jars)
    with reverts("Jar_NotMember", jars.supporter, 1):
        unsubscribe(jars)


def test_unsubscribe_reverts_for_anybody_but_the_payer(jars: Jars, rate: int) -> None:
    """Not even for the member: who pays, ends."""
    at(NOON)
    subscribe(jars, jars.subscription(rate, 1_000, account=jars.recipient))
    for other in (jars.recipient, jars.creator, jars.stranger):
        with reverts("Custody_NotItself", jars.supporter, other):
            unsubscribe(jars, jars.recipient, other)


@pytest.mark.parametrize("after", [0, 37, DAY])
def test_unsubscribe_refunds_to_the_second(jars: Jars, rate: int, after: int) -> None:
    at(NOON)
    subscribe(jars, jars.subscription(rate, 10 * MONTH))
    purse = jars.balance(jars.supporter)
    at(NOON + after)
    tx = unsubscribe(jars)
    refund = 10 * (MONTH - after)
    assert returned(tx) == jars.balance(jars.supporter) - purse == refund
    assert logs_of(tx, jars.escrow) == [
        ("Unsubscribed", jars.creator, jars.supporter, 1, jars.supporter, refund)
    ]
    assert jars.escrow.isSupporter(jars.creator, jars.supporter, 1) == 0
    assert jars.escrow.membership(jars.creator, jars.supporter, 1)[2] == NOON + after
    assert jars.due() == 10 * after * jars.scale
    # and again, in the same second
    subscribe(jars, jars.subscription(rate, 1_000))
    assert jars.escrow.isSupporter(jars.creator, jars.supporter, 1) == NOON + after
