"""Gift subscriptions: a batch under one Merkle root, and the links that claim one each.

The tree is OpenZeppelin's: a leaf is keccak256(keccak256(abi.encode(index, key, account))), a parent the
keccak256 of its children in ascending order, and a node without a sibling moves up.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError

from largesse.addresses import ZERO_ADDRESS, address_bytes, parse_address
from largesse.bytestream import ByteReader, varint
from largesse.eip712 import Domain, keccak
from largesse.errors import LargesseError, LinkError
from largesse.gifts.link_frame import check_base_url, frame, unframe
from largesse.gifts.links import key_address, new_link_key
from largesse.jars import JarError
from largesse.signed.jars import GiftSubscriptionClaim

VERSION: Final = 2
MAX_GIFTS: Final = 2**16 - 1
MAX_DEPTH: Final = 16

_NUMBERS: Final = ("tier", "version", "rate", "count", "amount_each", "reclaim_at", "salt")


@dataclass(frozen=True)
class GiftSubscriptions:
    """A batch as the escrow commits to it. Amounts in base units, `rate` in scaled units a second."""

    payer: str
    creator: str
    tier: int
    version: int
    rate: int
    count: int
    amount_each: int
    reclaim_at: int
    root: bytes
    salt: int

    def as_tuple(self) -> tuple[str, str, int, int, int, int, int, int, bytes, int]:
        """The batch as the contract takes it."""
        return (
            self.payer, self.creator, self.tier, self.version, self.rate, self.count, self.amount_each,
            self.reclaim_at, self.root, self.salt,
        )  # fmt: skip

    def batch_id(self) -> bytes:
        """keccak256 of its ABI encoding, 32 bytes. Raises JarError bad_batch."""
        if len(self.root) != 32:
            raise JarError("bad_batch", f"a root has 32 bytes, not {len(self.root)}")
        kinds = [
            "address", "address", "uint32", "uint16", "uint80", "uint16", "uint96", "uint40", "bytes32",
            "uint64",
        ]  # fmt: skip
        try:
            return keccak(encode(kinds, self.as_tuple()))
        except EncodingError as error:
            raise JarError("bad_batch", f"no batch of gifts can hold this: {error}") from error


@dataclass(frozen=True)
class Place:
    """One gift of a batch: for `account`, or, where that is the zero address, for whoever `key` names.

    Beside an account the key signs nothing: a random one keeps anybody from guessing whom the leaf names.
    """

    index: int
    key: str
    account: str

    def leaf(self) -> bytes:
        """Its node in the tree, 32 bytes."""
        return keccak(keccak(encode(["uint256", "address", "address"], [self.index, self.key, self.account])))


@dataclass(frozen=True)
class Tree:
    """All nodes, leaf level first."""

    levels: tuple[tuple[bytes, ...], ...]

    @property
    def root(self) -> bytes:
        return self.levels[-1][0]

    def proof(self, index: int) -> tuple[bytes, ...]:
        """Siblings from the leaf upwards. Raises JarError no_such_gift."""
        if not 0 <= index < len(self.levels[0]):
            raise JarError("no_such_gift", f"there is no gift {index}, only {len(self.levels[0])}")
        proof = []
        for level in self.levels[:-1]:
            if index ^ 1 < len(level):
                proof.append(level[index ^ 1])
            index >>= 1
        return tuple(proof)


def build(places: Sequence[Place]) -> Tree:
    """The tree over gifts. Raises JarError no_gifts, too_many_gifts, wrong_index, bad_gift (neither a key
    nor an account)."""
    if not 1 <= len(places) <= MAX_GIFTS:
        raise JarError(
            "too_many_gifts" if places else "no_gifts", f"{len(places)} gifts: a batch has 1 to {MAX_GIFTS}"
        )
    for position, place in enumerate(places):
        if place.index != position:
            raise JarError("wrong_index", f"gift {position} says that it is {place.index}")
        if place.key == place.account == ZERO_ADDRESS:
            raise JarError("bad_gift", f"gift {position} is for nobody: neither an account nor a key")
    level = tuple(place.leaf() for place in places)
    levels = [level]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = tuple(pair[0] if len(pair) == 1 else _parent(*pair) for pair in pairs)
        levels.append(level)
    return Tree(tuple(levels))


def _parent(left: bytes, right: bytes) -> bytes:
    return keccak(min(left, right) + max(left, right))


def root_of(place: Place, proof: Sequence[bytes]) -> bytes:
    """Where a proof leads."""
    node = place.leaf()
    for sibling in proof:
        node = _parent(node, sibling)
    return node


@dataclass(frozen=True)
class SubscriptionLink:
    """A gift subscription with its secret. Raises LinkError: bad_base_url, bad_key, bad_proof."""

    base_url: str
    chain_id: int
    escrow: str
    private_key: bytes = field(repr=False)
    gifts: GiftSubscriptions
    index: int
    proof: tuple[bytes, ...]

    def __post_init__(self) -> None:
        check_base_url(self.base_url)
        parse_address(self.escrow)
        if root_of(self.place, self.proof) != self.gifts.root or self.index >= self.gifts.count:
            raise LinkError("bad_proof", f"the proof doesn't lead from gift {self.index} to the batch's root")

    @property
    def place(self) -> Place:
        return Place(self.index, key_address(self.private_key), ZERO_ADDRESS)

    def sign(self, domain: Domain, account: str) -> bytes:
        """The key's word that `account` becomes the member, 65 bytes."""
        claim = GiftSubscriptionClaim(self.gifts.batch_id(), self.index, account)
        return claim.sign(domain, self.private_key)

    def url(self) -> str:
        """The link. Everything after # stays on the device that opens it."""
        gifts = self.gifts
        body = varint(self.chain_id) + address_bytes(self.escrow) + self.private_key
        body += address_bytes(gifts.payer) + address_bytes(gifts.creator)
        body += b"".join(varint(getattr(gifts, name)) for name in _NUMBERS)
        body += varint(self.index) + bytes([len(self.proof)]) + b"".join(self.proof)
        return f"{self.base_url}#{frame(VERSION, body)}"


def parse_subscription_link(url: str) -> SubscriptionLink:
    """Read a link back; the batch's root follows from its proof. Raises LinkError as `unframe` and
    `SubscriptionLink`, link_malformed."""
    base_url, body = unframe(VERSION, url)
    reader = ByteReader(body)
    try:
        chain_id, escrow, private_key = reader.varint(), reader.address(), reader.take(32)
        payer, creator = reader.address(), reader.address()
        numbers = {name: reader.varint() for name in _NUMBERS}
        index, depth = reader.varint(), reader.byte()
        if depth > MAX_DEPTH:
            raise LinkError("link_malformed", f"a proof of {depth} steps is impossible")
        proof = tuple(reader.take(32) for _ in range(depth))
        reader.finish()
        root = root_of(Place(index, key_address(private_key), ZERO_ADDRESS), proof)
        gifts = GiftSubscriptions(payer=payer, creator=creator, root=root, **numbers)
        link = SubscriptionLink(base_url, chain_id, escrow, private_key, gifts, index, proof)
        gifts.batch_id()
    except LinkError:
        raise
    except (LargesseError, ValueError) as error:
        raise LinkError("link_malformed", f"the link is malformed: {error}") from error
    if link.url() != url:
        raise LinkError("link_malformed", "the link spells its content in an unusual way")
    return link


def make_links(
    gifts: GiftSubscriptions, count: int, *, chain_id: int, escrow: str, base_url: str
) -> tuple[GiftSubscriptions, list[SubscriptionLink]]:
    """`count` new one-time keys, the batch with their root and a random salt, and a link for each."""
    keys = [new_link_key() for _ in range(count)]
    tree = build([Place(i, key_address(key), ZERO_ADDRESS) for i, key in enumerate(keys)])
    batch = replace(gifts, count=count, root=tree.root, salt=secrets.randbits(64))
    links = [
        SubscriptionLink(base_url, chain_id, escrow, key, batch, i, tree.proof(i))
        for i, key in enumerate(keys)
    ]
    return batch, links
