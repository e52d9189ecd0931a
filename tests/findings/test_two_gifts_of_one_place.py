"""A batch's giver laid a decoy at the index of a delivered, named gift, in another depth of its tree: both
shared one mark, so that whoever took the decoy voided the gift, between its delivery and its reclaim date,
when nobody but its recipient may act. What was voided was the giver's again from the reclaim date on."""

from __future__ import annotations

import pytest

from largesse.eip712 import address_of
from largesse.signed.certificates import Claim, Recall
from tests.support.certificates import DAY, NO_SIGNATURE, ZERO, World
from tests.support.clock import at, still
from tests.support.errors import reverts
from tests.support.gifts import Leaf, SumTree, fund_root, parent, place_of, secret_of

SECRET = secret_of("the recipient's link")


@pytest.mark.parametrize("way", ("claimed by the giver", "taken back by the giver"))
def test_a_decoy_of_the_same_index_voids_no_gift(world: World, way: str) -> None:
    series = world.create_series()
    world.issue(series, world.giver, 1_000)
    reclaim_at = world.now() + 365 * DAY
    # The recipient's gift: named, delivered at once, index 1 of depth 1.
    theirs = Leaf(1, address_of(SECRET), 1_000, recipient=str(world.recipient))
    late = way == "taken back by the giver"
    decoy = Leaf(1, ZERO, 0, recipient=str(world.giver), deliver_at=reclaim_at - 1 if late else 0)
    left = SumTree([0, decoy.word]).root  # the decoy's: index 1 of depth 2
    batch = fund_root(world, series, SumTree([left, theirs.word]).root, reclaim_at=reclaim_at)

    proof = [0, theirs.word]
    if late:
        world.certificates.recallFromBatch(
            batch.struct, decoy.struct, proof, NO_SIGNATURE, {"from": world.giver}
        )
    else:
        world.certificates.claimFromBatch(
            batch.struct, decoy.struct, proof, world.giver, b"", {"from": world.giver}
        )
    assert world.certificates.isClaimedFromBatch(batch.id, place_of(1, proof))
    assert not world.certificates.isClaimedFromBatch(batch.id, place_of(1, [left]))
    with still(), reverts("GiftCertificates_NotRecallable", 0, reclaim_at, world.now()):
        world.certificates.recallFromBatch(
            batch.struct, theirs.struct, [left], NO_SIGNATURE, {"from": world.giver}
        )

    signature = world.claim_signature(SECRET, batch.gift(1), world.recipient)
    claim = (batch.struct, theirs.struct, [left], str(world.recipient), signature)
    world.certificates.claimFromBatch(*claim, {"from": world.recipient})
    assert world.certificates.isClaimedFromBatch(batch.id, place_of(1, [left]))
    assert world.certificates.balanceOf(world.recipient, series) == 1_000
    with reverts("GiftCertificates_AlreadyClaimed", batch.id, 1):
        world.certificates.claimFromBatch(*claim, {"from": world.recipient})
    at(reclaim_at)
    with reverts("GiftCertificates_NoSuchGift", batch.id):
        world.certificates.reclaimBatch(batch.struct, NO_SIGNATURE, {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == 0


def test_a_bearers_claim_in_flight_is_not_spent_on_a_decoy(world: World) -> None:
    """A claim signs batch and index, not the place: it takes decoy and gift, both for its own recipient."""
    series = world.create_series()
    world.issue(series, world.giver, 1_000)
    key = address_of(SECRET)
    theirs, decoy = Leaf(1, key, 999), Leaf(1, key, 1)
    left = SumTree([0, decoy.word]).root
    batch = fund_root(world, series, SumTree([left, theirs.word]).root)
    signature = world.claim_signature(SECRET, batch.gift(1), world.recipient)
    gifts = ((decoy, [0, theirs.word]), (theirs, [left]))
    other = Claim(batch.gift(1), str(world.giver), bytes(32)).digest(world.domain)
    for leaf, proof in gifts:
        with reverts("GiftCertificates_InvalidSignature", key, other):  # one recipient, at every place
            world.certificates.claimFromBatch(
                batch.struct, leaf.struct, proof, world.giver, signature, {"from": world.giver}
            )
        world.certificates.claimFromBatch(
            batch.struct, leaf.struct, proof, world.recipient, signature, {"from": world.giver}
        )
    for leaf, proof in gifts:  # and each place once
        with reverts("GiftCertificates_AlreadyClaimed", batch.id, 1):
            world.certificates.claimFromBatch(
                batch.struct, leaf.struct, proof, world.recipient, signature, {"from": world.giver}
            )
    assert world.certificates.balanceOf(world.recipient, series) == 1_000


def test_one_consent_to_take_back_takes_one_gift_back(world: World) -> None:
    """The giver's signature names batch and index: of its own tree it is good for one place, the first it is
    used on."""
    series = world.create_series()
    world.issue(series, world.giver, 100)
    later = world.now() + DAY
    one, other = (Leaf(1, ZERO, amount, str(world.recipient), later) for amount in (30, 70))
    left = SumTree([0, other.word]).root
    batch = fund_root(world, series, SumTree([left, one.word]).root)
    message = Recall(str(world.giver), batch.gift(1), 1, world.now() + DAY)
    consent = world.authorize(message, world.giver)
    world.certificates.recallFromBatch(batch.struct, one.struct, [left], consent, {"from": world.relayer})
    with reverts("GiftCertificates_NonceTooLow", 1, 1):
        world.certificates.recallFromBatch(
            batch.struct, other.struct, [0, one.word], consent, {"from": world.relayer}
        )
    assert world.certificates.balanceOf(world.giver, series) == 30


@pytest.mark.parametrize("steps", (255, 256, 257))
def test_a_proof_of_more_steps_than_there_are_numbers_leads_nowhere(world: World, steps: int) -> None:
    """The number of a place is a word: below 255 steps two places would have the same."""
    series = world.create_series()
    world.issue(series, world.giver, 100)
    leaf = Leaf(0, ZERO, 100, recipient=str(world.recipient))
    proof, root = [0] * steps, leaf.word
    for sibling in proof:
        root = parent(root, sibling)
    batch = fund_root(world, series, root)
    claim = (batch.struct, leaf.struct, proof, str(world.recipient), b"", {"from": world.relayer})
    if steps > 255:
        with reverts("GiftCertificates_MalformedProof", 0, root):
            world.certificates.claimFromBatch(*claim)
        return
    world.certificates.claimFromBatch(*claim)
    assert world.certificates.isClaimedFromBatch(batch.id, 2**255)
    assert not world.certificates.isClaimedFromBatch(batch.id, 0)
    with reverts("GiftCertificates_AlreadyClaimed", batch.id, 0):
        world.certificates.claimFromBatch(*claim)
