"""Row twitch: a gifter funds 50 gift subs in one transaction, to named and to unnamed viewers; each recipient
claims one once; unclaimed ones return; nothing renews.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from largesse.signing import address_of
from tests.support.certificates import DAY, ZERO, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.logs import logs_of
from tests.support.tipping import ITSELF, Gifts, Tipping, deploy_tipping, jar_of

TIER = 2
PRICE = 4_990_000  # a month
COUNT, NAMED = 50, 20
SECRETS = [secret_of(f"sub link {i}") for i in range(COUNT)]
VIEWERS = [address_of(secret_of(f"viewer {i}")) for i in range(COUNT)]
CLAIMED = 43


@pytest.fixture(scope="module")
def tips(world: World) -> Tipping:
    tips = deploy_tipping(world)
    tips.tier(world.creator, PRICE, TIER)
    tips.fund(world.giver, COUNT * PRICE)
    return tips


@pytest.fixture(scope="module")
def gifts(tips: Tipping) -> Gifts:
    """20 for viewers the gifter knows by name, 30 links to drop into the chat; a month to claim."""
    world = tips.world
    places = [(ZERO, viewer) for viewer in VIEWERS[:NAMED]]
    places += [(address_of(secret), ZERO) for secret in SECRETS[NAMED:]]
    return Gifts(
        world.giver.address,
        world.creator.address,
        TIER,
        0,
        tips.rate_of(PRICE),
        PRICE,
        world.now() + 30 * DAY,
        tuple(places),
    )


@pytest.fixture(scope="module")
def given(tips: Tipping, gifts: Gifts) -> Gifts:
    """The batch as funded."""
    tips.escrow.giveSubscriptions(gifts.struct, ITSELF, {"from": tips.world.giver})
    return gifts


def claim(tips: Tipping, gifts: Gifts, index: int, account: str | None = None) -> Any:
    """A relayer submits it."""
    secret = None if index < NAMED else SECRETS[index]
    arguments = gifts.claim(tips.domain, index, account or VIEWERS[index], secret)
    return tips.escrow.claimSubscription(*arguments, {"from": tips.world.relayer})


def since(tips: Tipping, account: str) -> int:
    return int(tips.escrow.isSupporter(tips.world.creator, account, TIER))


def test_fifty_are_funded_in_one_transaction(tips: Tipping, gifts: Gifts) -> None:
    world = tips.world
    batch = replace(gifts, salt=7)
    tips.fund(world.giver, COUNT * PRICE)
    sent, purse, held = world.giver.nonce, tips.purse(world.giver), tips.held()
    tx = tips.escrow.giveSubscriptions(batch.struct, ITSELF, {"from": world.giver})
    assert world.giver.nonce == sent + 1
    assert logs_of(tx, tips.escrow) == [("SubscriptionsGiven", batch.id, batch.struct)]
    assert tips.escrow.giftsLeft(batch.id) == COUNT
    assert (purse - tips.purse(world.giver), tips.held() - held) == (COUNT * PRICE, COUNT * PRICE)
    assert tips.escrow.claimable(jar_of(world.creator)) == 0
    with reverts("Jar_BatchExists", batch.id):
        tips.escrow.giveSubscriptions(batch.struct, ITSELF, {"from": world.giver})


def test_each_recipient_claims_one_once_and_the_rest_returns(tips: Tipping, given: Gifts) -> None:
    """The whole row: 43 of 50 claim on as many days, the other seven return, the creator gets the rest."""
    world = tips.world
    start = world.now()
    lasts, dust = divmod(PRICE * tips.scale, given.rate)
    ends = {}
    for index in range(CLAIMED):
        time = at(start + 1 + index * DAY // 2)
        claim(tips, given, index)
        assert since(tips, VIEWERS[index]) == time
        ends[index] = time + lasts
        assert tips.escrow.membership(world.creator, VIEWERS[index], TIER) == (ZERO, time, ends[index], 0)
    assert tips.escrow.giftsLeft(given.id) == COUNT - CLAIMED
    for index in (0, NAMED, CLAIMED - 1):
        assert tips.escrow.isGiftClaimed(given.id, index) is True
        with reverts("Jar_GiftClaimed", given.id, index):
            claim(tips, given, index)

    at(given.reclaim_at)
    tips.escrow.reclaimSubscriptions(given.struct, {"from": world.stranger})
    assert tips.purse(world.giver) == (COUNT - CLAIMED) * PRICE
    assert tips.held() == CLAIMED * PRICE
    with reverts("Jar_NothingLeft", given.id):
        tips.escrow.reclaimSubscriptions(given.struct, {"from": world.giver})
    with reverts("Jar_NothingLeft", given.id):
        claim(tips, given, CLAIMED)

    # What was claimed runs on to its end, to the second, and then is over: nobody pays again.
    for index in (0, CLAIMED - 1):
        mine_at(ends[index] - 1)
        assert since(tips, VIEWERS[index]) != 0
        mine_at(ends[index])
        assert since(tips, VIEWERS[index]) == 0
    mine_at(max(ends.values()) // DAY * DAY + DAY)
    tips.escrow.collect(jar_of(world.creator), 100, {"from": world.creator})
    assert tips.purse(world.creator) == CLAIMED * PRICE
    assert tips.held() == tips.escrow.claimableScaled(jar_of(world.creator)) == 0
    assert dust < given.rate


def test_the_creator_earns_by_the_second_from_the_claim_on(tips: Tipping, given: Gifts) -> None:
    world = tips.world
    start = at(world.now() + 9)
    claim(tips, given, 0)
    mine_at(start + 3 * DAY)
    earned = given.rate * 3 * DAY + PRICE * tips.scale % given.rate
    assert tips.escrow.claimableScaled(jar_of(world.creator)) == earned


def test_a_link_in_the_chat_works_for_the_first_who_signs_up(tips: Tipping, given: Gifts) -> None:
    """Everybody in the chat has the link; whoever's account it signs first has the gift."""
    claim(tips, given, NAMED)
    with reverts("Jar_GiftClaimed", given.id, NAMED):
        claim(tips, given, NAMED, VIEWERS[NAMED + 1])
    assert since(tips, VIEWERS[NAMED + 1]) == 0


def test_a_copied_claim_cannot_change_the_account(tips: Tipping, given: Gifts) -> None:
    world = tips.world
    index = NAMED
    seen = given.claim(tips.domain, index, VIEWERS[index], SECRETS[index])
    turned = (*seen[:5], world.stranger.address, seen[6])
    key = given.places[index][0]
    with reverts("Custody_InvalidSignature", key, given.claim_digest(tips.domain, index, world.stranger)):
        tips.escrow.claimSubscription(*turned, {"from": world.stranger})
    tips.escrow.claimSubscription(*seen, {"from": world.stranger})
    assert since(tips, VIEWERS[index]) != 0
    assert since(tips, world.stranger.address) == 0


def test_a_named_gift_is_for_its_name_only(tips: Tipping, given: Gifts) -> None:
    stranger = tips.world.stranger
    with reverts("Jar_WrongAccount", stranger, VIEWERS[0]):
        claim(tips, given, 0, stranger.address)
    # nor does a leaf exist that says otherwise
    struct, index, key, _, proof, _, signature = given.claim(tips.domain, 0, VIEWERS[0])
    forged = replace(given, places=((key, stranger.address), *given.places[1:]))
    with reverts("Jar_NotInTree", given.id, forged.levels[0][0]):
        tips.escrow.claimSubscription(
            struct, index, key, stranger, proof, stranger, signature, {"from": stranger}
        )


def test_a_gift_for_a_member_waits(tips: Tipping, given: Gifts) -> None:
    """Who is a member already loses nothing: the gift can be claimed when the membership is over."""
    world = tips.world
    viewer = VIEWERS[0]
    tips.fund(world.supporter, PRICE)
    subscription = (world.supporter, viewer, world.creator, TIER, given.rate, PRICE // 10)
    tips.escrow.subscribe(subscription, ITSELF, {"from": world.supporter})
    until = tips.escrow.membership(world.creator, viewer, TIER)[2]
    at(until - 1)
    with reverts("Jar_AlreadyMember", viewer, until):
        claim(tips, given, 0)
    assert tips.escrow.isGiftClaimed(given.id, 0) is False
    at(until)
    claim(tips, given, 0)
    assert since(tips, viewer) == until


def test_the_giver_cannot_take_back_what_can_still_be_claimed(tips: Tipping, given: Gifts) -> None:
    world = tips.world
    at(given.reclaim_at - 1)
    with reverts("Jar_NotReclaimable", given.reclaim_at, given.reclaim_at - 1):
        tips.escrow.reclaimSubscriptions(given.struct, {"from": world.giver})
    at(given.reclaim_at - 1)
    claim(tips, given, 0)
    at(given.reclaim_at)
    with reverts("Jar_ClaimsOver", given.reclaim_at, given.reclaim_at):
        claim(tips, given, 1)
    # and a claimed one is its recipient's: nobody ends it
    for person in (world.giver, world.creator):
        with reverts("Custody_NotItself", ZERO, person):
            tips.escrow.unsubscribe(world.creator, TIER, VIEWERS[0], ITSELF, {"from": person})


def test_a_price_the_gifter_did_not_agree_to_is_refused(tips: Tipping, given: Gifts) -> None:
    world = tips.world
    again = replace(given, salt=1)
    tips.fund(world.giver, COUNT * PRICE)
    dearer = tips.tier(world.creator, PRICE + 3, TIER)
    with reverts("Jar_TierRateDiffers", TIER, dearer, again.rate):
        tips.escrow.giveSubscriptions(again.struct, ITSELF, {"from": world.giver})
    assert tips.purse(world.giver) == COUNT * PRICE


def test_gifts_once_given_keep_their_price(tips: Tipping, given: Gifts) -> None:
    world = tips.world
    tips.tier(world.creator, 10 * PRICE, TIER)
    at(world.now() + 5)
    claim(tips, given, 0)
    assert tips.escrow.membership(world.creator, VIEWERS[0], TIER)[2] - world.now() == (
        PRICE * tips.scale // given.rate
    )
