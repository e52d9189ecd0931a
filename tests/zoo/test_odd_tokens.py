"""Every odd token is odd in the way it says, and in no other way before it is switched over."""

from typing import Any

import pytest
from eth_abi.abi import decode

from tests.fixtures.accounts import container
from tests.fixtures.tokens import BOMB_MODES, FALSE_MODES, ODD_TOKENS, MakeToken
from tests.support.errors import reverts
from tests.zoo.raw import raw_call, raw_send, word

TRUE, FALSE = word(1), word(0)


def fund(token: Any, owner: Any, spender: Any) -> Any:
    """Give `owner` 1,000 units and let `spender` move any of them."""
    token.mint(owner, 1_000, {"from": owner})
    token.approve(spender, 2**255, {"from": owner})
    return token


def test_each_behaves_until_it_is_switched_over(
    odd_token: Any, holder: Any, merchant: Any, agent: Any
) -> None:
    assert odd_token._name in ODD_TOKENS
    fund(odd_token, holder, agent)
    odd_token.transfer(merchant, 300, {"from": holder})
    odd_token.transferFrom(holder, merchant, 30, {"from": agent})
    assert (odd_token.balanceOf(holder), odd_token.balanceOf(merchant)) == (670, 330)
    assert odd_token.allowance(holder, agent) == 2**255 - 30
    assert odd_token.totalSupply() == 1_000
    assert odd_token.decimals() == 6


@pytest.mark.parametrize("decimals", [0, 18])
@pytest.mark.parametrize("kind", ODD_TOKENS)
def test_each_takes_other_decimals(make_token: MakeToken, kind: str, decimals: int) -> None:
    assert make_token(kind, decimals).decimals() == decimals


# NoReturnToken


@pytest.fixture
def no_return(make_token: MakeToken, holder: Any, agent: Any) -> Any:
    return fund(make_token("NoReturnToken"), holder, agent)


def test_no_return_token_returns_nothing(no_return: Any, holder: Any, merchant: Any, agent: Any) -> None:
    assert raw_call(no_return.transfer, merchant, 1, sender=holder) == (True, b"")
    assert raw_call(no_return.transferFrom, holder, merchant, 1, sender=agent) == (True, b"")
    assert raw_call(no_return.approve, agent, 0, sender=holder) == (True, b"")


def test_no_return_token_refuses_to_change_an_allowance(no_return: Any, holder: Any, agent: Any) -> None:
    with reverts("NoReturnToken_AllowanceNotCleared", agent.address, 2**255):
        no_return.approve(agent, 7, {"from": holder})
    no_return.approve(agent, 0, {"from": holder})
    no_return.approve(agent, 7, {"from": holder})
    assert no_return.allowance(holder, agent) == 7


def test_no_return_token_reverts_without_money_or_allowance(
    no_return: Any, holder: Any, merchant: Any, stranger: Any
) -> None:
    with reverts("NoReturnToken_BalanceTooLow", holder.address, 1_000, 1_001):
        no_return.transfer(merchant, 1_001, {"from": holder})
    with reverts("NoReturnToken_AllowanceTooLow", stranger.address, 0, 1):
        no_return.transferFrom(holder, merchant, 1, {"from": stranger})


# FalseReturnToken


@pytest.fixture
def false_return(make_token: MakeToken, holder: Any, agent: Any) -> Any:
    return fund(make_token("FalseReturnToken"), holder, agent)


def test_false_return_token_returns_false_instead_of_reverting(
    false_return: Any, holder: Any, merchant: Any, agent: Any, stranger: Any
) -> None:
    assert raw_call(false_return.transfer, merchant, 1_000, sender=holder) == (True, TRUE)
    assert raw_call(false_return.transfer, merchant, 1_001, sender=holder) == (True, FALSE)
    assert raw_call(false_return.transferFrom, holder, merchant, 1_001, sender=agent) == (True, FALSE)
    assert raw_call(false_return.transferFrom, holder, merchant, 1, sender=stranger) == (True, FALSE)
    false_return.transfer(merchant, 1_001, {"from": holder})
    assert (false_return.balanceOf(holder), false_return.balanceOf(merchant)) == (1_000, 0)


@pytest.mark.parametrize("mode", ["Refusing", "Lying"])
def test_false_return_token_refuses_or_lies(
    false_return: Any, holder: Any, merchant: Any, agent: Any, mode: str
) -> None:
    answer = {"Refusing": FALSE, "Lying": TRUE}[mode]
    false_return.setMode(FALSE_MODES.index(mode), {"from": holder})
    assert raw_call(false_return.transfer, merchant, 10, sender=holder) == (True, answer)
    assert raw_call(false_return.transferFrom, holder, merchant, 10, sender=agent) == (True, answer)
    false_return.transfer(merchant, 10, {"from": holder})
    false_return.transferFrom(holder, merchant, 10, {"from": agent})
    assert (false_return.balanceOf(holder), false_return.balanceOf(merchant)) == (1_000, 0)


# FeeToken, SenderFeeToken


def test_fee_token_delivers_less(make_token: MakeToken, holder: Any, merchant: Any, agent: Any) -> None:
    token = fund(make_token("FeeToken"), holder, agent)
    token.setFeeBps(250, {"from": holder})
    token.transfer(merchant, 401, {"from": holder})  # 2.5 % of 401 is 10.025: 11 stay behind
    assert (token.balanceOf(holder), token.balanceOf(merchant), token.balanceOf(token)) == (599, 390, 11)
    token.transferFrom(holder, merchant, 1, {"from": agent})
    assert (token.balanceOf(holder), token.balanceOf(merchant), token.balanceOf(token)) == (598, 390, 12)
    token.setFeeBps(0, {"from": holder})
    token.transfer(merchant, 8, {"from": holder})
    assert token.balanceOf(merchant) == 398


def test_fee_token_refuses_more_than_everything(make_token: MakeToken, holder: Any) -> None:
    token = make_token("FeeToken")
    token.setFeeBps(10_000, {"from": holder})
    with reverts("FeeToken_FeeTooHigh", 10_001):
        token.setFeeBps(10_001, {"from": holder})
    assert token.feeBps() == 10_000


def test_sender_fee_token_debits_more(make_token: MakeToken, holder: Any, merchant: Any, agent: Any) -> None:
    token = fund(make_token("SenderFeeToken"), holder, agent)
    token.setFeeBps(250, {"from": holder})
    token.transfer(merchant, 401, {"from": holder})
    assert (token.balanceOf(holder), token.balanceOf(merchant), token.balanceOf(token)) == (588, 401, 11)
    token.transferFrom(holder, merchant, 100, {"from": agent})
    assert (token.balanceOf(holder), token.balanceOf(merchant), token.balanceOf(token)) == (485, 501, 14)
    assert token.allowance(holder, agent) == 2**255 - 100


def test_sender_fee_token_reverts_when_only_the_amount_is_there(
    make_token: MakeToken, holder: Any, merchant: Any, agent: Any
) -> None:
    token = fund(make_token("SenderFeeToken"), holder, agent)
    token.setFeeBps(100, {"from": holder})
    with reverts("ERC20InsufficientBalance", holder.address, 0, 10):
        token.transfer(merchant, 1_000, {"from": holder})


# ReenteringToken


@pytest.fixture
def reentering(make_token: MakeToken, holder: Any, agent: Any) -> Any:
    return fund(make_token("ReenteringToken"), holder, agent)


@pytest.mark.parametrize(("calls_first", "seen"), [(True, 1_000), (False, 900)])
def test_reentering_token_calls_before_or_after_the_money_moves(
    reentering: Any, holder: Any, merchant: Any, calls_first: bool, seen: int
) -> None:
    reentering.setCallsFirst(calls_first, {"from": holder})
    reentering.program(reentering, reentering.balanceOf.encode_input(holder), 1, {"from": holder})
    reentering.transfer(merchant, 100, {"from": holder})
    assert (reentering.callsMade(), reentering.callsLeft(), reentering.succeeded()) == (1, 0, True)
    assert decode(["uint256"], bytes(reentering.returned())) == (seen,)
    assert reentering.balanceOf(merchant) == 100


def test_reentering_token_records_a_refusal_and_goes_on(
    reentering: Any, holder: Any, merchant: Any, agent: Any
) -> None:
    reentering.program(reentering, reentering.transfer.encode_input(merchant, 5), 1, {"from": holder})
    reentering.transferFrom(holder, merchant, 100, {"from": agent})
    assert (reentering.callsMade(), reentering.succeeded()) == (1, False)
    error = bytes(reentering.returned())
    assert error[:4].hex() == "e450d38c"  # ERC20InsufficientBalance(address,uint256,uint256)
    assert decode(["address", "uint256", "uint256"], error[4:]) == (reentering.address.lower(), 0, 5)
    assert reentering.balanceOf(merchant) == 100


def test_reentering_token_stops_after_its_times(reentering: Any, holder: Any, merchant: Any) -> None:
    reentering.mint(reentering, 50, {"from": holder})
    reentering.program(reentering, reentering.transfer.encode_input(merchant, 5), 3, {"from": holder})
    reentering.transfer(merchant, 100, {"from": holder})  # each nested transfer re-enters again
    assert (reentering.callsMade(), reentering.callsLeft(), reentering.succeeded()) == (3, 0, True)
    assert (reentering.balanceOf(merchant), reentering.balanceOf(reentering)) == (115, 35)
    reentering.transfer(merchant, 100, {"from": holder})
    assert reentering.callsMade() == 3


def test_reentering_token_holds_items(reentering: Any, holder: Any) -> None:
    items = container("TestItems").deploy({"from": holder})
    items.mint(reentering, 7, 2, {"from": holder})
    items.mintBatch(reentering, [7, 8], [1, 1], {"from": holder})
    assert items.balanceOf(reentering, 7) == 3


# BlacklistToken, PausableToken


def test_blacklist_token_shuts_out_every_part(
    make_token: MakeToken, holder: Any, merchant: Any, agent: Any, stranger: Any
) -> None:
    token = fund(make_token("BlacklistToken"), holder, agent)
    token.approve(agent, 2**256 - 1, {"from": holder})  # endless, so that spending it writes no allowance
    for account in (holder, merchant, agent):
        token.blacklist(account, {"from": stranger})
        with reverts("BlacklistToken_Blacklisted", account.address):
            token.transferFrom(holder, merchant, 1, {"from": agent})
        token.unBlacklist(account, {"from": stranger})
    token.blacklist(agent, {"from": stranger})
    with reverts("BlacklistToken_Blacklisted", agent.address):
        token.approve(agent, 1, {"from": holder})
    with reverts("BlacklistToken_Blacklisted", agent.address):
        token.approve(holder, 1, {"from": agent})
    token.transfer(merchant, 1, {"from": holder})
    assert token.isBlacklisted(agent)
    assert token.balanceOf(merchant) == 1


def test_pausable_token_stops_everybody(
    make_token: MakeToken, holder: Any, merchant: Any, agent: Any
) -> None:
    token = fund(make_token("PausableToken"), holder, agent)
    token.pause({"from": agent})
    with reverts("EnforcedPause"):
        token.transfer(merchant, 1, {"from": holder})
    with reverts("EnforcedPause"):
        token.mint(merchant, 1, {"from": holder})
    token.unpause({"from": agent})
    token.transfer(merchant, 1, {"from": holder})
    assert token.balanceOf(merchant) == 1


# GasGuzzlerToken, ReturnBombToken


def test_gas_guzzler_token_burns_all_the_gas_of_a_transfer(
    make_token: MakeToken, holder: Any, merchant: Any, agent: Any
) -> None:
    token = fund(make_token("GasGuzzlerToken"), holder, agent)
    token.setBurns(True, False, {"from": agent})
    receipt = raw_send(token.transfer, merchant, 1, sender=holder, gas=200_000)
    assert (receipt["status"], receipt["gasUsed"]) == (0, 200_000)
    assert raw_call(token.transferFrom, holder, merchant, 1, sender=agent) == (False, b"")
    assert token.balanceOf(holder) == 1_000
    token.mint(merchant, 4, {"from": holder})
    assert token.balanceOf(merchant) == 4


def test_gas_guzzler_token_burns_on_balance(
    make_token: MakeToken, holder: Any, merchant: Any, agent: Any
) -> None:
    token = fund(make_token("GasGuzzlerToken"), holder, agent)
    token.setBurns(False, True, {"from": agent})
    assert raw_call(token.balanceOf, holder, sender=agent) == (False, b"")
    token.transfer(merchant, 1, {"from": holder})
    token.setBurns(False, False, {"from": agent})
    assert token.balanceOf(merchant) == 1


@pytest.mark.parametrize("length", [32, 1 << 20])
def test_return_bomb_token_answers_at_length(
    make_token: MakeToken, holder: Any, merchant: Any, agent: Any, length: int
) -> None:
    token = fund(make_token("ReturnBombToken"), holder, agent)
    token.setMode(BOMB_MODES.index("Success"), length, {"from": agent})
    for answer in (
        raw_call(token.transfer, merchant, 1, sender=holder),
        raw_call(token.transferFrom, holder, merchant, 1, sender=agent),
    ):
        assert (answer.succeeded, len(answer.data), answer.data[:32]) == (True, length, TRUE)
    moved = token.transfer(merchant, 1, {"from": holder})
    assert token.balanceOf(merchant) == 1
    assert (moved.gas_used > 2_000_000) is (length == 1 << 20)


def test_return_bomb_token_fails_at_length(
    make_token: MakeToken, holder: Any, merchant: Any, agent: Any
) -> None:
    token = fund(make_token("ReturnBombToken"), holder, agent)
    token.setMode(BOMB_MODES.index("Failure"), 1 << 20, {"from": agent})
    answer = raw_call(token.transfer, merchant, 1, sender=holder)
    assert (answer.succeeded, len(answer.data)) == (False, 1 << 20)
    assert token.balanceOf(merchant) == 0


# RebasingToken


def test_rebasing_token_changes_balances_without_a_transfer(
    make_token: MakeToken, holder: Any, agent: Any
) -> None:
    token = fund(make_token("RebasingToken"), holder, agent)
    token.rebase(11, 10, {"from": agent})
    assert (token.balanceOf(holder), token.totalSupply()) == (1_100, 1_100)
    token.rebase(1, 2, {"from": agent})
    assert (token.balanceOf(holder), token.totalSupply()) == (550, 550)


def test_rebasing_token_moves_whole_shares(
    make_token: MakeToken, holder: Any, merchant: Any, agent: Any
) -> None:
    token = fund(make_token("RebasingToken"), holder, agent)
    token.rebase(11, 10, {"from": agent})
    token.transfer(merchant, 5, {"from": holder})  # 5 / 1.1 = 4 whole shares, worth 4.4
    assert (token.sharesOf(merchant), token.balanceOf(merchant), token.balanceOf(holder)) == (4, 4, 1_095)
    with reverts("RebasingToken_SharesTooLow", holder.address, 996, 1_000):
        token.transfer(merchant, 1_100, {"from": holder})
    with reverts("RebasingToken_AllowanceTooLow", merchant.address, 0, 1):
        token.transferFrom(holder, merchant, 1, {"from": merchant})
