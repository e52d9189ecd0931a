"""Attacks on batches of links: trees that promise more than was funded, places taken twice, sums that
overflow.

A giver builds its tree alone, so it may build anything. Whatever it builds, no more leaves the batch than
went in, and what is left can be taken back.
"""

import random
from dataclasses import replace
from typing import Any

import pytest

from largesse.eip712 import address_of, keccak
from tests.support.certificates import DAY, MAX_AMOUNT, NO_SIGNATURE, World
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.gifts import (
    Batch,
    Leaf,
    SumTree,
    fund_root,
    give_many,
    parent,
    place_of,
    root_of,
    secret_of,
    word_of,
)

SECRET = secret_of("hostile tree")
KEY = address_of(SECRET)


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.giver, 100_000)
    return series_id


def hostile_parent(left: int, right: int, total: int) -> int:
    """A node that claims any sum."""
    return word_of(keccak(left.to_bytes(32, "big") + right.to_bytes(32, "big")), total)


def claim(world: World, batch: Batch, leaf: Leaf, proof: list[int]) -> Any:
    signature = world.claim_signature(SECRET, batch.gift(leaf.index), world.recipient)
    return world.certificates.claimFromBatch(
        batch.struct, leaf.struct, proof, world.recipient, signature, {"from": world.relayer}
    )


def test_a_root_that_claims_less_than_its_leaves_pays_none_of_them(world: World, series: int) -> None:
    """Two leaves of 60 under a root funded with 100: their sum is 120, so neither path leads to that root."""
    leaves = [Leaf(0, KEY, 60), Leaf(1, KEY, 60)]
    batch = fund_root(
        world, series, hostile_parent(leaves[0].word, leaves[1].word, 100), reclaim_at=world.now() + DAY
    )
    for leaf, sibling in ((leaves[0], leaves[1]), (leaves[1], leaves[0])):
        honest = root_of(leaf.word, leaf.index, [sibling.word])
        assert honest % 2**96 == 120
        with reverts("GiftCertificates_MalformedProof", honest, batch.root):
            claim(world, batch, leaf, [sibling.word])
    at(batch.reclaim_at)
    world.certificates.reclaimBatch(batch.struct, NO_SIGNATURE, {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == 100_000


def test_an_inner_node_that_claims_less_than_its_leaves_pays_none_of_them(world: World, series: int) -> None:
    leaves = [Leaf(i, KEY, 60) for i in range(4)]
    words = [leaf.word for leaf in leaves]
    lying = hostile_parent(words[0], words[1], 40)
    honest = hostile_parent(words[2], words[3], 120)
    batch = fund_root(world, series, hostile_parent(lying, honest, 160))
    with reverts("GiftCertificates_MalformedProof", root_of(words[0], 0, [words[1], honest]), batch.root):
        claim(world, batch, leaves[0], [words[1], honest])
    claim(world, batch, leaves[2], [words[3], lying])
    claim(world, batch, leaves[3], [words[2], lying])
    assert world.certificates.batchRemaining(batch.id) == 40
    assert world.reserve() == world.liabilities()


def test_the_same_leaf_in_two_places_is_claimed_once(world: World, series: int) -> None:
    """The index is part of the leaf and says where it stands: a copy elsewhere has no proof."""
    leaf = Leaf(0, KEY, 50)
    batch = fund_root(world, series, SumTree([leaf.word, leaf.word]).root)
    claim(world, batch, leaf, [leaf.word])
    with reverts("GiftCertificates_AlreadyClaimed", batch.id, 0):
        claim(world, batch, leaf, [leaf.word])
    elsewhere = replace(leaf, index=1)
    with reverts("GiftCertificates_MalformedProof", root_of(elsewhere.word, 1, [leaf.word]), batch.root):
        claim(world, batch, elsewhere, [leaf.word])
    assert world.certificates.batchRemaining(batch.id) == 50


def test_two_leaves_of_one_index_in_a_lopsided_tree_are_two_gifts(world: World, series: int) -> None:
    """Index 1 of depth 2 and index 1 of depth 1 are two places: each is claimed, once."""
    deep = [Leaf(0, KEY, 10), Leaf(1, KEY, 20)]
    shallow = Leaf(1, KEY, 30)
    left = SumTree([leaf.word for leaf in deep]).root
    batch = fund_root(world, series, SumTree([left, shallow.word]).root, reclaim_at=world.now() + DAY)
    gifts = [(shallow, [left]), (deep[1], [deep[0].word, shallow.word])]
    for leaf, proof in gifts:
        assert not world.certificates.isClaimedFromBatch(batch.id, place_of(1, proof))
        claim(world, batch, leaf, proof)
        assert world.certificates.isClaimedFromBatch(batch.id, place_of(1, proof))
    for leaf, proof in gifts:
        with reverts("GiftCertificates_AlreadyClaimed", batch.id, 1):
            claim(world, batch, leaf, proof)
    assert world.certificates.balanceOf(world.recipient, series) == 50
    assert world.certificates.batchRemaining(batch.id) == 10
    at(batch.reclaim_at)
    world.certificates.reclaimBatch(batch.struct, NO_SIGNATURE, {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == 100_000 - 50


def test_every_gift_of_a_comb_is_claimed_once(world: World, series: int) -> None:
    """Ten gifts, nine of them with index 1, each at a depth of its own: none is in another's way."""
    leaves = [Leaf(1, KEY, 10 + i) for i in range(9)] + [Leaf(0, KEY, 19)]
    nodes = [leaves[-1].word]
    for leaf in reversed(leaves[:-1]):
        nodes.append(parent(nodes[-1], leaf.word))
    nodes.reverse()
    batch = fund_root(world, series, nodes[0])
    for i, leaf in enumerate(leaves):
        below = [nodes[i + 1]] if leaf.index else []
        proof = below + [leaves[j].word for j in reversed(range(i))]
        claim(world, batch, leaf, proof)
        with reverts("GiftCertificates_AlreadyClaimed", batch.id, leaf.index):
            claim(world, batch, leaf, proof)
    assert world.certificates.balanceOf(world.recipient, series) == sum(range(10, 20))
    assert world.certificates.batchRemaining(batch.id) == 0


def test_an_inner_node_is_no_leaf(world: World, series: int) -> None:
    """A node's preimage is two words, a leaf's six: a claim for a node's sum finds no leaf."""
    leaves = [Leaf(i, KEY, 10 * (i + 1)) for i in range(4)]
    tree = SumTree([leaf.word for leaf in leaves])
    batch = fund_root(world, series, tree.root)
    node, sibling = tree.levels[1]
    posing = Leaf(0, KEY, node % 2**96)
    with reverts("GiftCertificates_MalformedProof", root_of(posing.word, 0, [sibling]), batch.root):
        claim(world, batch, posing, [sibling])
    whole = Leaf(0, KEY, tree.root % 2**96)
    with reverts("GiftCertificates_MalformedProof", whole.word, batch.root):
        claim(world, batch, whole, [])


@pytest.mark.parametrize("excess", [2**96, 2**96 * 7, 2**255])
def test_an_amount_of_more_than_96_bits_is_not_cut_down_to_a_small_one(
    world: World, series: int, excess: int
) -> None:
    """The tree keeps 96 bits of an amount; the leaf says all of it, and the batch holds far less."""
    leaf = Leaf(0, KEY, excess + 5)
    assert leaf.word % 2**96 == 5
    batch = fund_root(world, series, leaf.word)
    with reverts("Panic", 0x11):
        claim(world, batch, leaf, [])
    assert world.certificates.balanceOf(world.recipient, series) == 0
    assert world.certificates.batchRemaining(batch.id) == 5


def test_sums_that_overflow_lead_nowhere(world: World, series: int) -> None:
    """Two halves of 2⁹⁶ would add up to a small total."""
    leaf, huge = Leaf(0, KEY, 100), word_of(keccak(b"huge"), MAX_AMOUNT - 50)
    wrapped = hostile_parent(leaf.word, huge, 49)
    batch = fund_root(world, series, wrapped)
    with reverts("GiftCertificates_MalformedProof", 0, batch.root):
        claim(world, batch, leaf, [huge])
    edge = word_of(keccak(b"huge"), MAX_AMOUNT - 100)
    with reverts("GiftCertificates_MalformedProof", root_of(leaf.word, 0, [edge]), batch.root) as caught:
        claim(world, batch, leaf, [edge])
    assert caught.values[0] % 2**96 == MAX_AMOUNT


def test_zero_leaves_take_nothing(world: World, series: int) -> None:
    """A gift of nothing harms nobody, and the filling of a tree is no gift at all."""
    leaves = [Leaf(0, KEY, 0), Leaf(1, KEY, 5)]
    batch = fund_root(world, series, SumTree([leaf.word for leaf in leaves]).root)
    claim(world, batch, leaves[0], [leaves[1].word])
    assert world.certificates.balanceOf(world.recipient, series) == 0
    assert world.certificates.batchRemaining(batch.id) == 5


def test_no_batch_pays_more_than_it_was_funded_with(world: World, series: int) -> None:
    """Random trees, some nodes of which lie: whatever claims pass, they and the rest make up the funding."""
    dice = random.Random(20260401)
    for round_number in range(6):
        leaves = [Leaf(i, KEY, dice.randrange(1, 90)) for i in range(dice.choice([2, 4, 8]))]
        levels = [[leaf.word for leaf in leaves]]
        while len(levels[-1]) > 1:
            row = levels[-1]
            sums = [row[i] % 2**96 + row[i + 1] % 2**96 for i in range(0, len(row), 2)]
            levels.append(
                [
                    hostile_parent(row[2 * i], row[2 * i + 1], max(1, total - dice.choice([0, 0, 0, 9])))
                    for i, total in enumerate(sums)
                ]
            )
        root = levels[-1][0]
        at(world.now() + 1 + round_number)
        before = world.certificates.balanceOf(world.recipient, series)
        batch = fund_root(world, series, root)
        for leaf in leaves:
            place, proof = leaf.index, []
            for row in levels[:-1]:
                proof.append(row[place ^ 1])
                place //= 2
            leads_to = root_of(leaf.word, leaf.index, proof)
            if leads_to == root:
                claim(world, batch, leaf, proof)
            else:
                with reverts("GiftCertificates_MalformedProof", leads_to, root):
                    claim(world, batch, leaf, proof)
        claimed = world.certificates.balanceOf(world.recipient, series) - before
        assert claimed + world.certificates.batchRemaining(batch.id) == root % 2**96
        assert world.reserve() == world.liabilities()


def test_proofs_agree_with_a_second_implementation(world: World, series: int) -> None:
    """Trees of every width from 1 to 17: each leaf claims with its own proof and with no other."""
    for width in (1, 2, 3, 5, 8, 13, 17):
        batch = give_many(world, series, [10 + i for i in range(width)])
        for index in {0, width // 2, width - 1}:
            args = (
                batch.struct,
                batch.leaves[index].struct,
                batch.proof(index),
                world.recipient,
                world.claim_signature(batch.secrets[index], batch.gift(index), world.recipient),
            )
            world.certificates.claimFromBatch.call(*args, {"from": world.relayer})
            if width > 1:
                wrong = batch.proof(index ^ 1)
                expected = root_of(batch.leaves[index].word, index, wrong)
                with reverts("GiftCertificates_MalformedProof", expected, batch.root):
                    world.certificates.claimFromBatch.call(
                        *args[:2], wrong, *args[3:], {"from": world.relayer}
                    )


def test_a_leaf_for_nobody_and_without_a_key_is_nobodys(world: World, series: int) -> None:
    """`give` refuses such a gift, but a tree says what its giver wants: anybody could take it."""
    nobody = "0x" + "00" * 20
    leaf = Leaf(0, nobody, 70)
    batch = fund_root(world, series, SumTree([leaf.word]).root, reclaim_at=world.now() + DAY)
    for signature in (b"", bytes(65)):
        with reverts("GiftCertificates_NotYourCard", nobody, world.stranger):
            world.certificates.claimFromBatch(
                batch.struct, leaf.struct, [], world.stranger, signature, {"from": world.stranger}
            )
    assert world.certificates.batchRemaining(batch.id) == 70
