"""announceClosing, cancelClosing, close: what is left is the sponsor's, after a notice in which reads pay."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import DAY
from tests.support.clock import at, later, mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.rewards import ITSELF, Rewards


@pytest.fixture
def pool_id(rewards: Rewards) -> bytes:
    return rewards.open(1_000)


@pytest.fixture
def closes_at(rewards: Rewards, pool_id: bytes) -> int:
    """Announced."""
    rewards.announce_closing(pool_id)
    return rewards.now() + 2 * DAY


def test_closing_reverts_for_anybody_but_the_sponsor(rewards: Rewards, pool_id: bytes) -> None:
    for method in (rewards.contract.announceClosing, rewards.contract.cancelClosing):
        with reverts("Custody_NotItself", rewards.sponsor, rewards.stranger):
            method(pool_id, ITSELF, {"from": rewards.stranger})
        with reverts("Pools_Unknown", rewards.pool_id(9)):
            method(rewards.pool_id(9), ITSELF, {"from": rewards.sponsor})
    with reverts("Pools_Unknown", rewards.pool_id(9)):
        rewards.close(rewards.pool_id(9))


def test_closing_reverts_when_none_was_announced(rewards: Rewards, pool_id: bytes) -> None:
    with reverts("Pools_NotClosing", pool_id):
        rewards.cancel_closing(pool_id)
    with reverts("Pools_NotClosing", pool_id):
        rewards.close(pool_id)


def test_announce_closing_reverts_the_second_time(rewards: Rewards, pool_id: bytes, closes_at: int) -> None:
    with reverts("Pools_Closing", pool_id, closes_at):
        rewards.announce_closing(pool_id)


@pytest.mark.parametrize("before", [1, 2 * DAY])
def test_close_reverts_within_the_notice(
    rewards: Rewards, pool_id: bytes, closes_at: int, before: int
) -> None:
    at(closes_at - before)
    with reverts("Pools_NotYet", closes_at, closes_at - before):
        rewards.close(pool_id)


def test_cancel_closing_reverts_after_the_notice(rewards: Rewards, pool_id: bytes, closes_at: int) -> None:
    at(closes_at)
    with reverts("Pools_Closed", pool_id, closes_at):
        rewards.cancel_closing(pool_id)


def test_close_reverts_with_nothing_left(rewards: Rewards, pool_id: bytes, closes_at: int) -> None:
    for read_id in (1, 2):
        rewards.pay(pool_id, rewards.read(pool_id, read_id, 500))
        later(DAY)
    with reverts("Pools_NothingLeft", pool_id):
        rewards.close(pool_id)


def test_announce_and_cancel(rewards: Rewards, pool_id: bytes) -> None:
    tx = rewards.announce_closing(pool_id)
    closes_at = rewards.now() + 2 * DAY
    assert returned(tx) == rewards.state(pool_id).closes_at == closes_at
    assert logs_of(tx, rewards.contract) == [("ClosingAnnounced", pool_id, closes_at)]
    at(closes_at - 1)
    tx = rewards.cancel_closing(pool_id)
    assert logs_of(tx, rewards.contract) == [("ClosingCancelled", pool_id)]
    assert rewards.state(pool_id).closes_at == 0
    later(DAY)
    rewards.pay_one(pool_id, rewards.read(pool_id, 1))


def test_reads_pay_until_the_notice_is_over(rewards: Rewards, pool_id: bytes, closes_at: int) -> None:
    late = [rewards.read(pool_id, read_id, deadline=closes_at + DAY) for read_id in (1, 2)]
    at(closes_at - 1)
    rewards.pay(pool_id, late[0])
    for method in (rewards.pay, rewards.pay_one):
        at(closes_at)
        with reverts("Pools_Closed", pool_id, closes_at):
            method(pool_id, late[1])
    assert rewards.money(pool_id) == (1_000, 100)


def test_close_by_anybody_pays_the_sponsor_once(any_rewards: Rewards) -> None:
    """What was credited stays to be collected."""
    rewards = any_rewards
    pool_id, other = rewards.open(1_000), rewards.open(1_000, salt=1)
    rewards.pay(pool_id, rewards.read(pool_id, 1, 333))
    rewards.announce_closing(pool_id)
    later(2 * DAY)
    before = rewards.balance(rewards.sponsor)
    tx = rewards.contract.close(pool_id, {"from": rewards.stranger})
    assert returned(tx) == rewards.balance(rewards.sponsor) - before == 667
    assert logs_of(tx, rewards.contract) == [("PoolClosed", pool_id, 667)]
    assert (rewards.money(pool_id), rewards.money(other)) == ((333, 333), (1_000, 0))
    with reverts("Pools_NothingLeft", pool_id):
        rewards.close(pool_id)
    rewards.collect(rewards.reader, pool_id)
    rewards.collect(rewards.author, pool_id)
    assert (rewards.balance(rewards.reader), rewards.balance(rewards.author)) == (133, 200)
    assert rewards.held() == 1_000


def test_a_closed_pool_is_over(rewards: Rewards, pool_id: bytes, closes_at: int) -> None:
    mine_at(closes_at)
    rewards.close(pool_id)
    with reverts("Pools_Closing", pool_id, closes_at):
        rewards.announce_closing(pool_id)
    with reverts("Pools_Exists", pool_id):
        rewards.open()


def test_what_the_currency_refuses_the_sponsor_is_owed(make_rewards: Any, make_token: Any) -> None:
    rewards: Rewards = make_rewards(make_token("BlacklistToken"))
    pool_id = rewards.open(1_000)
    rewards.announce_closing(pool_id)
    later(2 * DAY)
    rewards.token.blacklist(rewards.sponsor, {"from": rewards.deployer})
    rewards.close(pool_id)
    assert rewards.contract.owed(rewards.sponsor) == rewards.contract.totalOwed() == 1_000
    rewards.contract.withdrawOwed(rewards.sponsor, rewards.recipient, ITSELF, {"from": rewards.sponsor})
    assert rewards.balance(rewards.recipient) == 1_000
    rewards.check_books()
