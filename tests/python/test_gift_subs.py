"""Gift subscriptions without a chain: tree, batch, links."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from largesse.addresses import ZERO_ADDRESS
from largesse.eip712 import jars_domain, keccak, recover
from largesse.errors import LinkError
from largesse.gifts import subscriptions as gift_subs
from largesse.gifts.links import key_address
from largesse.gifts.subscriptions import (
    GiftSubscriptions,
    Place,
    SubscriptionLink,
    make_links,
    parse_subscription_link,
)
from largesse.jars import JarError

PAYER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
CREATOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ESCROW = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
BATCH = GiftSubscriptions(PAYER, CREATOR, 1, 0, 10**9, 3, 5_000_000, 2_000_000_000, bytes(32), 0)
PAGE = "https://largesse.example/member"


def links(count: int) -> list[SubscriptionLink]:
    return make_links(BATCH, count, chain_id=31_337, escrow=ESCROW, base_url=PAGE)[1]


@settings(max_examples=30)
@given(st.integers(1, 70))
def test_every_proof_leads_to_the_root(count: int) -> None:
    places = [Place(i, ZERO_ADDRESS, key_address((i + 1).to_bytes(32, "big"))) for i in range(count)]
    tree = gift_subs.build(places)
    for place in places:
        assert gift_subs.root_of(place, tree.proof(place.index)) == tree.root
    other = replace(places[0], index=count)
    assert gift_subs.root_of(other, tree.proof(0)) != tree.root


def test_a_tree_of_three_by_hand() -> None:
    places = [Place(i, ZERO_ADDRESS, PAYER) for i in range(3)]
    first, second, third = (place.leaf() for place in places)
    pair = keccak(min(first, second) + max(first, second))
    tree = gift_subs.build(places)
    assert tree.root == keccak(min(pair, third) + max(pair, third))
    assert tree.proof(2) == (pair,)
    with pytest.raises(JarError, match="no gift 3"):
        tree.proof(3)


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        ([], "no_gifts"),
        ([Place(1, ZERO_ADDRESS, PAYER)], "wrong_index"),
        ([Place(0, ZERO_ADDRESS, ZERO_ADDRESS)], "bad_gift"),
        ([Place(i, ZERO_ADDRESS, PAYER) for i in range(2**16)], "too_many_gifts"),
    ],
)
def test_bad_batches(places: list[Place], reason: str) -> None:
    with pytest.raises(JarError) as caught:
        gift_subs.build(places)
    assert caught.value.reason == reason


@pytest.mark.parametrize("count", [1, 2, 50])
def test_links_are_read_back(count: int) -> None:
    made = links(count)
    assert len({link.private_key for link in made}) == count
    for link in made:
        assert parse_subscription_link(link.url()) == link
        assert link.gifts.count == count


def test_the_key_names_the_account() -> None:
    link = links(2)[1]
    domain = jars_domain(31_337, ESCROW)
    claim = gift_subs.GiftSubscriptionClaim(link.gifts.batch_id(), 1, CREATOR)
    assert recover(claim.digest(domain), link.sign(domain, CREATOR)) == link.place.key


def test_a_link_shows_no_key() -> None:
    link = links(1)[0]
    assert link.private_key.hex() not in repr(link)


def test_a_link_of_another_kind() -> None:
    link = links(1)[0].url()
    body = link.partition("#")[2]
    raw = bytearray(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    raw[0] = 1
    with pytest.raises(LinkError) as caught:
        parse_subscription_link(f"{PAGE}#" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode())
    assert caught.value.reason == "link_unknown_version"


def test_an_altered_link() -> None:
    url = links(3)[0].url()
    for position in range(url.index("#") + 1, len(url), 7):
        changed = "A" if url[position] != "A" else "B"
        with pytest.raises(LinkError):
            parse_subscription_link(url[:position] + changed + url[position + 1 :])
    with pytest.raises(LinkError) as caught:
        parse_subscription_link(url[:-8])
    assert caught.value.reason == "link_truncated"


def test_a_gift_beyond_the_batch() -> None:
    link = links(3)[2]
    with pytest.raises(LinkError, match="gift 2") as caught:
        replace(link, gifts=replace(link.gifts, count=2))
    assert caught.value.reason == "bad_proof"
    with pytest.raises(LinkError):
        replace(link, base_url="http://largesse.example")


@pytest.mark.parametrize(
    "change",
    [{"rate": 2**80}, {"version": 2**16}, {"amount_each": 2**96}, {"tier": -1}, {"root": b"\x01"}],
)
def test_a_batch_that_no_contract_can_hold(change: dict[str, Any]) -> None:
    with pytest.raises(JarError) as caught:
        replace(BATCH, **change).batch_id()
    assert caught.value.reason == "bad_batch"


def test_a_link_with_a_rate_that_no_stream_has() -> None:
    """Well framed, and impossible: an error of ours, whoever wrote the link."""
    link = links(1)[0]
    with pytest.raises(LinkError) as caught:
        parse_subscription_link(replace(link, gifts=replace(link.gifts, rate=2**80)).url())
    assert caught.value.reason == "link_malformed"
