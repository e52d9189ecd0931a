from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from largesse.addresses import address_from_bytes
from largesse.amounts import UINT96_MAX
from largesse.bytestream import ByteReader, varint
from largesse.errors import AddressError, LinkError
from largesse.gifts.links import BatchPlace, Gift, GiftLink, key_address, new_link_key, parse_link
from largesse.gifts.merkle import GiftLeaf, build
from largesse.gifts.messages import MAX_MESSAGE_BYTES, encrypt_message, message_hash
from largesse.qr import make_qr
from tests.python.helpers import CONTRACT, HOLDER, ISSUER, ZERO, refused

SECRET = b"\x01" * 32
KEY = "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1"
# Made with `cast abi-encode` and `cast keccak`.
BATCH_ROOT = "71188cd810eeb5b72c8a43f08e1041f7116bfbe10000000000000000000186a0"
BATCH_ID = "e3706250dab630125994746c7451981e46f1f921f6d9df7862f60762a14136d0"
BATCH_GIFT_ID = "7d662e9d635cfa1bc74b2cfb51a9e7da0ab6489b34340496999a0629f427ed7d"
PAGE = "https://gift.example/claim"
GIFT = Gift(
    giver=ISSUER,
    key=KEY,
    recipient=ZERO,
    series_id=7,
    amount=50_000,
    deliver_at=1_798_761_600,
    reclaim_at=1_801_440_000,
    created_at=1_798_000_000,
    limitation_at=2_082_726_000,
    message_hash=b"\xcc" * 32,
)


def link_of(
    *,
    message: str = "생일 축하해요!",
    secret: bytes = SECRET,
    chain_id: int = 31_337,
    page: str = PAGE,
    siblings: int = 0,
    **changes: Any,
) -> GiftLink:
    """A consistent link; with `siblings`, one of a batch of that many gifts and itself as the last."""
    ciphertext = encrypt_message(secret, chain_id, CONTRACT, message)
    values = {**vars(GIFT), "key": key_address(secret), "message_hash": message_hash(ciphertext), **changes}
    if siblings:
        own = GiftLeaf(
            siblings,
            values["key"],
            values["recipient"],
            values["amount"],
            values["deliver_at"],
            values["message_hash"],
        )
        others = [
            GiftLeaf(
                index,
                address_from_bytes(keccak(bytes([index % 256, index // 256]))[:20]),
                ZERO,
                1,
                0,
                bytes(32),
            )
            for index in range(siblings)
        ]
        tree = build([*others, own])
        values["batch"] = BatchPlace(tree.root, siblings, tuple(tree.proof(siblings)))
    return GiftLink(page, chain_id, CONTRACT, secret, Gift(**values), ciphertext)


def test_commitment_is_what_solidity_computes() -> None:
    """keccak256(abi.encode(…)) as `cast` computes it; recipient zero."""
    expected = "8bb2fe6d90fe457adcbcbd9302e0e852c20492641f579a7044e5f4f386035210"
    assert replace(GIFT, recipient=ZERO).commitment().hex() == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"giver": HOLDER},
        {"key": HOLDER},
        {"recipient": HOLDER},
        {"series_id": 8},
        {"amount": 50_001},
        {"deliver_at": 1},
        {"reclaim_at": 1},
        {"created_at": 1},
        {"limitation_at": 1},
        {"message_hash": bytes(32)},
    ],
)
def test_commitment_follows_every_field(changes: dict[str, Any]) -> None:
    assert replace(GIFT, **changes).commitment() != GIFT.commitment()


@pytest.mark.parametrize(
    ("changes", "mention"),
    [
        ({"giver": ZERO}, "nobody"),
        ({"key": ZERO}, "nobody"),
        ({"recipient": HOLDER.lower()}, "checksum"),
        ({"amount": 0}, "zero"),
        ({"amount": 2**96}, "2**96"),
        ({"series_id": 2**256}, "series"),
        ({"series_id": -1}, "series"),
        ({"deliver_at": 2**40}, "deliver_at"),
        ({"reclaim_at": 2**40}, "reclaim_at"),
        ({"created_at": -1}, "created_at"),
        ({"limitation_at": 2**40}, "limitation_at"),
        ({"message_hash": bytes(33)}, "33"),
    ],
)
def test_bad_gifts(changes: dict[str, Any], mention: str) -> None:
    with refused(LinkError, "bad_gift", mention):
        replace(GIFT, **changes)


def test_a_link_comes_back_as_it_was() -> None:
    link = link_of()
    again = parse_link(link.url())
    assert again == link
    assert again.private_key == SECRET
    assert again.message() == "생일 축하해요!"
    assert again.gift.commitment() == link.gift.commitment()


def test_the_secret_is_only_in_the_fragment_and_in_no_repr() -> None:
    link = link_of()
    before, fragment = link.url().split("#")
    assert before == PAGE
    assert SECRET in base64.urlsafe_b64decode(fragment + "=" * (-len(fragment) % 4))
    assert SECRET.hex() not in repr(link)
    assert repr(SECRET) not in repr(link)


addresses = st.binary(min_size=20, max_size=20).filter(any).map(address_from_bytes)
instants = st.integers(min_value=0, max_value=2**40 - 1)
secrets_ = st.integers(min_value=1, max_value=2**255).map(lambda number: number.to_bytes(32, "big"))
texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=140)


@settings(max_examples=100)
@given(
    secret=secrets_,
    chain_id=st.integers(min_value=1, max_value=2**63 - 37),
    message=texts,
    giver=addresses,
    recipient=st.one_of(st.just(ZERO), addresses),
    series_id=st.integers(min_value=0, max_value=2**256 - 1),
    amount=st.integers(min_value=1, max_value=2**96 - 1),
    deliver_at=instants,
    reclaim_at=instants,
    created_at=instants,
    limitation_at=instants,
)
def test_any_link_comes_back_as_it_was(**values: Any) -> None:
    link = link_of(**values)
    assert parse_link(link.url()) == link
    assert parse_link(link.url()).message() == values["message"]


@settings(max_examples=30)
@given(siblings=st.integers(min_value=1, max_value=20), recipient=st.one_of(st.just(ZERO), addresses))
def test_a_link_of_a_batch_comes_back_as_it_was(siblings: int, recipient: str) -> None:
    link = link_of(siblings=siblings, recipient=recipient)
    assert parse_link(link.url()) == link
    assert link.gift.leaf().index == siblings


@settings(max_examples=150)
@given(st.data())
def test_no_cut_or_altered_link_is_taken(data: Any) -> None:
    """Any shorter fragment, and any one character changed, is an error with a reason; never another gift."""
    url = link_of(
        siblings=data.draw(st.sampled_from([0, 3])), message=data.draw(st.sampled_from(["", "Hi"]))
    ).url()
    start = url.index("#") + 1
    at = data.draw(st.integers(min_value=start, max_value=len(url) - 1))
    with pytest.raises(LinkError) as cut:
        parse_link(url[:at])
    assert cut.value.reason in ("link_no_fragment", "link_truncated", "link_malformed")
    other = data.draw(st.sampled_from(sorted(set("ABYZabyz0189-_") - {url[at]})))
    with pytest.raises(LinkError) as altered:
        parse_link(url[:at] + other + url[at + 1 :])
    assert altered.value.reason.startswith("link_")


def framed(body: bytes, version: int = 1) -> str:
    head = bytes([version]) + varint(len(body)) + body
    return PAGE + "#" + base64.urlsafe_b64encode(head + keccak(head)[:4]).rstrip(b"=").decode()


def body_of(link: GiftLink) -> bytes:
    fragment = link.url().split("#")[1]
    raw = base64.urlsafe_b64decode(fragment + "=" * (-len(fragment) % 4))
    reader = ByteReader(raw[1:])
    length = reader.varint()
    return reader.take(length)


@pytest.mark.parametrize(
    ("url", "reason", "mention"),
    [
        (PAGE, "link_no_fragment", "nothing after #"),
        (PAGE + "#", "link_no_fragment", "nothing after #"),
        (link_of().url() + ".", "link_bad_character", "'.'"),
        (link_of().url() + " ", "link_bad_character", "' '"),
        (link_of().url() + "=", "link_bad_character", "'='"),
        (link_of().url()[:-4], "link_truncated", "bytes are there"),
        (link_of().url() + "AAAA", "link_trailing", "3 bytes follow"),
        (framed(body_of(link_of()), version=2), "link_unknown_version", "version 2"),
        (framed(b"\x08" + body_of(link_of())[1:]), "link_malformed", "flags 8"),
        (framed(body_of(link_of()) + b"\x00"), "link_malformed", "1 bytes"),
        (framed(body_of(link_of())[:-1]), "link_truncated", "is missing"),
        (framed(b""), "link_truncated", "is missing"),
    ],
)
def test_links_that_are_refused(url: str, reason: str, mention: str) -> None:
    with refused(LinkError, reason, mention):
        parse_link(url)


def test_one_changed_character_is_tampering() -> None:
    url = link_of().url()
    changed = url[:-20] + ("A" if url[-20] != "A" else "B") + url[-19:]
    with refused(LinkError, "link_tampered"):
        parse_link(changed)


def test_unused_bits_must_be_zero() -> None:
    """Base64 of a length not divisible by three has spare bits: only one spelling is a link."""
    for message in ("a", "ab", "abc"):
        url = link_of(message=message).url()
        if len(url.split("#")[1]) % 4:
            spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            twin = url[:-1] + spare[spare.index(url[-1]) + 1]
            with refused(LinkError, "link_malformed", "unusual"):
                parse_link(twin)


def test_a_recipient_flag_with_a_zero_recipient_is_refused() -> None:
    body = body_of(link_of(recipient=HOLDER, message=""))
    zeroed = body.replace(bytes.fromhex(HOLDER[2:]), bytes(20))
    with refused(LinkError, "link_malformed", "unusual"):
        parse_link(framed(zeroed))


def test_a_proof_that_leads_elsewhere_is_refused() -> None:
    link = link_of(siblings=3)
    assert link.gift.batch is not None
    with refused(LinkError, "bad_proof", "gift 3"):
        replace(link.gift, amount=60_000)
    with refused(LinkError, "bad_proof"):
        replace(link.gift, batch=replace(link.gift.batch, index=2))
    with refused(LinkError, "not_in_batch"):
        link_of().gift.leaf()


def test_an_impossible_proof_is_refused_before_it_is_read() -> None:
    body = body_of(link_of(siblings=1, message=""))
    # the depth is the byte before the one proof word
    with refused(LinkError, "link_malformed", "33 steps"):
        parse_link(framed(body[:-33] + b"\x21" + bytes(32 * 33)))


@pytest.mark.parametrize("length", [0, 28, MAX_MESSAGE_BYTES + 29])
def test_an_impossible_message_length_is_refused(length: int) -> None:
    body = body_of(link_of(message=""))
    with refused(LinkError, "link_malformed", f"{length} bytes"):
        parse_link(framed(bytes([body[0] | 2]) + body[1:] + varint(length) + bytes(length)))


def test_gift_ids_are_what_solidity_computes() -> None:
    """A single gift's is its commitment; one of a batch is keccak256(abi.encode(batch id, index)), as `cast`
    says.
    """
    assert GIFT.gift_id() == GIFT.commitment()
    leaves = [_leaf(index) for index in range(2)]
    tree = build(leaves)
    gift = replace(GIFT, batch=BatchPlace(tree.root, 0, tuple(tree.proof(0))))
    assert f"{tree.root:064x}" == BATCH_ROOT
    assert gift.batch_id().hex() == BATCH_ID
    assert gift.gift_id().hex() == BATCH_GIFT_ID


def _leaf(index: int) -> GiftLeaf:
    return GiftLeaf(index, KEY if index == 0 else ISSUER, ZERO, 50_000, 1_798_761_600, b"\xcc" * 32)


def test_a_named_recipient_needs_no_key_but_a_link_does() -> None:
    keyless = replace(GIFT, key=ZERO, recipient=HOLDER)
    assert keyless.commitment() != GIFT.commitment()
    with refused(LinkError, "wrong_key", ZERO):
        GiftLink(PAGE, 1, CONTRACT, SECRET, replace(keyless, message_hash=bytes(32)), b"")


def test_links_must_be_consistent() -> None:
    link = link_of()
    with refused(LinkError, "wrong_key", KEY):
        replace(link, private_key=b"\x02" * 32)
    with refused(LinkError, "wrong_message"):
        replace(link, ciphertext=b"")
    with refused(LinkError, "bad_chain_id", 0):
        replace(link, chain_id=0)
    with refused(LinkError, "bad_chain_id"):
        replace(link, chain_id=2**63 - 36)
    with refused(AddressError, "unchecksummed_address"):
        replace(link, contract=CONTRACT.lower())


@pytest.mark.parametrize(
    "page",
    [
        "http://gift.example/claim",
        "ftp://gift.example",
        "gift.example/claim",
        "https://",
        "https://gift.example/#top",
        "https://user:word@gift.example/",
        "https://gift.example/a b",
        "https://gift.example/ü",
        "javascript:alert(1)",
    ],
)
def test_pages_that_no_link_may_point_to(page: str) -> None:
    with refused(LinkError, "bad_base_url", repr(page)):
        link_of(page=page)


@pytest.mark.parametrize(
    "page",
    [
        "https://gift.example",
        "https://gift.example/claim?lang=ko",
        "http://localhost:8000/",
        "http://127.0.0.1/c",
    ],
)
def test_pages_that_a_link_may_point_to(page: str) -> None:
    assert parse_link(link_of(page=page).url()).base_url == page


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32, b"\x01" * 31, b"\x01" * 33])
def test_bad_keys(secret: bytes) -> None:
    with refused(LinkError, "bad_key"):
        key_address(secret)


def test_the_curve_order_is_the_first_bad_key() -> None:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    assert key_address((order - 1).to_bytes(32, "big")) == "0x80C0dbf239224071c59dD8970ab9d542E3414aB2"
    with refused(LinkError, "bad_key"):
        key_address(order.to_bytes(32, "big"))


def test_new_keys_are_different_and_good() -> None:
    fresh = {new_link_key() for _ in range(50)}
    assert len(fresh) == 50
    assert len({key_address(secret) for secret in fresh}) == 50


@pytest.mark.parametrize("number", [0, 1, 127, 128, 16_383, 16_384, UINT96_MAX, 2**256 - 1])
def test_varint_round_trip(number: int) -> None:
    reader = ByteReader(varint(number))
    assert reader.varint() == number
    reader.finish()


@pytest.mark.parametrize("raw", [b"\x80\x00", b"\xff\x00", b"\x80" * 37 + b"\x01", b"\xff" * 36 + b"\x1f"])
def test_varint_refuses_padding_and_excess(raw: bytes) -> None:
    with refused(LinkError, "link_malformed"):
        ByteReader(raw).varint()


def test_a_typical_link_is_short() -> None:
    """69 Hangul letters to a named recipient: well under what a card's code can hold."""
    assert len(link_of(message="축" * 60, recipient=HOLDER).url()) < 560
    assert len(link_of(message="").url()) < 230


def test_the_longest_single_link_fits_a_code_that_scans() -> None:
    link = link_of(
        message="x" * MAX_MESSAGE_BYTES,
        recipient=HOLDER,
        series_id=2**64,
        amount=UINT96_MAX,
        chain_id=2**63 - 37,
        page="https://gifts.a-shop-with-a-long-name.example/claim",
    )
    assert int(make_qr(link.url()).version) <= 25


def test_a_link_of_a_thousand_fits_a_code_that_scans() -> None:
    link = link_of(message="축" * 60, siblings=999)
    assert link.gift.batch is not None
    assert len(link.gift.batch.proof) == 10
    assert int(make_qr(link.url()).version) <= 25
