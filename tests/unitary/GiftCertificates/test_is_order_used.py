"""isOrderUsed: one bit for each order of each merchant."""

import pytest

from tests.support.certificates import ZERO, World

EDGES = (0, 1, 2, 254, 255, 256, 257, 511, 512, 2**32 - 1, 2**32, 2**63, 2**64 - 2, 2**64 - 1)


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series = world.create_series()
    world.issue(series, world.holder, 1_000)
    return series


@pytest.mark.parametrize("order", EDGES)
def test_no_order_is_used_at_first(world: World, series: int, order: int) -> None:
    for merchant in (world.merchant, world.stranger, ZERO):
        assert world.certificates.isOrderUsed(merchant, order) is False


@pytest.mark.parametrize("order", EDGES[1:])
def test_an_order_uses_its_own_bit_only(world: World, series: int, order: int) -> None:
    world.certificates.redeemSigned(world.redemption(series, 1, order=order), {"from": world.merchant})
    for other in EDGES:
        assert world.certificates.isOrderUsed(world.merchant, other) is (other == order)
    assert world.certificates.isOrderUsed(world.other_merchant, order) is False


def test_a_full_word_of_orders(world: World, series: int) -> None:
    """256 to 511, backwards: every bit of the word, and not one of its neighbours'."""
    world.certificates.redeemBatch(
        [world.redemption(series, 1, order=order, nonce=512 - order) for order in range(511, 255, -1)],
        {"from": world.merchant},
    )
    used = [world.certificates.isOrderUsed(world.merchant, order) for order in (254, 255, 256, 400, 511, 512)]
    assert used == [False, False, True, True, True, False]
    assert world.certificates.account(series, world.holder) == (744, 256, 256)


def test_orders_belong_to_the_merchant_not_to_the_series(world: World, series: int) -> None:
    other = world.create_series()
    world.issue(other, world.holder, 10)
    world.certificates.redeemSigned(world.redemption(series, 1, order=9), {"from": world.merchant})
    tx = world.certificates.redeemBatch([world.redemption(other, 1, order=9)], {"from": world.merchant})
    assert len(tx.events["RedemptionSkipped"]) == 1
