"""giveSubscriptions, claimSubscription, reclaimSubscriptions: memberships by the dozen, named or by link."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from largesse.eip712 import address_of, keccak, sign_digest
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import (
    DAY,
    ITSELF,
    LATEST,
    MAX_AMOUNT,
    NOON,
    TODAY,
    ZERO,
    Flow,
    Jars,
    Tree,
    claimable_scaled,
    gift_batch_id,
    gift_leaf,
)
from tests.support.logs import logs_of
from tests.support.outputs import returned

COUNT = 10
RECLAIM = NOON + 7 * DAY


@dataclass
class Batch:
    """Ten gifts: 0 to 4 are named for people of the test, 5 to 9 are links."""

    jars: Jars
    gifts: tuple[Any, ...]
    tree: Tree
    named: Sequence[Any]

    @property
    def id(self) -> bytes:
        return gift_batch_id(self.gifts)

    def secret(self, index: int) -> bytes:
        return keccak(b"gift" + bytes([index]))

    def claim(self, gift: int, account: Any = None, **changes: Any) -> Any:
        """Claim a gift, by the relayer; or with a wrong detail."""
        jars = self.jars
        is_named = gift < len(self.named)
        account = account or (self.named[gift] if is_named else jars.stranger)
        call: dict[str, Any] = {
            "gifts": self.gifts,
            "index": gift,
            "key": ZERO if is_named else address_of(self.secret(gift)),
            "named": str(self.named[gift]) if is_named else ZERO,
            "proof": self.tree.proof(gift),
            "account": str(account),
        }
        assert changes.keys() <= {*call, "signature"}, changes
        call |= changes
        if "signature" not in call:
            digest = jars.digest("GiftSubscriptionClaim", self.id, gift, call["account"])
            call["signature"] = b"" if is_named else sign_digest(digest, self.secret(gift))
        return jars.escrow.claimSubscription(*call.values(), {"from": jars.relayer})

    def reclaim(self) -> Any:
        return self.jars.escrow.reclaimSubscriptions(self.gifts, {"from": self.jars.relayer})


def give(jars: Jars, gifts: tuple[Any, ...]) -> Any:
    return jars.escrow.giveSubscriptions(gifts, ITSELF, {"from": jars.giver})


def batch_of(jars: Jars, rate: int, **changes: Any) -> Batch:
    named = [jars.supporter, jars.recipient, jars.agent, jars.holder, jars.merchant]
    leaves = [gift_leaf(i, account=str(p)) for i, p in enumerate(named)]
    batch = Batch(jars, (), Tree(leaves), named)
    leaves += [gift_leaf(i, address_of(batch.secret(i))) for i in range(len(named), COUNT)]
    batch.tree = Tree(leaves)
    batch.gifts = jars.gifts(rate, batch.tree.root, **changes)
    return batch


@pytest.fixture(scope="module")
def rate(jars: Jars) -> int:
    return jars.set_tier()


@pytest.fixture
def batch(jars: Jars, rate: int) -> Batch:
    """Given at noon, for a day and a half each: 10 × 1,296,000."""
    batch = batch_of(jars, rate, amount_each=10 * DAY * 3 // 2)
    at(NOON)
    give(jars, batch.gifts)
    return batch


# giveSubscriptions


def test_give_subscriptions_reverts_for_none(jars: Jars, rate: int) -> None:
    with reverts("Jar_ZeroAmount"):
        give(jars, jars.gifts(rate, bytes(32), count=0))


@pytest.mark.parametrize("count", [1, 65_535])
def test_give_subscriptions_of_any_number(jars: Jars, rate: int, count: int) -> None:
    gifts = jars.gifts(rate, bytes(32), count=count)
    give(jars, gifts)
    assert jars.escrow.giftsLeft(gift_batch_id(gifts)) == count
    assert jars.held() == count * 1_000


def test_give_subscriptions_reverts_for_another_account(jars: Jars, rate: int) -> None:
    with reverts("Custody_NotItself", jars.giver, jars.creator):
        jars.escrow.giveSubscriptions(jars.gifts(rate, bytes(32)), ITSELF, {"from": jars.creator})


def test_give_subscriptions_reverts_for_a_batch_that_exists(batch: Batch) -> None:
    """Also when all of it was claimed or taken back: its claims would still be marked."""
    with reverts("Jar_BatchExists", batch.id):
        give(batch.jars, batch.gifts)
    at(RECLAIM)
    batch.reclaim()
    assert batch.jars.escrow.giftsLeft(batch.id) == 0
    with reverts("Jar_BatchExists", batch.id):
        give(batch.jars, batch.gifts)
    salted = (*batch.gifts[:7], RECLAIM + DAY, *batch.gifts[8:9], 1)
    give(batch.jars, salted)


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_give_subscriptions_reverts_for_a_reclaim_date_that_is_no_longer_ahead(
    jars: Jars, rate: int, late: int
) -> None:
    now = at(NOON + late)
    gifts = jars.gifts(rate, bytes(32), reclaim_at=NOON)
    if late < 0:
        give(jars, gifts)
    else:
        with reverts("Jar_BadReclaimDate", NOON, now):
            give(jars, gifts)


def test_give_subscriptions_reverts_for_what_was_not_agreed(jars: Jars, rate: int) -> None:
    with reverts("Jar_TierRateDiffers", 1, rate, rate - 1):
        give(jars, jars.gifts(rate - 1, bytes(32)))
    with reverts("Jar_TierVersionDiffers", 1, 0, 1):
        give(jars, jars.gifts(rate, bytes(32), version=1))
    with reverts("Jar_RateOutOfRange", 0, 2**80 - 1):
        give(jars, jars.gifts(0, bytes(32), tier=2))


def test_give_subscriptions_reverts_for_amounts_that_are_none(jars: Jars, rate: int) -> None:
    with reverts("Jar_AmountBelowOneSecond", 9 * jars.scale, rate):
        give(jars, jars.gifts(rate, bytes(32), amount_each=9))
    at(NOON)
    too_long = 10 * (LATEST - NOON + 1)
    with reverts("Jar_EndTooLate", LATEST + 1, LATEST):
        give(jars, jars.gifts(rate, bytes(32), amount_each=too_long))


def test_give_subscriptions_reverts_for_a_sum_beyond_96_bits(make_jars: Any, eurt: Any) -> None:
    jars: Jars = make_jars(eurt)
    rate = jars.set_tier(price=30 * DAY * 2**60)
    each = -(-(MAX_AMOUNT + 1) // 10)
    with reverts("Custody_AmountTooLarge", 10 * each, MAX_AMOUNT):
        give(jars, jars.gifts(rate, bytes(32), amount_each=each))
    give(jars, jars.gifts(rate, bytes(32), amount_each=each - 1))
    assert jars.held() == 10 * (each - 1)


def test_give_subscriptions(jars: Jars, rate: int) -> None:
    gifts = batch_of(jars, rate).gifts
    before = jars.balance(jars.giver)
    at(NOON)
    tx = give(jars, gifts)
    assert before - jars.balance(jars.giver) == jars.held() == 10_000
    assert jars.escrow.giftsLeft(gift_batch_id(gifts)) == COUNT
    assert returned(tx) == int.from_bytes(gift_batch_id(gifts), "big")
    assert logs_of(tx, jars.escrow) == [("SubscriptionsGiven", gift_batch_id(gifts), gifts)]
    # nothing streams before a claim
    mine_at(NOON + 5 * DAY)
    assert jars.due() == 0


# claimSubscription


@pytest.mark.parametrize("index", [0, 5])
def test_claim_subscription_reverts_from_the_reclaim_date_on(batch: Batch, index: int) -> None:
    at(RECLAIM - 1)
    batch.claim(index)
    for now in (RECLAIM, RECLAIM + 1):
        at(now)
        with reverts("Jar_ClaimsOver", RECLAIM, now):
            batch.claim(index + 1)


def test_claim_subscription_reverts_for_a_batch_that_was_not_given(batch: Batch) -> None:
    other = (*batch.gifts[:-1], 7)
    with reverts("Jar_NothingLeft", gift_batch_id(other)):
        batch.claim(0, gifts=other)


def test_claim_subscription_reverts_when_none_is_left(jars: Jars, rate: int) -> None:
    batch = batch_of(jars, rate, count=1)
    at(NOON)
    give(jars, batch.gifts)
    batch.claim(0)
    with reverts("Jar_NothingLeft", batch.id):
        batch.claim(0)


@pytest.mark.parametrize("count", [5, 6])
def test_claim_subscription_reverts_for_an_index_beyond_the_count(jars: Jars, rate: int, count: int) -> None:
    """The tree promises more than was paid for: the first `count` indexes have it."""
    batch = batch_of(jars, rate, count=count)
    at(NOON)
    give(jars, batch.gifts)
    if count == 5:
        with reverts("Jar_IndexOutOfRange", 5, 5):
            batch.claim(5)
    else:
        batch.claim(5)
    for index in (6, 2**256 - 1):
        with reverts("Jar_IndexOutOfRange", index, count):
            batch.claim(6, index=index)


@pytest.mark.parametrize("index", [0, 5])
def test_claim_subscription_twice_reverts(batch: Batch, index: int) -> None:
    batch.claim(index)
    assert batch.jars.escrow.isGiftClaimed(batch.id, index)
    with reverts("Jar_GiftClaimed", batch.id, index):
        batch.claim(index)


def test_claim_subscription_reverts_for_what_is_not_in_the_tree(batch: Batch) -> None:
    jars = batch.jars
    key = address_of(batch.secret(5))
    proof = batch.tree.proof(0)
    for index, changes, leaf in (
        (0, {"named": str(jars.stranger)}, gift_leaf(0, account=str(jars.stranger))),
        (0, {"key": key}, gift_leaf(0, key, str(jars.supporter))),
        (0, {"index": 1}, gift_leaf(1, account=str(jars.supporter))),
        (0, {"proof": [*proof, bytes(32)]}, gift_leaf(0, account=str(jars.supporter))),
        (0, {"proof": proof[:-1]}, gift_leaf(0, account=str(jars.supporter))),
        (5, {"key": str(jars.stranger)}, gift_leaf(5, str(jars.stranger))),
        (5, {"index": 6}, gift_leaf(6, key)),
    ):
        with reverts("Jar_NotInTree", batch.id, leaf):
            batch.claim(index, **changes)


def test_claim_subscription_of_a_named_gift_reverts_for_another_account(batch: Batch) -> None:
    with reverts("Jar_WrongAccount", batch.jars.stranger, batch.jars.supporter):
        batch.claim(0, batch.jars.stranger)


def test_claim_subscription_of_a_link_reverts_for_nobody(batch: Batch) -> None:
    with reverts("Custody_ZeroAddress"):
        batch.claim(5, ZERO)


def test_claim_subscription_of_a_link_reverts_for_another_signature(batch: Batch) -> None:
    """Of another key, over another account, index or batch, cut short, none."""
    jars, key = batch.jars, address_of(batch.secret(5))
    digest = jars.digest("GiftSubscriptionClaim", batch.id, 5, jars.stranger)
    good = sign_digest(digest, batch.secret(5))

    def over(gift: bytes, index: int, account: Any) -> bytes:
        return sign_digest(jars.digest("GiftSubscriptionClaim", gift, index, account), batch.secret(5))

    for bad in (
        sign_digest(digest, batch.secret(6)),
        over(batch.id, 5, jars.relayer),
        over(batch.id, 6, jars.stranger),
        over(bytes(32), 5, jars.stranger),
        good[:63],
        b"",
    ):
        with reverts("Custody_InvalidSignature", key, digest):
            batch.claim(5, signature=bad)
    batch.claim(5, signature=good)


@pytest.mark.parametrize("index", [0, 5])
def test_claim_subscription_waits_for_a_member(batch: Batch, rate: int, index: int) -> None:
    jars = batch.jars
    account = jars.supporter if index == 0 else jars.stranger
    subscription = jars.subscription(rate, 1_000, account=account)
    jars.escrow.subscribe(subscription, ITSELF, {"from": jars.supporter})
    at(NOON + 99)
    with reverts("Jar_AlreadyMember", account, NOON + 100):
        batch.claim(index)
    at(NOON + 100)
    batch.claim(index)
    assert jars.escrow.isSupporter(jars.creator, account, 1) == NOON + 100


@pytest.mark.parametrize("index", [0, 4, 5, 9])
def test_claim_subscription(batch: Batch, rate: int, index: int) -> None:
    jars = batch.jars
    account = batch.named[index] if index < 5 else jars.stranger
    now = at(NOON + 3_600)
    tx = batch.claim(index)
    until = now + DAY * 3 // 2
    assert returned(tx) == until
    assert jars.escrow.membership(jars.creator, account, 1) == (ZERO, now, until, 0)
    assert jars.escrow.isSupporter(jars.creator, account, 1) == now
    assert jars.escrow.giftsLeft(batch.id) == COUNT - 1
    assert [jars.escrow.isGiftClaimed(batch.id, i) for i in range(COUNT)] == [
        i == index for i in range(COUNT)
    ]
    assert jars.stored() == (rate, TODAY, -rate * (DAY // 2 + 3_600), 0, 0)
    assert logs_of(tx, jars.escrow) == [
        ("GiftSubscriptionClaimed", batch.id, jars.creator, account, 1, index, until)
    ]
    assert jars.held() == COUNT * 10 * DAY * 3 // 2
    mine_at(until - 1)
    assert jars.due() == claimable_scaled([Flow(rate, now, until)], until - 1)


def test_a_gift_can_be_ended_by_nobody(batch: Batch) -> None:
    """Nor extended: who wants to pay waits for its end."""
    jars = batch.jars
    batch.claim(0)
    for person in (jars.giver, jars.supporter, jars.creator):
        with reverts("Custody_NotItself", ZERO, person):
            jars.escrow.unsubscribe(jars.creator, 1, jars.supporter, ITSELF, {"from": person})
    digest = jars.digest("Unsubscribe", ZERO, jars.supporter, jars.creator, 1, 1, NOON + DAY)
    for signature in (bytes(65), bytes(64), sign_digest(digest, jars.world.key(jars.giver))):
        consent = (1, NOON + DAY, False, signature)
        with reverts("Custody_InvalidSignature", ZERO, digest):
            jars.escrow.unsubscribe(jars.creator, 1, jars.supporter, consent, {"from": jars.giver})
    rate = batch.gifts[4]
    with reverts("Jar_AlreadyMember", jars.supporter, NOON + DAY * 3 // 2):
        subscription = jars.subscription(rate, 1_000)
        jars.escrow.subscribe(subscription, ITSELF, {"from": jars.supporter})


def test_a_gift_keeps_what_was_agreed_when_it_was_given(batch: Batch, rate: int) -> None:
    """The tier is closed and the jar is another by the time of the claim."""
    jars = batch.jars
    jars.shared_jar([jars.agent], [10_000])
    jars.set_tier(price=0, version=1)
    batch.claim(0)
    assert jars.stored()[0] == rate
    assert jars.escrow.membership(jars.creator, jars.supporter, 1)[3] == 0


def test_gifts_into_a_shared_jar_within_a_day_with_dust(jars: Jars, rate: int) -> None:
    shared = jars.shared_jar([jars.agent], [10_000])
    jars.set_tier(version=1)
    batch = batch_of(jars, rate, version=1, amount_each=1_009)
    at(NOON)
    give(jars, batch.gifts)
    for index in (0, 1):
        batch.claim(index)
    assert jars.stored(shared) == (0, TODAY, 2 * 9 * jars.scale, TODAY, 2_000 * jars.scale)
    at(NOON + DAY)
    assert returned(jars.collect(shared)) == 2 * 1_009


def test_indexes_of_two_words_are_apart(jars: Jars, rate: int) -> None:
    """0 and 256 have the same bit, in two words."""
    people = [jars.supporter, jars.recipient]
    tree = Tree([gift_leaf(i, account=str(p)) for i, p in zip((0, 256), people, strict=True)])
    gifts = jars.gifts(rate, tree.root, count=257)
    at(NOON)
    give(jars, gifts)
    for place, index in enumerate((0, 256)):
        person = str(people[place])
        call = (gifts, index, ZERO, person, tree.proof(place), person, b"")
        jars.escrow.claimSubscription(*call, {"from": jars.relayer})
        with reverts("Jar_GiftClaimed", gift_batch_id(gifts), index):
            jars.escrow.claimSubscription(*call, {"from": jars.relayer})


# reclaimSubscriptions


def test_reclaim_subscriptions_reverts_before_its_date(batch: Batch) -> None:
    at(RECLAIM - 1)
    with reverts("Jar_NotReclaimable", RECLAIM, RECLAIM - 1):
        batch.reclaim()
    at(RECLAIM)
    batch.reclaim()


def test_reclaim_subscriptions_reverts_for_nothing(batch: Batch) -> None:
    at(RECLAIM)
    other = (*batch.gifts[:-1], 7)
    with reverts("Jar_NothingLeft", gift_batch_id(other)):
        batch.jars.escrow.reclaimSubscriptions(other, {"from": batch.jars.giver})
    batch.reclaim()
    with reverts("Jar_NothingLeft", batch.id):
        batch.reclaim()
    with reverts("Jar_NothingLeft", batch.id):
        batch.claim(0)


@pytest.mark.parametrize("claimed", [0, 3, 9])
def test_reclaim_subscriptions_returns_what_was_not_claimed(batch: Batch, claimed: int) -> None:
    jars = batch.jars
    for index in range(claimed):
        batch.claim(index, None if index < 5 else f"0x{index:040x}")
    each = 10 * DAY * 3 // 2
    before = jars.balance(jars.giver)
    at(RECLAIM + DAY)
    tx = batch.reclaim()
    amount = (COUNT - claimed) * each
    assert returned(tx) == jars.balance(jars.giver) - before == amount
    assert logs_of(tx, jars.escrow) == [("GiftSubscriptionsReclaimed", batch.id, jars.giver, amount)]
    assert jars.escrow.giftsLeft(batch.id) == 0
    assert jars.held() == claimed * each
    jars.collect()
    assert jars.balance(jars.creator) == claimed * each
    assert jars.held() == 0
