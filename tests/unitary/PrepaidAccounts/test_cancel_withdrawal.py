"""cancelWithdrawal: the owner takes its request back."""

import pytest

from tests.support.certificates import DAY
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.prepaid import Prepaid

# reverts


def test_cancel_withdrawal_reverts_for_an_account_that_nobody_opened(prepaid: Prepaid) -> None:
    key = prepaid.key(2)
    with reverts("Accounts_Unknown", *key):
        prepaid.cancel_withdrawal(key)


@pytest.mark.parametrize("who", ["merchant", "stranger", "signer"])
def test_cancel_withdrawal_reverts_for_anybody_but_the_owner(prepaid: Prepaid, who: str) -> None:
    key = prepaid.open(signer=prepaid.supporter)
    prepaid.request_withdrawal(key)
    other = prepaid.supporter if who == "signer" else getattr(prepaid, who)
    with reverts("Custody_NotItself", prepaid.agent, other):
        prepaid.cancel_withdrawal(key, other)


@pytest.mark.parametrize("how", ["never asked", "cancelled", "withdrawn"])
def test_cancel_withdrawal_reverts_when_nothing_was_asked_for(prepaid: Prepaid, how: str) -> None:
    key = prepaid.open()
    if how != "never asked":
        prepaid.request_withdrawal(key)
    if how == "cancelled":
        prepaid.cancel_withdrawal(key)
    elif how == "withdrawn":
        later(DAY)
        prepaid.withdraw(key)
    with reverts("Accounts_NotRequested", *key):
        prepaid.cancel_withdrawal(key)


# it takes it back


@pytest.mark.parametrize("when", [0, DAY - 1, DAY, 2 * DAY - 1, 2 * DAY])
def test_cancel_withdrawal(prepaid: Prepaid, when: int) -> None:
    """While it waits, when it is due, and after it has lapsed."""
    key = prepaid.open(100)
    prepaid.request_signer(key, prepaid.supporter)
    before = prepaid.state(key)
    prepaid.request_withdrawal(key)
    at(prepaid.now() + when)
    tx = prepaid.cancel_withdrawal(key)
    assert prepaid.state(key) == before
    assert prepaid.held() == 100
    assert logs_of(tx, prepaid.contract) == [("WithdrawalCancelled", *key)]
    with reverts("Accounts_NotRequested", *key):
        prepaid.withdraw(key)
