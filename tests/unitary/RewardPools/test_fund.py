"""fund: anybody adds money to anybody's pool."""

from __future__ import annotations

from tests.support.certificates import DAY
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.rewards import MOST, Rewards


def test_fund_reverts_for_a_pool_that_nobody_opened(rewards: Rewards) -> None:
    with reverts("Pools_Unknown", rewards.pool_id(5)):
        rewards.fund_pool(rewards.pool_id(5), 1)


def test_fund_reverts_with_nothing(rewards: Rewards) -> None:
    pool_id = rewards.open()
    with reverts("Pools_ZeroAmount"):
        rewards.fund_pool(pool_id, 0)


def test_fund_reverts_above_96_bits_in_all(rewards: Rewards) -> None:
    """In all, spent or not: then no credit can ever overflow."""
    pool_id = rewards.open(100, pool_cap=100, reader_cap=100)
    rewards.pay(pool_id, rewards.read(pool_id, 1, 100))
    rewards.fund(rewards.giver, MOST)
    with reverts("Custody_AmountTooLarge", MOST - 99, MOST - 100):
        rewards.fund_pool(pool_id, MOST - 99)
    rewards.fund_pool(pool_id, MOST - 100)
    assert rewards.money(pool_id) == (MOST, 100)


def test_fund_reverts_from_the_announcement_on(rewards: Rewards) -> None:
    """What came now would be the sponsor's at the end of the notice."""
    pool_id = rewards.open()
    closes_at = rewards.now() + 2 * DAY
    at(closes_at - 2 * DAY)
    rewards.announce_closing(pool_id)
    with reverts("Pools_Closing", pool_id, closes_at):
        rewards.fund_pool(pool_id, 1)
    rewards.cancel_closing(pool_id)
    rewards.fund_pool(pool_id, 1)
    rewards.announce_closing(pool_id)
    later(2 * DAY)
    with reverts("Pools_Closing", pool_id, rewards.state(pool_id).closes_at):
        rewards.fund_pool(pool_id, 1)
    rewards.close(pool_id)
    with reverts("Pools_Closing", pool_id, rewards.state(pool_id).closes_at):
        rewards.fund_pool(pool_id, 1)


def test_fund_by_anybody(any_rewards: Rewards) -> None:
    rewards = any_rewards
    pool_id, other = rewards.open(100), rewards.open(100, salt=1)
    before = rewards.balance(rewards.stranger)
    tx = rewards.fund_pool(pool_id, 7, rewards.stranger)
    assert logs_of(tx, rewards.contract) == [("PoolFunded", pool_id, 7)]
    assert before - rewards.balance(rewards.stranger) == 7
    assert (rewards.money(pool_id), rewards.money(other)) == ((107, 0), (100, 0))
