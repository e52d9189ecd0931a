"""Row munsang, the half of the balance: certificates that were bought below face top a balance up with their
full face, ten of them in one transaction, and what is left of it returns to the card.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.prepaid import DAY, Prepaid, use

FACE = 50_000
TEN = 5_000


@pytest.fixture(scope="module")
def won(make_token: Any, make_prepaid: Any) -> Prepaid:
    """A currency without decimals, as the won."""
    prepaid: Prepaid = make_prepaid(make_token("TestToken", decimals=0))
    return prepaid


@pytest.fixture(scope="module")
def series(won: Prepaid) -> int:
    found: int = won.world.named_series(services=[won.contract], denomination=FACE)
    return found


def bought_below_face(won: Prepaid, series: int, price: int) -> None:
    """The giver has a certificate of 50,000 and sells it to the holder by hand."""
    world = won.world
    world.issue(series, won.giver, FACE)
    won.token.transfer(won.giver, price, {"from": won.holder})
    world.certificates.safeTransferFrom(won.giver, won.holder, series, FACE, b"", {"from": won.giver})


def test_a_certificate_of_50_000_bought_at_46_500_is_a_balance_of_50_000(won: Prepaid, series: int) -> None:
    money = won.balance(won.holder)
    bought_below_face(won, series, 46_500)
    opening = won.opening(owner=won.holder)
    won.redeem([won.world.own_card(series, FACE)], use("Open", *opening[1:]))
    key = won.key(owner=won.holder)
    assert won.money(key) == (FACE, 0)
    assert won.balance(won.holder) == money - 46_500
    # It is spent in full with the seller, who gets face and not what was paid for it.
    held = won.balance(won.merchant)
    won.settle(won.voucher(key, FACE))
    assert won.balance(won.merchant) == held + FACE
    won.check_books()


def test_ten_certificates_in_one_transaction(won: Prepaid, series: int) -> None:
    won.world.issue(series, won.holder, FACE)
    opening = won.opening(owner=won.holder)
    blocks = won.chain.height
    won.redeem([won.world.own_card(series, TEN) for _ in range(10)], use("Open", *opening[1:]))
    assert won.chain.height == blocks + 1
    key = won.key(owner=won.holder)
    assert won.money(key) == (FACE, 0)
    assert won.world.certificates.balanceOf(won.holder, series) == 0


def test_the_balance_is_never_cash(won: Prepaid, series: int) -> None:
    """Who bought at 93 % and withdraws has the certificate again, not 100 %."""
    money = won.balance(won.holder)
    bought_below_face(won, series, 46_500)
    opening = won.opening(owner=won.holder)
    won.redeem([won.world.own_card(series, FACE)], use("Open", *opening[1:]))
    key = won.key(owner=won.holder)
    with reverts("Accounts_SeriesDiffers", series, 0):
        won.top_up(key, 1, won.holder)
    start = won.now()
    won.request_withdrawal(key, won.holder)
    at(start + DAY)
    won.withdraw(key, won.holder)
    assert won.balance(won.holder) == money - 46_500
    assert won.world.certificates.account(series, won.holder)[:2] == (FACE, 0)
    won.check_books()
