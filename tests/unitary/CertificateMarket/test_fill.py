"""CertificateMarket.fill: one offer, in whole or in part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from largesse.signed.market import Offer
from tests.fixtures.tokens import MakeToken
from tests.support.certificates import YEAR, ZERO
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.market import FACE, PRICE, Market, fills, skipped

# reverts


def test_fill_reverts_without_amount(market: Market, offered: int) -> None:
    with reverts("Market_ZeroAmount"):
        market.fill(market.offer(offered), 0)


def test_fill_reverts_without_price(market: Market, offered: int) -> None:
    with reverts("Market_ZeroPrice"):
        market.fill(market.offer(offered, price=0))


def test_fill_reverts_for_the_seller(market: Market, offered: int) -> None:
    with reverts("Market_OwnOffer", market.giver):
        market.fill(market.offer(offered), buyer=market.giver)


def test_fill_reverts_from_the_offers_expiry_on(market: Market, offered: int) -> None:
    offer = market.offer(offered)
    at(offer.expires_at)
    with reverts("Market_OfferExpired", offer.expires_at, offer.expires_at):
        market.fill(offer)


def test_fill_passes_in_the_offers_last_second(market: Market, offered: int) -> None:
    offer = market.offer(offered)
    signature = market.sign(offer)
    at(offer.expires_at - 1)
    market.fill(offer, signature=signature)
    assert market.filled(offer) == FACE


def test_fill_reverts_from_the_series_expiry_on(market: Market, offered: int) -> None:
    expiry = int(market.world.certificates.validity(offered)[0])
    offer = market.offer(offered, expires_at=expiry + YEAR)
    at(expiry)
    with reverts("Market_SeriesExpired", offered, expiry):
        market.fill(offer)


def test_fill_passes_in_the_series_last_second(market: Market, offered: int) -> None:
    expiry = int(market.world.certificates.validity(offered)[0])
    offer = market.offer(offered, expires_at=expiry + YEAR)
    at(expiry - 1)
    market.fill(offer)
    assert market.face(offered, market.holder) == (FACE,)


def test_fill_reverts_for_an_unknown_series(market: Market, offered: int) -> None:
    with reverts("GiftCertificates_UnknownSeries", 999):
        market.fill(market.offer(999))


@pytest.mark.parametrize("epoch", [1, 2**64 - 1])
def test_fill_reverts_for_another_epoch(market: Market, offered: int, epoch: int) -> None:
    with reverts("Market_EpochDiffers", epoch, 0):
        market.fill(market.offer(offered, epoch=epoch))


def test_fill_reverts_above_what_is_left(market: Market, offered: int) -> None:
    offer = market.offer(offered)
    with reverts("Market_OverRest", FACE + 1, FACE):
        market.fill(offer, FACE + 1)
    market.fill(offer, 20_000)
    with reverts("Market_OverRest", 30_001, 30_000):
        market.fill(offer, 30_001)
    market.fill(offer, 30_000)
    with reverts("Market_OverRest", 1, 0):
        market.fill(offer, 1)


def test_nothing_is_left_of_a_smaller_offer_with_the_same_nonce(market: Market, offered: int) -> None:
    """What was sold counts against each offer that the seller signed with a nonce, whatever its amount."""
    whole, less = market.offer(offered), market.offer(offered, amount=20_000)
    market.fill(whole, 30_000)
    with reverts("Market_OverRest", 1, 0):
        market.fill(less, 1)
    tx = market.fill_many([market.signed(less), market.signed(whole)], market.purchase(offered))
    assert [row for row, *_ in skipped(tx)] == [0]
    assert market.filled(whole) == FACE


def test_fill_reverts_below_the_minimum(market: Market, offered: int) -> None:
    offer = market.offer(offered, minimum=20_000)
    with reverts("Market_UnderMinimum", 19_999, 20_000):
        market.fill(offer, 19_999)
    market.fill(offer, 35_000)
    # What is left is less than the minimum: it goes whole.
    with reverts("Market_UnderMinimum", 14_999, 20_000):
        market.fill(offer, 14_999)
    market.fill(offer, 15_000)
    assert market.filled(offer) == FACE


def test_a_minimum_above_the_amount_sells_the_whole_alone(market: Market, offered: int) -> None:
    offer = market.offer(offered, minimum=2**96 - 1)
    with reverts("Market_UnderMinimum", FACE - 1, 2**96 - 1):
        market.fill(offer, FACE - 1)
    market.fill(offer)


CHANGES: dict[str, Any] = {
    "amount": FACE + 1,
    "price": PRICE - 1,
    "minimum": 1,
    "referrer": "0x" + "11" * 20,
    "referrer_share": 1,
    "nonce": 2,
    "expires_at": 2**40 - 1,
}


@pytest.mark.parametrize("name", CHANGES)
def test_fill_reverts_when_a_word_differs_from_what_was_signed(
    market: Market, offered: int, name: str
) -> None:
    offer = market.offer(offered)
    other = replace(offer, **{name: CHANGES[name]})
    with reverts("Market_InvalidSignature", market.giver, other.digest(market.domain)):
        market.fill(other, 10_000, signature=market.sign(offer))


def test_fill_reverts_for_another_series_or_seller_than_signed(market: Market, offered: int) -> None:
    dear = market.world.create_series()
    offer = market.offer(offered)
    for other in (replace(offer, series_id=dear), replace(offer, seller=str(market.creator))):
        with reverts("Market_InvalidSignature", other.seller, other.digest(market.domain)):
            market.fill(other, signature=market.sign(offer))


@pytest.mark.parametrize("kind", ["empty", "short", "other chain", "other market", "stranger"])
def test_fill_reverts_on_a_bad_signature(market: Market, offered: int, kind: str) -> None:
    offer = market.offer(offered)
    key = market.world.key(market.giver)
    signature = {
        "empty": b"",
        "short": market.sign(offer)[:63],
        "other chain": offer.sign(replace(market.domain, chain_id=market.domain.chain_id + 1), key),
        "other market": offer.sign(replace(market.domain, verifying_contract=market.token.address), key),
        "stranger": market.sign(offer, market.stranger),
    }[kind]
    with reverts("Market_InvalidSignature", market.giver, offer.digest(market.domain)):
        market.fill(offer, signature=signature)


def test_nobody_sells_for_the_zero_address(market: Market, offered: int) -> None:
    offer = market.offer(offered, seller=ZERO)
    with reverts("Market_InvalidSignature", ZERO, offer.digest(market.domain)):
        market.fill(offer, signature=b"\x01" * 65)


def test_fill_reverts_without_the_sellers_approval(market: Market, offered: int) -> None:
    certificates = market.world.certificates
    certificates.setApprovalForAll(market.contract, False, {"from": market.giver})
    with reverts("ERC1155MissingApprovalForAll", market.contract, market.giver):
        market.fill(market.offer(offered))


def test_fill_reverts_without_the_sellers_balance(market: Market, offered: int) -> None:
    offer = market.offer(offered, amount=FACE + 1)
    with reverts("ERC1155InsufficientBalance", market.giver, FACE, FACE + 1, offered):
        market.fill(offer)


@pytest.mark.parametrize("lacking", ["balance", "allowance"])
def test_fill_reverts_without_the_buyers_money(market: Market, offered: int, lacking: str) -> None:
    if lacking == "balance":
        held = market.money(market.holder)[0]
        market.token.transfer(market.stranger, held - PRICE + 1, {"from": market.holder})
    else:
        market.token.approve(market.contract, PRICE - 1, {"from": market.holder})
    with reverts("Market_PaymentFailed", market.giver, PRICE):
        market.fill(market.offer(offered))


def test_fill_reverts_without_money_for_the_referrer(market: Market, offered: int) -> None:
    market.token.approve(market.contract, PRICE, {"from": market.holder})
    with reverts("Market_PaymentFailed", market.creator, 500):
        market.fill(market.offer(offered, referrer=market.creator, referrer_share=500))


# what it does


def test_fill_reverts_when_a_balance_cannot_be_read(make_market: Any, make_token: MakeToken) -> None:
    """All the gas that it is given is burnt; what is left says so, and nothing has moved."""
    market: Market = make_market(make_token("GasGuzzlerToken"))
    series = market.world.create_series()
    market.stock(series)
    offer = market.offer(series)
    before = market.money(market.holder, market.giver)
    args = (offer.values(), FACE, market.sign(offer))
    market.token.setBurns(False, True, {"from": market.deployer})
    with reverts("Market_NoBalance", market.token):
        market.contract.fill(*args, {"from": market.holder, "gas_limit": 2_000_000})
    market.token.setBurns(False, False, {"from": market.deployer})
    assert market.filled(offer) == 0
    assert market.money(market.holder, market.giver) == before
    market.fill(offer)
    assert market.face(series, market.holder) == (FACE,)


def test_fill_moves_money_and_certificate(market: Market, offered: int) -> None:
    offer = market.offer(offered, referrer=market.creator, referrer_share=500)
    people = (market.holder, market.giver, market.creator)
    before = market.money(*people)
    tx = market.fill(offer)
    after = market.money(*people)
    assert [b - a for a, b in zip(before, after, strict=True)] == [-PRICE - 500, PRICE, 500]
    assert market.face(offered, market.giver, market.holder) == (0, FACE)
    assert market.filled(offer) == FACE
    assert fills(tx) == [(market.giver, market.holder, 1, FACE, PRICE)]
    assert tx.return_value == PRICE + 500


def test_a_signature_of_64_bytes_is_one(market: Market, offered: int) -> None:
    offer = market.offer(offered)
    signature = market.sign(offer)
    word = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
    market.fill(offer, signature=signature[:32] + word.to_bytes(32, "big"))
    assert market.filled(offer) == FACE


@pytest.mark.parametrize("referrer", ["nobody", "the buyer"])
def test_a_share_for_nobody_or_for_the_buyer_is_not_paid(market: Market, offered: int, referrer: str) -> None:
    who = ZERO if referrer == "nobody" else market.holder
    before = market.money(market.holder)[0]
    tx = market.fill(market.offer(offered, referrer=who, referrer_share=500))
    assert before - market.money(market.holder)[0] == PRICE
    assert tx.return_value == PRICE


def test_a_seller_may_be_the_referrer(market: Market, offered: int) -> None:
    before = market.money(market.giver)[0]
    market.fill(market.offer(offered, referrer=market.giver, referrer_share=500))
    assert market.money(market.giver)[0] - before == PRICE + 500


def test_parts_round_up_against_the_buyer(market: Market, offered: int) -> None:
    """Three thirds of 100 for 10 cost 4 each, and a share of 1 is paid each time."""
    offer = market.offer(offered, amount=99, price=10, referrer=market.creator, referrer_share=1)
    before = market.money(market.giver, market.creator)
    for _ in range(3):
        assert market.fill(offer, 33).return_value == 5
    after = market.money(market.giver, market.creator)
    assert (after[0] - before[0], after[1] - before[1]) == (12, 3)


def test_offers_of_one_nonce_share_what_was_filled(market: Market, offered: int) -> None:
    """A seller who lowers the price signs the nonce again, and never sells twice."""
    dear, cheap = market.offer(offered), market.offer(offered, price=40_000)
    market.fill(dear, 30_000)
    with reverts("Market_OverRest", 20_001, 20_000):
        market.fill(cheap, 20_001)
    before = market.money(market.giver)[0]
    market.fill(cheap, 20_000)
    assert market.money(market.giver)[0] - before == 16_000
    small = market.offer(offered, amount=FACE - 1)
    with reverts("Market_OverRest", 1, 0):
        market.fill(small, 1)


def test_the_largest_numbers_are_exact(market: Market, offered: int) -> None:
    """Nothing is cut off: 96 bits of price for 96 bits of face."""
    top = 2**96 - 1
    offer = market.offer(offered, amount=top, price=top, referrer=market.creator, referrer_share=top)
    before = market.money(market.giver)[0]
    assert market.fill(offer, 12_345).return_value == 2 * 12_345
    assert market.money(market.giver)[0] - before == 12_345


# A few examples end while they are drawn: four numbers are not too much.
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    amount=st.integers(1, FACE),
    price=st.integers(1, 2**60),
    share=st.integers(0, 2**40),
    part=st.integers(1, FACE),
)
def test_cost_is_the_models(
    market: Market, offered: int, amount: int, price: int, share: int, part: int
) -> None:
    part = min(part, amount)
    offer: Offer = market.offer(
        offered, amount=amount, price=price, referrer=market.creator, referrer_share=share
    )
    cost = market.contract.fill.call(offer.values(), part, market.sign(offer), {"from": market.holder})
    assert cost == (price * part + amount - 1) // amount + (share * part + amount - 1) // amount
    assert cost == sum(offer.cost(part))
