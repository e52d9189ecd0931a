"""Found while its model was written: an offer could name the market itself as its referrer.

The share that the buyer pays on top then lay in a contract that has no way to give it to anybody.
"""

from tests.support.market import FACE, PRICE, Market


def test_the_market_is_no_referrer(market: Market) -> None:
    series = market.world.create_series()
    market.stock(series)
    before = market.money(market.holder, market.giver)
    tx = market.fill(market.offer(series, referrer=market.contract, referrer_share=500))
    assert tx.return_value == PRICE
    assert market.money(market.holder, market.giver) == (before[0] - PRICE, before[1] + PRICE)
    assert market.face(series, market.holder) == (FACE,)
    market.check_empty()
