"""open: a pool's terms, its id and its first money."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import DAY, ZERO
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.rewards import BPS, MAX_NOTICE, MIN_NOTICE, MOST, Rewards, State


def test_open_reverts_without_an_attester(rewards: Rewards) -> None:
    with reverts("Pools_ZeroAttester"):
        rewards.open(attester=ZERO)


@pytest.mark.parametrize("bounds", [(5_000, 4_999), (0, BPS + 1), (BPS + 1, BPS + 1), (1, 0)])
def test_open_reverts_when_the_bounds_are_no_range_of_shares(
    rewards: Rewards, bounds: tuple[int, int]
) -> None:
    with reverts("Pools_RatioBounds", *bounds, BPS):
        rewards.open(bounds=bounds)


@pytest.mark.parametrize("caps", [(0, 0), (0, 10), (11, 10), (MOST, MOST - 1)])
def test_open_reverts_when_the_caps_are_none(rewards: Rewards, caps: tuple[int, int]) -> None:
    """No cap is the largest number, and a reader's above the pool's would mean nothing."""
    with reverts("Pools_CapBounds", *caps):
        rewards.open(reader_cap=caps[0], pool_cap=caps[1])


@pytest.mark.parametrize("notice", [0, MIN_NOTICE - 1, MAX_NOTICE + 1, 2**24 - 1])
def test_open_reverts_when_the_notice_is_too_short_or_too_long(rewards: Rewards, notice: int) -> None:
    with reverts("Pools_NoticeOutOfRange", notice, MIN_NOTICE, MAX_NOTICE):
        rewards.open(notice=notice)


def test_open_reverts_without_money(rewards: Rewards) -> None:
    with reverts("Pools_ZeroAmount"):
        rewards.open(0)


def test_open_reverts_when_the_sponsor_has_opened_it(rewards: Rewards) -> None:
    pool_id = rewards.open(salt=7)
    with reverts("Pools_Exists", pool_id):
        rewards.open(salt=7, notice=3 * DAY)
    assert rewards.state(pool_id).notice_seconds == 2 * DAY


def test_open_reverts_when_the_money_is_not_there(rewards: Rewards) -> None:
    with reverts("ERC20InsufficientAllowance", rewards.contract, 0, 5):
        rewards.open(5, sponsor=rewards.agent)


def test_open_takes_the_money_and_keeps_the_terms(any_rewards: Rewards) -> None:
    rewards = any_rewards
    before = rewards.balance(rewards.sponsor)
    opening = rewards.opening(3, bounds=(0, BPS), reader_cap=1, pool_cap=MOST, notice=MIN_NOTICE)
    tx = rewards.contract.open(opening, 12_345, {"from": rewards.sponsor})
    pool_id = rewards.pool_id(3)
    assert rewards.state(pool_id) == State(
        str(rewards.sponsor), str(rewards.attester), 0, BPS, 1, MOST, MIN_NOTICE, 12_345, 0, 0, ZERO, 0, 0
    )
    assert before - rewards.balance(rewards.sponsor) == rewards.held() == 12_345
    assert logs_of(tx, rewards.contract) == [
        ("PoolOpened", pool_id, rewards.sponsor, rewards.attester, 0, BPS, 1, MOST, MIN_NOTICE),
        ("PoolFunded", pool_id, 12_345),
    ]


def test_open_at_the_edges(rewards: Rewards) -> None:
    edges: list[dict[str, Any]] = [
        {"bounds": (0, 0)},
        {"bounds": (BPS, BPS)},
        {"reader_cap": MOST, "pool_cap": MOST},
        {"notice": MAX_NOTICE},
    ]
    for salt, edge in enumerate(edges):
        state = rewards.state(rewards.open(1, salt, **edge))
        assert state[2:7] == rewards.opening(**edge)[2:7]
    assert rewards.state(rewards.open(1, MOST)).funded == 1


def test_the_id_is_the_sponsors_own(rewards: Rewards) -> None:
    """Nobody can open it for another, and money sent to a pool that is being opened finds no other."""
    for salt in (0, 1, MOST):
        for who in (rewards.sponsor, rewards.stranger):
            assert bytes(rewards.contract.poolIdOf(who, salt)) == rewards.pool_id(salt, who)
    mine, other = rewards.open(10), rewards.open(20, sponsor=rewards.stranger)
    assert (rewards.money(mine), rewards.money(other)) == ((10, 0), (20, 0))
