"""What a card must say, computed apart from the contract (amounts, dates, ink), and how to read one.

A text may be given as bytes wherever the contract takes a string, to send what is no UTF-8.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

from brownie import web3
from eth_abi import decode, encode
from eth_utils import keccak
from hypothesis import strategies as st

NEVER = 2**40 - 1
LIVE, SALES_CLOSED, WOUND_DOWN, EXPIRED, PAST_LIMITATION, FORFEITED = range(6)
PLAIN, RIBBON, WAVES, CONFETTI, MOON_JAR = range(5)
TITLE, ISSUER, TERMS_URI, SYMBOL = range(4)
TERMS_HASH = keccak(text="terms")

_CARD = (
    "(string,string,string,string,uint8,uint256,uint256,uint256,uint256,"
    "uint8,uint24,uint24,uint24,bool,bytes32,uint8)"
)
_ART = "(string,string,string,uint8,uint24,uint24,uint24)"
_SIGNATURES = {
    "svg": ([_CARD], "string"),
    "metadata": ([_CARD], "string"),
    "encode": ([_ART], "bytes"),
    "check": (["bytes"], None),
    "uri": (["address", "uint256"], "string"),
}

Text = str | bytes


@dataclass(frozen=True)
class Card:
    """`ICardArt.Card`, in its order."""

    title: Text = "Gift Card"
    issuer: Text = "Northwind Books"
    terms_uri: Text = "https://northwind.example/terms"
    symbol: Text = "USDC"
    decimals: int = 6
    denomination: int = 25_000000
    series_id: int = 7
    expires_at: int = 1_924_992_000  # 2031-01-01
    limitation_at: int = NEVER
    template: int = PLAIN
    background: int = 0x12343B
    accent: int = 0xE1B382
    ink: int = 0xFDF6EC
    named: bool = True
    terms_hash: bytes = TERMS_HASH
    status: int = LIVE

    def but(self, **changes: Any) -> Card:
        return replace(self, **changes)


@dataclass(frozen=True)
class Art:
    """`ICardArt.Art`, in its order."""

    title: Text = "Gift Card"
    issuer: Text = "Northwind Books"
    terms_uri: Text = "https://northwind.example/terms"
    template: int = PLAIN
    background: int = 0x12343B
    accent: int = 0xE1B382
    ink: int = 0xFDF6EC

    def but(self, **changes: Any) -> Art:
        return replace(self, **changes)

    def encoded(self) -> bytes:
        """What `ICardArt.encode` must return."""
        return encode(_as_bytes(_ART[1:-1]).split(","), _plain(astuple(self)))

    @classmethod
    def decoded(cls, art: bytes) -> Art:
        """The artwork that `art` says, its texts as bytes."""
        return cls(*decode(_as_bytes(_ART[1:-1]).split(","), art))


def calldata(function: str, *values: Any) -> str:
    """A call of `function`, with strings encoded as the bytes they are: their ABI encoding is the same."""
    types, _ = _SIGNATURES[function]
    selector = keccak(text=f"{function}({','.join(types)})")[:4]
    plain = [_plain(astuple(value)) if isinstance(value, Card | Art) else value for value in values]
    return "0x" + (selector + encode([_as_bytes(kind) for kind in types], plain)).hex()


def ask(contract: Any, function: str, *values: Any) -> Any:
    """The answer of an `eth_call`; raises what web3.py raises when it reverts."""
    answer = web3.eth.call({"to": contract.address, "data": calldata(function, *values)})
    returns = _SIGNATURES[function][1]
    if returns is None:
        assert answer == b""
        return None
    return decode([returns], answer)[0]


def texts(svg: str) -> list[str]:
    """What stands on a card: issuer, title, promises, face, labels and entries, stamp."""
    return ["".join(text.itertext()) for text in parse(svg).iter("{http://www.w3.org/2000/svg}text")]


def parse(svg: str) -> ElementTree.Element:
    """The document, by a parser that accepts well-formed XML only."""
    return ElementTree.fromstring(svg)


def properties(uri: str) -> dict[str, Any]:
    """The JSON object in a metadata URI; fails when a key comes twice, as it does when a text breaks out."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    found: dict[str, Any] = json.loads(_content(uri, "application/json"), object_pairs_hook=unique)
    return found


def picture(uri: str) -> str:
    """The SVG document in a metadata URI."""
    return _content(properties(uri)["image"], "image/svg+xml").decode()


def trait(uri: str, name: str) -> dict[str, Any]:
    """The one attribute of this trait type."""
    (found,) = [each for each in properties(uri)["attributes"] if each["trait_type"] == name]
    assert isinstance(found, dict)
    return found


def amount(value: int, decimals: int) -> str:
    """50000 as 50,000; 25000000 with 6 decimals as 25.00; further decimals as far as they are not 0."""
    whole, fraction = divmod(value, 10**decimals)
    if decimals == 0:
        return f"{whole:,}"
    digits = f"{fraction:0{decimals}d}"
    return f"{whole:,}.{digits[:2]}{digits[2:].rstrip('0')}"


def moment(timestamp: int) -> str:
    """YYYY-MM-DD HH:MM UTC, by Python's calendar; dates past its year 9999 by whole periods of 400 years."""
    period = timedelta(days=146_097)
    periods = max(0, timestamp // int(period.total_seconds()) - 18)
    date = datetime.fromtimestamp(timestamp - periods * int(period.total_seconds()), UTC)
    return f"{date.year + 400 * periods:04d}-{date:%m-%d %H:%M} UTC"


def readable(wish: int, background: int, accent: int) -> int:
    """The issuer's ink where its contrast to paper and veiled paper is 4.5 : 1, else black or white."""
    veiled = int.from_bytes(
        bytes((16 * a + 84 * b) // 100 for a, b in zip(_rgb(accent), _rgb(background), strict=True)), "big"
    )
    grounds = (background, veiled)
    if min(_contrast(wish, ground) for ground in grounds) >= Fraction(9, 2) and (
        # Ink between the two grounds would be lighter than one and darker than the other.
        not min(map(_luminance, grounds)) < _luminance(wish) < max(map(_luminance, grounds))
    ):
        return wish
    white = min(_contrast(0xFFFFFF, ground) for ground in grounds)
    black = min(_contrast(0x000000, ground) for ground in grounds)
    return 0xFFFFFF if white > black else 0x000000


def is_forbidden(character: str) -> bool:
    """Whether no card may show it: controls, separators, bidirectional controls, noncharacters."""
    point = ord(character)
    return (
        point in (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
        or point in range(0xFDD0, 0xFDF0)
        or point & 0xFFFE == 0xFFFE
    )


def clean_texts(least: int, most: int, but: Callable[[str], bool] = lambda _: True) -> st.SearchStrategy[str]:
    """Texts a card may show, of `least` to `most` bytes, rich in what markup and templates are made of."""
    characters = st.characters(blacklist_categories=("Cs", "Cc")).filter(lambda c: not is_forbidden(c))
    risky = st.sampled_from(
        [*"\"'<>&\\/{}[]$$aabcn:;,.#%]>- ", "&amp;", "$e", "\\u0022", "한", "😀", "ب", "\u200d"]
    )
    cut = st.lists(st.one_of(risky, characters), max_size=most).map(lambda parts: _cut("".join(parts), most))
    return cut.filter(lambda text: len(text.encode()) >= least and but(text))


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


def _contrast(one: int, other: int) -> Fraction:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + Fraction(1, 20)) / (low + Fraction(1, 20))


def _luminance(colour: int) -> Fraction:
    """Relative luminance with each channel's linear light rounded to 1/65535, as the contract's table is."""
    red, green, blue = (Fraction(round(65535 * _linear(channel)), 65535) for channel in _rgb(colour))
    return (2126 * red + 7152 * green + 722 * blue) / 10_000


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _rgb(colour: int) -> bytes:
    return colour.to_bytes(3, "big")


def _content(uri: str, kind: str) -> bytes:
    prefix = f"data:{kind};base64,"
    assert uri.startswith(prefix), uri[:80]
    return base64.b64decode(uri.removeprefix(prefix), validate=True)


def _as_bytes(kind: str) -> str:
    return kind.replace("string", "bytes")


def _plain(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(value.encode() if isinstance(value, str) else value for value in values)
