"""A batch of named gift subscriptions had nothing secret in it: who tried the accounts it knew against the
batch's root found out whom it names. Anybody may start such a gift: so the creator could start all of them in
the second in which they were given. The time of people who knew of nothing ran, and nothing returned to the
giver.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from largesse.addresses import ZERO_ADDRESS
from largesse.chain import ROLES, RefusedError
from largesse.clients.tips import Tips
from largesse.gifts.named import NamedGifts, name_gifts
from largesse.gifts.subscriptions import GiftSubscriptions, Place, build, root_of
from largesse.jars import MONTH
from largesse.moments import day
from largesse.relayer.actions import Kind, read_action
from scripts import gift_subs, subscribe
from tests.fixtures.desk import Desk

NAMED = ("reader", "recipient")
DAY = 86_400


@pytest.fixture
def tips(desk: Desk) -> Tips:
    """The escrow of USDC, with a tier 1 of the creator's."""
    subscribe.tier("currency=USDC", "tier=1", "price=5", "from=creator")
    return desk.session.tips("USDC")


@pytest.fixture
def given(desk: Desk, tips: Tips) -> NamedGifts:
    """Two gifts, as their giver has them."""
    reclaim = day(desk.session.node.now() + 60 * DAY)
    name = f"crew{secrets.token_hex(8)}"
    gift_subs.main(
        "currency=USDC", "to=creator", f"for={','.join(NAMED)}", f"reclaim={reclaim}", f"name={name}",
        "from=supporter",
    )  # fmt: skip
    text = (desk.session.out("gift_subs") / f"{name}.json").read_text()
    return NamedGifts.from_json(text)[1]


def guessed(desk: Desk, gifts: GiftSubscriptions) -> list[Place] | None:
    """Whom a batch of two names, to who has its root and knows everybody on this chain."""
    for pair in permutations([desk.address(role) for role in ROLES], 2):
        places = [Place(index, ZERO_ADDRESS, account) for index, account in enumerate(pair)]
        if build(places).root == gifts.root:
            return places
    return None


def test_a_creator_does_not_find_out_whom_a_batch_names(desk: Desk, tips: Tips, given: NamedGifts) -> None:
    (public,) = tips.open_batches(desk.address("supporter"))
    assert public == given.gifts
    assert guessed(desk, public) is None
    fans = [desk.address(role) for role in NAMED]
    tree = build([Place(index, ZERO_ADDRESS, fan) for index, fan in enumerate(fans)])
    with pytest.raises(RefusedError) as failed:
        tips.claim_named(public, tree, Place(0, ZERO_ADDRESS, fans[0]), desk.wallet("creator"))
    assert failed.value.reason == "Jar_NotInTree"
    assert tips.gifts_left(public.batch_id()) == 2


def test_a_claim_does_not_tell_whom_the_others_are_for(desk: Desk, given: NamedGifts) -> None:
    """It shows its own key, and of its neighbour's gift the leaf."""
    shown = given.places[0].key
    proof = given.tree.proof(0)
    assert root_of(given.places[0], proof) == given.gifts.root
    for role in ROLES:
        for key in (shown, ZERO_ADDRESS):
            assert Place(1, key, desk.address(role)).leaf() not in proof


def test_no_two_keys_are_alike(given: NamedGifts) -> None:
    accounts = [place.account for place in given.places]
    keys = {place.key for batch in (given, name_gifts(given.gifts, accounts)) for place in batch.places}
    assert len(keys) == 4
    assert ZERO_ADDRESS not in keys


def test_a_key_is_twenty_random_bytes(given: NamedGifts, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(range(1, 3))
    monkeypatch.setattr("secrets.token_bytes", lambda count: bytes([next(drawn)] * count))
    batch = name_gifts(given.gifts, [place.account for place in given.places])
    assert [place.key for place in batch.places] == ["0x" + "01" * 20, "0x" + "02" * 20]


def test_whom_it_names_has_its_gift_by_the_file_or_through_a_relayer(
    desk: Desk, tips: Tips, given: NamedGifts
) -> None:
    place = given.place_of(desk.address("recipient"))
    claimed = tips.claim_named(given.gifts, given.tree, place, desk.wallet("relayer"))
    assert claimed["account"] == desk.address("recipient")
    assert claimed["until"] == desk.session.node.now() + MONTH
    other = given.place_of(desk.address("reader"))
    proof = list(given.tree.proof(other.index))
    call: list[Any] = [
        given.gifts.as_tuple(),
        other.index,
        other.key,
        other.account,
        proof,
        other.account,
        b"",
    ]
    data = bytes.fromhex(tips.contract.encode_abi("claimSubscription", call)[2:])
    chain, relayer = desk.session.node.chain_id, desk.address("relayer")
    action = read_action({tips.address: Kind.JARS}, chain, tips.address, data, relayer)
    assert action.subjects == (desk.address("reader"),)


def test_a_file_of_before_is_claimed_from_as_it_was(desk: Desk, tips: Tips, given: NamedGifts) -> None:
    fans = [desk.address(role) for role in NAMED]
    places = tuple(Place(index, ZERO_ADDRESS, fan) for index, fan in enumerate(fans))
    batch = NamedGifts(replace(given.gifts, root=build(places).root), places)
    tips.give_subscriptions(desk.wallet("supporter"), batch.gifts)
    content = json.loads(batch.to_json("USDC"))
    del content["keys"]
    path = desk.session.out("gift_subs") / f"old{secrets.token_hex(8)}.json"
    path.write_text(json.dumps(content))
    assert NamedGifts.from_json(path.read_text()) == ("USDC", batch)
    until = gift_subs.claim(f"batch={path}", "to=recipient", "from=relayer")
    assert until == desk.session.node.now() + MONTH
