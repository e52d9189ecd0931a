"""claimFromBatch: one link of many, against the root that was funded."""

from dataclasses import replace
from typing import Any

import pytest

from largesse.eip712 import keccak
from largesse.signed.certificates import Claim
from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY, NEVER, ZERO, World, batch_id
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.gifts import Batch, Leaf, claim_args, give_many, root_of
from tests.support.logs import logs_of

AMOUNTS = (10, 20, 30, 40, 50)


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.giver, 1_000)
    return series_id


@pytest.fixture(scope="module")
def batch(world: World, series: int) -> Batch:
    """Five links that deliver at once and may be taken back in nine days."""
    return give_many(world, series, AMOUNTS, reclaim_at=world.now() + 9 * DAY)


@pytest.fixture(scope="module")
def later(world: World, series: int) -> Batch:
    """Two links that deliver in 1,000 seconds."""
    return give_many(world, series, (1, 2), deliver_at=world.now() + 1_000)


def claim(world: World, batch: Batch, index: int, recipient: Any = None) -> Any:
    recipient = recipient or world.recipient
    return world.certificates.claimFromBatch(
        *claim_args(world, batch, index, recipient), {"from": world.relayer}
    )


@pytest.mark.parametrize("place", range(6))
def test_claim_from_batch_reverts_when_any_member_of_the_batch_was_changed(
    world: World, batch: Batch, place: int
) -> None:
    value = batch.struct[place]
    changed = world.stranger.address if isinstance(value, str) else value - 1
    forged = (*batch.struct[:place], changed, *batch.struct[place + 1 :])
    args = claim_args(world, batch, 0, world.recipient)
    with reverts("GiftCertificates_NoSuchGift", batch_id(forged)):
        world.certificates.claimFromBatch(forged, *args[1:], {"from": world.relayer})


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("amount", 31),
        ("amount", 29),
        ("key", "0x" + "11" * 20),
        ("recipient", "0x" + "22" * 20),
        ("deliver_at", 1),
        ("message_hash", keccak(b"other")),
    ],
)
def test_claim_from_batch_reverts_when_a_leaf_was_changed(
    world: World, batch: Batch, member: str, value: Any
) -> None:
    forged: Leaf = replace(batch.leaves[2], **{member: value})
    args = claim_args(world, batch, 2, world.recipient)
    leaf_root = root_of(forged.word, 2, batch.proof(2))
    with reverts("GiftCertificates_MalformedProof", leaf_root, batch.root):
        world.certificates.claimFromBatch(args[0], forged.struct, *args[2:], {"from": world.relayer})


def test_claim_from_batch_reverts_at_another_place(world: World, batch: Batch) -> None:
    """The same gift at another index would be claimed twice."""
    moved = replace(batch.leaves[2], index=3)
    with reverts("GiftCertificates_MalformedProof", root_of(moved.word, 3, batch.proof(2)), batch.root):
        world.certificates.claimFromBatch(
            batch.struct, moved.struct, batch.proof(2), world.recipient, b"", {"from": world.relayer}
        )


@pytest.mark.parametrize("beyond", [8, 2**255 + 2])
def test_claim_from_batch_reverts_at_an_index_the_tree_has_no_place_for(
    world: World, batch: Batch, beyond: int
) -> None:
    high = replace(batch.leaves[0], index=beyond)
    with reverts("GiftCertificates_MalformedProof", 0, batch.root):
        world.certificates.claimFromBatch(
            batch.struct, high.struct, batch.proof(0), world.recipient, b"", {"from": world.relayer}
        )


@pytest.mark.parametrize("cut", ["shorter", "longer", "empty"])
def test_claim_from_batch_reverts_with_a_proof_of_another_depth(world: World, batch: Batch, cut: str) -> None:
    proof = batch.proof(1)
    proof = {"shorter": proof[:-1], "longer": [*proof, 0], "empty": []}[cut]
    args = claim_args(world, batch, 1, world.recipient)
    with reverts("GiftCertificates_MalformedProof", root_of(batch.leaves[1].word, 1, proof), batch.root):
        world.certificates.claimFromBatch(args[0], args[1], proof, *args[3:], {"from": world.relayer})


def test_claim_from_batch_reverts_the_second_time(world: World, batch: Batch) -> None:
    claim(world, batch, 2)
    for recipient in (world.recipient, world.stranger):
        with reverts("GiftCertificates_AlreadyClaimed", batch.id, 2):
            claim(world, batch, 2, recipient)
    assert world.certificates.balanceOf(world.recipient, batch.series_id) == 30
    assert world.certificates.batchRemaining(batch.id) == sum(AMOUNTS) - 30


def test_claim_from_batch_reverts_before_delivery(world: World, later: Batch) -> None:
    deliver = later.leaves[0].deliver_at
    at(deliver - 1)
    with reverts("GiftCertificates_NotYetDelivered", deliver, deliver - 1):
        claim(world, later, 0)
    at(deliver)
    claim(world, later, 0)
    assert world.certificates.balanceOf(world.recipient, later.series_id) == 1


@pytest.mark.parametrize("past", [0, 1])
def test_claim_from_batch_reverts_from_limitation_on(world: World, batch: Batch, past: int) -> None:
    at(batch.limitation_at + past)
    with reverts("GiftCertificates_AfterLimitation", batch.series_id, batch.limitation_at):
        claim(world, batch, 0)


def test_claim_from_batch_passes_in_the_last_second_before_limitation(world: World, batch: Batch) -> None:
    at(batch.limitation_at - 1)
    claim(world, batch, 0)
    assert world.certificates.balanceOf(world.recipient, batch.series_id) == 10


def test_claim_from_batch_reverts_without_the_keys_signature(world: World, batch: Batch) -> None:
    args = claim_args(world, batch, 1, world.recipient)
    digest = Claim(batch.gift(1), str(world.recipient), bytes(32)).digest(world.domain)
    neighbour = world.claim_signature(batch.secrets[0], batch.gift(1), world.recipient)
    other_index = world.claim_signature(batch.secrets[1], batch.gift(0), world.recipient)
    whole_batch = world.claim_signature(batch.secrets[1], batch.id, world.recipient)
    for bad in (b"", neighbour, other_index, whole_batch):
        with reverts("GiftCertificates_InvalidSignature", batch.leaves[1].key, digest):
            world.certificates.claimFromBatch(*args[:4], bad, {"from": world.relayer})


def test_claim_from_batch_reverts_for_another_recipient_than_signed(world: World, batch: Batch) -> None:
    args = claim_args(world, batch, 1, world.recipient)
    digest = Claim(batch.gift(1), str(world.stranger), bytes(32)).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", batch.leaves[1].key, digest):
        world.certificates.claimFromBatch(*args[:3], world.stranger, args[4], {"from": world.relayer})


def test_claim_from_batch_reverts_for_nobody(world: World, batch: Batch) -> None:
    with reverts("GiftCertificates_ZeroAddress"):
        claim(world, batch, 0, ZERO)


def test_claim_from_batch_reverts_for_another_than_the_named_recipient(world: World, series: int) -> None:
    batch = give_many(world, series, (5, 6), recipient=world.recipient.address)
    with reverts("GiftCertificates_WrongRecipient", world.stranger, world.recipient):
        claim(world, batch, 1, world.stranger)
    claim(world, batch, 1)
    assert world.certificates.balanceOf(world.recipient, series) == 6


def test_claim_from_batch_mints_to_the_recipient(world: World, series: int, batch: Batch) -> None:
    reserve, outstanding = world.reserve(), world.certificates.state(series)[1]
    tx = claim(world, batch, 3)
    assert world.certificates.account(series, world.recipient) == (40, 0, 0)
    assert world.certificates.state(series)[1] == outstanding
    assert world.reserve() == world.liabilities() == reserve
    assert world.certificates.batchRemaining(batch.id) == sum(AMOUNTS) - 40
    claimed = [batch.is_claimed(world, i) for i in range(len(AMOUNTS))]
    assert claimed == [False, False, False, True, False]
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.relayer, ZERO, world.recipient, series, 40),
        ("GiftClaimedFromBatch", batch.id, 3),
    ]


def test_claim_from_batch_to_the_last_link_leaves_nothing(world: World, series: int, batch: Batch) -> None:
    before = world.certificates.state(series)[1]
    for index in (4, 0, 3, 1, 2):
        claim(world, batch, index)
    assert world.certificates.balanceOf(world.recipient, series) == sum(AMOUNTS)
    assert world.certificates.batchRemaining(batch.id) == 0
    assert world.certificates.state(series)[1] == before
    with reverts("GiftCertificates_AlreadyClaimed", batch.id, 0):
        claim(world, batch, 0)


def test_claim_from_batch_of_a_single_link_needs_no_proof(world: World, series: int) -> None:
    batch = give_many(world, series, (7,))
    assert batch.proof(0) == []
    claim(world, batch, 0)
    assert world.certificates.balanceOf(world.recipient, series) == 7


@pytest.mark.parametrize("mode", ["Accepts", "WrongMagic"])
def test_claim_from_batch_by_a_contract_depends_on_its_acceptance(
    world: World, series: int, batch: Batch, make_account: MakeAccount, mode: str
) -> None:
    recipient = make_account("Refuser1155", world.agent, mode)
    if mode == "Accepts":
        claim(world, batch, 1, recipient)
        assert world.certificates.balanceOf(recipient, series) == 20
        return
    with reverts("ERC1155InvalidReceiver", recipient):
        claim(world, batch, 1, recipient)
    assert not batch.is_claimed(world, 1)


def test_claim_from_batch_beyond_one_word_of_bits(world: World, series: int) -> None:
    """The marks of links 255, 256 and 511 lie in two words: none of them marks another's bit."""
    batch = give_many(world, series, [1] * 512)
    for index in (0, 255, 256, 511):
        claim(world, batch, index)
        with reverts("GiftCertificates_AlreadyClaimed", batch.id, index):
            claim(world, batch, index)
    assert [batch.is_claimed(world, i) for i in (1, 254, 255, 256, 257, 510)] == [False] * 2 + [True] * 2 + [
        False
    ] * 2
    assert world.certificates.batchRemaining(batch.id) == 508


def test_two_batches_keep_separate_books(world: World, series: int, batch: Batch) -> None:
    other = give_many(world, series, AMOUNTS, reclaim_at=world.now() + 8 * DAY)
    claim(world, batch, 0)
    claim(world, other, 0)
    assert world.certificates.balanceOf(world.recipient, series) == 20
    args = claim_args(world, batch, 1, world.recipient)
    digest = Claim(other.gift(1), str(world.recipient), bytes(32)).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", batch.leaves[1].key, digest):
        world.certificates.claimFromBatch(other.struct, *args[1:], {"from": world.relayer})


def test_claim_from_batch_without_limitation(world: World) -> None:
    series = world.create_series(expires_at=NEVER, limitation_at=NEVER)
    world.issue(series, world.giver, 10)
    batch = give_many(world, series, (10,))
    at(world.now() + 10**9)
    claim(world, batch, 0)
    assert world.certificates.balanceOf(world.recipient, series) == 10
