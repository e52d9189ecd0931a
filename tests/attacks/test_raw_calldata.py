"""Calldata that no wallet makes: members beyond their types, signatures that lie outside.

What assembly reads must refuse it as the ABI decoder would: with nothing said and nothing changed.
"""

from typing import Any

import pytest
from brownie import web3
from eth_typing import HexStr
from web3.types import RPCEndpoint

from tests.support.certificates import ZERO, World, gift_id
from tests.support.errors import reverts
from tests.zoo.raw import Answer

WORD = 32


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    for person in (world.holder, world.giver):
        world.issue(series_id, person, 1_000)
    return series_id


def send(world: World, data: bytes, sender: Any) -> Answer:
    """What a call with these bytes comes to."""
    request = {
        "from": str(sender),
        "to": world.certificates.address,
        "data": HexStr("0x" + data.hex()),
        "gas": hex(1_000_000),
    }
    response = web3.provider.make_request(RPCEndpoint("eth_call"), [request, "latest"])
    if "error" in response:
        return Answer(False, bytes.fromhex(str(response["error"].get("data") or "0x")[2:]))
    return Answer(True, bytes.fromhex(response["result"][2:]))


def with_word(data: bytes, index: int, value: int) -> bytes:
    """The calldata with another argument word."""
    place = 4 + index * WORD
    return data[:place] + value.to_bytes(WORD, "big") + data[place + WORD :]


def word_at(data: bytes, index: int) -> int:
    return int.from_bytes(data[4 + index * WORD : 4 + (index + 1) * WORD], "big")


@pytest.mark.parametrize("member", ["holder", "amount", "order", "nonce", "deadline"])
def test_a_card_with_a_member_beyond_its_type(world: World, series: int, member: str) -> None:
    place, bits = {
        "holder": (0, 160),
        "amount": (2, 96),
        "order": (3, 64),
        "nonce": (4, 64),
        "deadline": (5, 40),
    }[member]
    card = world.redemption(series, 10, order=7)
    single = bytes.fromhex(world.certificates.redeemSigned.encode_input(card)[2:])
    batch = bytes.fromhex(world.certificates.redeemBatch.encode_input([card])[2:])
    for data, first in ((single, 1), (batch, 3)):
        assert send(world, data, world.merchant).succeeded
        bent = with_word(data, first + place, word_at(data, first + place) | 1 << bits)
        assert send(world, bent, world.merchant) == Answer(False, b"")


@pytest.mark.parametrize("value", [0, 2**64, 2**256 - 0x140, 2**255])
@pytest.mark.parametrize("word", ["offset", "length"])
def test_a_signature_that_lies_elsewhere(world: World, series: int, word: str, value: int) -> None:
    """Another offset may lead to other bytes of the calldata, but they are no signature."""
    card = world.redemption(series, 10)
    data = bytes.fromhex(world.certificates.redeemSigned.encode_input(card)[2:])
    bent = with_word(data, {"offset": 7, "length": 8}[word], value)
    answer = send(world, bent, world.merchant)
    assert not answer.succeeded
    if value:
        assert answer.data == b""


def test_a_signature_cut_short(world: World, series: int) -> None:
    card = world.redemption(series, 10)
    data = bytes.fromhex(world.certificates.redeemSigned.encode_input(card)[2:])
    assert send(world, data[: 4 + 9 * WORD + 65], world.merchant).succeeded
    assert send(world, data[: 4 + 9 * WORD + 64], world.merchant) == Answer(False, b"")


@pytest.mark.parametrize(("place", "bits"), [(1, 96), (2, 160), (3, 160), (4, 40), (5, 40)])
def test_a_gift_order_with_a_member_beyond_its_type(world: World, series: int, place: int, bits: int) -> None:
    order = (series, 10, world.relayer.address, ZERO, 0, 0, bytes(32))
    data = bytes.fromhex(world.certificates.give.encode_input(order)[2:])
    assert send(world, data, world.giver).succeeded
    assert send(world, with_word(data, place, word_at(data, place) | 1 << bits), world.giver) == Answer(
        False, b""
    )


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_gift_with_an_address_beyond_its_type_is_none(world: World, series: int, place: int) -> None:
    secret, gift, identity = world.give(series, 10)
    signature = world.claim_signature(secret, identity, world.recipient)
    assert identity == gift_id(gift)
    data = bytes.fromhex(world.certificates.claim.encode_input(gift, world.recipient, signature)[2:])
    assert send(world, data, world.relayer).succeeded
    answer = send(world, with_word(data, place, word_at(data, place) | 1 << 160), world.relayer)
    assert not answer.succeeded
    with reverts("GiftCertificates_NoSuchGift", gift_id((*gift[:4], 11, *gift[5:]))):
        world.certificates.claim(
            (*gift[:4], 11, *gift[5:]), world.recipient, signature, {"from": world.relayer}
        )
