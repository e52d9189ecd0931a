"""setTier: what a membership costs from now on."""

from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, MAX_AMOUNT, MAX_RATE, NOON, Jars
from tests.support.logs import logs_of

MONTH = 30 * DAY


def test_set_tier_reverts_for_a_jar_that_was_not_made(jars: Jars) -> None:
    jars.shared_jar([jars.agent], [10_000])
    with reverts("Jar_UnknownJar", jars.jar_of(jars.creator, 2)):
        jars.set_tier(version=2)
    with reverts("Jar_UnknownJar", jars.jar_of(jars.stranger, 1)):
        jars.escrow.setTier(1, MONTH, 1, {"from": jars.stranger})


def test_set_tier_reverts_for_a_price_that_is_no_rate(any_jars: Jars) -> None:
    """Too little to be a scaled unit a second, or more than a stream can have."""
    jars = any_jars
    least = -(-MONTH // jars.scale)
    if least > 1:
        with reverts("Jar_RateOutOfRange", 0, MAX_RATE):
            jars.set_tier(price=least - 1)
    assert jars.set_tier(price=least) == least * jars.scale // MONTH > 0
    most = ((MAX_RATE + 1) * MONTH - 1) // jars.scale
    if most > MAX_AMOUNT:
        most = MAX_AMOUNT  # of 18 decimals: no price is too high
    else:
        with reverts("Jar_RateOutOfRange", (most + 1) * jars.scale // MONTH, MAX_RATE):
            jars.set_tier(price=most + 1)
    assert jars.set_tier(price=most) == most * jars.scale // MONTH <= MAX_RATE


def test_set_tier_rounds_the_rate_down(any_jars: Jars) -> None:
    jars = any_jars
    price = 7 * MONTH + 1
    tx = jars.escrow.setTier(3, price, 0, {"from": jars.creator})
    rate = price * jars.scale // MONTH
    assert jars.escrow.tierOf(jars.creator, 3) == (rate, 0)
    assert logs_of(tx, jars.escrow) == [("TierSet", jars.creator, 3, rate, 0)]
    assert jars.escrow.tierOf(jars.creator, 1) == jars.escrow.tierOf(jars.stranger, 3) == (0, 0)


def test_set_tier_replaces_and_closes(jars: Jars) -> None:
    shared = jars.shared_jar([jars.agent], [10_000])
    jars.set_tier(2**32 - 1, 5 * MONTH, 1)
    assert jars.escrow.tierOf(jars.creator, 2**32 - 1) == (5 * jars.scale, shared >> 160)
    jars.set_tier(2**32 - 1, 6 * MONTH)
    assert jars.escrow.tierOf(jars.creator, 2**32 - 1) == (6 * jars.scale, 0)
    tx = jars.escrow.setTier(2**32 - 1, 0, 0, {"from": jars.creator})
    assert jars.escrow.tierOf(jars.creator, 2**32 - 1) == (0, 0)
    assert logs_of(tx, jars.escrow) == [("TierSet", jars.creator, 2**32 - 1, 0, 0)]


def test_set_tier_changes_no_membership(jars: Jars) -> None:
    rate = jars.set_tier()
    at(NOON)
    subscription = jars.subscription(rate, 10 * 2 * DAY)
    jars.escrow.subscribe(subscription, ITSELF, {"from": jars.supporter})
    before = (jars.escrow.membership(jars.creator, jars.supporter, 1), jars.stored())
    jars.set_tier(price=MONTH * 99)
    jars.set_tier(price=0)
    assert (jars.escrow.membership(jars.creator, jars.supporter, 1), jars.stored()) == before
    at(NOON + DAY)
    tx = jars.escrow.unsubscribe(jars.creator, 1, jars.supporter, ITSELF, {"from": jars.supporter})
    assert tx.events["Unsubscribed"]["refund"] == 10 * DAY
