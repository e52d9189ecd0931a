"""Gift subscriptions: nobody takes another's, takes twice, or takes more than was paid for."""

from typing import Any

import pytest

from largesse.eip712 import address_of, keccak, sign_digest
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, ZERO, Jars, Tree, gift_batch_id, gift_leaf

RECLAIM = NOON + 7 * DAY
EACH = 1_000
"""What `Jars.gifts` pays for each: a hundred seconds at the tier's ten base units."""


@pytest.fixture(scope="module")
def rate(jars: Jars) -> int:
    return jars.set_tier()


def give(jars: Jars, gifts: tuple[Any, ...]) -> None:
    jars.escrow.giveSubscriptions(gifts, ITSELF, {"from": jars.giver})


def claim_named(jars: Jars, gifts: Any, index: int, account: Any, proof: list[bytes]) -> Any:
    who = str(account)
    return jars.escrow.claimSubscription(gifts, index, ZERO, who, proof, who, b"", {"from": jars.stranger})


def test_a_node_of_the_tree_is_no_leaf(jars: Jars, rate: int) -> None:
    """A second pre-image: what was hashed for an inner node does not pass for a gift, since leaves are hashed
    twice. The thief's own tree is another root, and so another batch."""
    leaves = [gift_leaf(i, account=str(p)) for i, p in enumerate((jars.supporter, jars.recipient))]
    tree = Tree(leaves)
    gifts = jars.gifts(rate, tree.root)
    give(jars, gifts)
    batch = gift_batch_id(gifts)
    node = b"".join(sorted(leaves))
    # (index, key, account) whose words would be the node's 64 bytes and one more word
    index = int.from_bytes(node[:32], "big")
    with reverts("Jar_IndexOutOfRange", index, 10):
        claim_named(jars, gifts, index, jars.stranger, [])
    for proof in ([], [leaves[0]], [leaves[1]], leaves, leaves[::-1]):
        leaf = gift_leaf(2, account=str(jars.stranger))
        with reverts("Jar_NotInTree", batch, leaf):
            claim_named(jars, gifts, 2, jars.stranger, proof)
    own = Tree([gift_leaf(0, account=str(jars.stranger))])
    forged = (*gifts[:8], own.root, gifts[9])
    with reverts("Jar_NothingLeft", gift_batch_id(forged)):
        claim_named(jars, forged, 0, jars.stranger, [])


def test_a_single_leaf_is_its_own_root(jars: Jars, rate: int) -> None:
    """No proof is needed, and no other leaf passes."""
    gifts = jars.gifts(rate, gift_leaf(0, account=str(jars.recipient)), count=1)
    give(jars, gifts)
    with reverts("Jar_NotInTree", gift_batch_id(gifts), gift_leaf(0, account=str(jars.stranger))):
        claim_named(jars, gifts, 0, jars.stranger, [])
    claim_named(jars, gifts, 0, jars.recipient, [])


def test_an_index_that_is_there_twice_is_one_gift(jars: Jars, rate: int) -> None:
    """Its maker's mistake: the first takes it, and the other's money returns."""
    people = (jars.supporter, jars.recipient)
    tree = Tree([gift_leaf(0, account=str(p)) for p in people])
    gifts = jars.gifts(rate, tree.root, count=2)
    give(jars, gifts)
    claim_named(jars, gifts, 0, people[0], tree.proof(0))
    with reverts("Jar_GiftClaimed", gift_batch_id(gifts), 0):
        claim_named(jars, gifts, 0, people[1], tree.proof(1))
    before = jars.balance(jars.giver)
    at(RECLAIM)
    jars.escrow.reclaimSubscriptions(gifts, {"from": jars.stranger})
    assert jars.balance(jars.giver) - before == EACH


def test_a_tree_that_promises_more_than_was_paid_takes_nobody_elses_money(jars: Jars, rate: int) -> None:
    """Twelve are promised, two are paid. Another batch and a stream lie in the escrow: they stay whole."""
    at(NOON)
    jars.open(10**9, 10 * DAY)
    other = jars.gifts(rate, gift_leaf(0, account=str(jars.recipient)), salt=9)
    give(jars, other)
    people = [f"0x{i:040x}" for i in range(1, 13)]
    tree = Tree([gift_leaf(i, account=p) for i, p in enumerate(people)])
    gifts = jars.gifts(rate, tree.root, count=2)
    give(jars, gifts)
    for index in (0, 1):
        claim_named(jars, gifts, index, people[index], tree.proof(index))
    with reverts("Jar_NothingLeft", gift_batch_id(gifts)):
        claim_named(jars, gifts, 2, people[2], tree.proof(2))
    at(RECLAIM)
    with reverts("Jar_NothingLeft", gift_batch_id(gifts)):
        jars.escrow.reclaimSubscriptions(gifts, {"from": jars.giver})
    jars.escrow.reclaimSubscriptions(other, {"from": jars.giver})
    at(NOON + 20 * DAY)
    jars.collect()
    assert jars.balance(jars.creator) == 10 * DAY + 2 * EACH
    assert jars.held() == 0


def test_a_links_signature_seen_on_its_way_serves_its_account_only(jars: Jars, rate: int) -> None:
    """Whoever submits it first, the account that the key signed has the gift, once."""
    secrets = [keccak(b"link" + bytes([i])) for i in range(2)]
    keys = [address_of(s) for s in secrets]
    tree = Tree([gift_leaf(i, key) for i, key in enumerate(keys)])
    gifts, twin = (jars.gifts(rate, tree.root, salt=salt) for salt in (0, 1))
    for batch in (gifts, twin):
        give(jars, batch)
    ids = [gift_batch_id(g) for g in (gifts, twin)]
    me = {"from": jars.stranger}
    signature = sign_digest(jars.digest("GiftSubscriptionClaim", ids[0], 0, jars.recipient), secrets[0])

    def claim(batch: Any, index: int, account: Any) -> None:
        call = (batch, index, keys[index], ZERO, tree.proof(index), str(account), signature)
        jars.escrow.claimSubscription(*call, me)

    stolen = jars.digest("GiftSubscriptionClaim", ids[0], 0, jars.stranger)
    with reverts("Custody_InvalidSignature", keys[0], stolen):
        claim(gifts, 0, jars.stranger)
    with reverts(
        "Custody_InvalidSignature", keys[1], jars.digest("GiftSubscriptionClaim", ids[0], 1, jars.recipient)
    ):
        claim(gifts, 1, jars.recipient)
    with reverts(
        "Custody_InvalidSignature", keys[0], jars.digest("GiftSubscriptionClaim", ids[1], 0, jars.recipient)
    ):
        claim(twin, 0, jars.recipient)
    claim(gifts, 0, jars.recipient)
    assert jars.escrow.isSupporter(jars.creator, jars.recipient, 1)
    with reverts("Jar_GiftClaimed", ids[0], 0):
        claim(gifts, 0, jars.recipient)


def test_a_named_gift_has_no_key_that_could_redirect_it(jars: Jars, rate: int) -> None:
    """A leaf that names both: the account is who gets it, whatever the key signs."""
    secret = keccak(b"both")
    leaf = gift_leaf(0, address_of(secret), str(jars.recipient))
    gifts = jars.gifts(rate, leaf, count=1)
    give(jars, gifts)
    digest = jars.digest("GiftSubscriptionClaim", gift_batch_id(gifts), 0, jars.stranger)
    signature = sign_digest(digest, secret)
    call = (gifts, 0, address_of(secret), str(jars.recipient), [])
    with reverts("Jar_WrongAccount", jars.stranger, jars.recipient):
        jars.escrow.claimSubscription(*call, str(jars.stranger), signature, {"from": jars.stranger})
    jars.escrow.claimSubscription(*call, str(jars.recipient), b"", {"from": jars.stranger})


def test_a_leaf_of_nobody_is_nobodys(jars: Jars, rate: int) -> None:
    """No key and no account: no signature recovers to the zero address."""
    gifts = jars.gifts(rate, gift_leaf(0), count=1)
    give(jars, gifts)
    digest = jars.digest("GiftSubscriptionClaim", gift_batch_id(gifts), 0, jars.stranger)
    for signature in (b"", bytes(64), bytes(65), bytes(64) + b"\x1b"):
        with reverts("Custody_InvalidSignature", ZERO, digest):
            jars.escrow.claimSubscription(
                gifts, 0, ZERO, ZERO, [], str(jars.stranger), signature, {"from": jars.stranger}
            )


def test_the_giver_cannot_snatch_a_gift_in_its_last_second(jars: Jars, rate: int) -> None:
    """The claim's last second and the reclaim's first are different ones."""
    gifts = jars.gifts(rate, gift_leaf(0, account=str(jars.recipient)), count=1)
    give(jars, gifts)
    at(RECLAIM - 1)
    with reverts("Jar_NotReclaimable", RECLAIM, RECLAIM - 1):
        jars.escrow.reclaimSubscriptions(gifts, {"from": jars.giver})
    at(RECLAIM - 1)
    claim_named(jars, gifts, 0, jars.recipient, [])
    at(RECLAIM)
    with reverts("Jar_NothingLeft", gift_batch_id(gifts)):
        jars.escrow.reclaimSubscriptions(gifts, {"from": jars.giver})


def test_who_pays_for_anothers_membership_holds_it_as_long_as_he_pays(jars: Jars, rate: int) -> None:
    """A stranger keeps a gift from being claimed by paying for the same account: it costs him the price of
    every second of it, all of which is the creator's."""
    gifts = jars.gifts(rate, gift_leaf(0, account=str(jars.recipient)), count=1)
    give(jars, gifts)
    purse = jars.balance(jars.stranger)
    at(NOON)
    subscription = jars.subscription(rate, 10 * 30 * DAY, payer=jars.stranger, account=jars.recipient)
    jars.escrow.subscribe(subscription, ITSELF, {"from": jars.stranger})
    at(RECLAIM - 1)
    with reverts("Jar_AlreadyMember", jars.recipient, NOON + 30 * DAY):
        claim_named(jars, gifts, 0, jars.recipient, [])
    at(RECLAIM)
    jars.escrow.unsubscribe(jars.creator, 1, jars.recipient, ITSELF, {"from": jars.stranger})
    assert purse - jars.balance(jars.stranger) == 10 * 7 * DAY
    assert jars.due() == 10 * 7 * DAY * jars.scale
    mine_at(RECLAIM)
    assert not jars.escrow.isSupporter(jars.creator, jars.recipient, 1)
