"""Gas of resale, `market.*` in bench/gas.json: receipt `gasUsed` in the steady state.

Steady state: the buyer has approved and keeps currency and has a balance of the series; seller and referrer
have a balance of the currency, and the seller keeps certificates; the offer's nonce is fresh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.certificates import World
from tests.support.clock import mine_at
from tests.support.gas import record
from tests.support.market import Market

CLOCK = 1_900_000_000
FACE, PRICE, SHARE = 50_000_000, 46_500_000, 500_000


@pytest.fixture(scope="module")
def steady(
    module_isolation: None, project: Any, accounts: Any, make_world: Callable[[Any], World]
) -> tuple[Market, int]:
    """An open series in a 6-decimal OpenZeppelin ERC-20."""
    mine_at(CLOCK)
    world = make_world(project.TestToken.deploy("Test Dollar", "TUSD", 6, {"from": accounts[0]}))
    market = Market(world, project.CertificateMarket.deploy(world.certificates, {"from": world.deployer}))
    series = world.create_series()
    market.fund(market.holder)
    market.stock(series, 100 * FACE)
    world.issue(series, market.holder, 1)
    for payee in (market.giver, market.creator):
        world.token.mint(payee, 1, {"from": market.deployer})
    return market, series


def offer(market: Market, series: int, nonce: int, share: int = SHARE) -> Any:
    other: dict[str, Any] = {"nonce": nonce, "expires_at": CLOCK + 10**6}
    return market.offer(series, FACE, PRICE, referrer=market.creator, referrer_share=share, **other)


def test_fill(steady: tuple[Market, int]) -> None:
    market, series = steady
    with_fee, without = offer(market, series, 1), offer(market, series, 2, 0)
    assert (market.filled(with_fee), market.face(series, market.holder)) == (0, (1,))
    record("market.fill_with_fee", market.fill(with_fee).gas_used)
    record("market.fill", market.fill(without).gas_used)
    assert market.money(market.giver, market.creator) == (2 * PRICE + 1, SHARE + 1)
    part = offer(market, series, 3)
    market.fill(part, FACE // 2)
    record("market.fill_again_with_fee", market.fill(part, FACE // 2).gas_used)
    assert market.face(series, market.holder) == (3 * FACE + 1,)


def test_fill_many(steady: tuple[Market, int]) -> None:
    market, series = steady
    rows = [market.signed(offer(market, series, nonce)) for nonce in range(1, 11)]
    tx = market.fill_many(rows, market.purchase(series, 10 * FACE, 10 * FACE))
    record("market.fill_many_10_each", tx.gas_used // 10)
    assert market.face(series, market.holder) == (10 * FACE + 1,)
