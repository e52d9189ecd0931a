"""The scripts `convert` and `items`, as people type them."""

from __future__ import annotations

from shutil import rmtree

import pytest

from largesse.arguments import ArgumentError
from largesse.artifacts import artifact
from largesse.clients.service import ServiceError
from largesse.files import CHECKOUT
from largesse.uniswap import UniswapError
from scripts import convert, create_series, items
from tests.fixtures.desk import KR, Desk

OPEN = "us-open-25"


@pytest.fixture
def router(desk: Desk) -> str:
    """A pool of 100,000 dollars and 140 million won."""
    return convert.open_pool("currency=USDC", "other=KRWT", "amount=100000", "other_amount=140000000")


@pytest.fixture
def open_card(desk: Desk) -> str:
    """100 dollars for the holder, in a series that anybody may be paid with."""
    create_series.main(f"manifest={CHECKOUT / 'examples/manifests/open.toml'}")
    desk.issue("holder", "100", OPEN)
    return OPEN


def test_a_card_is_paid_out_in_won(desk: Desk, router: str, open_card: str) -> None:
    given = (f"series={open_card}", "amount=20", "token=KRWT")  # the router is the one that was made here
    least, before = convert.quote(*given), desk.won.balance(desk.address("holder"))
    received = convert.main(*given, "from=holder")
    assert received >= least > 27_000
    assert desk.won.balance(desk.address("holder")) == before + received


def test_bad_conversions_send_nothing(desk: Desk, router: str, open_card: str) -> None:
    given = {"series": open_card, "amount": "20", "token": "KRWT", "router": router, "from": "holder"}

    def typed(**other: str) -> list[str]:
        return [f"{name}={value}" for name, value in (given | other).items()]

    block = desk.block()
    with pytest.raises(ArgumentError, match="redeem them"):
        convert.main(*typed(token="USDC"))
    with pytest.raises(ArgumentError, match="has 100"):
        convert.main(*typed(amount="101"))
    with pytest.raises(ArgumentError, match="slippage"):
        convert.main(*typed(slippage="5001"))
    with pytest.raises(UniswapError, match="has no price"):
        convert.main(*typed(router=desk.address("stranger")))
    assert desk.block() == block
    desk.issue("holder", "50000")
    block = desk.block()
    with pytest.raises(UniswapError, match="has no price"):
        convert.main(*typed(series=KR, amount="50000", token=desk.session.certificates("EURT").token.address))
    with pytest.raises(ServiceError, match="pay its merchants"):
        convert.main(*typed(series=KR, amount="50000", token="USDC"))
    assert desk.block() == block


def test_what_was_not_made_here_must_be_named(desk: Desk, open_card: str) -> None:
    rmtree(desk.session.out("addresses"))
    with pytest.raises(ArgumentError, match="router=… is not given"):
        convert.quote(f"series={open_card}", "amount=20", "token=KRWT")
    with pytest.raises(ArgumentError, match="collection=… is not given"):
        items.show("currency=USDC", "item=7", "merchant=merchant")


def test_a_sword_is_sold(desk: Desk, open_card: str) -> None:
    collection = items.make("item=7", "count=10", "to=merchant")
    sword = (f"collection={collection}", "item=7")
    asked = (*sword, "price=2.50")
    assert items.show("currency=USDC", *sword, "merchant=merchant") == 0
    assert items.list("currency=USDC", *asked, "stock=9", "from=merchant") == 9
    assert items.show("currency=USDC", *sword, "merchant=merchant") == 9
    bought = (f"series={open_card}", *sword, "merchant=merchant", "from=holder")
    assert items.buy(*bought, "price=2.50", "quantity=3", "to=recipient") == 7_500_000
    contract = desk.session.node.web3.eth.contract(collection, abi=artifact("TestItems").abi)
    assert contract.functions.balanceOf(desk.address("recipient"), 7).call() == 3
    block = desk.block()
    with pytest.raises(ServiceError, match="can deliver 6"):
        items.buy(*bought, "price=2.50", "quantity=7")
    with pytest.raises(ServiceError, match=r"asks 2\.5\d* USDC for one, not 2\.4"):
        items.buy(*bought, "price=2.4")
    with pytest.raises(ArgumentError, match="stock"):
        items.list("currency=USDC", *asked, "stock=0", "from=merchant")
    with pytest.raises(ArgumentError, match="item"):
        items.show("currency=USDC", "item=-1", "merchant=merchant")
    assert desk.block() == block
    items.withdraw("currency=USDC", *sword, "from=merchant")
    with pytest.raises(ServiceError, match="does not sell"):
        items.buy(*bought, "price=2.50")
