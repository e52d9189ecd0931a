"""Gift links: a one-time key in the fragment of an address, with all that is needed to claim without asking
anybody.

A fragment is never sent to a server. Whoever has the link of a bearer gift has the gift.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

from eth_keys.datatypes import PrivateKey

from largesse.addresses import ZERO_ADDRESS, address_bytes, address_from_bytes, parse_address
from largesse.bytestream import ByteReader, varint
from largesse.eip712 import CURVE_ORDER
from largesse.errors import LargesseError, LinkError
from largesse.gifts.commitments import BatchPlace, Gift
from largesse.gifts.link_frame import check_base_url, frame, unframe
from largesse.gifts.merkle import MAX_DEPTH
from largesse.gifts.messages import MAX_MESSAGE_BYTES, OVERHEAD, decrypt_message, message_hash

__all__ = ["BatchPlace", "Gift", "GiftLink", "key_address", "new_link_key", "parse_link"]

VERSION = 1

# EIP-2294: larger chain ids overflow what clients can sign.
MAX_CHAIN_ID = 2**63 - 37

_HAS_RECIPIENT, _HAS_MESSAGE, _IN_BATCH = 1, 2, 4


@dataclass(frozen=True)
class GiftLink:
    """A gift with its secret: `base_url` is the claim page, `ciphertext` the encrypted message (b"" without
    one).

    Raises LinkError: bad_base_url, bad_chain_id, bad_key, wrong_key (not the gift's), wrong_message (not its
    hash).
    """

    base_url: str
    chain_id: int
    contract: str
    private_key: bytes = field(repr=False)
    gift: Gift
    ciphertext: bytes

    def __post_init__(self) -> None:
        check_base_url(self.base_url)
        parse_address(self.contract)
        if not 1 <= self.chain_id <= MAX_CHAIN_ID:
            raise LinkError("bad_chain_id", f"{self.chain_id} is no chain id: 1 to {MAX_CHAIN_ID}")
        if key_address(self.private_key) != self.gift.key:
            raise LinkError("wrong_key", f"the link's key doesn't open the gift for key {self.gift.key}")
        if message_hash(self.ciphertext) != self.gift.message_hash:
            raise LinkError("wrong_message", "the message is not the one that the gift was made with")

    def message(self) -> str:
        """The decrypted message, "" without one. Raises LinkError message_unreadable."""
        return decrypt_message(self.private_key, self.chain_id, self.contract, self.ciphertext)

    def made_at(self, second: int) -> GiftLink:
        """The link to this gift as a block of this second made it: a draft has a guess in its place, and a
        single gift that is delivered at once has its delivery date from it."""
        gift = self.gift
        deliver_at = gift.deliver_at if gift.batch else gift.deliver_at or second
        return replace(self, gift=replace(gift, created_at=second, deliver_at=deliver_at))

    def url(self) -> str:
        """The link. Everything after # stays on the device that opens it."""
        return f"{self.base_url}#{_encode(self)}"


def new_link_key() -> bytes:
    """32 random bytes that are a secp256k1 private key."""
    return (secrets.randbelow(CURVE_ORDER - 1) + 1).to_bytes(32, "big")


def key_address(private_key: bytes) -> str:
    """The address of a link's key. Raises LinkError bad_key."""
    if len(private_key) != 32 or not 0 < int.from_bytes(private_key, "big") < CURVE_ORDER:
        raise LinkError("bad_key", "a link's key has 32 bytes, above zero and below the curve's order")
    return address_from_bytes(PrivateKey(private_key).public_key.to_canonical_address())


def _encode(link: GiftLink) -> str:
    gift, batch = link.gift, link.gift.batch
    flags = (
        (0 if gift.is_bearer else _HAS_RECIPIENT)
        | (_HAS_MESSAGE if link.ciphertext else 0)
        | (_IN_BATCH if batch else 0)
    )
    body = bytes([flags]) + varint(link.chain_id) + address_bytes(link.contract) + link.private_key
    body += address_bytes(gift.giver) + (b"" if gift.is_bearer else address_bytes(gift.recipient))
    numbers = (
        gift.series_id,
        gift.amount,
        gift.deliver_at,
        gift.reclaim_at,
        gift.created_at,
        gift.limitation_at,
    )
    body += b"".join(varint(number) for number in numbers)
    if link.ciphertext:
        body += varint(len(link.ciphertext)) + link.ciphertext
    if batch:
        body += batch.root.to_bytes(32, "big") + varint(batch.index) + bytes([len(batch.proof)])
        body += b"".join(word.to_bytes(32, "big") for word in batch.proof)
    return frame(VERSION, body)


def parse_link(url: str) -> GiftLink:
    """Read a link back, checking everything that can be checked without a chain.

    Raises LinkError: link_no_fragment, link_bad_character, link_truncated, link_unknown_version,
    link_trailing, link_tampered, link_malformed, and the reasons of Gift and GiftLink.
    """
    base_url, body = unframe(VERSION, url)
    reader = ByteReader(body)
    try:
        link = _read(reader, base_url)
    except LinkError:
        raise
    except LargesseError as error:
        raise LinkError("link_malformed", f"the link is malformed: {error}") from error
    # Only one text stands for a link; anything else is somebody's handiwork.
    if link.url() != url:
        raise LinkError("link_malformed", "the link spells its content in an unusual way")
    return link


def _read(reader: ByteReader, base_url: str) -> GiftLink:
    flags = reader.byte()
    if flags & ~(_HAS_RECIPIENT | _HAS_MESSAGE | _IN_BATCH):
        raise LinkError("link_malformed", f"the link has unknown flags {flags}")
    chain_id, contract, private_key = reader.varint(), reader.address(), reader.take(32)
    giver = reader.address()
    recipient = reader.address() if flags & _HAS_RECIPIENT else ZERO_ADDRESS
    series_id, amount, deliver_at, reclaim_at, created_at, limitation_at = (reader.varint() for _ in range(6))
    ciphertext = b""
    if flags & _HAS_MESSAGE:
        length = reader.varint()
        if not OVERHEAD < length <= MAX_MESSAGE_BYTES + OVERHEAD:
            raise LinkError("link_malformed", f"a message of {length} bytes is impossible")
        ciphertext = reader.take(length)
    batch = _read_batch(reader) if flags & _IN_BATCH else None
    reader.finish()
    gift = Gift(
        giver=giver,
        key=key_address(private_key),
        recipient=recipient,
        series_id=series_id,
        amount=amount,
        deliver_at=deliver_at,
        reclaim_at=reclaim_at,
        created_at=created_at,
        limitation_at=limitation_at,
        message_hash=message_hash(ciphertext),
        batch=batch,
    )
    return GiftLink(base_url, chain_id, contract, private_key, gift, ciphertext)


def _read_batch(reader: ByteReader) -> BatchPlace:
    root, index, depth = reader.word(), reader.varint(), reader.byte()
    if depth > MAX_DEPTH:
        raise LinkError("link_malformed", f"a proof of {depth} steps is impossible")
    return BatchPlace(root, index, tuple(reader.word() for _ in range(depth)))
