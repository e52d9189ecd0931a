"""A currency that calls back in the middle of a transfer finds the pools' door shut, and true views.

Nothing else can call back: reads are credited and send nothing, and a wallet that is asked for its signature
is asked by a static call.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.tokens import MakeToken
from tests.support.certificates import DAY
from tests.support.clock import later
from tests.support.payments import selector
from tests.support.rewards import ITSELF, Rewards

GUARDED = (
    "open",
    "openSigned",
    "fund",
    "fundSigned",
    "changeAttester",
    "announceClosing",
    "cancelClosing",
    "close",
    "pay",
    "payOne",
    "collect",
    "withdrawOwed",
)


def guarded_calls(rewards: Rewards) -> dict[str, str]:
    """Calldata of all that moves money or decides who gets it; the sponsor of the ending pool is the
    currency."""
    contract, token = rewards.contract, rewards.token.address
    pool_id, mine = rewards.pool_id(), rewards.pool_id(sponsor=token)
    who, opening = str(rewards.sponsor), rewards.opening(5)
    opens = rewards.consent("OpenPool", who, *opening, 100, nonce=1)
    gives = rewards.consent("FundPool", who, pool_id, 100, nonce=1)
    read = rewards.read(pool_id, 9, deadline=rewards.now() + 9 * DAY)
    return {
        "open": contract.open.encode_input(rewards.opening(6), 100),
        "openSigned": contract.openSigned.encode_input(who, opening, 100, opens),
        "fund": contract.fund.encode_input(pool_id, 100),
        "fundSigned": contract.fundSigned.encode_input(pool_id, who, 100, gives),
        "changeAttester": contract.changeAttester.encode_input(mine, token, ITSELF),
        "announceClosing": contract.announceClosing.encode_input(mine, ITSELF),
        "cancelClosing": contract.cancelClosing.encode_input(mine, ITSELF),
        "close": contract.close.encode_input(rewards.pool_id(1)),
        "pay": contract.pay.encode_input(pool_id, [read]),
        "payOne": contract.payOne.encode_input(pool_id, read),
        "collect": contract.collect.encode_input(rewards.reader, [pool_id]),
        "withdrawOwed": contract.withdrawOwed.encode_input(token, token, ITSELF),
    }


@pytest.fixture(scope="module")
def calling(make_rewards: Any, make_token: MakeToken) -> Rewards:
    """Pool 0 is open and has paid a read, pool 1 may be closed; the currency has a pool of its own."""
    token = make_token("ReenteringToken")
    rewards: Rewards = make_rewards(token)
    contract, me = rewards.contract, {"from": rewards.deployer}
    token.mint(token, 10**6, me)
    for target, data in (
        (token, token.approve.encode_input(contract, 2**255)),
        (contract, contract.open.encode_input(rewards.opening(), 10_000)),
    ):
        token.program(target, data, 1, me)
        token.transfer(rewards.merchant, 0, {"from": rewards.merchant})
        assert (token.callsMade(), token.succeeded()) == (1, True), token.returned()
    token.program(contract, "", 0, me)
    pool_id = rewards.open()
    rewards.announce_closing(rewards.open(500, salt=1))
    rewards.pay(pool_id, rewards.read(pool_id, 1))
    later(2 * DAY)
    return rewards


@pytest.mark.parametrize("during", ["pull", "payout"])
@pytest.mark.parametrize("function", GUARDED)
def test_a_currency_that_calls_back_finds_the_door_shut(calling: Rewards, function: str, during: str) -> None:
    rewards, token, pool_id = calling, calling.token, calling.pool_id()
    token.setCallsFirst(during == "pull", {"from": rewards.deployer})
    token.program(rewards.contract, guarded_calls(rewards)[function], 1, {"from": rewards.deployer})
    mine = rewards.state(rewards.pool_id(sponsor=token))
    if during == "pull":
        rewards.fund_pool(pool_id, 7)
        assert rewards.money(pool_id) == (10_007, 100)
    else:
        rewards.collect(rewards.author, pool_id)
        assert (rewards.balance(rewards.author), rewards.credits(pool_id)) == (60, (40, 0))
    assert (token.callsMade(), token.succeeded()) == (1, False)
    assert bytes.fromhex(str(token.returned())[2:]) == selector("ReentrancyGuardReentrantCall")
    assert rewards.state(rewards.pool_id(sponsor=token)) == mine
    rewards.check_books()


def test_every_function_that_moves_money_is_among_the_guarded(calling: Rewards) -> None:
    """But for those that move none; multicall only calls the others."""
    acts = {
        item["name"]
        for item in calling.contract.abi
        if item["type"] == "function" and item["stateMutability"] == "nonpayable"
    }
    assert acts == set(GUARDED) | {"permit", "cancelConsents", "multicall"}
    assert set(guarded_calls(calling)) == set(GUARDED)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_credit_in_the_middle_of_a_payout_is_as_after_it(calling: Rewards, is_first: bool) -> None:
    rewards, token, pool_id = calling, calling.token, calling.pool_id()
    token.setCallsFirst(is_first, {"from": rewards.deployer})
    view = rewards.contract.credit.encode_input(pool_id, rewards.reader)
    token.program(rewards.contract, view, 1, {"from": rewards.deployer})
    rewards.collect(rewards.reader, pool_id)
    assert (token.callsMade(), token.succeeded()) == (1, True)
    assert int(str(token.returned()), 16) == 0


@pytest.mark.parametrize("is_first", [True, False])
def test_a_pool_in_the_middle_of_its_closing_is_as_after_it(calling: Rewards, is_first: bool) -> None:
    rewards, token, ending = calling, calling.token, calling.pool_id(1)
    token.setCallsFirst(is_first, {"from": rewards.deployer})
    token.program(rewards.contract, rewards.contract.pool.encode_input(ending), 1, {"from": rewards.deployer})
    rewards.close(ending)
    assert (token.callsMade(), token.succeeded()) == (1, True)
    words = str(token.returned())[2:]
    assert [int(words[64 * place : 64 * place + 64], 16) for place in (7, 8)] == [0, 0]
