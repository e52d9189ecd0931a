"""topUp: more money for an account, by anybody."""

import pytest

from tests.support.certificates import DAY
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.prepaid import MAX_DEPOSIT, MAX_INDEX, Prepaid

# reverts


@pytest.mark.parametrize("other", ["never opened", "another counterparty", "another owner", "the last index"])
def test_top_up_reverts_for_an_account_that_nobody_opened(prepaid: Prepaid, other: str) -> None:
    key = prepaid.open(salt=1)
    key = {
        "never opened": prepaid.key(2),
        "another counterparty": (str(prepaid.creator), key[1]),
        "another owner": prepaid.key(1, owner=prepaid.holder),
        "the last index": (key[0], MAX_INDEX),
    }[other]
    with reverts("Accounts_Unknown", *key):
        prepaid.top_up(key, 1)


def test_top_up_reverts_for_nothing(prepaid: Prepaid) -> None:
    key = prepaid.open()
    with reverts("Accounts_ZeroAmount"):
        prepaid.top_up(key, 0)


def test_top_up_reverts_for_part_of_a_micro_unit(any_prepaid: Prepaid) -> None:
    key, unit = any_prepaid.open(5), any_prepaid.unit
    if unit > 1:
        for amount in (1, unit - 1, unit + 1):
            with reverts("Accounts_Dust", amount, unit):
                any_prepaid.contract.topUp(key, amount, {"from": any_prepaid.agent})
    any_prepaid.contract.topUp(key, unit, {"from": any_prepaid.agent})
    assert any_prepaid.money(key) == (6, 0)


def test_top_up_reverts_beyond_47_bits(any_prepaid: Prepaid) -> None:
    """In all: what was spent counts, what was withdrawn does not."""
    prepaid = any_prepaid
    key = prepaid.open(MAX_DEPOSIT - 10)
    prepaid.settle(prepaid.voucher(key, 1_000))
    with reverts("Accounts_DepositTooLarge", MAX_DEPOSIT + 1, MAX_DEPOSIT):
        prepaid.top_up(key, 11)
    prepaid.top_up(key, 10)
    with reverts("Accounts_DepositTooLarge", MAX_DEPOSIT + 1, MAX_DEPOSIT):
        prepaid.top_up(key, 1)
    assert prepaid.money(key) == (MAX_DEPOSIT, 1_000)
    prepaid.request_withdrawal(key)
    later(DAY)
    prepaid.withdraw(key)
    prepaid.top_up(key, MAX_DEPOSIT - 1_000)
    with reverts("Accounts_DepositTooLarge", MAX_DEPOSIT + 1, MAX_DEPOSIT):
        prepaid.top_up(key, 1)
    assert prepaid.money(key) == (MAX_DEPOSIT, 1_000)


@pytest.mark.parametrize("missing", ["money", "approval"])
def test_top_up_reverts_without_money_or_approval(prepaid: Prepaid, missing: str) -> None:
    key, poor = prepaid.open(), prepaid.recipient
    if missing == "money":
        prepaid.fund(poor, 4)
        with reverts("ERC20InsufficientBalance", poor, 4, 5):
            prepaid.top_up(key, 5, poor)
    else:
        prepaid.token.mint(poor, 5, {"from": poor})
        prepaid.token.approve(prepaid.contract, 4, {"from": poor})
        with reverts("ERC20InsufficientAllowance", prepaid.contract, 4, 5):
            prepaid.top_up(key, 5, poor)


# it adds


@pytest.mark.parametrize("payer", ["agent", "stranger", "merchant"])
def test_top_up(any_prepaid: Prepaid, payer: str) -> None:
    """Whoever pays: the deposit grows, and nothing else is another."""
    prepaid = any_prepaid
    who = getattr(prepaid, payer)
    prepaid.fund(who, 40 * prepaid.unit)
    key = prepaid.open(100, salt=7)
    prepaid.settle(prepaid.voucher(key, 60))
    before, purse = prepaid.state(key), prepaid.balance(who)
    tx = prepaid.top_up(key, 40, who)
    assert purse - prepaid.balance(who) == 40 * prepaid.unit
    assert prepaid.state(key) == before._replace(deposit=140)
    assert logs_of(tx, prepaid.contract) == [("Deposited", *key, 40 * prepaid.unit, 140)]
    prepaid.settle(prepaid.voucher(key, 140))
    assert prepaid.balance(prepaid.merchant) == 140 * prepaid.unit


def test_top_up_changes_nothing_that_was_asked_for(prepaid: Prepaid) -> None:
    """Neither a stranger's nor the owner's own."""
    key = prepaid.open(100)
    prepaid.request_withdrawal(key)
    later(50)
    prepaid.request_signer(key, prepaid.supporter)
    asked = prepaid.state(key)
    for payer in (prepaid.stranger, prepaid.agent):
        prepaid.top_up(key, 1, payer)
    assert prepaid.state(key) == asked._replace(deposit=102)
    later(DAY)
    prepaid.change_signer(key)
    before = prepaid.balance(prepaid.agent)
    prepaid.withdraw(key)
    assert prepaid.balance(prepaid.agent) - before == 102


def test_top_up_of_an_expired_account(prepaid: Prepaid) -> None:
    """It is the owner's, who can take it at once."""
    expires_at = prepaid.now() + 100
    key = prepaid.open(10, expires_at=expires_at)
    at(expires_at)
    prepaid.top_up(key, 5, prepaid.stranger)
    before = prepaid.balance(prepaid.agent)
    prepaid.withdraw(key)
    assert prepaid.balance(prepaid.agent) - before == 15


def test_top_up_makes_a_voucher_good_that_was_too_large(prepaid: Prepaid) -> None:
    key = prepaid.open(10)
    voucher = prepaid.voucher(key, 15)
    prepaid.settle(voucher)
    assert prepaid.money(key) == (10, 0)
    prepaid.top_up(key, 4)
    prepaid.settle(voucher)
    assert prepaid.money(key) == (14, 0)
    prepaid.top_up(key, 1)
    prepaid.settle(voucher)
    assert prepaid.money(key) == (15, 15)
