"""CertificateMarket.fillMany: many offers, best first, up to a limit; what fails is passed over by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from largesse.signed.market import Offer
from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY
from tests.support.clock import mine_at
from tests.support.errors import reverts
from tests.support.market import FACE, PRICE, Market, Signed, skipped
from tests.support.payments import selector
from tests.zoo.raw import raw_call

TEN = 10_000


@pytest.fixture(scope="module")
def sellers(market: Market, offered: int) -> int:
    """The creator sells 50,000 of the same series too."""
    market.stock(offered, FACE, market.creator)
    return offered


def ladder(market: Market, series: int, *prices: int) -> list[Signed]:
    """Offers of 10,000 each by the giver, with nonces from 1 on."""
    return [
        market.signed(market.offer(series, TEN, price, nonce=i)) for i, price in enumerate(prices, start=1)
    ]


# reverts


def test_fill_many_reverts_without_amount_or_limit(market: Market, offered: int) -> None:
    rows = ladder(market, offered, 9_000)
    for purchase in (market.purchase(offered, 0), market.purchase(offered, limit=(1, 0))):
        with reverts("Market_ZeroAmount"):
            market.fill_many(rows, purchase)


def test_fill_many_reverts_when_less_than_the_least_is_there(market: Market, offered: int) -> None:
    rows = ladder(market, offered, 9_000, 9_100)
    with reverts("Market_TooLittle", 20_000, 20_001):
        market.fill_many(rows, market.purchase(offered, FACE, 20_001))
    with reverts("Market_TooLittle", 0, 1):
        market.fill_many([], market.purchase(offered, FACE, 1))
    assert market.face(offered, market.holder) == (0,)


def test_fill_many_reverts_rather_than_judge_with_too_little_gas(market: Market, offered: int) -> None:
    rows = ladder(market, offered, 9_000)
    call = raw_call(
        market.contract.fillMany, rows, market.purchase(offered), sender=market.holder, gas=620_000
    )
    assert (call.succeeded, call.data[:4]) == (False, selector("Market_GasFloor"))
    assert int.from_bytes(call.data[36:68], "big") == 600_000
    market.fill_many(rows, market.purchase(offered))


def test_fill_row_is_the_markets_own(market: Market, offered: int) -> None:
    (row,) = ladder(market, offered, 9_000)
    args = (row, market.purchase(offered), market.holder, TEN)
    with reverts("Market_NotItself", market.stranger):
        market.contract.fillRow(*args, {"from": market.stranger})
    # Nor through multicall, where the caller stays who it was.
    with reverts("Market_NotItself", market.stranger):
        market.contract.multicall([market.contract.fillRow.encode_input(*args)], {"from": market.stranger})


# what it does


def test_fill_many_takes_in_the_order_given_until_it_has_enough(market: Market, offered: int) -> None:
    rows = ladder(market, offered, 9_000, 9_100, 9_200)
    before = market.money(market.holder, market.giver)
    tx = market.fill_many(rows, market.purchase(offered, 25_000))
    assert tx.return_value == (25_000, 9_000 + 9_100 + 4_600)
    assert market.money(market.holder, market.giver) == (before[0] - 22_700, before[1] + 22_700)
    assert market.face(offered, market.holder) == (25_000,)
    assert [market.contract.status(market.giver, n) for n in (1, 2, 3)] == [(2, 0), (2, 0), (1, 5_000)]
    assert skipped(tx) == []


def test_fill_many_takes_what_is_left_of_an_offer_that_was_begun(market: Market, offered: int) -> None:
    rows = ladder(market, offered, 9_000)
    market.fill_many(rows, market.purchase(offered, 4_000))
    tx = market.fill_many(rows, market.purchase(offered))
    assert (tx.return_value, skipped(tx)) == ((6_000, 5_400), [])
    assert market.contract.status(market.giver, 1) == (2, 0)


def test_fill_many_with_enough_does_not_look_at_the_rest(market: Market, offered: int) -> None:
    rows = ladder(market, offered, 9_000, 9_100)
    bad = (rows[1][0], b"")
    tx = market.fill_many([rows[0], bad], market.purchase(offered, TEN))
    assert (tx.return_value, skipped(tx)) == ((TEN, 9_000), [])


def test_what_costs_more_than_the_limit_is_passed_over(market: Market, offered: int) -> None:
    """At the limit it is bought; one unit of money above, all included, it isn't."""
    at_it = market.offer(offered, TEN, 9_299, nonce=1, referrer=market.creator, referrer_share=1)
    above = market.offer(offered, TEN, 9_300, nonce=2, referrer=market.creator, referrer_share=1)
    rounded = market.offer(offered, 3, 2, nonce=3)  # a third of it costs 1
    rows = [market.signed(offer) for offer in (above, at_it, rounded)]
    tx = market.fill_many(rows, market.purchase(offered, TEN + 1, limit=(93, 100)))
    assert tx.return_value == (TEN, 9_300)
    over = selector("Market_OverLimit")
    assert skipped(tx) == [(0, over, 9_301, 9_300), (2, over, 1, 0)]
    assert market.filled(above) == market.filled(rounded) == 0


def test_the_limit_holds_for_all_of_it(market: Market, offered: int) -> None:
    rows = ladder(market, offered, *[9_300] * 5)
    _, cost = market.fill_many(rows, market.purchase(offered, FACE, FACE, (PRICE, FACE))).return_value
    assert cost == PRICE


def test_of_a_seller_with_less_than_offered_what_is_there_is_taken(market: Market, offered: int) -> None:
    """Two offers over what one seller has: the second sells the rest of it."""
    first = market.signed(market.offer(offered, 30_000, 27_000, nonce=1))
    second = market.signed(market.offer(offered, 30_000, 27_000, nonce=2))
    tx = market.fill_many([first, second], market.purchase(offered, 60_000))
    assert tx.return_value == (FACE, 45_000)
    assert market.contract.status(market.giver, 2) == (1, 20_000)


BAD: dict[str, Callable[[Market, int], tuple[Signed, tuple[bytes, int, int]]]] = {}


def bad(make: Any) -> Any:
    BAD[make.__name__] = make
    return make


def skip(error: str, value: int = 0, bound: int = 0) -> tuple[bytes, int, int]:
    return (selector(error), value, bound)


def _int(person: Any) -> int:
    return int(str(person), 16)


@bad
def expired(market: Market, series: int) -> Any:
    now = market.now()
    return market.signed(market.offer(series, TEN, expires_at=now)), skip("Market_OfferExpired", now, now)


@bad
def of_another_series(market: Market, series: int) -> Any:
    other = market.offer(series + 1, TEN)
    return market.signed(other), skip("Market_SeriesDiffers", series + 1, series)


@bad
def cancelled(market: Market, series: int) -> Any:
    offer = market.offer(series, TEN, nonce=77)
    market.contract.cancel([77], {"from": market.giver})
    return market.signed(offer), skip("Market_Cancelled", _int(market.giver), 77)


@bad
def of_an_earlier_epoch(market: Market, series: int) -> Any:
    offer = market.offer(series, TEN)
    market.contract.cancelAll({"from": market.giver})
    return market.signed(offer), skip("Market_EpochDiffers", 0, 1)


@bad
def sold(market: Market, series: int) -> Any:
    offer = market.offer(series, TEN, nonce=78)
    market.fill(offer, buyer=market.stranger)
    return market.signed(offer), skip("Market_OverRest", FACE - TEN, 0)  # the giver has so much left


@bad
def forged(market: Market, series: int) -> Any:
    offer = market.offer(series, TEN)
    digest = int.from_bytes(offer.digest(market.domain), "big")
    row = (offer.values(), market.sign(offer, market.stranger))
    return row, skip("Market_InvalidSignature", _int(market.giver), digest)


@bad
def below_its_minimum(market: Market, series: int) -> Any:
    offer = market.offer(series, 60_000, minimum=55_000)
    return market.signed(offer), skip("Market_UnderMinimum", FACE, 55_000)


@bad
def without_balance(market: Market, series: int) -> Any:
    market.world.certificates.redeem(series, FACE, market.merchant, {"from": market.giver})
    return market.signed(market.offer(series, TEN)), skip("ERC1155InsufficientBalance", _int(market.giver))


@bad
def without_approval(market: Market, series: int) -> Any:
    market.world.certificates.setApprovalForAll(market.contract, False, {"from": market.giver})
    values = (_int(market.contract), _int(market.giver))
    return market.signed(market.offer(series, TEN)), skip("ERC1155MissingApprovalForAll", *values)


@bad
def of_the_buyer(market: Market, series: int) -> Any:
    offer = market.offer(series, TEN, seller=market.holder)
    market.stock(series, TEN, market.holder)
    return market.signed(offer), skip("Market_OwnOffer", _int(market.holder))


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_passed_over_by_name_and_its_neighbours_are_bought(
    market: Market, sellers: int, kind: str
) -> None:
    row, report = BAD[kind](market, sellers)
    had = market.face(sellers, market.holder)[0]
    good = [
        market.signed(market.offer(sellers, 25_000, 23_000, seller=market.creator, nonce=n)) for n in (1, 2)
    ]
    tx = market.fill_many([good[0], row, good[1]], market.purchase(sellers, 75_000))
    assert tx.return_value == (FACE, 46_000)
    found = skipped(tx)
    assert found[0] == (1, *report)
    assert len(found) == 1
    assert market.face(sellers, market.holder)[0] - had == FACE


def test_nothing_is_bought_of_an_expired_series(market: Market, offered: int) -> None:
    expiry = int(market.world.certificates.validity(offered)[0])
    offer = market.offer(offered, TEN, 9_000, expires_at=expiry + DAY)
    mine_at(expiry)
    tx = market.fill_many([market.signed(offer)], market.purchase(offered))
    assert tx.return_value == (0, 0)
    assert skipped(tx) == [(0, selector("Market_SeriesExpired"), offered, expiry)]


def test_a_wallet_that_burns_all_gas_costs_its_row_only(
    market: Market, sellers: int, make_account: MakeAccount
) -> None:
    wallet = make_account("Wallet1271Bad", market.supporter, "BurnsGas")
    market.world.issue(sellers, wallet, TEN)
    evil = market.offer(sellers, TEN, 1, seller=wallet)
    good = market.signed(market.offer(sellers, TEN, 9_000, seller=market.creator))
    rows = [(evil.values(), b"\x01" * 65), good]
    send = {"from": market.holder, "gas_limit": 2_000_000}
    tx = market.contract.fillMany(rows, market.purchase(sellers, TEN), send)
    assert tx.return_value == (TEN, 9_000)
    assert [row[:2] for row in skipped(tx)] == [(0, selector("Market_InvalidSignature"))]


def test_offer_of_a_row_is_the_same_offer(market: Market, offered: int) -> None:
    """What was filled alone and what in a row add up."""
    offer: Offer = market.offer(offered)
    market.fill(offer, 20_000)
    tx = market.fill_many([market.signed(offer)] * 2, market.purchase(offered, 60_000))
    assert tx.return_value == (30_000, 27_900)
    assert skipped(tx) == [(1, selector("Market_OverRest"), 30_000, 0)]
