"""forfeit: after limitation, what lies in a named series' account goes to the beneficiary."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import DAY
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.payments import assert_books
from tests.support.prepaid import MAX_DELAY, MIN_DELAY, Key, Prepaid, use


@pytest.fixture(scope="module")
def named(prepaid: Prepaid) -> int:
    series = prepaid.world.named_series(services=[prepaid.contract])
    prepaid.world.issue(series, prepaid.holder, 50_000)
    return series


def open_with(prepaid: Prepaid, series: int, amount: int, **opening: Any) -> Key:
    values = prepaid.opening(owner=prepaid.holder, **opening)
    prepaid.redeem([prepaid.world.own_card(series, amount)], use("Open", *values[1:]))
    return prepaid.key(owner=prepaid.holder)


def limitation_of(prepaid: Prepaid, series: int) -> int:
    return int(prepaid.world.certificates.terms(series)[3])


def forfeit(prepaid: Prepaid, key: Key) -> Any:
    return prepaid.contract.forfeit(key, {"from": prepaid.stranger})


# reverts


def test_forfeit_reverts_for_an_account_that_nobody_opened(prepaid: Prepaid) -> None:
    key = prepaid.key(2)
    with reverts("Accounts_Unknown", *key):
        forfeit(prepaid, key)


def test_forfeit_reverts_for_plain_money(prepaid: Prepaid) -> None:
    """Whoever owns it, however long it lies there; money of an open series too."""
    series = prepaid.world.create_series()
    prepaid.world.issue(series, prepaid.holder, 100)
    keys = [prepaid.open(100), open_with(prepaid, series, 100)]
    at(prepaid.now() + 100 * 365 * DAY)
    for key in keys:
        with reverts("Accounts_NotOfSeries", *key):
            forfeit(prepaid, key)


@pytest.mark.parametrize("delay", [MIN_DELAY, MAX_DELAY])
@pytest.mark.parametrize("late", [-1, 0, 1])
def test_forfeit_reverts_until_a_delay_after_limitation(
    prepaid: Prepaid, named: int, delay: int, late: int
) -> None:
    key = open_with(prepaid, named, 100, delay=delay, expires_at=prepaid.now() + 10)
    due = limitation_of(prepaid, named) + delay
    at(due + late)
    if late < 0:
        with reverts("Accounts_NotYet", due, due - 1):
            forfeit(prepaid, key)
    else:
        assert returned(forfeit(prepaid, key)) == 100


@pytest.mark.parametrize("how", ["settled", "forfeited"])
def test_forfeit_reverts_when_nothing_is_left(prepaid: Prepaid, named: int, how: str) -> None:
    key = open_with(prepaid, named, 100)
    at(limitation_of(prepaid, named) + DAY)
    if how == "settled":
        prepaid.settle(prepaid.voucher(key, 100))
    else:
        forfeit(prepaid, key)
    with reverts("Accounts_NothingLeft", *key):
        forfeit(prepaid, key)


# it pays


def test_forfeit(prepaid: Prepaid, named: int) -> None:
    """What no voucher took until then; whoever asks for it."""
    key = open_with(prepaid, named, 100)
    due = limitation_of(prepaid, named) + DAY
    at(due - 1)
    prepaid.settle(prepaid.voucher(key, 30))
    prepaid.request_withdrawal(key, prepaid.holder)
    before = prepaid.state(key)
    at(due)
    tx = forfeit(prepaid, key)
    assert returned(tx) == prepaid.balance(prepaid.beneficiary) == 70
    assert prepaid.state(key) == before._replace(deposit=30, withdrawable_at=0)
    assert logs_of(tx, prepaid.contract) == [("Withdrawn", *key, 70)]
    assert prepaid.held() == 0
    assert_books(prepaid.world)


def test_forfeit_waits_for_a_merchant_that_settles_late(prepaid: Prepaid, named: int) -> None:
    """The owner can hurry it to the beneficiary only as it can withdraw: by a request and a delay."""
    key = open_with(prepaid, named, 100)
    limitation = limitation_of(prepaid, named)
    at(limitation)
    with reverts("Accounts_NotRequested", *key):
        prepaid.withdraw(key, prepaid.holder)
    with reverts("Accounts_NotYet", limitation + DAY, limitation):
        forfeit(prepaid, key)
    at(limitation + DAY - 1)
    prepaid.settle(prepaid.voucher(key, 100))
    assert prepaid.balance(prepaid.merchant) == 100
