"""Gas of held orders, `orders.*` in bench/gas.json: receipt `gasUsed` in the steady state.

Steady state: buyer and seller have currency, the buyer has approved, the contract holds some; the card was
used before and keeps a balance.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import DAY
from tests.support.clock import at
from tests.support.gas import record
from tests.support.orders import Orders, use

AMOUNT = 50_000_000


@pytest.fixture(scope="module")
def steady(orders: Orders) -> Orders:
    orders.token.mint(orders.merchant, 1, {"from": orders.deployer})
    orders.open(AMOUNT, 1_000)
    series = orders.named_series(20 * AMOUNT)
    assert series == 1
    for number in (1_001, 1_002):
        orders.open_with(series, AMOUNT, number)
    orders.confirm(orders.key(1_002), AMOUNT)
    orders.open_with(series, AMOUNT, 1_003)
    return orders


def gas(tx: Any) -> int:
    return int(tx.gas_used)


def test_money(steady: Orders) -> None:
    opened = steady.contract.open(steady.opening(1), AMOUNT, {"from": steady.holder})
    record("orders.open", gas(opened))
    record("orders.confirm_part", gas(steady.confirm(steady.key(1), AMOUNT // 2)))
    record("orders.refund_part", gas(steady.refund(steady.key(1), AMOUNT // 4)))
    record("orders.confirm", gas(steady.confirm(steady.key(1), AMOUNT // 4)))
    key = steady.open(AMOUNT, 2, to_seller=True)
    at(steady.state(key).ends_at)
    record("orders.end", gas(steady.end(key)))


def test_a_card_of_a_named_series(steady: Orders) -> None:
    card = steady.world.own_card(1, AMOUNT)
    opened = steady.redeem([card], use(3, steady.now() + DAY))
    record("orders.open_by_card", gas(opened))
    record("orders.confirm_of_series", gas(steady.confirm(steady.key(3), AMOUNT // 2)))
    record("orders.refund_of_series", gas(steady.refund(steady.key(3), AMOUNT // 4)))
