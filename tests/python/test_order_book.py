"""An order book on file: what is written is read, a malformed line is told and passed over, the best come
first."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from largesse import order_book
from largesse.eip712 import address_of, keccak, recover
from largesse.order_book import (
    BookError,
    Level,
    SignedOffer,
    Standing,
    add_offer,
    best_first,
    depth,
    next_nonce,
    of_series,
    read_book,
)
from largesse.signed.market import Offer, market_domain

KEY = keccak(b"seller")
SELLER = address_of(KEY)
MARKET = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
ZERO = "0x" + "00" * 20


def signed(amount: int = 50_000, price: int = 46_500, nonce: int = 1, **other: Any) -> SignedOffer:
    offer = Offer(SELLER, 1, amount, price, 0, ZERO, 0, nonce, 0, 2**40 - 1)
    offer = replace(offer, **other)
    return SignedOffer(31_337, MARKET, offer, offer.sign(market_domain(31_337, MARKET), KEY))


def good(one: SignedOffer, available: int | None = None) -> Standing:
    return Standing(one, one.offer.amount if available is None else available)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "book.jsonl"
    assert read_book(path) == ([], [])
    offers = [signed(), signed(2**96 - 1, 2**96 - 1, 2**64 - 1), signed(series_id=2**256 - 1)]
    for one in offers:
        add_offer(path, one)
    assert read_book(path) == (offers, [])
    assert recover(offers[0].offer.digest(market_domain(31_337, MARKET)), offers[0].signature) == SELLER
    assert of_series(offers, 1) == offers[:2]
    assert next_nonce(offers[:1], SELLER) == 2
    assert next_nonce(offers, MARKET) == 1


SPOILED: dict[str, Any] = {
    "format": "largesse/gift",
    "seller": SELLER.lower().replace("0x", "0x0"),
    "amount": "0",
    "price": "0",
    "minimum": "-1",
    "nonce": str(2**64),
    "epoch": 0,
    "expires_at": "1e3",
    "series_id": "9" * 79,
    "signature": "0xzz",
    "market": None,
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_malformed_line_is_told_by_its_number_and_passed_over(tmp_path: Path, name: str) -> None:
    path = tmp_path / "book.jsonl"
    line = json.dumps(json.loads(signed().line()) | {name: SPOILED[name]})
    path.write_text(f"{signed().line()}\n\n{line}\n{signed(nonce=2).line()}\n")
    offers, (fault,) = read_book(path)
    assert offers == [signed(), signed(nonce=2)]
    assert fault.startswith("book.jsonl, line 3: no signed offer")


@pytest.mark.parametrize("line", [b"\xff\xfe", b"\0", "\u2028".encode(), b'{"nonce": ' + b"9" * 5_000 + b"}"])
def test_a_line_of_any_bytes_is_passed_over(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "book.jsonl"
    path.write_bytes(line + b"\n" + signed().line().encode())
    offers, (fault,) = read_book(path)
    assert offers == [signed()]
    assert fault.startswith("book.jsonl, line 1: ")


@pytest.mark.parametrize("line", ["", "[]", "1", "null", "{", "[" * 100_000, '{"format": []}'])
def test_a_line_that_is_no_object_is_refused(line: str) -> None:
    with pytest.raises(BookError) as caught:
        SignedOffer.parse(line)
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize("end", ["", "\n"])
def test_nothing_is_lost_when_a_bad_book_is_added_to(tmp_path: Path, end: str) -> None:
    path = tmp_path / "book.jsonl"
    path.write_text("no offer" + end)
    add_offer(path, signed())
    assert path.read_text() == f"no offer\n{signed().line()}\n"
    assert read_book(path).offers == [signed()]


def test_a_book_stays_as_large_as_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "book.jsonl"
    add_offer(path, signed())
    monkeypatch.setattr(order_book, "MOST_BYTES", path.stat().st_size)
    for act in (lambda: add_offer(path, signed()), lambda: (path.write_bytes(b"x" * 999), read_book(path))):
        assert read_book(path).offers == [signed()]
        with pytest.raises(BookError) as caught:
            act()
        assert caught.value.reason == "too_large"


def test_the_best_come_first_with_the_referrers_share_counted() -> None:
    cheap, dear = signed(100, 90, 1), signed(1_000, 910, 2)
    shared = signed(100, 89, 3, referrer=MARKET, referrer_share=3)
    bad = Standing(signed(100, 1, 4), 0, "expired")
    rows = [good(dear), good(shared), bad, good(cheap)]
    assert [one.signed.offer.nonce for one in best_first(rows)] == [1, 2, 3]


def test_depth_adds_up() -> None:
    rows = [good(signed(100, 90, 1)), good(signed(100, 93, 2), 50), good(signed(200, 180, 3))]
    assert depth(rows) == [
        Level(Fraction(9, 10), 300, 300, 270),
        Level(Fraction(93, 100), 50, 350, 270 + 47),
    ]


def test_depth_counts_a_nonce_once() -> None:
    """An offer that was signed again at a lower price sells once."""
    assert depth([good(signed(100, 95, 1)), good(signed(100, 90, 1))]) == [
        Level(Fraction(9, 10), 100, 100, 90)
    ]
