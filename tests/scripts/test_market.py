"""The script `market`, as sellers and buyers type it, and the book of offers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from largesse.arguments import ArgumentError
from largesse.market import MarketError
from largesse.offer_book import OfferBook, OfferError
from largesse.service import ServiceError
from scripts import market, prepaid
from tests.fixtures.desk import KR, Desk
from tests.support.clock import later

HOUR = 3_600
CARD = (f"series={KR}", "amount=50000")


@pytest.fixture
def book(desk: Desk) -> Iterator[Path]:
    """The won's book, forgotten with the chain's state; holder and supporter have a card of 50,000 each."""
    for role in ("holder", "supporter"):
        desk.issue(role, "50000")
    path = desk.session.out("market") / "KRWT.jsonl"
    yield path
    path.unlink(missing_ok=True)


def face(desk: Desk, role: str) -> int:
    return desk.krw.account(1, desk.address(role)).balance


def test_a_card_is_sold_below_face(desk: Desk, book: Path) -> None:
    block = desk.block()
    signed = market.offer(*CARD, "price=46500", "from=holder")
    assert desk.block() == block + 1  # the approval
    market.offer(*CARD, "price=47000", "minimum=10000", "from=supporter")
    assert market.list(f"series={KR}") == 2
    assert market.depth(f"series={KR}") == 100_000
    won, paid = desk.won.balance(desk.address("holder")), desk.won.balance(desk.address("stranger"))
    bought = market.fill(*CARD, "most=46500", "from=stranger")
    assert (bought.amount, bought.cost) == (50_000, 46_500)
    assert (face(desk, "stranger"), face(desk, "holder")) == (50_000, 0)
    assert desk.won.balance(desk.address("holder")) == won + 46_500
    assert desk.won.balance(desk.address("stranger")) == paid - 46_500
    market_of = desk.session.market("KRWT")
    assert market_of.standing(signed).why == "sold"
    assert market.list(f"series={KR}") == 1
    with pytest.raises(ArgumentError, match="the book has 50,000"):
        market.fill(f"series={KR}", "amount=50001", "most=50001", "from=stranger")


def test_two_offers_fill_one_purchase_best_first(desk: Desk, book: Path) -> None:
    market.offer(*CARD, "price=47000", "from=holder")
    market.offer(*CARD, "price=46000", "from=supporter")
    bought = market.fill(f"series={KR}", "amount=60000", "most=56000", "from=stranger")
    assert (bought.amount, bought.cost) == (60_000, 46_000 + 9_400)
    assert (face(desk, "supporter"), face(desk, "holder")) == (0, 40_000)


def test_what_was_bought_tops_up_an_account(desk: Desk, book: Path) -> None:
    """For 46,500, in one transaction, 50,000."""
    market.offer(*CARD, "price=46500", "from=supporter")
    session = prepaid.open(
        "currency=KRWT", "to=bookshop", "amount=1000", f"series={KR}", "session=reader", "from=holder"
    )
    account = session.account
    bought = market.fill(*CARD, "most=46500", "into=reader", "from=holder")
    state = desk.session.prepaid("KRWT").account(account.counterparty, account.index)
    assert (bought.cost, state.left) == (46_500, 51_000)
    (desk.session.out("sessions") / "reader.json").unlink()


def test_an_offer_is_replaced_and_cancelled(desk: Desk, book: Path) -> None:
    first = market.offer(*CARD, "price=46500", "from=holder")
    second = market.offer(*CARD, "price=48000", f"instead={first.offer.nonce}", "from=holder")
    assert OfferBook(book).read() == [second]
    OfferBook(book).add(market.offer(*CARD, "price=45000", "from=holder"))
    assert market.cancel(f"series={KR}", f"number={second.offer.nonce}", "from=holder") == 1
    assert desk.session.market("KRWT").standing(first).why == "cancelled"
    assert market.list(f"series={KR}") == 1
    assert market.cancel(f"series={KR}", "number=all", "from=holder") == 1
    assert market.list(f"series={KR}") == 0


def test_what_the_list_says_of_bad_offers(desk: Desk, book: Path) -> None:
    made = desk.session.market("KRWT")
    signed = market.offer(*CARD, "price=46500", "hours=1", "from=holder")
    forged = type(signed)(signed.chain_id, signed.contract, signed.offer, signed.signature[:-1] + b"\x1d")
    elsewhere = type(signed)(1, signed.contract, signed.offer, signed.signature)
    assert made.standing(forged).why == "not its seller's signature"
    assert made.standing(elsewhere).why.startswith("for chain 1")
    desk.krw.redeem(desk.wallet("holder"), 1, 1, desk.address("bookshop"))
    assert made.standing(signed).left == 49_999
    later(HOUR)
    assert made.standing(signed).why == "expired"


def test_bad_input_sends_nothing(desk: Desk, book: Path) -> None:
    block = desk.block()
    with pytest.raises(MarketError, match="has 50,000"):
        market.offer(f"series={KR}", "amount=50001", "price=1", "from=holder")
    with pytest.raises(ArgumentError, match="more than is offered"):
        market.offer(*CARD, "price=46500", "minimum=50001", "from=holder")
    with pytest.raises(ArgumentError, match="belong together"):
        market.offer(*CARD, "price=46500", "share=1", "from=holder")
    with pytest.raises(ArgumentError, match="the book has 0"):
        market.fill(*CARD, "most=46500")
    assert desk.block() == block
    market.offer(*CARD, "price=46500", "from=holder")
    block = desk.block()
    with pytest.raises(ServiceError, match="needs"):
        market.fill(*CARD, "most=99999999999999", "from=stranger")
    book.write_text(book.read_text() + '{"format": "largesse/offer"}\n')
    with pytest.raises(OfferError, match="line 2"):
        market.list(f"series={KR}")
    assert desk.block() == block
