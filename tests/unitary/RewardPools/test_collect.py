"""collect: what reads have credited, paid at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import DAY
from tests.support.clock import later
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.rewards import ITSELF, Rewards


@pytest.fixture
def pools(rewards: Rewards) -> tuple[bytes, bytes]:
    """Two, of which each paid a read of 100 and of 50."""
    first, second = rewards.open(), rewards.open(salt=1)
    rewards.pay(first, rewards.read(first, 1))
    rewards.pay(second, rewards.read(second, 1, 50))
    return first, second


def test_collect_reverts_with_nothing(rewards: Rewards, pools: tuple[bytes, bytes]) -> None:
    for who, of in ((rewards.stranger, pools), (rewards.reader, ()), (rewards.reader, (rewards.pool_id(9),))):
        with reverts("Pools_NothingToCollect", who):
            rewards.collect(who, *of)
    rewards.collect(rewards.reader, *pools)
    with reverts("Pools_NothingToCollect", rewards.reader):
        rewards.collect(rewards.reader, *pools)


def test_collect_pays_the_payee_once_for_all_pools(any_rewards: Rewards) -> None:
    rewards = any_rewards
    first, second = rewards.open(), rewards.open(salt=1)
    rewards.pay(first, rewards.read(first, 1))
    rewards.pay(second, rewards.read(second, 1, 50))
    tx = rewards.collect(rewards.author, second, first, second, rewards.pool_id(9), sender=rewards.stranger)
    assert returned(tx) == rewards.balance(rewards.author) == 90
    assert logs_of(tx, rewards.contract) == [
        ("RewardCollected", second, rewards.author, 30),
        ("RewardCollected", first, rewards.author, 60),
    ]
    assert rewards.credits(first) == (40, 0)
    assert rewards.balance(rewards.stranger) == rewards.balance(rewards.giver)


def test_collect_leaves_the_days_count_alone(rewards: Rewards, pools: tuple[bytes, bytes]) -> None:
    rewards.collect(rewards.reader, *pools)
    assert rewards.spent_today(pools[0]) == 100
    later(DAY)
    rewards.pay(pools[0], rewards.read(pools[0], 2, 500))
    rewards.collect(rewards.reader, pools[0])
    assert rewards.balance(rewards.reader) == 60 + 200


def test_a_reader_pays_and_collects_in_one_transaction(rewards: Rewards, pools: tuple[bytes, bytes]) -> None:
    """Its own call: no signature of its own, and the money is there at once."""
    read = rewards.read(pools[0], 2, bps=9_000, chosen_by=ITSELF)
    calls = [
        rewards.contract.payOne.encode_input(pools[0], read),
        rewards.contract.collect.encode_input(rewards.reader, [pools[0]]),
    ]
    rewards.contract.multicall(calls, {"from": rewards.reader})
    assert rewards.balance(rewards.reader) == 40 + 90
    assert rewards.credits(pools[0]) == (0, 70)


def test_what_the_currency_refuses_is_owed(make_rewards: Any, make_token: Any) -> None:
    rewards: Rewards = make_rewards(make_token("BlacklistToken"))
    pool_id = rewards.open()
    rewards.token.blacklist(rewards.reader, {"from": rewards.deployer})
    rewards.pay(pool_id, rewards.read(pool_id, 1))
    tx = rewards.collect(rewards.reader, pool_id)
    assert logs_of(tx, rewards.contract)[-1] == ("PayoutOwed", rewards.reader, 40)
    assert (rewards.credit(pool_id, rewards.reader), rewards.contract.owed(rewards.reader)) == (0, 40)
    rewards.contract.withdrawOwed(rewards.reader, rewards.recipient, ITSELF, {"from": rewards.reader})
    assert rewards.balance(rewards.recipient) == 40
    rewards.check_books()
