"""An attested read, for a file: what the attester signed, and what its reader chose of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

from largesse.addresses import parse_address
from largesse.eip712 import Domain
from largesse.errors import LargesseError
from largesse.holdings import SignedPartError
from largesse.signed.rewards import Attestation, Choice
from largesse.signed.texts import number, octets

BPS: Final = 10_000
Row = tuple[str, str, int, int, int, int, bytes, bytes]
"""`IRewardPools.Read`."""


@dataclass(frozen=True)
class AttestedRead:
    """A read that the attester has signed; without `chosen`, only its reader can submit it."""

    attestation: Attestation
    attested: bytes
    reader_bps: int = 0
    chosen: bytes = b""

    @property
    def to_reader(self) -> int:
        """The reader's share in base units; the author has the rest."""
        return self.attestation.amount * self.reader_bps // BPS

    def choose(self, reader_bps: int, domain: Domain, key: bytes) -> AttestedRead:
        """The same with its reader's signature over this share."""
        chosen = Choice(self.attestation, reader_bps).sign(domain, key)
        return replace(self, reader_bps=reader_bps, chosen=chosen)

    def as_tuple(self) -> Row:
        """As the contract takes it."""
        one = self.attestation
        return (
            *(one.reader, one.author, one.read_id, one.amount, one.deadline),
            *(self.reader_bps, self.attested, self.chosen),
        )

    def to_json(self, symbol: str) -> str:
        """A text for a file, with the currency's symbol; numbers as texts."""
        one = self.attestation
        content = {
            "currency": symbol,
            "pool": "0x" + one.pool_id.hex(),
            "reader": one.reader,
            "author": one.author,
            "read": str(one.read_id),
            "amount": str(one.amount),
            "deadline": str(one.deadline),
            "attested": "0x" + self.attested.hex(),
            "reader_bps": str(self.reader_bps),
            "chosen": "0x" + self.chosen.hex(),
        }
        return json.dumps(content, indent=1)

    @classmethod
    def from_json(cls, text: str) -> tuple[str, AttestedRead]:
        """The currency's symbol and the read. Raises SignedPartError bad_read."""
        try:
            content = json.loads(text)
            attestation = Attestation(
                octets(content["pool"]),
                parse_address(content["reader"]),
                parse_address(content["author"]),
                *(number(content[name]) for name in ("read", "amount", "deadline")),
            )
            read = cls(
                attestation,
                octets(content["attested"]),
                number(content["reader_bps"]),
                octets(content["chosen"]),
            )
            Choice(attestation, read.reader_bps).struct_hash()  # every number fits
            return str(content["currency"]), read
        except (ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise SignedPartError("bad_read", f"this is no attested read: {error}") from error
