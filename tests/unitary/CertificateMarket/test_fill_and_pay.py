"""CertificateMarket.fillAndPay: bought and spent in one transaction; and the permit that comes before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.tokens import sign_permit, token_domain
from tests.support.certificates import DAY
from tests.support.errors import reverts
from tests.support.market import FACE, PRICE, Market


def rows(market: Market, series: int, price: int = PRICE) -> list[Any]:
    return [market.signed(market.offer(series, price=price))]


def test_what_was_bought_is_paid_to_a_merchant_at_full_face(market: Market, offered: int) -> None:
    world = market.world
    card = world.redemption(offered, FACE)
    before = market.money(market.holder, market.giver, market.merchant)
    market.contract.fillAndPay(
        rows(market, offered),
        market.purchase(offered, FACE, FACE),
        world.payment(),
        [card],
        {"from": market.holder},
    )
    after = market.money(market.holder, market.giver, market.merchant)
    assert [b - a for a, b in zip(before, after, strict=True)] == [-PRICE, PRICE, FACE]
    assert world.certificates.account(offered, market.holder)[:2] == (0, FACE)


def test_an_order_of_the_merchants_needs_its_request(market: Market, offered: int) -> None:
    """The market is nobody's merchant: what it submits uses up an order by the merchant's signature only."""
    world = market.world
    card = world.redemption(offered, FACE, order=7)
    unsigned = world.payment(order=7, total=FACE)
    args = (rows(market, offered), market.purchase(offered, FACE, FACE))
    with reverts("GiftCertificates_InvalidSignature", market.merchant, _request(market)):
        market.contract.fillAndPay(*args, unsigned, [card], {"from": market.holder})
    signed = world.payment(order=7, total=FACE, signer=market.merchant)
    market.contract.fillAndPay(*args, signed, [card], {"from": market.holder})
    assert world.certificates.isOrderUsed(market.merchant, 7)


def _request(market: Market) -> bytes:
    from largesse.signed.certificates import PaymentRequest
    from tests.support.certificates import ZERO

    request = PaymentRequest(
        str(market.merchant), ZERO, 7, market.token.address, FACE, FACE, market.now() + DAY, b""
    )
    return request.digest(market.world.domain)


def test_fill_and_pay_reverts_for_somebody_elses_card(market: Market, offered: int) -> None:
    world = market.world
    world.issue(offered, market.stranger, FACE)
    card = world.redemption(offered, FACE, holder=market.stranger)
    with reverts("Market_NotBuyersCard", market.stranger, market.holder):
        market.contract.fillAndPay(
            rows(market, offered),
            market.purchase(offered),
            world.payment(),
            [card],
            {"from": market.holder},
        )


def test_the_market_itself_has_no_card(market: Market, offered: int) -> None:
    world = market.world
    card = world.own_card(offered, 1, holder=market.contract)
    with reverts("Market_NotBuyersCard", market.contract, market.holder):
        market.contract.fillAndPay(
            [], market.purchase(offered), world.payment(), [card], {"from": market.holder}
        )


def test_an_unsigned_card_is_not_the_callers_here(market: Market, offered: int) -> None:
    world = market.world
    with reverts("GiftCertificates_NotYourCard", market.holder, market.contract):
        market.contract.fillAndPay(
            rows(market, offered),
            market.purchase(offered),
            world.payment(),
            [world.own_card(offered, FACE)],
            {"from": market.holder},
        )


def test_when_the_payment_fails_nothing_is_bought(market: Market, offered: int) -> None:
    before = market.money(market.holder)
    with reverts("GiftCertificates_NoCards"):
        market.contract.fillAndPay(
            rows(market, offered),
            market.purchase(offered),
            market.world.payment(),
            [],
            {"from": market.holder},
        )
    assert (market.money(market.holder), market.face(offered, market.giver)) == (before, (FACE,))


def test_when_too_little_is_bought_nothing_is_paid(market: Market, offered: int) -> None:
    """Though the buyer has another card to pay with."""
    market.world.issue(offered, market.holder, FACE)
    card = market.world.redemption(offered, FACE)
    with reverts("Market_TooLittle", 0, FACE):
        market.contract.fillAndPay(
            rows(market, offered),
            market.purchase(offered, FACE, FACE, (PRICE - 1, FACE)),
            market.world.payment(),
            [card],
            {"from": market.holder},
        )
    assert market.world.certificates.account(offered, market.holder)[2] == 0


@pytest.fixture
def permit(market: Market) -> tuple[Any, ...]:
    """The holder's ERC-2612 permit over the price; no allowance beside it."""
    market.token.approve(market.contract, 0, {"from": market.holder})
    deadline = market.now() + DAY
    key, domain = market.world.key(market.holder), token_domain(market.token)
    nonce = market.token.nonces(market.holder)
    signed = sign_permit(key, domain, market.holder, market.contract, PRICE, nonce, deadline)
    return (PRICE, deadline, *signed)


def buy_by_permit(market: Market, series: int, permit: tuple[Any, ...]) -> Any:
    contract, offer = market.contract, market.offer(series)
    calls = [
        contract.permit.encode_input(*permit),
        contract.fill.encode_input(offer.values(), FACE, market.sign(offer)),
    ]
    return contract.multicall(calls, {"from": market.holder})


def test_a_buyer_with_a_permit_buys_in_one_transaction(
    market: Market, offered: int, permit: tuple[Any, ...]
) -> None:
    buy_by_permit(market, offered, permit)
    assert market.face(offered, market.holder) == (FACE,)
    assert market.token.allowance(market.holder, market.contract) == 0


def test_a_permit_that_somebody_used_first_is_no_obstacle(
    market: Market, offered: int, permit: tuple[Any, ...]
) -> None:
    market.token.permit(market.holder, market.contract, *permit, {"from": market.stranger})
    buy_by_permit(market, offered, permit)
    assert market.face(offered, market.holder) == (FACE,)


def test_nobody_uses_anothers_permit(market: Market, offered: int, permit: tuple[Any, ...]) -> None:
    market.contract.permit(*permit, {"from": market.stranger})
    assert market.token.allowance(market.stranger, market.contract) == 2**256 - 1
    with reverts("Market_PaymentFailed", market.giver, PRICE):
        market.fill(market.offer(offered))
