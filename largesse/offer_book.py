"""A plain order book: a file of signed offers, which anybody can keep, send around and check.

One line of JSON for each offer. An offer is worth what the chain says of it, so that the whole file can come
from strangers: whoever reads it checks every signature, and asks the contracts what is left
(`Market.standing`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from largesse.addresses import parse_address
from largesse.errors import LargesseError
from largesse.files import lock_file, replace_file
from largesse.market_messages import Offer

_FORMAT: Final = "largesse/offer"
_NO_ADDRESS: Final = "0x" + "00" * 20


class OfferError(LargesseError):
    """A line that is no offer; the message says which and why."""


@dataclass(frozen=True)
class SignedOffer:
    """An offer for the CertificateMarket `contract` of a chain."""

    chain_id: int
    contract: str
    offer: Offer
    signature: bytes

    def as_tuple(self) -> tuple[Any, bytes]:
        """As the contract takes it."""
        return self.offer.values(), self.signature

    def part(self, amount: int) -> int:
        """What `amount` of face costs: price and referrer's share, each rounded up."""
        return sum(self.offer.cost(amount))

    def to_line(self) -> str:
        """A line of JSON. Numbers are texts: some are larger than what other languages' JSON holds."""
        kept = {
            "format": _FORMAT,
            "chain_id": str(self.chain_id),
            "contract": self.contract,
            **{field.name: str(getattr(self.offer, field.name)) for field in fields(Offer)},
            "signature": "0x" + self.signature.hex(),
        }
        return json.dumps(kept)

    @classmethod
    def from_line(cls, line: str) -> SignedOffer:
        """Raises OfferError malformed."""
        try:
            kept = json.loads(line)
            if kept["format"] != _FORMAT:
                raise ValueError(f"its format is {kept['format']!r}")
            values = {f.name: _value(f.name, f.metadata["solidity"], kept[f.name]) for f in fields(Offer)}
            offer = Offer(**values)
            offer.struct_hash()  # every number fits its type
            if not offer.amount or not offer.price:
                raise ValueError("amount and price must be above 0")
            signature = bytes.fromhex(kept["signature"].removeprefix("0x"))
            return cls(
                _whole("chain_id", kept["chain_id"]), parse_address(kept["contract"]), offer, signature
            )
        except (ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise OfferError("malformed", f"no offer: {error!r}") from error


class OfferBook:
    """A file of offers."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[SignedOffer]:
        """All offers, in the order of their lines. Raises OfferError malformed, with the line's number."""
        if not self.path.exists():
            return []
        offers = []
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                try:
                    offers.append(SignedOffer.from_line(line))
                except OfferError as error:
                    raise OfferError("malformed", f"{self.path.name}, line {number}: {error}") from error
        return offers

    def add(self, *new: SignedOffer) -> None:
        """Write offers down. One with a seller's nonce takes the place of that seller's older one with it."""
        with _locked(self.path):
            keys = {_key(one) for one in new}
            self._write([one for one in self.read() if _key(one) not in keys] + list(new))

    def keep(self, offers: Iterable[SignedOffer]) -> int:
        """Drop all but these; how many went."""
        with _locked(self.path):
            kept, before = set(offers), self.read()
            self._write([one for one in before if one in kept])
            return sum(one not in kept for one in before)

    def _write(self, offers: Sequence[SignedOffer]) -> None:
        replace_file(self.path, "".join(one.to_line() + "\n" for one in offers).encode())


class _locked:  # noqa: N801 - read as a word of the `with`
    """Two processes don't write one book at once. Raises OfferError busy."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_suffix(".lock")

    def __enter__(self) -> None:
        try:
            self.descriptor = lock_file(self.path)
        except BlockingIOError as error:
            raise OfferError("busy", f"somebody else is writing {self.path.stem}: try again") from error

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


def _key(one: SignedOffer) -> tuple[int, str, str, int]:
    return one.chain_id, one.contract, one.offer.seller, one.offer.nonce


def _value(name: str, kind: str, text: object) -> Any:
    if kind != "address":
        return _whole(name, text)
    return _NO_ADDRESS if text == _NO_ADDRESS else parse_address(str(text))


def _whole(name: str, text: object) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit():
        raise ValueError(f"{name} is {text!r}, not a whole number")
    return int(text)
