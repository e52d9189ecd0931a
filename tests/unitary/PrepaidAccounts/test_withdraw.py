"""withdraw: the owner takes what no voucher has taken (withdraw.tree)."""

import pytest

from tests.support.certificates import DAY
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.prepaid import HOUR, MAX_DELAY, MIN_DELAY, Prepaid

# reverts


def test_withdraw_reverts_for_an_account_that_nobody_opened(prepaid: Prepaid) -> None:
    key = prepaid.key(2)
    with reverts("Accounts_Unknown", *key):
        prepaid.withdraw(key)


@pytest.mark.parametrize("who", ["merchant", "stranger", "signer"])
def test_withdraw_reverts_for_anybody_but_the_owner(prepaid: Prepaid, who: str) -> None:
    expires_at = prepaid.now() + DAY
    key = prepaid.open(signer=prepaid.supporter, expires_at=expires_at)
    at(expires_at)
    other = prepaid.supporter if who == "signer" else getattr(prepaid, who)
    with reverts("Custody_NotItself", prepaid.agent, other):
        prepaid.withdraw(key, other)


@pytest.mark.parametrize("how", ["never asked", "cancelled", "withdrawn"])
def test_withdraw_reverts_when_nothing_was_asked_for(prepaid: Prepaid, how: str) -> None:
    """What was asked for is done once."""
    key = prepaid.open()
    if how != "never asked":
        prepaid.request_withdrawal(key)
    later(DAY)
    if how == "cancelled":
        prepaid.cancel_withdrawal(key)
    elif how == "withdrawn":
        prepaid.withdraw(key)
        prepaid.top_up(key, 5)
    with reverts("Accounts_NotRequested", *key):
        prepaid.withdraw(key)


@pytest.mark.parametrize("delay", [MIN_DELAY, MAX_DELAY])
@pytest.mark.parametrize("late", [-1, 0, 1])
def test_withdraw_reverts_before_the_delay_is_over(prepaid: Prepaid, delay: int, late: int) -> None:
    key = prepaid.open(100, delay=delay)
    prepaid.request_withdrawal(key)
    due = prepaid.now() + delay
    at(due + late)
    if late < 0:
        with reverts("Accounts_NotYet", due, due - 1):
            prepaid.withdraw(key)
    else:
        assert returned(prepaid.withdraw(key)) == 100


@pytest.mark.parametrize("delay", [MIN_DELAY, MAX_DELAY])
@pytest.mark.parametrize("late", [-1, 0, 1])
def test_withdraw_reverts_after_one_more_delay(prepaid: Prepaid, delay: int, late: int) -> None:
    """A request that lies about would be a withdrawal without a delay."""
    key = prepaid.open(100, delay=delay)
    prepaid.request_withdrawal(key)
    lapses = prepaid.now() + 2 * delay
    at(lapses + late)
    if late < 0:
        assert returned(prepaid.withdraw(key)) == 100
        return
    with reverts("Accounts_Lapsed", lapses, lapses + late):
        prepaid.withdraw(key)
    now = at(lapses + late + 1)
    prepaid.request_withdrawal(key)
    at(now + delay)
    prepaid.withdraw(key)


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_withdraw_needs_no_request_once_the_account_has_expired(prepaid: Prepaid, late: int) -> None:
    expires_at = prepaid.now() + DAY
    key = prepaid.open(100, expires_at=expires_at)
    at(expires_at + late)
    if late < 0:
        with reverts("Accounts_NotRequested", *key):
            prepaid.withdraw(key)
    else:
        assert returned(prepaid.withdraw(key)) == 100


@pytest.mark.parametrize("asked", ["not due", "lapsed"])
def test_withdraw_looks_at_no_request_once_the_account_has_expired(prepaid: Prepaid, asked: str) -> None:
    expires_at = prepaid.now() + 10 * DAY
    key = prepaid.open(100, expires_at=expires_at)
    at(expires_at - (5 if asked == "not due" else 3 * DAY))
    prepaid.request_withdrawal(key)
    at(expires_at)
    assert returned(prepaid.withdraw(key)) == 100
    assert prepaid.state(key).withdrawable_at == 0


@pytest.mark.parametrize("how", ["settled", "withdrawn"])
def test_withdraw_reverts_when_nothing_is_left(prepaid: Prepaid, how: str) -> None:
    expires_at = prepaid.now() + DAY
    key = prepaid.open(100, expires_at=expires_at)
    if how == "settled":
        prepaid.settle(prepaid.voucher(key, 100))
    at(expires_at)
    if how == "withdrawn":
        prepaid.withdraw(key)
    with reverts("Accounts_NothingLeft", *key):
        prepaid.withdraw(key)


# it pays


@pytest.mark.parametrize("taken", [0, 1, 99])
def test_withdraw(any_prepaid: Prepaid, taken: int) -> None:
    prepaid = any_prepaid
    key = prepaid.open(100)
    prepaid.open(50, salt=1)
    if taken:
        prepaid.settle(prepaid.voucher(key, taken))
    prepaid.request_withdrawal(key)
    before = prepaid.state(key)
    at(prepaid.now() + DAY)
    purse = prepaid.balance(prepaid.agent)
    tx = prepaid.withdraw(key)
    left = (100 - taken) * prepaid.unit
    assert returned(tx) == prepaid.balance(prepaid.agent) - purse == left
    assert prepaid.state(key) == before._replace(deposit=taken, withdrawable_at=0)
    assert prepaid.held() == 50 * prepaid.unit
    assert logs_of(tx, prepaid.contract) == [("Withdrawn", *key, left)]


def test_withdraw_what_was_settled_until_then(prepaid: Prepaid) -> None:
    """The delay is there for this: a voucher comes first, also in the last second."""
    key = prepaid.open(100)
    prepaid.request_withdrawal(key)
    due = prepaid.now() + DAY
    at(due - 1)
    prepaid.settle(prepaid.voucher(key, 70))
    at(due)
    assert returned(prepaid.withdraw(key)) == 30
    assert prepaid.balance(prepaid.merchant) == 70
    prepaid.settle(prepaid.voucher(key, 71))
    assert prepaid.money(key) == (70, 70)


def test_withdraw_and_go_on(prepaid: Prepaid) -> None:
    """Vouchers stay cumulative: the next is above what was paid in all."""
    key = prepaid.open(100)
    prepaid.settle(prepaid.voucher(key, 40))
    prepaid.request_withdrawal(key)
    later(DAY)
    prepaid.withdraw(key)
    prepaid.top_up(key, 10)
    prepaid.settle(prepaid.voucher(key, 51))
    assert prepaid.money(key) == (50, 40)
    prepaid.settle(prepaid.voucher(key, 50))
    assert prepaid.money(key) == (50, 50)
    assert prepaid.balance(prepaid.merchant) == 50


def test_withdraw_leaves_a_voucher_signed_that_was_not_settled(prepaid: Prepaid) -> None:
    """As the interface says: it is good again for money that is put down later."""
    key = prepaid.open(100)
    voucher = prepaid.voucher(key, 60)
    prepaid.request_withdrawal(key)
    later(DAY)
    prepaid.withdraw(key)
    prepaid.settle(voucher)
    assert prepaid.money(key) == (0, 0)
    prepaid.top_up(key, 59)
    prepaid.settle(voucher)
    assert prepaid.money(key) == (59, 0)
    prepaid.top_up(key, 1)
    prepaid.settle(voucher)
    assert prepaid.money(key) == (60, 60)


def test_withdraw_keeps_a_signer_that_was_asked_for(prepaid: Prepaid) -> None:
    key = prepaid.open(100)
    prepaid.request_withdrawal(key)
    later(HOUR)
    prepaid.request_signer(key, prepaid.supporter)
    asked = prepaid.state(key)
    later(DAY - HOUR)
    prepaid.withdraw(key)
    assert prepaid.state(key) == asked._replace(deposit=0, withdrawable_at=0)
