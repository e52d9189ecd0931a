"""changeAttester: until the notice is over only the old attester counts, from then on only the new one."""

from __future__ import annotations

import pytest

from tests.support.certificates import DAY, ZERO
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.rewards import ITSELF, Rewards, paid


@pytest.fixture
def pool_id(rewards: Rewards) -> bytes:
    return rewards.open()


def test_change_attester_reverts_for_anybody_but_the_sponsor(rewards: Rewards, pool_id: bytes) -> None:
    for who in (rewards.stranger, rewards.attester):
        with reverts("Custody_NotItself", rewards.sponsor, who):
            rewards.contract.changeAttester(pool_id, rewards.stranger, ITSELF, {"from": who})
    with reverts("Pools_Unknown", rewards.pool_id(9)):
        rewards.change_attester(rewards.pool_id(9), rewards.stranger)


def test_change_attester_reverts_with_nothing_to_take_back(rewards: Rewards, pool_id: bytes) -> None:
    with reverts("Pools_NoNewAttester", pool_id):
        rewards.change_attester(pool_id, ZERO)
    rewards.change_attester(pool_id, rewards.agent)
    mine_at(rewards.state(pool_id).new_attester_at)
    with reverts("Pools_NoNewAttester", pool_id):
        rewards.change_attester(pool_id, ZERO)
    assert rewards.state(pool_id).attester == rewards.agent


@pytest.mark.parametrize("after", [-1, 0, 1])
def test_the_change_is_to_the_second(rewards: Rewards, pool_id: bytes, after: int) -> None:
    tx = rewards.change_attester(pool_id, rewards.agent)
    from_time = rewards.now() + 2 * DAY
    assert returned(tx) == from_time
    assert logs_of(tx, rewards.contract) == [("AttesterAnnounced", pool_id, rewards.agent, from_time)]
    assert rewards.state(pool_id)[1] == rewards.attester
    assert rewards.state(pool_id)[-3:-1] == (rewards.agent, from_time)
    late = rewards.now() + 9 * DAY
    old = rewards.read(pool_id, 1, deadline=late)
    new = rewards.read(pool_id, 2, deadline=late, attested_by=rewards.agent)
    at(from_time + after)
    assert paid(rewards.pay(pool_id, old, new)).skipped == [(1 if after < 0 else 0, "NotAttested")]
    shown = rewards.state(pool_id)
    if after >= 0:
        assert (shown.attester, *shown[-3:-1]) == (rewards.agent, ZERO, 0)


def test_a_read_is_paid_once_whoever_attests(rewards: Rewards, pool_id: bytes) -> None:
    rewards.pay(pool_id, rewards.read(pool_id, 1))
    rewards.change_attester(pool_id, rewards.agent)
    mine_at(rewards.state(pool_id).new_attester_at)
    again = rewards.read(pool_id, 1, attested_by=rewards.agent)
    assert paid(rewards.pay(pool_id, again)).skipped == [(0, "AlreadyPaid")]


def test_another_announcement_begins_anew(rewards: Rewards, pool_id: bytes) -> None:
    rewards.change_attester(pool_id, rewards.agent)
    first = rewards.state(pool_id).new_attester_at
    at(first - 1)
    rewards.change_attester(pool_id, rewards.recipient)
    mine_at(first)
    assert rewards.state(pool_id).attester == rewards.attester
    assert rewards.state(pool_id)[-3:-1] == (rewards.recipient, first - 1 + 2 * DAY)


def test_an_announcement_taken_back(rewards: Rewards, pool_id: bytes) -> None:
    rewards.change_attester(pool_id, rewards.agent)
    due = rewards.state(pool_id).new_attester_at
    at(due - 1)
    tx = rewards.change_attester(pool_id, ZERO)
    assert returned(tx) == 0
    assert logs_of(tx, rewards.contract) == [("AttesterKept", pool_id, rewards.attester)]
    mine_at(due)
    assert rewards.state(pool_id)[1] == rewards.attester
    assert rewards.state(pool_id)[-3:] == (ZERO, 0, 0)


def test_a_change_after_a_change(rewards: Rewards, pool_id: bytes) -> None:
    """The second one's notice runs for the first one's attester, and taking it back keeps that one."""
    rewards.change_attester(pool_id, rewards.agent)
    at(rewards.state(pool_id).new_attester_at)
    rewards.change_attester(pool_id, rewards.recipient)
    assert rewards.state(pool_id).attester == rewards.agent
    rewards.pay(pool_id, rewards.read(pool_id, 1, attested_by=rewards.agent))
    tx = rewards.change_attester(pool_id, ZERO)
    assert logs_of(tx, rewards.contract) == [("AttesterKept", pool_id, rewards.agent)]
    assert paid(rewards.pay(pool_id, rewards.read(pool_id, 2))).skipped == [(0, "NotAttested")]
