"""Gifts as the ledger commits to them: single ones, and ones of a batch under a Merkle sum root."""

from __future__ import annotations

from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from largesse.addresses import ZERO_ADDRESS, parse_address
from largesse.amounts import check_units
from largesse.errors import LargesseError, LinkError
from largesse.gifts.merkle import GiftLeaf, verify
from largesse.terms.fields import UINT40_MAX

_COMMITMENT_TYPES = ("address",) * 3 + ("uint256",) * 6 + ("bytes32",)
_BATCH_TYPES = ("address",) + ("uint256",) * 5


@dataclass(frozen=True)
class BatchPlace:
    """Where a gift sits in a batch: the root's word, its index, and the proof's words, leaf upwards."""

    root: int
    index: int
    proof: tuple[int, ...]

    @property
    def number(self) -> int:
        """What tells this place from all others of the tree: by it the contract marks what was taken."""
        return (1 << len(self.proof)) + self.index


@dataclass(frozen=True)
class Gift:
    """A gift as the ledger commits to it. Amount in base units, instants in Unix seconds.

    `key` is the address of the link's one-time key, zero where a named recipient needs none; `recipient` the
    zero address where anybody with the link may claim. `message_hash` is the keccak256 of the encrypted
    message, 32 zero bytes without one. `reclaim_at` and `limitation_at` are 2**40 - 1 for never. Raises
    LinkError: bad_gift, bad_proof (of its place in a batch).
    """

    giver: str
    key: str
    recipient: str
    series_id: int
    amount: int
    deliver_at: int
    reclaim_at: int
    created_at: int
    limitation_at: int
    message_hash: bytes
    batch: BatchPlace | None = None

    def __post_init__(self) -> None:
        try:
            parse_address(self.giver)
            parse_address(self.recipient, allow_zero=True)
            parse_address(self.key, allow_zero=not self.is_bearer)
            check_units(self.amount)
        except LargesseError as error:
            raise LinkError("bad_gift", str(error)) from error
        for name in ("deliver_at", "reclaim_at", "created_at", "limitation_at"):
            if not 0 <= getattr(self, name) <= UINT40_MAX:
                raise LinkError("bad_gift", f"{name} is {getattr(self, name)}, not 0 to {UINT40_MAX}")
        if not 0 <= self.series_id < 2**256:
            raise LinkError("bad_gift", f"series {self.series_id} is no 256-bit number")
        if len(self.message_hash) != 32:
            raise LinkError("bad_gift", f"a message hash has 32 bytes, not {len(self.message_hash)}")
        if self.batch is not None and not verify(self.batch.root, self.leaf(), self.batch.proof):
            raise LinkError(
                "bad_proof", f"the proof doesn't lead from gift {self.batch.index} to the batch's root"
            )

    @property
    def is_bearer(self) -> bool:
        return self.recipient == ZERO_ADDRESS

    def commitment(self) -> bytes:
        """keccak256 of the ABI encoding of all fields but the batch: what the ledger keeps of one gift."""
        values = (
            self.giver,
            self.key,
            self.recipient,
            self.series_id,
            self.amount,
            self.deliver_at,
            self.reclaim_at,
            self.created_at,
            self.limitation_at,
            self.message_hash,
        )
        return keccak(encode(_COMMITMENT_TYPES, values))

    def gift_id(self) -> bytes:
        """What a claim's signature names: the commitment, or for a gift of a batch keccak256(batch id,
        index).
        """
        if self.batch is None:
            return self.commitment()
        return keccak(self.batch_id() + self.batch.index.to_bytes(32, "big"))

    def batch_id(self) -> bytes:
        """keccak256 of the ABI encoding of the batch this gift is in. Raises LinkError not_in_batch."""
        root = self._place().root
        values = (self.giver, self.series_id, root, self.reclaim_at, self.created_at, self.limitation_at)
        return keccak(encode(_BATCH_TYPES, values))

    def leaf(self) -> GiftLeaf:
        """This gift as a leaf of its batch. Raises LinkError not_in_batch."""
        index = self._place().index
        return GiftLeaf(index, self.key, self.recipient, self.amount, self.deliver_at, self.message_hash)

    def _place(self) -> BatchPlace:
        if self.batch is None:
            raise LinkError("not_in_batch", "a single gift is in no batch")
        return self.batch
