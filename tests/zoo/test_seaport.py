"""The same certificate trades on the real Seaport 1.6: whole, in parts, with a fee; and a seller who redeems
first hurts nobody there either."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import DAY
from tests.support.errors import reverts
from tests.support.market import FACE, PRICE, Market
from tests.support.seaport import Seaport

FEE = 500


@pytest.fixture(scope="module")
def series(market: Market) -> int:
    """A named series; the giver has a certificate of 50,000, the payees some money."""
    series = market.world.named_series()
    market.stock(series)
    market.world.token.mint(market.creator, 1, {"from": market.deployer})
    return series


@pytest.fixture(scope="module")
def seaport(market: Market, series: int) -> Seaport:
    deployed = Seaport.deploy(market.deployer)
    assert deployed.contract.functions.information().call()[0] == "1.6"
    market.world.certificates.setApprovalForAll(deployed.address, True, {"from": market.giver})
    market.token.approve(deployed.address, 2**256 - 1, {"from": market.holder})
    return deployed


def order(seaport: Seaport, market: Market, series: int) -> Any:
    """50,000 for 46,500, and 500 for who brought the buyer."""
    paid = [(market.token, market.giver, PRICE), (market.token, market.creator, FEE)]
    sold = (market.world.certificates, series, FACE)
    return seaport.order(market.giver, market.world.key(market.giver), sold, paid, market.now() + DAY)


def test_a_certificate_trades_on_seaport(seaport: Seaport, market: Market, series: int) -> None:
    people = (market.holder, market.giver, market.creator)
    before = market.money(*people)
    seaport.fill(order(seaport, market, series), market.holder)
    after = market.money(*people)
    assert [b - a for a, b in zip(before, after, strict=True)] == [-PRICE - FEE, PRICE, FEE]
    assert market.face(series, market.giver, market.holder) == (0, FACE)
    # What was bought there is a certificate like any other.
    market.world.certificates.redeem(series, FACE, market.merchant, {"from": market.holder})


def test_a_part_of_it(seaport: Seaport, market: Market, series: int) -> None:
    before = market.money(market.holder)[0]
    made = order(seaport, market, series)
    seaport.fill(made, market.holder, (2, 5))
    seaport.fill(made, market.holder, (3, 5))
    assert market.face(series, market.giver, market.holder) == (0, FACE)
    assert before - market.money(market.holder)[0] == PRICE + FEE


def test_a_seller_who_redeems_first_is_paid_nothing(seaport: Seaport, market: Market, series: int) -> None:
    made = order(seaport, market, series)
    market.world.certificates.redeem(series, 1, market.merchant, {"from": market.giver})
    before = market.money(market.holder)
    with reverts("ERC1155InsufficientBalance", market.giver, FACE - 1, FACE, series):
        seaport.fill(made, market.holder)
    assert market.money(market.holder) == before


def test_the_market_takes_less_gas_for_the_same_trade(seaport: Seaport, market: Market, series: int) -> None:
    """Both in one state: a fresh order, a buyer who has none of the series, payees who have money."""
    offer = market.offer(series, referrer=market.creator, referrer_share=FEE)
    market.stock(series, FACE)
    market.world.issue(series, market.holder, FACE)
    ours = market.fill(offer).gas_used
    theirs = seaport.fill(order(seaport, market, series), market.holder)["gasUsed"]
    assert ours < theirs
