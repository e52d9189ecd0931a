"""An order book that is a file: signed offers, a line of JSON each.

Anybody may write into such a file, so nothing in it is believed: a line that is no offer is passed over and
told by its number, and whether an offer is good is asked of the chain
(`largesse.clients.market.Market.standing`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

from largesse.addresses import ZERO_ADDRESS, parse_address
from largesse.errors import LargesseError
from largesse.files import lock_file, replace_file
from largesse.signed.market import Offer

MOST_BYTES: Final = 16 << 20
_FORMAT: Final = "largesse/offer"
_NUMBERS: Final = (
    "series_id", "amount", "price", "minimum", "referrer_share", "nonce", "epoch", "expires_at",
)  # fmt: skip


class BookError(LargesseError):
    """A book that can't be read, or an offer that can't stand in it."""


@dataclass(frozen=True)
class SignedOffer:
    """An offer for one market on one chain, with its seller's signature."""

    chain_id: int
    market: str
    offer: Offer
    signature: bytes

    def as_tuple(self) -> tuple[tuple[Any, ...], bytes]:
        """As the contract takes it."""
        return self.offer.values(), self.signature

    @property
    def unit_cost(self) -> Fraction:
        """What a unit of face costs, referrer's share included."""
        return Fraction(sum(self.offer.cost(self.offer.amount)), self.offer.amount)

    def line(self) -> str:
        """The line it is in a book. Numbers are text: JSON readers round what is above 2⁵³."""
        values = {name: str(v) if name in _NUMBERS else v for name, v in asdict(self.offer).items()}
        head = {"format": _FORMAT, "chain_id": self.chain_id, "market": self.market}
        return json.dumps({**head, **values, "signature": "0x" + self.signature.hex()})

    @classmethod
    def parse(cls, line: str) -> SignedOffer:
        """Raises BookError malformed."""
        try:
            kept = json.loads(line)
            if kept["format"] != _FORMAT:
                raise ValueError(f"its format is {kept['format']!r}")
            # Nobody sells for the zero address; as the referrer it stands for nobody.
            referrer = kept["referrer"]
            if referrer != ZERO_ADDRESS:
                referrer = parse_address(referrer)
            values: dict[str, Any] = {name: _number(name, kept[name]) for name in _NUMBERS}
            offer = Offer(seller=parse_address(kept["seller"]), referrer=referrer, **values)
            offer.struct_hash()
            if offer.amount == 0 or offer.price == 0:
                raise ValueError("its amount or its price is 0")
            signature = bytes.fromhex(kept["signature"].removeprefix("0x"))
            return cls(
                _number("chain_id", str(kept["chain_id"])), parse_address(kept["market"]), offer, signature
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, LargesseError) as error:
            raise BookError("malformed", f"no signed offer: {type(error).__name__}: {error}") from error


def _number(name: str, text: str) -> int:
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 78):
        raise ValueError(f"{name} is {text!r}, not a number in digits")
    return int(text)


class Book(NamedTuple):
    """The offers of a file, in its order, and what is wrong with the lines that are none."""

    offers: list[SignedOffer]
    faults: list[str]


def read_book(path: Path) -> Book:
    """A book; of a file that is missing an empty one. A line that is no offer keeps nobody from the others.

    Raises BookError too_large.
    """
    book = Book([], [])
    for number, line in enumerate(_content(path).split(b"\n"), start=1):
        if line.strip():
            try:
                book.offers.append(SignedOffer.parse(line.decode()))
            except (BookError, UnicodeDecodeError) as error:
                book.faults.append(f"{path.name}, line {number}: {error}")
    return book


def _content(path: Path) -> bytes:
    if not path.exists():
        return b""
    if path.stat().st_size > MOST_BYTES:
        raise BookError("too_large", f"{path.name} has more than {MOST_BYTES:,} bytes")
    return path.read_bytes()


def add_offer(path: Path, signed: SignedOffer) -> None:
    """Put an offer at the end of a book, whatever else is in it; two who do so at once lose nothing.

    Raises BookError busy, too_large.
    """
    try:
        descriptor = lock_file(path.with_name(path.name + ".lock"))
    except BlockingIOError as error:
        raise BookError("busy", f"somebody else is writing into {path.name}") from error
    try:
        content = _content(path)
        if content and not content.endswith(b"\n"):
            content += b"\n"
        content += signed.line().encode() + b"\n"
        if len(content) > MOST_BYTES:
            raise BookError("too_large", f"{path.name} would have more than {MOST_BYTES:,} bytes")
        replace_file(path, content)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Standing:
    """An offer as it stands: `available` of face can be bought of it, or a `problem` says why none."""

    signed: SignedOffer
    available: int
    problem: str = ""


@dataclass(frozen=True)
class Level:
    """What is on sale at one price: face, and the face and cost up to here."""

    unit_cost: Fraction
    amount: int
    total: int
    cost: int


def best_first(standings: Iterable[Standing]) -> list[Standing]:
    """The good offers, the cheapest unit first; at one price the earlier in the book."""
    return sorted((one for one in standings if not one.problem), key=lambda one: one.signed.unit_cost)


def depth(standings: Iterable[Standing]) -> list[Level]:
    """Prices and what is there at each, the best first. An offer with one nonce counts once, at its best."""
    levels: list[Level] = []
    seen: set[tuple[str, int]] = set()
    total = cost = 0
    for one in best_first(standings):
        offer = one.signed.offer
        if (offer.seller, offer.nonce) in seen:
            continue
        seen.add((offer.seller, offer.nonce))
        total, cost = total + one.available, cost + sum(offer.cost(one.available))
        amount = one.available
        if levels and levels[-1].unit_cost == one.signed.unit_cost:
            amount += levels.pop().amount
        levels.append(Level(one.signed.unit_cost, amount, total, cost))
    return levels


def next_nonce(offers: Iterable[SignedOffer], seller: str) -> int:
    """One above the seller's offers here. They are counted one by one, because such are cheapest to fill."""
    return 1 + max((signed.offer.nonce for signed in offers if signed.offer.seller == seller), default=0)


def of_series(offers: Sequence[SignedOffer], series_id: int) -> list[SignedOffer]:
    """Those of one series."""
    return [signed for signed in offers if signed.offer.series_id == series_id]
