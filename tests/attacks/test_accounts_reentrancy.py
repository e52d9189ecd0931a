"""A currency that calls back in the middle of a transfer finds the accounts' door shut, and true views."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.tokens import MakeToken
from tests.support.certificates import DAY
from tests.support.clock import later
from tests.support.payments import selector
from tests.support.prepaid import HOUR, ITSELF, Key, Prepaid, index_of, use

SECRET = b"\x05" * 32
GUARDED = (
    "open",
    "openSigned",
    "topUp",
    "topUpSigned",
    "requestWithdrawal",
    "cancelWithdrawal",
    "withdraw",
    "forfeit",
    "requestSigner",
    "changeSigner",
    "settle",
    "settleLocked",
    "settleOne",
    "settleOneLocked",
    "countUsed",
    "onRedemption",
    "withdrawOwed",
)


def own_key(prepaid: Prepaid, salt: int = 0) -> Key:
    """An account of the currency's own."""
    return (prepaid.merchant.address, index_of(prepaid.token, salt))


def guarded_calls(prepaid: Prepaid) -> dict[str, str]:
    """Calldata of all that moves money or decides who gets it."""
    contract, me, mine = prepaid.contract, prepaid.token.address, own_key(prepaid)
    key = prepaid.key()
    opening = prepaid.opening(5, owner=prepaid.token)
    theirs = prepaid.opening(6)
    opens = prepaid.consent("OpenAccount", str(prepaid.agent), *theirs, 100, nonce=1)
    more = prepaid.consent("TopUpAccount", str(prepaid.agent), *key, 100, nonce=1)
    plain, locked = prepaid.voucher(key, 100), prepaid.locked(key, 100, SECRET, prepaid.now() + HOUR)
    opened = (locked.expires_at, locked.preimage, locked.voucher.signature)
    return {
        "open": contract.open.encode_input(opening, 100),
        "openSigned": contract.openSigned.encode_input(prepaid.agent, theirs, 100, opens),
        "topUp": contract.topUp.encode_input(mine, 100),
        "topUpSigned": contract.topUpSigned.encode_input(key, prepaid.agent, 100, more),
        "requestWithdrawal": contract.requestWithdrawal.encode_input(mine, ITSELF),
        "cancelWithdrawal": contract.cancelWithdrawal.encode_input(mine, ITSELF),
        "withdraw": contract.withdraw.encode_input(mine, ITSELF),
        "forfeit": contract.forfeit.encode_input(mine),
        "requestSigner": contract.requestSigner.encode_input(mine, me, ITSELF),
        "changeSigner": contract.changeSigner.encode_input(mine, ITSELF),
        "settle": contract.settle.encode_input(prepaid.merchant, plain.row()),
        "settleLocked": contract.settleLocked.encode_input(prepaid.merchant, locked.row()),
        "settleOne": contract.settleOne.encode_input(key, 100, plain.signature),
        "settleOneLocked": contract.settleOneLocked.encode_input(key, 100, *opened),
        "countUsed": contract.countUsed.encode_input([key]),
        "onRedemption": contract.onRedemption.encode_input(
            prepaid.merchant, 100, 0, [(me, 1, 100)], use("TopUp", mine[1])
        ),
        "withdrawOwed": contract.withdrawOwed.encode_input(me, me, ITSELF),
    }


@pytest.fixture(scope="module")
def calling(make_prepaid: Any, make_token: MakeToken) -> Prepaid:
    """The currency is itself an owner, whose withdrawal and whose new signer are due; so is the agent."""
    token = make_token("ReenteringToken")
    prepaid: Prepaid = make_prepaid(token)
    contract, me = prepaid.contract, {"from": prepaid.deployer}
    token.mint(token, 10**6, me)

    def act(target: Any, data: str) -> None:
        token.program(target, data, 1, me)
        token.transfer(prepaid.merchant, 0, {"from": prepaid.merchant})
        assert (token.callsMade(), token.succeeded()) == (1, True), token.returned()

    act(token, token.approve.encode_input(contract, 2**255))
    act(contract, contract.open.encode_input(prepaid.opening(owner=token), 10_000))
    act(contract, contract.requestWithdrawal.encode_input(own_key(prepaid), ITSELF))
    act(contract, contract.requestSigner.encode_input(own_key(prepaid), token.address, ITSELF))
    token.program(contract, "", 0, me)
    prepaid.open(10_000)
    prepaid.request_withdrawal(prepaid.key())
    later(DAY)
    return prepaid


@pytest.mark.parametrize("during", ["pull", "payout", "withdrawal"])
@pytest.mark.parametrize("function", GUARDED)
def test_a_currency_that_calls_back_finds_the_door_shut(calling: Prepaid, function: str, during: str) -> None:
    prepaid, token, key = calling, calling.token, calling.key()
    call = guarded_calls(prepaid)[function]
    token.setCallsFirst(during == "pull", {"from": prepaid.deployer})
    token.program(prepaid.contract, call, 1, {"from": prepaid.deployer})
    own = prepaid.state(own_key(prepaid))
    if during == "pull":
        prepaid.top_up(key, 7)
        assert prepaid.money(key) == (10_007, 0)
    elif during == "payout":
        prepaid.settle(prepaid.voucher(key, 60))
        assert prepaid.money(key) == (10_000, 60)
    else:
        prepaid.withdraw(key)
        assert prepaid.money(key) == (0, 0)
    assert (token.callsMade(), token.succeeded()) == (1, False)
    assert bytes.fromhex(str(token.returned())[2:]) == selector("ReentrancyGuardReentrantCall")
    assert prepaid.state(own_key(prepaid)) == own
    prepaid.check_books()


def test_every_function_that_moves_money_is_among_the_guarded(calling: Prepaid) -> None:
    """But for those that move none; multicall only calls the others."""
    acts = {
        item["name"]
        for item in calling.contract.abi
        if item["type"] == "function" and item["stateMutability"] == "nonpayable"
    }
    assert acts == set(GUARDED) | {"permit", "cancelConsents", "multicall"}
    assert set(guarded_calls(calling)) == set(GUARDED)


@pytest.mark.parametrize("is_first", [True, False])
def test_an_account_in_the_middle_of_a_payout_is_as_after_it(calling: Prepaid, is_first: bool) -> None:
    """Who looks while a settlement or a withdrawal is on its way sees it as gone."""
    prepaid, token, key = calling, calling.token, calling.key()
    token.setCallsFirst(is_first, {"from": prepaid.deployer})
    view = prepaid.contract.account.encode_input(*key)
    for act in (lambda: prepaid.settle(prepaid.voucher(key, 60)), lambda: prepaid.withdraw(key)):
        token.program(prepaid.contract, view, 1, {"from": prepaid.deployer})
        act()
        assert (token.callsMade(), token.succeeded()) == (1, True)
        words = str(token.returned())[2:]
        seen = tuple(int(words[64 * place : 64 * place + 64], 16) for place in (2, 3))
        assert seen == prepaid.money(key)
