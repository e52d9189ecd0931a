"""Gas of a payout in another token and of an item, `payout.*` and `items.*` in bench/gas.json: receipt
`gasUsed` in the steady state.

Steady state: the card was used before and keeps a balance, pool and payee have both tokens, the pool has been
traded in; merchant and buyer have the item and currency, the offer keeps a stock.
"""

from __future__ import annotations

from typing import Any

from tests.fixtures.items import PRICE, Items
from tests.fixtures.payout import Payouts
from tests.support.gas import record


def gas(tx: Any) -> int:
    return int(tx.gas_used)


def test_a_payout(payouts: Payouts) -> None:
    payouts.redeem(payouts.data())
    record("payout.own_card", gas(payouts.redeem(payouts.data())))
    path = [payouts.token, payouts.other, payouts.third]
    payouts.redeem(payouts.data(path=path))
    record("payout.own_card_two_pools", gas(payouts.redeem(payouts.data(path=path))))


def test_a_merchants_order(payouts: Payouts) -> None:
    def take(order: int) -> Any:
        world, data, merchant = payouts.world, payouts.data(), payouts.merchant
        card = world.redemption(
            payouts.named, 1_000, merchant=payouts.contract, payee=merchant, order=order, data=data,
            nonce=order,
        )  # fmt: skip
        payment = world.payment(payouts.contract, payee=merchant, order=order, total=1_000, data=data)
        return world.certificates.pay(payment, [card], {"from": merchant})

    take(1)
    record("payout.order_of_named", gas(take(2)))


def test_items(items: Items) -> None:
    items.buy(items.data())
    record("items.buy", gas(items.buy(items.data())))
    items.buy(items.data(), series=items.open_series)
    record("items.buy_with_open", gas(items.buy(items.data(), series=items.open_series)))
    item = items.item(PRICE, 8)
    record("items.list", gas(items.contract.list(item, 5, {"from": items.merchant})))
    record("items.list_again", gas(items.contract.list(item, 6, {"from": items.merchant})))
