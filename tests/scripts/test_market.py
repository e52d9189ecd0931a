"""`market`: offer, list, depth, fill and cancel, as a person types them; bad offers are told by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from largesse.clients.accounts import Opening, open_use
from largesse.clients.market import MarketError
from largesse.clients.service import ServiceError
from largesse.errors import AmountError, LargesseError
from largesse.order_book import SignedOffer, add_offer, read_book
from largesse.signed.market import Offer
from largesse.vouchers import index_of
from scripts import market
from tests.fixtures.desk import KR, Desk
from tests.support.clock import later

SERIES = f"series={KR}"


@pytest.fixture(scope="module")
def stalls(desk: Desk) -> Desk:
    """The giver and the supporter have 100,000 won of certificates each; the holder has money."""
    desk.issue("giver", "100000")
    desk.issue("supporter", "100000")
    return desk


def book(desk: Desk) -> Path:
    return desk.session.out("market") / "book.jsonl"


@pytest.fixture(autouse=True)
def no_book(stalls: Desk, isolation: None) -> None:
    book(stalls).unlink(missing_ok=True)


def face(desk: Desk, role: str) -> int:
    return desk.krw.account(1, desk.address(role)).balance


def offer(*given: str) -> SignedOffer:
    made = market.offer(SERIES, *given)
    assert made is not None
    return made


def problems() -> list[str]:
    return [one.problem for one in market.main(SERIES) or []]


def test_offer_list_depth_and_fill(stalls: Desk) -> None:
    offer("amount=50000", "price=47000", "from=giver")
    offer("amount=50000", "price=46500", "from=supporter", "minimum=10000")
    offer("amount=50000", "price=46500", "referrer=creator", "share=500", "from=giver")
    assert problems() == ["", "", ""]
    levels = market.depth_of(SERIES) or []
    assert [(level.amount, level.total, level.cost) for level in levels] == [
        (50_000, 50_000, 46_500),
        (100_000, 150_000, 140_500),
    ]
    before = stalls.won.balance(stalls.address("holder"))
    bought = market.fill(SERIES, "amount=60000", "most=56400", "from=holder")
    assert bought is not None
    assert (bought.amount, bought.cost, bought.skipped) == (60_000, 46_500 + 9_400, ())
    assert before - stalls.won.balance(stalls.address("holder")) == bought.cost
    assert face(stalls, "holder") == 60_000
    assert [one.available for one in market.main(SERIES) or []] == [40_000, 0, 50_000]
    assert problems() == ["", "sold", ""]


def test_what_is_bought_is_a_balance_in_the_same_transaction(stalls: Desk) -> None:
    """Of two sellers; before the series pays there, nothing is sent."""
    offer("amount=30000", "price=27900", "from=giver")
    offer("amount=30000", "price=28000", "from=supporter")
    there, prepaid = stalls.session.market(stalls.krw), stalls.session.prepaid("KRWT")
    holder, shop = stalls.wallet("holder"), stalls.address("bookshop")
    standings = [there.standing(one) for one in read_book(book(stalls)).offers]
    use = open_use(Opening(shop, holder.address))
    into = (prepaid, shop, use)
    block = stalls.block()
    with pytest.raises(ServiceError) as caught:
        there.fill_into(holder, standings, 1, 50_000, (93, 100), *into)
    assert (caught.value.reason, stalls.block()) == ("not_a_service", block)
    prepaid.admit(stalls.wallet("issuer"), 1, shop)
    bought = there.fill_into(holder, standings, 1, 50_000, (94, 100), *into)
    assert (bought.amount, bought.cost) == (50_000, 27_900 + 18_667)
    account = prepaid.account(shop, index_of(holder.address, 0))
    assert (account.owner, account.left) == (holder.address, prepaid.micros(50_000))
    assert (face(stalls, "holder"), face(stalls, "supporter")) == (0, 80_000)


def test_a_sellers_offers_are_numbered_one_by_one(stalls: Desk) -> None:
    made = [offer("amount=10000", "price=9300", "from=giver") for _ in range(3)]
    assert [one.offer.nonce for one in made] == [1, 2, 3]
    market.cancel(SERIES, "offer=2", "from=giver")
    book(stalls).unlink()
    market.cancel(SERIES, "offer=1", "from=giver")
    # Without the book it takes the first number that nothing was sold of and that was not taken back.
    assert offer("amount=10000", "price=9300", "from=giver").offer.nonce == 3


def test_what_is_wrong_with_an_offer_is_told_by_name(stalls: Desk) -> None:
    good = offer("amount=50000", "price=46500", "from=giver")
    path = book(stalls)
    forged = replace(good, signature=offer("amount=1", "price=1", "from=supporter").signature)
    elsewhere = replace(good, chain_id=1)
    strange = Offer(**{**good.offer.__dict__, "series_id": 99, "nonce": 9})
    giver, there = stalls.wallet("giver"), stalls.session.market(stalls.krw)
    unknown = replace(good, offer=strange, signature=strange.sign(there.domain, giver.key))
    for one in (forged, elsewhere, unknown):
        add_offer(path, one)
    standings = [there.standing(one).problem for one in read_book(path).offers]
    assert standings == ["", "", "bad_signature", "wrong_place", "unknown_series"]
    stalls.krw.redeem(giver, 1, 100_000, stalls.address("bookshop"))
    assert problems()[0] == "not_enough_balance"


def test_what_others_write_into_the_book_keeps_nobody_from_it(
    stalls: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line that is no offer, and one in the seller's name with the last number there is."""
    good = offer("amount=10000", "price=9300", "from=giver")
    add_offer(book(stalls), replace(good, offer=replace(good.offer, nonce=2**64 - 1)))
    with book(stalls).open("ab") as file:
        file.write(b"no offer \xff\n")
    assert offer("amount=10000", "price=9300", "from=giver").offer.nonce == 2
    assert problems() == ["", "bad_signature", ""]
    assert "passed over: book.jsonl, line 3" in capsys.readouterr().out.replace("\n", " ")
    bought = market.fill(SERIES, "amount=20000", "most=18600", "from=holder")
    assert bought is not None and bought.amount == 20_000


def test_expired_cancelled_and_unapproved_offers(stalls: Desk) -> None:
    offer("amount=10000", "price=9300", "from=giver", "days=1")
    one = offer("amount=10000", "price=9300", "from=giver")
    offer("amount=10000", "price=9300", "from=supporter")
    market.cancel(SERIES, f"offer={one.offer.nonce}", "from=giver")
    functions = stalls.krw.contract.functions
    there = stalls.session.market(stalls.krw)
    stalls.session.node.send(functions.setApprovalForAll(there.address, False), stalls.wallet("supporter"))
    later(86_400)
    assert problems() == ["expired", "cancelled", "not_approved"]
    again = offer("amount=10000", "price=9300", "from=supporter")
    assert problems()[2:] == ["", ""]
    market.cancel(SERIES, "offer=all", "from=supporter")
    assert problems()[2:] == ["earlier_epoch", "earlier_epoch"]
    assert offer("amount=10000", "price=9300", "from=supporter").offer.epoch == again.offer.epoch + 1


def test_refusals_send_nothing(stalls: Desk) -> None:
    offer("amount=10000", "price=9300", "from=giver")
    block = stalls.block()
    for reason, act, given in (
        ("not_enough", market.offer, ["amount=100001", "price=1", "from=giver"]),
        ("bad_minimum", market.offer, ["amount=10", "price=9", "minimum=11", "from=giver"]),
        ("no_referrer", market.offer, ["amount=10", "price=9", "share=1", "from=giver"]),
        ("zero_amount", market.offer, ["amount=0", "price=9", "from=giver"]),
        ("nothing_to_buy", market.fill, ["amount=1", "most=1", "book=other", "from=holder"]),
        ("bad_number", market.cancel, ["offer=first", "from=giver"]),
        ("bad_name", market.main, ["book=../book"]),
    ):
        with pytest.raises((MarketError, AmountError, LargesseError)) as caught:
            act(SERIES, *given)
        assert caught.value.reason == reason
    assert stalls.block() == block


def test_too_dear_is_not_bought(stalls: Desk) -> None:
    offer("amount=50000", "price=46501", "from=giver")
    with pytest.raises(LargesseError, match="no offer costs as little"):
        market.fill(SERIES, "amount=50000", "most=46500", "from=holder")
    assert face(stalls, "holder") == 0
