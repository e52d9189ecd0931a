"""open: an account with its first deposit."""

from typing import Any

import pytest

from tests.support.certificates import DAY, MAX_AMOUNT, ZERO
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.jars import storage_slot
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.prepaid import (
    HOUR,
    MAX_DELAY,
    MAX_DEPOSIT,
    MAX_SALT,
    MIN_DELAY,
    Prepaid,
    State,
    index_of,
)

# reverts


def test_open_reverts_for_nobody_as_counterparty(prepaid: Prepaid) -> None:
    """The contract itself is none: nobody could fetch what it is paid."""
    for nobody in (ZERO, prepaid.contract):
        with reverts("Custody_ZeroAddress"):
            prepaid.open(counterparty=nobody)


def test_open_reverts_for_nobody_as_signer(prepaid: Prepaid) -> None:
    with reverts("Accounts_ZeroSigner"):
        prepaid.open(signer=ZERO)


@pytest.mark.parametrize("delay", [0, MIN_DELAY - 1, MIN_DELAY, MAX_DELAY, MAX_DELAY + 1, 2**24 - 1])
def test_open_reverts_with_a_delay_out_of_range(prepaid: Prepaid, delay: int) -> None:
    if MIN_DELAY <= delay <= MAX_DELAY:
        assert prepaid.state(prepaid.open(delay=delay)).delay_seconds == delay
    else:
        with reverts("Accounts_DelayOutOfRange", delay, HOUR, 180 * DAY):
            prepaid.open(delay=delay)


@pytest.mark.parametrize("ahead", [-1, 0, 1, None])
def test_open_reverts_from_the_expiry_on(prepaid: Prepaid, ahead: int | None) -> None:
    """0 is no expiry."""
    now = at(prepaid.now() + 100)
    expires_at = 0 if ahead is None else now + ahead
    if ahead is None or ahead > 0:
        assert prepaid.state(prepaid.open(expires_at=expires_at)).expires_at == expires_at
    else:
        with reverts("Accounts_ExpiryPassed", expires_at, now):
            prepaid.open(expires_at=expires_at)


def test_open_reverts_for_a_salt_that_was_used(prepaid: Prepaid) -> None:
    """With this counterparty, by this owner; whatever the rest of it."""
    key = prepaid.open(5, salt=3)
    with reverts("Accounts_Exists", *key):
        prepaid.open(1, salt=3, delay=2 * DAY, signer=prepaid.stranger)
    for other in (
        {"salt": 4},
        {"salt": 3, "owner": prepaid.holder},
        {"salt": 3, "counterparty": prepaid.creator},
    ):
        prepaid.open(7, **other)
    assert prepaid.money(key) == (5, 0)
    assert prepaid.held() == 5 + 3 * 7


def test_open_reverts_for_a_salt_whose_account_is_empty(prepaid: Prepaid) -> None:
    """An index is used once for ever: vouchers for it are still signed."""
    spent, withdrawn = prepaid.open(5, salt=1), prepaid.open(5, salt=2)
    prepaid.settle(prepaid.voucher(spent, 5))
    prepaid.request_withdrawal(withdrawn)
    later(DAY)
    prepaid.withdraw(withdrawn)
    for salt, key in ((1, spent), (2, withdrawn)):
        with reverts("Accounts_Exists", *key):
            prepaid.open(5, salt=salt)


def test_open_reverts_for_nothing(prepaid: Prepaid) -> None:
    with reverts("Accounts_ZeroAmount"):
        prepaid.open(0)


def test_open_reverts_for_part_of_a_micro_unit(any_prepaid: Prepaid) -> None:
    """Dust would belong to nobody. Below seven decimals there is none."""
    unit = any_prepaid.unit
    opening, me = any_prepaid.opening(), {"from": any_prepaid.agent}
    if unit == 1:
        any_prepaid.contract.open(opening, 1, me)
        return
    for amount in (1, unit - 1, unit + 1, 5 * unit - 1):
        with reverts("Accounts_Dust", amount, unit):
            any_prepaid.contract.open(opening, amount, me)
    any_prepaid.contract.open(opening, unit, me)
    assert any_prepaid.money(any_prepaid.key()) == (1, 0)


@pytest.mark.parametrize("past", [0, 1])
def test_open_reverts_beyond_47_bits(any_prepaid: Prepaid, past: int) -> None:
    micros = MAX_DEPOSIT + past
    if past:
        with reverts("Accounts_DepositTooLarge", micros, MAX_DEPOSIT):
            any_prepaid.open(micros)
    else:
        assert any_prepaid.money(any_prepaid.open(micros)) == (MAX_DEPOSIT, 0)


def test_open_reverts_for_the_largest_amount(prepaid: Prepaid) -> None:
    """It does not wrap into something small."""
    with reverts("Accounts_DepositTooLarge", MAX_AMOUNT, MAX_DEPOSIT):
        prepaid.open(MAX_AMOUNT)


@pytest.mark.parametrize("missing", ["money", "approval"])
def test_open_reverts_without_money_or_approval(prepaid: Prepaid, missing: str) -> None:
    poor = prepaid.recipient
    if missing == "money":
        prepaid.fund(poor, 99)
        with reverts("ERC20InsufficientBalance", poor, 99, 100):
            prepaid.open(100, owner=poor)
    else:
        prepaid.token.mint(poor, 100, {"from": poor})
        prepaid.token.approve(prepaid.contract, 99, {"from": poor})
        with reverts("ERC20InsufficientAllowance", prepaid.contract, 99, 100):
            prepaid.open(100, owner=poor)


# it opens


def test_open(any_prepaid: Prepaid) -> None:
    prepaid = any_prepaid
    me, expires_at, salt = prepaid.agent, prepaid.now() + 9 * DAY, MAX_SALT
    key = prepaid.key(salt)
    before = prepaid.balance(me)
    tx = prepaid.contract.open(
        prepaid.opening(salt, delay=7 * DAY + 1, expires_at=expires_at), 703 * prepaid.unit, {"from": me}
    )
    assert before - prepaid.balance(me) == prepaid.held() == 703 * prepaid.unit
    signer = prepaid.signer(key)
    assert prepaid.state(key) == State(str(me), signer, 703, 0, 7 * DAY + 1, expires_at, 0, 0, ZERO, 0)
    hot = int(signer, 16) << 96 | 703 << 48
    slot = storage_slot(prepaid.contract, hot, prepaid.merchant, key[1])
    cold = expires_at << 216 | (7 * DAY + 1) << 192 | int(str(me), 16)
    assert [prepaid.word(slot + i) for i in (1, 2)] == [cold, 0]
    assert returned(tx) == key[1] == prepaid.contract.indexOf(me, salt)
    assert logs_of(tx, prepaid.contract) == [
        ("AccountOpened", me, prepaid.merchant, key[1], signer, 7 * DAY + 1, expires_at, 0, 703)
    ]


def test_open_for_oneself(prepaid: Prepaid) -> None:
    """Owner, counterparty and signer may be one account: it has no sense and does no harm."""
    me = prepaid.agent
    key = prepaid.open(10, counterparty=me, signer=me)
    before = prepaid.balance(me)
    prepaid.settle(prepaid.voucher(key, 10, private_key=prepaid.world.key(me)), counterparty=me)
    assert prepaid.balance(me) - before == 10


def test_open_with_one_signer_for_many_accounts(prepaid: Prepaid) -> None:
    """A voucher says which account it is for."""
    keys = [prepaid.open(10, salt=salt, signer=prepaid.supporter) for salt in range(3)]
    assert {prepaid.state(key).signer for key in keys} == {str(prepaid.supporter)}


# indices


@pytest.mark.parametrize("salt", [0, 1, 2**32, MAX_SALT])
def test_index_of(prepaid: Prepaid, salt: int) -> None:
    for owner in (prepaid.agent, prepaid.holder, ZERO, "0x" + "ff" * 20):
        assert prepaid.contract.indexOf(owner, salt) == index_of(owner, salt)


def test_open_by_many_owners_with_one_salt(prepaid: Prepaid) -> None:
    """Whoever opens first takes no index away from another."""
    owners = [prepaid.agent, prepaid.holder, prepaid.giver, prepaid.stranger]
    keys: list[Any] = [prepaid.open(10, owner=owner) for owner in owners]
    assert len(set(keys)) == len(owners)
    assert [prepaid.state(key).owner for key in keys] == [str(owner) for owner in owners]
