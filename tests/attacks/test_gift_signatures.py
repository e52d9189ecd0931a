"""Attacks on claims: copies from the mempool, other forms of a signature, keys used twice, dirty words."""

from dataclasses import replace
from typing import Any

import pytest
from brownie import web3
from eth_typing import HexStr

from largesse.eip712 import address_of, keccak
from largesse.signed.certificates import Claim, GiftOrder
from tests.support.certificates import DAY, ZERO, World
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.gifts import secret_of

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SECRET = secret_of("attacked link")
Link = tuple[tuple[Any, ...], bytes]


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.giver, 1_000)
    return series_id


@pytest.fixture(scope="module")
def link(world: World, series: int) -> Link:
    _, gift, identity = world.give(series, 100, secret=SECRET)
    return gift, identity


def other_forms(signature: bytes) -> list[bytes]:
    """The same signature, written otherwise: s mirrored, and compact (EIP-2098)."""
    r, s, parity = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64] - 27
    mirrored = r + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([28 - parity])
    return [mirrored, r + (s | parity << 255).to_bytes(32, "big")]


def test_a_copied_claim_cannot_change_the_recipient(world: World, link: Link) -> None:
    """Whoever reads the claim in the mempool pays its gas, for the recipient that was signed."""
    signature = world.claim_signature(SECRET, link[1], world.recipient)
    digest = Claim(link[1], str(world.stranger), bytes(32)).digest(world.domain)
    for form in (signature, *other_forms(signature)):
        with reverts("GiftCertificates_InvalidSignature", link[0][1], digest):
            world.certificates.claim(link[0], world.stranger, form, {"from": world.stranger})
    world.certificates.claim(link[0], world.recipient, signature, {"from": world.stranger})
    assert world.certificates.balanceOf(world.recipient, link[0][3]) == 100
    assert world.certificates.balanceOf(world.stranger, link[0][3]) == 0


def test_another_form_of_the_signature_claims_no_second_time(world: World, link: Link) -> None:
    signature = world.claim_signature(SECRET, link[1], world.recipient)
    world.certificates.claim(link[0], world.recipient, signature, {"from": world.relayer})
    for form in (signature, *other_forms(signature)):
        with reverts("GiftCertificates_NoSuchGift", link[1]):
            world.certificates.claim(link[0], world.recipient, form, {"from": world.stranger})
    assert world.certificates.balanceOf(world.recipient, link[0][3]) == 100


def test_another_form_of_the_givers_signature_gives_no_second_time(world: World, series: int) -> None:
    order = (series, 90, address_of(SECRET), ZERO, 0, 0, bytes(32))
    message = GiftOrder(str(world.giver), series, 90, order[2], ZERO, 0, 0, bytes(32), 1, world.now() + DAY)
    signature = message.sign(world.domain, world.key(world.giver))
    world.certificates.giveSigned(
        world.giver, order, (1, message.deadline, signature), {"from": world.relayer}
    )
    for form in (signature, *other_forms(signature)):
        with reverts("GiftCertificates_NonceTooLow", 1, 1):
            world.certificates.giveSigned(
                world.giver, order, (1, message.deadline, form), {"from": world.stranger}
            )


def test_a_claim_is_not_replayed_when_the_key_is_funded_again(world: World, series: int, link: Link) -> None:
    """The same key, series and amount later are another gift: the old signature says nothing of it."""
    old = world.claim_signature(SECRET, link[1], world.recipient)
    world.certificates.claim(link[0], world.recipient, old, {"from": world.relayer})
    at(link[0][7] + 1_000)
    _, again, identity = world.give(series, 100, secret=SECRET)
    assert identity != link[1]
    digest = Claim(identity, str(world.recipient), bytes(32)).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", again[1], digest):
        world.certificates.claim(again, world.recipient, old, {"from": world.stranger})
    assert world.certificates.isGiftOpen(identity)


def test_a_claim_replayed_within_its_second_reaches_nobody_else(world: World, series: int) -> None:
    """Given, claimed and given again in one second, the same order is the same gift, and the key's word for
    it still stands. It can only name the recipient that the key named.
    """
    _, gift, identity = world.give(series, 90, secret=SECRET)
    signature = world.claim_signature(SECRET, identity, world.recipient)
    created = at(world.now())
    world.certificates.claim(gift, world.recipient, signature, {"from": world.relayer})
    at(created)
    world.certificates.give((series, 90, gift[1], ZERO, 0, 0, bytes(32)), {"from": world.giver})
    assert world.certificates.isGiftOpen(identity)
    digest = Claim(identity, str(world.stranger), bytes(32)).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", gift[1], digest):
        world.certificates.claim(gift, world.stranger, signature, {"from": world.stranger})
    world.certificates.claim(gift, world.recipient, signature, {"from": world.stranger})
    assert world.certificates.balanceOf(world.recipient, series) == 180
    assert world.reserve() == world.liabilities()


def test_a_claim_says_nothing_on_another_chain_or_in_another_currency(
    world: World, link: Link, make_world: Any, make_token: Any
) -> None:
    """The same bytecode for another currency: the same gift, another contract, another digest."""
    other: World = make_world(make_token("TestToken"))
    message = Claim(link[1], str(world.recipient), bytes(32))
    digest = message.digest(world.domain)
    for domain in (other.domain, replace(world.domain, chain_id=1)):
        with reverts("GiftCertificates_InvalidSignature", link[0][1], digest):
            world.certificates.claim(
                link[0], world.recipient, message.sign(domain, SECRET), {"from": world.relayer}
            )


def test_a_recall_in_flight_cannot_snatch_a_delivered_gift(world: World, link: Link) -> None:
    """From delivery until the reclaim date the giver can do nothing; so no claim is overtaken by a recall."""
    gift = link[0]
    for time in (gift[5], gift[5] + DAY, gift[8] - 1):
        at(time)
        with reverts("GiftCertificates_NotRecallable", gift[5], gift[6], time):
            world.certificates.recall(gift, (0, 0, b""), {"from": world.giver})
    signature = world.claim_signature(SECRET, link[1], world.recipient)
    at(gift[8] - 1)
    world.certificates.claim(gift, world.recipient, signature, {"from": world.relayer})
    assert world.certificates.balanceOf(world.recipient, gift[3]) == 100


def test_a_giver_who_kept_the_key_cannot_take_a_named_gift(world: World, series: int) -> None:
    """A bearer link's maker knows its key; a gift that names its recipient reaches nobody else with it."""
    secret, gift, identity = world.give(series, 30, secret=SECRET, recipient=world.recipient)
    signature = world.claim_signature(secret, identity, world.giver)
    with reverts("GiftCertificates_WrongRecipient", world.giver, world.recipient):
        world.certificates.claim(gift, world.giver, signature, {"from": world.giver})
    bearer_secret, bearer, bearer_id = world.give(series, 30, secret=SECRET)
    taken = world.claim_signature(bearer_secret, bearer_id, world.giver)
    world.certificates.claim(bearer, world.giver, taken, {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == 870


@pytest.mark.parametrize("place", [0, 1, 2], ids=["giver", "key", "recipient"])
def test_a_gift_with_dirty_words_is_no_gift(world: World, link: Link, place: int) -> None:
    """An address with something above its 160 bits is not the one that was committed."""
    signature = world.claim_signature(SECRET, link[1], world.recipient)
    data = bytearray.fromhex(world.certificates.claim.encode_input(link[0], world.recipient, signature)[2:])
    data[4 + 32 * place] = 1
    answer = web3.provider.make_request(
        "eth_call",
        [
            {
                "from": world.relayer.address,
                "to": world.certificates.address,
                "data": HexStr("0x" + data.hex()),
            },
            "latest",
        ],
    )
    assert "result" not in answer
    revert = bytes.fromhex(answer["error"].get("data", "0x")[2:])
    dirty = keccak(bytes(data[4 : 4 + 320]))
    assert revert in (b"", keccak(b"GiftCertificates_NoSuchGift(bytes32)")[:4] + dirty)
    assert world.certificates.isGiftOpen(link[1])


@pytest.mark.parametrize("place", range(1, 6))
def test_an_order_with_dirty_words_is_refused(world: World, series: int, place: int) -> None:
    """Amount, key, recipient and dates fit their types, or nothing is given."""
    order = (series, 100, address_of(SECRET), world.recipient.address, 0, 0, bytes(32))
    data = bytearray.fromhex(world.certificates.give.encode_input(order)[2:])
    data[4 + 32 * place] = 1
    request = {
        "from": world.giver.address,
        "to": world.certificates.address,
        "data": HexStr("0x" + data.hex()),
    }
    answer = web3.provider.make_request("eth_call", [request, "latest"])
    assert "result" not in answer
    assert answer["error"].get("data", "0x") == "0x"
