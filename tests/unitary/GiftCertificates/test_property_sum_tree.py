"""Batches of any size: every gift can be claimed once, nothing else can, and the sum is what was funded."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.model.currency import Kind
from tests.model.ids import SUM, batch_id, leaf_id, tree
from tests.model.words import NEVER, ZERO, Authorization, GiftBatch, GiftLeaf, Signature
from tests.stateful.certificates.hand import Hand
from tests.stateful.certificates.side import Side, new_chain
from tests.stateful.certificates.store import ART
from tests.stateful.people import HOLDERS, ISSUERS, MERCHANTS, STRANGER, person

ISSUER, GIVER, RECIPIENT = ISSUERS[0], HOLDERS[0], HOLDERS[1]
PROPERTY = settings(
    max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
amounts = st.lists(st.integers(0, 10**10) | st.integers(0, 3), min_size=1, max_size=19).filter(any)
KEY = person("key of all gifts")


@pytest.fixture(scope="module")
def side() -> Side:
    """A contract of its own, on a chain in this process."""
    return Side(new_chain(), Kind.PLAIN, {}, {})


def given_batch(side: Side, amounts: list[int]) -> tuple[GiftBatch, list[GiftLeaf], list[list[int]]]:
    """A funded batch of gifts of these amounts, with their proofs."""
    terms = Hand(Random(1), side).terms("for ever")
    assert side.act("createSeries", ISSUER, (terms, [MERCHANTS[0]], ART))
    series_id = len(side.model.books.series)
    assert side.act("issue", ISSUER, (series_id, GIVER, sum(amounts)))
    leaves = [GiftLeaf(i, KEY, ZERO, amount, 0, bytes(32)) for i, amount in enumerate(amounts)]
    root, proofs = tree(leaves)
    assert side.act("giveMany", GIVER, (GIVER, series_id, root, 0, Authorization(0, 0, None)))
    return GiftBatch(GIVER, series_id, root, NEVER, side.chain.time, NEVER), leaves, proofs


def claim(side: Side, batch: GiftBatch, leaf: GiftLeaf, proof: list[int]) -> bool:
    """Whether the contract delivers this gift; it must agree with the model either way."""
    said = ("Claim", leaf_id(batch_id(batch), leaf.index), RECIPIENT, ())
    signature = Signature(KEY, side.address, said)
    return side.act("claimFromBatch", STRANGER, (batch, leaf, proof, RECIPIENT, signature))


@PROPERTY
@given(amounts=amounts, order=st.randoms(use_true_random=False))
def test_all_gifts_are_claimed_once_in_any_order(side: Side, amounts: list[int], order: Random) -> None:
    batch, leaves, proofs = given_batch(side, amounts)
    given = batch_id(batch)
    places = list(range(len(leaves)))
    order.shuffle(places)
    left = sum(amounts)
    for place in places:
        assert side.read("batchRemaining", given) == (left,)
        assert claim(side, batch, leaves[place], proofs[place])
        assert not claim(side, batch, leaves[place], proofs[place])
        left -= amounts[place]
    assert side.read("batchRemaining", given) == (0,)
    assert side.read("balanceOf", RECIPIENT, batch.series_id) == (sum(amounts),)
    assert side.read("state", batch.series_id)[0][1] == sum(amounts)


@PROPERTY
@given(amounts=amounts, data=st.data())
def test_no_other_gift_is_in_the_tree(side: Side, amounts: list[int], data: st.DataObject) -> None:
    batch, leaves, proofs = given_batch(side, amounts)
    place = data.draw(st.integers(0, len(leaves) - 1))
    leaf, proof = leaves[place], proofs[place]
    more = data.draw(st.integers(1, 10**10))
    others = [
        (replace(leaf, amount=leaf.amount + more), proof),
        (replace(leaf, amount=leaf.amount + SUM), proof),  # the same sum in 96 bits
        (replace(leaf, index=leaf.index + len(leaves) * 64), proof),
        (replace(leaf, recipient=GIVER), proof),
        (replace(leaf, deliver_at=1), proof),
        (leaf, [*proof, 0]),
    ]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bit = data.draw(st.integers(0, 255))
        others.append((leaf, [*proof[:at], proof[at] ^ 1 << bit, *proof[at + 1 :]]))
        others.append((leaf, proof[:-1]))
    for wrong, path in others:
        assert not claim(side, batch, wrong, path)
    assert side.read("batchRemaining", batch_id(batch)) == (sum(amounts),)
    assert claim(side, batch, leaf, proof)
