"""Journey 7: a bargain hunter buys at 46,500 while the seller tries to redeem first: full face, or nothing
paid."""

from __future__ import annotations

import pytest
from brownie import web3

from tests.support.errors import reverts
from tests.support.market import FACE, PRICE, Market, skipped
from tests.support.payments import selector


@pytest.fixture(scope="module")
def series(market: Market) -> int:
    """Certificates of 50,000; the giver has one, for sale."""
    series = market.world.named_series()
    market.stock(series)
    return series


def spend(market: Market, series: int, amount: int) -> None:
    market.world.certificates.redeem(series, amount, market.merchant, {"from": market.giver})


def test_the_buyer_is_first(market: Market, series: int) -> None:
    before = market.money(market.holder, market.giver)
    market.fill(market.offer(series))
    assert market.face(series, market.holder, market.giver) == (FACE, 0)
    assert market.money(market.holder, market.giver) == (before[0] - PRICE, before[1] + PRICE)
    with reverts("GiftCertificates_InsufficientBalance", 0, FACE):
        spend(market, series, FACE)
    # And it is worth what it says.
    held = market.money(market.merchant)[0]
    market.world.certificates.redeem(series, FACE, market.merchant, {"from": market.holder})
    assert market.money(market.merchant)[0] - held == FACE


@pytest.mark.parametrize("spent", [1, 30_000, FACE])
def test_the_seller_is_first(market: Market, series: int, spent: int) -> None:
    """By a unit, by most of it or by all of it: nothing is paid, and nothing was sold."""
    offer = market.offer(series)
    spend(market, series, spent)
    before = market.money(market.holder, market.giver)
    with reverts("ERC1155InsufficientBalance", market.giver, FACE - spent, FACE, series):
        market.fill(offer)
    assert market.money(market.holder, market.giver) == before
    assert (market.filled(offer), market.face(series, market.holder)) == (0, (0,))


def test_both_in_one_block(market: Market, series: int) -> None:
    """The seller's redemption and the purchase wait side by side, the seller's pays more and comes first."""
    offer = market.offer(series)
    fill = market.contract.fill.encode_input(offer.values(), FACE, market.sign(offer))
    redeem = market.world.certificates.redeem.encode_input(series, FACE, market.merchant)
    before = market.money(market.holder)
    web3.provider.make_request("evm_setAutomine", [False])
    try:
        sent = [
            web3.eth.send_transaction(
                {"from": str(who), "to": str(to), "data": data, "gas": 500_000, "gasPrice": price}
            )
            for who, to, data, price in (
                (market.holder, market.contract, fill, 10**9),
                (market.giver, market.world.certificates, redeem, 2 * 10**9),
            )
        ]
        web3.provider.make_request("evm_mine", [])
    finally:
        web3.provider.make_request("evm_setAutomine", [True])
    bought, spent = (web3.eth.wait_for_transaction_receipt(tx) for tx in sent)
    assert bought["blockNumber"] == spent["blockNumber"]
    assert spent["transactionIndex"] < bought["transactionIndex"]
    assert (spent["status"], bought["status"]) == (1, 0)
    assert (market.money(market.holder), market.face(series, market.holder)) == (before, (0,))


def test_one_who_buys_from_many_passes_the_empty_card_over(market: Market, series: int) -> None:
    market.stock(series, FACE, market.creator)
    rows = [
        market.signed(market.offer(series, price=46_000)),
        market.signed(market.offer(series, seller=market.creator)),
    ]
    spend(market, series, FACE)
    tx = market.fill_many(rows, market.purchase(series, FACE, FACE, (PRICE, FACE)))
    assert tx.return_value == (FACE, PRICE)
    seller = int(str(market.giver), 16)
    assert skipped(tx) == [(0, selector("ERC1155InsufficientBalance"), seller, 0)]


def test_selling_elsewhere_or_giving_away_is_the_same(market: Market, series: int) -> None:
    certificates = market.world.certificates
    offer = market.offer(series)
    certificates.safeTransferFrom(market.giver, market.creator, series, 20_000, b"", {"from": market.giver})
    with reverts("ERC1155InsufficientBalance", market.giver, 30_000, FACE, series):
        market.fill(offer)
    # The part that is there can be bought, where the offer allows parts: it is full face again.
    market.fill(offer, 30_000)
    assert market.face(series, market.holder) == (30_000,)
