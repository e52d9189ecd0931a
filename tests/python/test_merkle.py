from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from largesse.addresses import address_from_bytes
from largesse.amounts import UINT96_MAX
from largesse.errors import MerkleError
from largesse.gifts.merkle import MAX_PROOF, GiftLeaf, Tree, build, sum_of, verify
from tests.python.helpers import ISSUER, MERCHANT, ZERO, refused

KEY = "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1"

# Words below were made with `cast abi-encode` and `cast keccak`, not with this package.
GOLDEN = [
    GiftLeaf(0, KEY, ZERO, 50_000, 1_798_761_600, b"\xcc" * 32),
    GiftLeaf(1, ISSUER, MERCHANT, 100_000, 1_798_761_600, b"\xcc" * 32),
    GiftLeaf(2, MERCHANT, ISSUER, 1, 0, bytes(32)),
]
LEAF_0 = 0x0E4F7BCCC07D92E73D23FA9B1C7D01BA6E63D7D500000000000000000000C350
LEAF_1 = 0x5A0060D5CD1EB9BD03DFDB1C69C7652B5C6812520000000000000000000186A0
LEAF_2 = 0x599CB3392B58B176479127E929C0CE14330D0D04000000000000000000000001
NODE_01 = 0x3927CC0AA10C75E7AF926975367688DB14D8DFDC0000000000000000000249F0
NODE_2Z = 0xEFC1E0F3175AE99C0119AC054A6503DC46D95E61000000000000000000000001
ROOT = 0xBBFD8594DE8646FCD651FCE9EB60DCB33D7579F40000000000000000000249F1


def leaves(amounts: list[int]) -> list[GiftLeaf]:
    return [
        GiftLeaf(index, address_from_bytes(keccak(bytes([1, index]))[:20]), ZERO, amount, index, bytes(32))
        for index, amount in enumerate(amounts)
    ]


def test_golden_tree() -> None:
    tree = build(GOLDEN)
    assert tree.levels == ((LEAF_0, LEAF_1, LEAF_2, 0), (NODE_01, NODE_2Z), (ROOT,))
    assert (tree.root, tree.total) == (ROOT, 150_001)
    assert tree.proof(0) == [LEAF_1, NODE_2Z]
    assert tree.proof(1) == [LEAF_0, NODE_2Z]
    assert tree.proof(2) == [0, NODE_01]


def test_a_tree_of_one_is_its_leaf() -> None:
    tree = build(GOLDEN[:1])
    assert (tree.root, tree.total, tree.proof(0)) == (LEAF_0, 50_000, [])
    assert verify(tree.root, GOLDEN[0], [])


def test_padding_has_no_proof() -> None:
    for index in (-1, 3, 4):
        with refused(MerkleError, "no_such_leaf", index, "only 3"):
            build(GOLDEN).proof(index)


@settings(max_examples=60)
@given(st.lists(st.integers(min_value=1, max_value=2**90), min_size=1, max_size=17))
def test_every_leaf_has_a_proof_and_the_root_has_the_sum(amounts: list[int]) -> None:
    given_leaves = leaves(amounts)
    tree = build(given_leaves)
    assert tree.total == sum_of(tree.root) == sum(amounts)
    for leaf in given_leaves:
        proof = tree.proof(leaf.index)
        assert len(proof) == (len(amounts) - 1).bit_length()
        assert verify(tree.root, leaf, proof)


@settings(max_examples=60)
@given(st.data())
def test_no_altered_leaf_or_proof_verifies(data: Any) -> None:
    count = data.draw(st.integers(min_value=2, max_value=9))
    given_leaves = leaves([10 + index for index in range(count)])
    tree = build(given_leaves)
    leaf = given_leaves[data.draw(st.integers(min_value=0, max_value=count - 1))]
    proof = tree.proof(leaf.index)
    step = data.draw(st.integers(min_value=0, max_value=len(proof) - 1))
    bit = data.draw(st.integers(min_value=0, max_value=255))
    assert not verify(
        tree.root, leaf, [word ^ (1 << bit) if i == step else word for i, word in enumerate(proof)]
    )
    assert not verify(tree.root ^ (1 << bit), leaf, proof)
    assert not verify(tree.root, replace(leaf, index=leaf.index ^ 1), proof)
    assert not verify(tree.root, replace(leaf, amount=leaf.amount + 1), proof)
    assert not verify(tree.root, replace(leaf, deliver_at=leaf.deliver_at + 1), proof)
    assert not verify(tree.root, replace(leaf, recipient=ISSUER), proof)
    assert not verify(tree.root, replace(leaf, message_hash=b"\x01" * 32), proof)
    assert not verify(tree.root, leaf, proof[:-1])
    assert not verify(tree.root, leaf, [*proof, 0])


def test_an_index_beyond_the_proof_is_refused() -> None:
    """Index 4 has the low bits of 0: without the check one leaf could be claimed under two indices."""
    forged = replace(GOLDEN[0], index=4)
    assert not verify(build(GOLDEN).root, forged, build(GOLDEN).proof(0))
    # Even where that leaf itself, index 4 and all, is what was hashed:
    assert not verify(forged.word(), forged, [])


def test_a_proof_of_more_steps_than_the_contract_takes_is_refused() -> None:
    leaf, root = GOLDEN[0], GOLDEN[0].word()
    proof: list[int] = []
    while len(proof) < MAX_PROOF + 1:
        assert verify(root, leaf, proof)
        image = keccak(root.to_bytes(32, "big") + LEAF_1.to_bytes(32, "big"))
        root = int.from_bytes(image[12:], "big") << 96 | sum_of(root) + sum_of(LEAF_1)
        proof.append(LEAF_1)
    assert not verify(root, leaf, proof)


def test_a_node_is_no_leaf_and_a_sibling_no_bigger_than_a_word() -> None:
    tree = build(GOLDEN)
    assert not verify(tree.root, GOLDEN[0], [LEAF_1 + 2**256, NODE_2Z])
    assert not verify(tree.root, GOLDEN[0], [-1, NODE_2Z])


def test_sums_that_overflow_are_refused() -> None:
    assert build(leaves([UINT96_MAX - 1, 1])).total == UINT96_MAX
    with refused(MerkleError, "sum_too_large"):
        build(leaves([UINT96_MAX, 1]))
    # A proof whose sums overflow never verifies, whatever the hashes.
    assert not verify(0, leaves([UINT96_MAX, 1])[0], [1])


def test_what_cannot_be_built() -> None:
    with refused(MerkleError, "no_leaves"):
        build([])
    with refused(MerkleError, "wrong_index", "leaf 0 says that it is 1"):
        build(GOLDEN[1:])
    with refused(MerkleError, "duplicate_key", "leaves 0 and 1", KEY):
        build([GOLDEN[0], replace(GOLDEN[1], key=KEY)])


@pytest.mark.parametrize(
    "changes",
    [
        {"key": ZERO},  # a bearer gift without a key would be anybody's
        {"key": KEY.lower()},
        {"recipient": "0x12"},
        {"amount": 0},
        {"amount": 2**96},
        {"deliver_at": 2**40},
        {"deliver_at": -1},
        {"message_hash": bytes(31)},
        {"index": -1},
        {"index": 2**32},
    ],
)
def test_bad_leaves(changes: dict[str, Any]) -> None:
    with refused(MerkleError, "bad_leaf"):
        replace(GOLDEN[0], **changes).word()


def test_named_recipients_need_no_key() -> None:
    keyless = [replace(leaf, key=ZERO, recipient=ISSUER) for leaf in leaves([5, 6, 7])]
    tree = build(keyless)
    assert tree.total == 18
    assert all(verify(tree.root, leaf, tree.proof(leaf.index)) for leaf in keyless)


def test_a_thousand_leaves() -> None:
    many = [
        GiftLeaf(index, address_from_bytes(keccak(index.to_bytes(2, "big"))[:20]), ZERO, 50_000, 0, bytes(32))
        for index in range(1_000)
    ]
    tree: Tree = build(many)
    assert tree.total == 50_000_000
    assert {len(tree.proof(index)) for index in (0, 1, 511, 512, 999)} == {10}
    assert all(verify(tree.root, many[index], tree.proof(index)) for index in (0, 1, 511, 512, 999))
