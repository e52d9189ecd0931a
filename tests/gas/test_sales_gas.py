"""Gas of selling, `sales.*` in bench/gas.json: receipt `gasUsed` in the steady state.

Steady state: the buyer has approved and keeps currency, the certificates and the shop hold some; the buyer
has bought before, "new" means that it hasn't. The clock is fixed, so calldata is the same in every run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.certificates import World
from tests.support.clock import at, mine_at
from tests.support.gas import record
from tests.support.sales import WEEK, Shop

CLOCK = 1_900_000_000
FACE = 50_000_000


@pytest.fixture(scope="module")
def steady(
    module_isolation: None,
    project: Any,
    accounts: Any,
    make_world: Callable[[Any], World],
    make_shop: Callable[[World], Shop],
) -> tuple[Shop, int, int]:
    """A shop over a 6-decimal OpenZeppelin ERC-20, a named series on sale and in a promotion."""
    mine_at(CLOCK)
    shop = make_shop(make_world(project.TestToken.deploy("Test Dollar", "TUSD", 6, {"from": accounts[0]})))
    series = shop.on_sale()
    promotion = shop.promote(series, 10 * FACE)
    shop.buy(series, FACE)
    shop.buy_with_coupon(promotion, FACE, coupon_id=1, referrer=shop.world.supporter)
    shop.give_money(shop.world.holder, 10 * FACE)
    shop.give_money(shop.world.recipient, 10 * FACE)
    shop.world.token.mint(shop.world.supporter, 1, {"from": shop.world.issuer})
    return shop, series, promotion


def test_buy(steady: tuple[Shop, int, int]) -> None:
    shop, series, _ = steady
    holder, recipient = shop.world.holder, shop.world.recipient
    tx = shop.sales.buy(series, holder, FACE, FACE, {"from": holder})
    record("sales.buy", tx.gas_used)
    assert shop.world.certificates.balanceOf(holder, series) == 3 * FACE
    tx = shop.sales.buy(series, recipient, FACE, FACE, {"from": recipient})
    record("sales.buy_new", tx.gas_used)
    assert shop.world.certificates.balanceOf(recipient, series) == FACE


def test_buy_with_coupon(steady: tuple[Shop, int, int]) -> None:
    shop, _, promotion = steady
    coupon = shop.coupon(promotion, coupon_id=2, referrer=shop.world.supporter, deadline=CLOCK + WEEK)
    tx = shop.sales.buyWithCoupon(FACE, FACE, *coupon, {"from": shop.world.holder})
    record("sales.buy_with_coupon", tx.gas_used)
    assert shop.budget(promotion)["spent"] == 2 * FACE // 20


def test_withdraw(steady: tuple[Shop, int, int]) -> None:
    shop, _, _ = steady
    before = shop.balance(shop.world.holder)
    tx = shop.withdraw(1)
    record("sales.withdraw", tx.gas_used)
    assert shop.balance(shop.world.holder) - before == FACE


def test_claims(steady: tuple[Shop, int, int]) -> None:
    shop, series, _ = steady
    at(shop.sales.purchase(2)["withdrawUntil"])
    tx = shop.sales.claimCashBack(2, {"from": shop.world.stranger})
    record("sales.claim_cash_back", tx.gas_used)
    tx = shop.sales.claimReferral(2, {"from": shop.world.stranger})
    record("sales.claim_referral", tx.gas_used)
    assert shop.world.certificates.balanceOf(shop.world.holder, series) == 2 * FACE + 3 * FACE // 100
    assert shop.balance(shop.world.supporter) == 1 + FACE // 50


def test_issue_by_receipt(steady: tuple[Shop, int, int]) -> None:
    shop, series, _ = steady
    shop.give_money(shop.world.agent, 2 * FACE)
    receipt = shop.receipt(series, FACE, deadline=CLOCK + WEEK)
    tx = shop.sales.issueByReceipt(*receipt, {"from": shop.world.agent})
    record("sales.issue_by_receipt", tx.gas_used)
    assert shop.world.certificates.balanceOf(shop.world.holder, series) == 3 * FACE
