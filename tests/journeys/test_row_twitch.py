"""Row twitch: a gifter funds 50 gift subs in one transaction, to named and to unnamed viewers; each recipient
claims one once; unclaimed ones return; nothing renews.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from largesse.eip712 import address_of
from tests.support.certificates import DAY, ZERO, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.jars import ITSELF, Jars, gift_leaf
from tests.support.logs import logs_of
from tests.support.tipping import Gifts, deploy_jars, rate_of

TIER = 2
PRICE = 4_990_000  # a month
COUNT, NAMED = 50, 20
SECRETS = [secret_of(f"sub link {i}") for i in range(COUNT)]
VIEWERS = [address_of(secret_of(f"viewer {i}")) for i in range(COUNT)]
CLAIMED = 43


@pytest.fixture(scope="module")
def jars(world: World) -> Jars:
    jars = deploy_jars(world)
    jars.set_tier(TIER, PRICE)
    jars.fund(world.giver, COUNT * PRICE)
    return jars


@pytest.fixture(scope="module")
def gifts(jars: Jars) -> Gifts:
    """20 for viewers the gifter knows by name, with a key each that nobody guesses, 30 links to drop into the
    chat; four weeks to claim."""
    world = jars.world
    places = [(address_of(SECRETS[i]), VIEWERS[i]) for i in range(NAMED)]
    places += [(address_of(secret), ZERO) for secret in SECRETS[NAMED:]]
    return Gifts(
        world.giver.address,
        world.creator.address,
        TIER,
        0,
        rate_of(jars, PRICE),
        PRICE,
        world.now() + 28 * DAY,
        tuple(places),
    )


@pytest.fixture(scope="module")
def given(jars: Jars, gifts: Gifts) -> Gifts:
    """The batch as funded."""
    jars.escrow.giveSubscriptions(gifts.struct, ITSELF, {"from": jars.giver})
    return gifts


def claim(jars: Jars, gifts: Gifts, index: int, account: str | None = None) -> Any:
    """A relayer submits it."""
    secret = None if index < NAMED else SECRETS[index]
    arguments = gifts.claim(jars, index, account or VIEWERS[index], secret)
    return jars.escrow.claimSubscription(*arguments, {"from": jars.relayer})


def since(jars: Jars, account: str) -> int:
    return int(jars.escrow.isSupporter(jars.creator, account, TIER))


def test_fifty_are_funded_in_one_transaction(jars: Jars, gifts: Gifts) -> None:
    world = jars.world
    batch = replace(gifts, salt=7)
    jars.fund(world.giver, COUNT * PRICE)
    sent, purse, held = world.giver.nonce, jars.balance(world.giver), jars.held()
    tx = jars.escrow.giveSubscriptions(batch.struct, ITSELF, {"from": world.giver})
    assert world.giver.nonce == sent + 1
    assert logs_of(tx, jars.escrow) == [("SubscriptionsGiven", batch.id, batch.struct)]
    assert jars.escrow.giftsLeft(batch.id) == COUNT
    assert (purse - jars.balance(world.giver), jars.held() - held) == (COUNT * PRICE, COUNT * PRICE)
    assert jars.escrow.claimable(jars.jar) == 0
    with reverts("Jar_BatchExists", batch.id):
        jars.escrow.giveSubscriptions(batch.struct, ITSELF, {"from": world.giver})


def test_each_recipient_claims_one_once_and_the_rest_returns(jars: Jars, given: Gifts) -> None:
    """The whole row: 43 of 50 claim on as many days, the other seven return, the creator gets the rest."""
    world = jars.world
    start = world.now()
    lasts, dust = divmod(PRICE * jars.scale, given.rate)
    ends = {}
    for index in range(CLAIMED):
        time = at(start + 1 + index * DAY // 2)
        claim(jars, given, index)
        assert since(jars, VIEWERS[index]) == time
        ends[index] = time + lasts
        assert jars.escrow.membership(world.creator, VIEWERS[index], TIER) == (ZERO, time, ends[index], 0)
    assert jars.escrow.giftsLeft(given.id) == COUNT - CLAIMED
    for index in (0, NAMED, CLAIMED - 1):
        assert jars.escrow.isGiftClaimed(given.id, index) is True
        with reverts("Jar_GiftClaimed", given.id, index):
            claim(jars, given, index)

    at(given.reclaim_at)
    jars.escrow.reclaimSubscriptions(given.struct, {"from": world.stranger})
    assert jars.balance(world.giver) == (COUNT - CLAIMED) * PRICE
    assert jars.held() == CLAIMED * PRICE
    with reverts("Jar_NothingLeft", given.id):
        jars.escrow.reclaimSubscriptions(given.struct, {"from": world.giver})
    with reverts("Jar_NothingLeft", given.id):
        claim(jars, given, CLAIMED)

    # What was claimed runs on to its end, to the second, and then is over: nobody pays again.
    for index in (0, CLAIMED - 1):
        mine_at(ends[index] - 1)
        assert since(jars, VIEWERS[index]) != 0
        mine_at(ends[index])
        assert since(jars, VIEWERS[index]) == 0
    mine_at(max(ends.values()) // DAY * DAY + DAY)
    jars.escrow.collect(jars.jar, 100, {"from": world.creator})
    assert jars.balance(world.creator) == CLAIMED * PRICE
    assert jars.held() == jars.escrow.claimableScaled(jars.jar) == 0
    assert dust < given.rate


def test_the_creator_earns_by_the_second_from_the_claim_on(jars: Jars, given: Gifts) -> None:
    world = jars.world
    start = at(world.now() + 9)
    claim(jars, given, 0)
    mine_at(start + 3 * DAY)
    earned = given.rate * 3 * DAY + PRICE * jars.scale % given.rate
    assert jars.escrow.claimableScaled(jars.jar) == earned


def test_a_link_in_the_chat_works_for_the_first_who_signs_up(jars: Jars, given: Gifts) -> None:
    """Everybody in the chat has the link; whoever's account it signs first has the gift."""
    claim(jars, given, NAMED)
    with reverts("Jar_GiftClaimed", given.id, NAMED):
        claim(jars, given, NAMED, VIEWERS[NAMED + 1])
    assert since(jars, VIEWERS[NAMED + 1]) == 0


def test_a_copied_claim_cannot_change_the_account(jars: Jars, given: Gifts) -> None:
    world = jars.world
    index = NAMED
    seen = given.claim(jars, index, VIEWERS[index], SECRETS[index])
    turned = (*seen[:5], world.stranger.address, seen[6])
    key = given.places[index][0]
    with reverts(
        "Custody_InvalidSignature", key, jars.digest("GiftSubscriptionClaim", given.id, index, world.stranger)
    ):
        jars.escrow.claimSubscription(*turned, {"from": world.stranger})
    jars.escrow.claimSubscription(*seen, {"from": world.stranger})
    assert since(jars, VIEWERS[index]) != 0
    assert since(jars, world.stranger.address) == 0


def test_a_named_gift_is_for_its_name_only(jars: Jars, given: Gifts) -> None:
    stranger = jars.stranger
    with reverts("Jar_WrongAccount", stranger, VIEWERS[0]):
        claim(jars, given, 0, stranger.address)
    # nor does a leaf exist that says otherwise
    struct, index, key, _, proof, _, signature = given.claim(jars, 0, VIEWERS[0])
    with reverts("Jar_NotInTree", given.id, gift_leaf(0, key, stranger.address)):
        jars.escrow.claimSubscription(
            struct, index, key, stranger, proof, stranger, signature, {"from": stranger}
        )


def test_a_gift_for_a_member_waits(jars: Jars, given: Gifts) -> None:
    """Who is a member already loses nothing: the gift can be claimed when the membership is over."""
    world = jars.world
    viewer = VIEWERS[0]
    jars.fund(world.supporter, PRICE)
    subscription = (world.supporter, viewer, world.creator, TIER, 0, given.rate, PRICE // 10)
    jars.escrow.subscribe(subscription, ITSELF, {"from": world.supporter})
    until = jars.escrow.membership(world.creator, viewer, TIER)[2]
    at(until - 1)
    with reverts("Jar_AlreadyMember", viewer, until):
        claim(jars, given, 0)
    assert jars.escrow.isGiftClaimed(given.id, 0) is False
    at(until)
    claim(jars, given, 0)
    assert since(jars, viewer) == until


def test_the_giver_cannot_take_back_what_can_still_be_claimed(jars: Jars, given: Gifts) -> None:
    world = jars.world
    at(given.reclaim_at - 1)
    with reverts("Jar_NotReclaimable", given.reclaim_at, given.reclaim_at - 1):
        jars.escrow.reclaimSubscriptions(given.struct, {"from": world.giver})
    at(given.reclaim_at - 1)
    claim(jars, given, 0)
    at(given.reclaim_at)
    with reverts("Jar_ClaimsOver", given.reclaim_at, given.reclaim_at):
        claim(jars, given, 1)
    # and a claimed one is its recipient's: nobody ends it
    for person in (world.giver, world.creator):
        with reverts("Custody_NotItself", ZERO, person):
            jars.escrow.unsubscribe(world.creator, TIER, VIEWERS[0], ITSELF, {"from": person})


def test_a_price_the_gifter_did_not_agree_to_is_refused(jars: Jars, given: Gifts) -> None:
    world = jars.world
    again = replace(given, salt=1)
    jars.fund(world.giver, COUNT * PRICE)
    dearer = jars.set_tier(TIER, PRICE + 3)
    with reverts("Jar_TierRateDiffers", TIER, dearer, again.rate):
        jars.escrow.giveSubscriptions(again.struct, ITSELF, {"from": world.giver})
    assert jars.balance(world.giver) == COUNT * PRICE


def test_gifts_once_given_keep_their_price(jars: Jars, given: Gifts) -> None:
    world = jars.world
    jars.set_tier(TIER, 10 * PRICE)
    at(world.now() + 5)
    claim(jars, given, 0)
    assert jars.escrow.membership(world.creator, VIEWERS[0], TIER)[2] - world.now() == (
        PRICE * jars.scale // given.rate
    )
