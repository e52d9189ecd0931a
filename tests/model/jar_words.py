"""The words of the streaming-tip escrow's reference model: what callers pass and what is kept.

Written from the interfaces' documentation. The names of its errors are in full (`Jar_…`, `Custody_…`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import TypeAlias

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.model.words import DAY

MAX_RATE = 2**80 - 1
MAX_JAR_RATE = 2**88 - 1
NO_LIMIT = 2**96 - 1
MAX_PAYEES = 20
MAX_VERSIONS = 2**16 - 1
LATEST = 2**40 - 1
MONTH_SECONDS = 30 * 86_400


class Use(IntEnum):
    """What a redemption into the escrow does."""

    TIP = 0
    OPEN = 1
    TOP_UP = 2
    SUBSCRIBE = 3


@dataclass(frozen=True)
class StreamKey:
    payer: str
    jar_id: int
    index: int


# What a membership is by: creator, account, tier.
MemberKey: TypeAlias = tuple[str, str, int]
# A stream's name: of one that a payer opened, or of a membership's.
Flow: TypeAlias = StreamKey | MemberKey


@dataclass(frozen=True)
class Stream:
    """Paused: begins at 0, and `ends_at` are the seconds left. `span` is its number in the jar."""

    rate: int = 0
    started_at: int = 0
    ends_at: int = 0
    series_id: int = 0
    span: int = 0


@dataclass(frozen=True)
class Tier:
    rate: int = 0
    version: int = 0


@dataclass(frozen=True)
class Membership:
    payer: str
    since: int
    until: int
    version: int


@dataclass(frozen=True)
class Subscription:
    payer: str
    account: str
    creator: str
    tier: int
    version: int
    rate: int
    amount: int


@dataclass(frozen=True)
class GiftSubscriptions:
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


@dataclass(frozen=True)
class HandleTip:
    payer: str
    handle: bytes
    attestor: str
    amount: int
    reclaim_at: int
    salt: int


@dataclass(frozen=True)
class SharedJar:
    payees: tuple[str, ...]
    shares_bps: tuple[int, ...]
    collected: int = 0


@dataclass(frozen=True)
class Placement:
    """Whose card of a named series paid into a stream, and what of it does not yet count as used."""

    holder: str
    series_id: int
    amount: int


@dataclass(frozen=True)
class Cap:
    """What a payer may pay in `month` and from the next one on, and has paid."""

    limit: int
    next_limit: int
    month: int
    used: int


def jar_of(creator: str, version: int = 0) -> int:
    """A jar's id."""
    return version << 160 | int(creator, 16)


def creator_of(jar_id: int) -> str:
    """Whose jar it is."""
    return f"0x{jar_id % 2**160:040x}"


def month_of(time: int) -> int:
    """Months since January 1970, by the calendar in UTC."""
    cycles, rest = divmod(time, 146_097 * DAY)  # the calendar repeats after 400 years
    date = datetime.fromtimestamp(rest, UTC)
    return (date.year + 400 * cycles - 1970) * 12 + date.month - 1


def stream_id(key: StreamKey) -> bytes:
    """32 bytes."""
    return keccak(encode(["address", "uint256", "uint256"], [key.payer, key.jar_id, key.index]))


def membership_id(payer: str, jar_id: int, tier: int, account: str) -> bytes:
    """32 bytes: of a membership's stream."""
    return keccak(encode(["address", "uint256", "uint256", "address"], [payer, jar_id, tier, account]))


def gifts_id(gifts: GiftSubscriptions) -> bytes:
    """32 bytes."""
    kinds = ["address", "address", "uint32", "uint16", "uint80", "uint16", "uint96", "uint40", "bytes32"]
    values = [gifts.payer, gifts.creator, gifts.tier, gifts.version, gifts.rate, gifts.count]
    values += [gifts.amount_each, gifts.reclaim_at, gifts.root, gifts.salt]
    return keccak(encode([*kinds, "uint64"], values))


def handle_tip_id(tip: HandleTip) -> bytes:
    """32 bytes."""
    kinds = ["address", "bytes32", "address", "uint96", "uint40", "uint64"]
    return keccak(encode(kinds, [tip.payer, tip.handle, tip.attestor, tip.amount, tip.reclaim_at, tip.salt]))


def gift_leaf(index: int, key: str, account: str) -> bytes:
    """Leaf of a batch's tree."""
    return keccak(keccak(encode(["uint256", "address", "address"], [index, key, account])))


def sorted_pair(one: bytes, other: bytes) -> bytes:
    """Their parent."""
    return keccak(min(one, other) + max(one, other))


def sorted_tree(leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """Root and each leaf's proof; who has no neighbour goes up as it is."""
    level = list(leaves)
    proofs: list[list[bytes]] = [[] for _ in leaves]
    places = list(range(len(leaves)))
    while len(level) > 1:
        for proof, place in zip(proofs, places, strict=True):
            proof += level[place ^ 1 : (place ^ 1) + 1]
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [sorted_pair(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
        places = [place // 2 for place in places]
    return level[0], proofs
