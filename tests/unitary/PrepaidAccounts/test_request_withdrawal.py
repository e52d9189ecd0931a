"""requestWithdrawal: the owner asks for what is left."""

import pytest

from tests.support.certificates import DAY
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.prepaid import ITSELF, MAX_DELAY, MIN_DELAY, Prepaid

# reverts


def test_request_withdrawal_reverts_for_an_account_that_nobody_opened(prepaid: Prepaid) -> None:
    key = prepaid.key(2)
    with reverts("Accounts_Unknown", *key):
        prepaid.request_withdrawal(key)


@pytest.mark.parametrize("who", ["merchant", "stranger", "signer"])
def test_request_withdrawal_reverts_for_anybody_but_the_owner(prepaid: Prepaid, who: str) -> None:
    """The session key spends, and nothing more."""
    key = prepaid.open(signer=prepaid.supporter)
    other = prepaid.supporter if who == "signer" else getattr(prepaid, who)
    with reverts("Custody_NotItself", prepaid.agent, other):
        prepaid.request_withdrawal(key, other)


# it asks


@pytest.mark.parametrize("delay", [MIN_DELAY, DAY, MAX_DELAY])
def test_request_withdrawal(prepaid: Prepaid, delay: int) -> None:
    key = prepaid.open(100, delay=delay)
    before, held = prepaid.state(key), prepaid.held()
    now = at(prepaid.now() + 77)
    tx = prepaid.request_withdrawal(key)
    assert prepaid.state(key) == before._replace(withdrawable_at=now + delay)
    assert prepaid.held() == held
    assert returned(tx) == now + delay
    assert logs_of(tx, prepaid.contract) == [("WithdrawalRequested", *key, now + delay)]


@pytest.mark.parametrize("when", [0, 100, DAY, 2 * DAY, 9 * DAY])
def test_request_withdrawal_again_begins_anew(prepaid: Prepaid, when: int) -> None:
    """While it waits, when it is due, when it has lapsed: the delay is never shorter."""
    key = prepaid.open(100)
    prepaid.request_withdrawal(key)
    now = at(prepaid.now() + when)
    prepaid.request_withdrawal(key)
    assert prepaid.state(key).withdrawable_at == now + DAY
    at(now + DAY - 1)
    with reverts("Accounts_NotYet", now + DAY, now + DAY - 1):
        prepaid.withdraw(key)
    at(now + DAY)
    prepaid.withdraw(key)


def test_request_withdrawal_of_an_empty_account(prepaid: Prepaid) -> None:
    """It may be topped up before it is due."""
    key = prepaid.open(5)
    prepaid.settle(prepaid.voucher(key, 5))
    prepaid.request_withdrawal(key)
    prepaid.top_up(key, 3)
    later(DAY)
    before = prepaid.balance(prepaid.agent)
    prepaid.withdraw(key)
    assert prepaid.balance(prepaid.agent) - before == 3


def test_request_withdrawal_leaves_a_pending_signer_alone(prepaid: Prepaid) -> None:
    key = prepaid.open()
    prepaid.request_signer(key, prepaid.supporter)
    asked = prepaid.state(key)
    now = at(prepaid.now() + 5)
    prepaid.request_withdrawal(key)
    assert prepaid.state(key) == asked._replace(withdrawable_at=now + DAY)


def test_request_withdrawal_of_one_account_only(prepaid: Prepaid) -> None:
    keys = [prepaid.open(salt=salt) for salt in range(2)]
    prepaid.contract.requestWithdrawal(keys[0], ITSELF, {"from": prepaid.agent})
    assert prepaid.state(keys[1]).withdrawable_at == 0
