"""Journey 6: a gift-sub giver funds 50 anonymous subs; unclaimed ones return.

Nobody in it has gas or sends a transaction: giver and viewers sign, a relayer submits.
"""

from __future__ import annotations

import pytest
from brownie import web3

from largesse.eip712 import address_of
from tests.support.certificates import DAY, ZERO, World
from tests.support.clock import at
from tests.support.consents import Consent
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.jars import Jars, gift_batch_id
from tests.support.tipping import Gifts, deploy_jars, rate_of

TIER = 1
PRICE = 5_000_000
COUNT, CLAIMED = 50, 31
SECRETS = [secret_of(f"anonymous sub {i}") for i in range(COUNT)]
VIEWERS = [address_of(secret_of(f"somebody in the chat {i}")) for i in range(COUNT)]


@pytest.fixture(scope="module")
def jars(world: World) -> Jars:
    jars = deploy_jars(world)
    jars.set_tier(TIER, PRICE)
    world.token.mint(world.giver, COUNT * PRICE, {"from": world.deployer})
    return jars


@pytest.fixture(scope="module")
def gifts(jars: Jars) -> Gifts:
    world = jars.world
    links = tuple((address_of(secret), ZERO) for secret in SECRETS)
    rate = rate_of(jars, PRICE)
    reclaim_at = world.now() + 14 * DAY
    return Gifts(world.giver.address, world.creator.address, TIER, 0, rate, PRICE, reclaim_at, links)


def paid_by_signature(jars: Jars, gifts: Gifts) -> Consent:
    """One signature of the giver's that agrees to the batch and pays for it."""
    giver, amount = jars.giver, len(gifts.places) * gifts.amount_each
    return jars.consent("GiveSubscriptions", giver, gifts.id, signer=giver, moves=amount)


def test_fifty_links_are_paid_by_one_signature_and_the_unclaimed_return(jars: Jars, gifts: Gifts) -> None:
    world = jars.world
    amount = COUNT * PRICE
    consent = paid_by_signature(jars, gifts)
    jars.escrow.giveSubscriptions(gifts.struct, consent, {"from": world.relayer})
    assert (jars.balance(world.giver), jars.held()) == (0, amount)
    assert jars.escrow.giftsLeft(gifts.id) == COUNT

    # 31 viewers open their links, in no order, in one transaction of the relayer's
    opened = [(7 * i) % COUNT for i in range(CLAIMED)]
    calls = [
        jars.escrow.claimSubscription.encode_input(*gifts.claim(jars, index, VIEWERS[index], SECRETS[index]))
        for index in opened
    ]
    start = at(world.now() + DAY)
    for some in (calls[:16], calls[16:]):
        jars.deployed.multicall(some, {"from": world.relayer})
    for index in range(COUNT):
        is_open = index in opened
        assert jars.escrow.isGiftClaimed(gifts.id, index) is is_open
        assert (jars.escrow.isSupporter(world.creator, VIEWERS[index], TIER) >= start) is is_open
    assert jars.escrow.giftsLeft(gifts.id) == COUNT - CLAIMED

    # what nobody opened returns, to the giver and to nobody else
    at(gifts.reclaim_at)
    jars.escrow.reclaimSubscriptions(gifts.struct, {"from": world.relayer})
    assert jars.balance(world.giver) == (COUNT - CLAIMED) * PRICE
    for index in set(range(COUNT)) - set(opened):
        arguments = gifts.claim(jars, index, VIEWERS[index], SECRETS[index])
        with reverts("Jar_NothingLeft", gifts.id):
            jars.escrow.claimSubscription(*arguments, {"from": world.relayer})

    # the rest is the creator's, all of it once the last one is over
    at(start + 40 * DAY)
    jars.escrow.collect(jars.jar, 100, {"from": world.relayer})
    assert jars.balance(world.creator) == CLAIMED * PRICE
    assert jars.held() == 0
    for account in (world.giver.address, world.creator.address, *VIEWERS):
        assert web3.eth.get_transaction_count(account) == (account == world.creator.address)


def test_one_bad_link_among_the_claims_of_one_transaction_stops_them_all(jars: Jars, gifts: Gifts) -> None:
    """A relayer leaves a bad claim out; it can't be tricked into claiming half."""
    world = jars.world
    consent = jars.consent(
        "GiveSubscriptions", world.giver, gifts.id, signer=world.giver, moves=COUNT * PRICE
    )
    jars.escrow.giveSubscriptions(gifts.struct, consent, {"from": world.relayer})
    calls = [
        jars.escrow.claimSubscription.encode_input(*gifts.claim(jars, index, VIEWERS[index], SECRETS[index]))
        for index in (3, 4, 3)
    ]
    with reverts("Jar_GiftClaimed", gifts.id, 3):
        jars.deployed.multicall(calls, {"from": world.relayer})
    assert jars.escrow.giftsLeft(gifts.id) == COUNT


def test_a_link_for_more_gifts_than_were_paid_for_is_worthless(jars: Jars, gifts: Gifts) -> None:
    """The tree promises 50, only 49 were paid for: the money of others is not touched."""
    world = jars.world
    short = (*gifts.struct[:5], COUNT - 1, *gifts.struct[6:])
    paid = (COUNT - 1) * PRICE
    consent = jars.consent(
        "GiveSubscriptions", world.giver, gift_batch_id(short), signer=world.giver, moves=paid
    )
    jars.escrow.giveSubscriptions(short, consent, {"from": world.relayer})
    last = COUNT - 1
    arguments = gifts.claim(jars, last, VIEWERS[last], SECRETS[last])
    with reverts("Jar_IndexOutOfRange", last, last):
        jars.escrow.claimSubscription(short, *arguments[1:], {"from": world.relayer})


def test_the_payment_signature_pays_for_this_batch_only(jars: Jars, gifts: Gifts) -> None:
    world = jars.world
    consent = jars.consent(
        "GiveSubscriptions", world.giver, gifts.id, signer=world.giver, moves=COUNT * PRICE
    )
    other = (*gifts.struct[:-1], 9)  # the same gifts with another salt: a relayer's second batch
    with reverts("ERC3009InvalidSignature"):
        jars.escrow.giveSubscriptions(other, consent, {"from": world.relayer})
    jars.escrow.giveSubscriptions(gifts.struct, consent, {"from": world.relayer})
    with reverts("Jar_BatchExists", gifts.id):
        jars.escrow.giveSubscriptions(gifts.struct, consent, {"from": world.relayer})
