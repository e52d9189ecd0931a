"""Journey 6: a gift-sub giver funds 50 anonymous subs; unclaimed ones return.

Nobody in it has gas or sends a transaction: giver and viewers sign, a relayer submits.
"""

from __future__ import annotations

import pytest
from brownie import web3

from largesse.signing import address_of
from tests.fixtures.tokens import token_domain
from tests.support.certificates import DAY, ZERO, World
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.tipping import Gifts, Tipping, batch_id, deploy_tipping, jar_of

TIER = 1
PRICE = 5_000_000
COUNT, CLAIMED = 50, 31
SECRETS = [secret_of(f"anonymous sub {i}") for i in range(COUNT)]
VIEWERS = [address_of(secret_of(f"somebody in the chat {i}")) for i in range(COUNT)]


@pytest.fixture(scope="module")
def tips(world: World) -> Tipping:
    tips = deploy_tipping(world)
    tips.tier(world.creator, PRICE, TIER)
    world.token.mint(world.giver, COUNT * PRICE, {"from": world.deployer})
    return tips


@pytest.fixture(scope="module")
def gifts(tips: Tipping) -> Gifts:
    world = tips.world
    links = tuple((address_of(secret), ZERO) for secret in SECRETS)
    rate = tips.rate_of(PRICE)
    reclaim_at = world.now() + 14 * DAY
    return Gifts(world.giver.address, world.creator.address, TIER, 0, rate, PRICE, reclaim_at, links)


def test_fifty_links_are_paid_by_one_signature_and_the_unclaimed_return(tips: Tipping, gifts: Gifts) -> None:
    world = tips.world
    amount = COUNT * PRICE
    # one signature that agrees to the batch and pays for it
    consent = tips.moving(
        token_domain(world.token), amount, "GiveSubscriptions", world.giver, gifts.id, by=world.giver
    )
    tips.escrow.giveSubscriptions(gifts.struct, consent, {"from": world.relayer})
    assert (tips.purse(world.giver), tips.held()) == (0, amount)
    assert tips.escrow.giftsLeft(gifts.id) == COUNT

    # 31 viewers open their links, in no order, in one transaction of the relayer's
    opened = [(7 * i) % COUNT for i in range(CLAIMED)]
    calls = [
        tips.escrow.claimSubscription.encode_input(
            *gifts.claim(tips.domain, index, VIEWERS[index], SECRETS[index])
        )
        for index in opened
    ]
    start = at(world.now() + DAY)
    for some in (calls[:16], calls[16:]):
        tips.escrow.multicall(some, {"from": world.relayer})
    for index in range(COUNT):
        is_open = index in opened
        assert tips.escrow.isGiftClaimed(gifts.id, index) is is_open
        assert (tips.escrow.isSupporter(world.creator, VIEWERS[index], TIER) >= start) is is_open
    assert tips.escrow.giftsLeft(gifts.id) == COUNT - CLAIMED

    # what nobody opened returns, to the giver and to nobody else
    at(gifts.reclaim_at)
    tips.escrow.reclaimSubscriptions(gifts.struct, {"from": world.relayer})
    assert tips.purse(world.giver) == (COUNT - CLAIMED) * PRICE
    for index in set(range(COUNT)) - set(opened):
        arguments = gifts.claim(tips.domain, index, VIEWERS[index], SECRETS[index])
        with reverts("Jar_NothingLeft", gifts.id):
            tips.escrow.claimSubscription(*arguments, {"from": world.relayer})

    # the rest is the creator's, all of it once the last one is over
    at(start + 40 * DAY)
    tips.escrow.collect(jar_of(world.creator), 100, {"from": world.relayer})
    assert tips.purse(world.creator) == CLAIMED * PRICE
    assert tips.held() == 0
    for account in (world.giver.address, world.creator.address, *VIEWERS):
        assert web3.eth.get_transaction_count(account) == (account == world.creator.address)


def test_one_bad_link_among_the_claims_of_one_transaction_stops_them_all(tips: Tipping, gifts: Gifts) -> None:
    """A relayer leaves a bad claim out; it can't be tricked into claiming half."""
    world = tips.world
    consent = tips.moving(
        token_domain(world.token), COUNT * PRICE, "GiveSubscriptions", world.giver, gifts.id, by=world.giver
    )
    tips.escrow.giveSubscriptions(gifts.struct, consent, {"from": world.relayer})
    calls = [
        tips.escrow.claimSubscription.encode_input(
            *gifts.claim(tips.domain, index, VIEWERS[index], SECRETS[index])
        )
        for index in (3, 4, 3)
    ]
    with reverts("Jar_GiftClaimed", gifts.id, 3):
        tips.escrow.multicall(calls, {"from": world.relayer})
    assert tips.escrow.giftsLeft(gifts.id) == COUNT


def test_a_link_for_more_gifts_than_were_paid_for_is_worthless(tips: Tipping, gifts: Gifts) -> None:
    """The tree promises 50, only 49 were paid for: the money of others is not touched."""
    world = tips.world
    short = (*gifts.struct[:5], COUNT - 1, *gifts.struct[6:])
    tips.escrow.giveSubscriptions(
        short,
        tips.moving(
            token_domain(world.token),
            (COUNT - 1) * PRICE,
            "GiveSubscriptions",
            world.giver,
            batch_id(short),
            by=world.giver,
        ),
        {"from": world.relayer},
    )
    last = COUNT - 1
    arguments = gifts.claim(tips.domain, last, VIEWERS[last], SECRETS[last])
    with reverts("Jar_IndexOutOfRange", last, last):
        tips.escrow.claimSubscription(short, *arguments[1:], {"from": world.relayer})


def test_the_payment_signature_pays_for_this_batch_only(tips: Tipping, gifts: Gifts) -> None:
    world = tips.world
    consent = tips.moving(
        token_domain(world.token), COUNT * PRICE, "GiveSubscriptions", world.giver, gifts.id, by=world.giver
    )
    other = (*gifts.struct[:-1], 9)  # the same gifts with another salt: a relayer's second batch
    with reverts("ERC3009InvalidSignature"):
        tips.escrow.giveSubscriptions(other, consent, {"from": world.relayer})
    tips.escrow.giveSubscriptions(gifts.struct, consent, {"from": world.relayer})
    with reverts("Jar_BatchExists", gifts.id):
        tips.escrow.giveSubscriptions(gifts.struct, consent, {"from": world.relayer})
