"""The chain's clock stands where a test puts it, and goes back after the test."""

import pytest
from brownie import accounts, chain

from tests.support import clock


def test_at_dates_the_next_transaction_to_the_second() -> None:
    start = clock.chain_now()
    for later in (1_000, 1_001, 90_000):
        assert clock.at(start + later) == start + later
        assert accounts[0].transfer(accounts[1], 1).timestamp == start + later
        assert clock.chain_now() == start + later


def test_two_transactions_may_share_a_second() -> None:
    second = clock.mine_at(clock.chain_now() + 5)
    clock.at(second)
    assert accounts[0].transfer(accounts[1], 1).timestamp == second


def test_mine_at_moves_what_calls_see() -> None:
    then = clock.chain_now() + 12_345
    assert clock.mine_at(then) == clock.chain_now() == then
    assert clock.later(7) == clock.chain_now() == then + 7


def test_brownies_clock_agrees() -> None:
    clock.later(10**9)
    assert chain.time() == clock.chain_now()


def test_a_still_clock_moves_by_the_tests_hand_only() -> None:
    start = clock.mine_at(clock.chain_now() + 5)
    with clock.still():
        for _ in range(3):
            assert accounts[0].transfer(accounts[1], 1).timestamp == start
        clock.at(start + 100)
        assert [accounts[0].transfer(accounts[1], 1).timestamp for _ in range(2)] == [start + 100] * 2
    clock.later(1)
    assert accounts[0].transfer(accounts[1], 1).timestamp >= start + 101


def test_the_past_is_refused_with_both_times() -> None:
    now = clock.chain_now()
    with pytest.raises(clock.ClockError, match=rf"evm_setNextBlockTimestamp.*{now - 1}.*at {now}$"):
        clock.at(now - 1)


@pytest.fixture(scope="module")
def start(module_isolation: None) -> int:
    """The chain's time when the module began."""
    return clock.chain_now()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_at_the_modules_time(start: int, turn: int) -> None:
    assert 0 <= accounts[0].transfer(accounts[1], 1).timestamp - start < 10**8
    clock.later(10**8)
