"""countUsed: what a counterparty took of a named series counts as used, what may still come back does not.

As for streams (tests/findings/test_remainder_of_what_was_only_streamed.py): who put 60 % of a certificate
into an account, had the rest paid out as the remainder of one that was used enough, and withdrew, would have
it all as cash.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import NO_SIGNATURE
from tests.support.clock import at
from tests.support.entitlements import NONE, REMAINDER
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.prepaid import DAY, Key, Prepaid, use

FACE = 50_000
THRESHOLD = 30_000


@pytest.fixture(scope="module")
def named(any_prepaid: Prepaid) -> int:
    """The Korean terms: the remainder refunds once 60 % is used. The holder has one certificate."""
    world, unit = any_prepaid.world, any_prepaid.unit
    series = world.named_series(services=[any_prepaid.contract], denomination=FACE * unit)
    world.issue(series, any_prepaid.holder, FACE * unit)
    return series


@pytest.fixture
def key(any_prepaid: Prepaid, named: int) -> Key:
    """The holder's account with as much as would be enough."""
    return open_with(any_prepaid, named, THRESHOLD)


def open_with(prepaid: Prepaid, series: int, micros: int, salt: int = 0) -> Key:
    opening = prepaid.opening(salt, owner=prepaid.holder)
    card = prepaid.world.own_card(series, micros * prepaid.unit)
    prepaid.redeem([card], use("Open", *opening[1:]))
    return prepaid.key(salt, owner=prepaid.holder)


def count(prepaid: Prepaid, *keys: Key) -> Any:
    return prepaid.contract.countUsed(keys, {"from": prepaid.relayer})


def right(prepaid: Prepaid, series: int) -> tuple[int, int, int]:
    found: tuple[int, int, int] = prepaid.world.certificates.refundable(series, prepaid.holder)
    return found


def placed(prepaid: Prepaid, series: int) -> int:
    return int(prepaid.world.certificates.placed(series, prepaid.contract, prepaid.holder)) // prepaid.unit


def test_what_was_only_put_down_frees_no_remainder(any_prepaid: Prepaid, named: int, key: Key) -> None:
    prepaid, holder = any_prepaid, any_prepaid.holder
    count(prepaid, key)
    assert right(prepaid, named) == (NONE, 0, 0)
    rest = (FACE - THRESHOLD) * prepaid.unit
    with reverts("GiftCertificates_OverEntitlement", rest, 0):
        prepaid.world.certificates.refund(holder, named, rest, rest, NO_SIGNATURE, {"from": holder})
    start = prepaid.now()
    prepaid.request_withdrawal(key, holder)
    at(start + DAY)
    prepaid.withdraw(key, holder)
    assert prepaid.world.certificates.account(named, holder)[:2] == (FACE * prepaid.unit, 0)


def test_what_was_taken_counts_when_anybody_says_so(any_prepaid: Prepaid, named: int, key: Key) -> None:
    prepaid, unit = any_prepaid, any_prepaid.unit
    prepaid.settle(prepaid.voucher(key, THRESHOLD - 1))
    count(prepaid, key)
    assert (placed(prepaid, named), right(prepaid, named)) == (1, (NONE, 0, 0))
    prepaid.settle(prepaid.voucher(key, THRESHOLD))
    assert right(prepaid, named) == (NONE, 0, 0)
    tx = count(prepaid, key)
    rest = (FACE - THRESHOLD) * unit
    assert (placed(prepaid, named), right(prepaid, named)) == (0, (REMAINDER, rest, rest))
    counted = ("CountedUsed", named, prepaid.holder, prepaid.contract.address, unit)
    assert logs_of(tx, prepaid.world.certificates) == [counted]


def test_nothing_counts_twice(any_prepaid: Prepaid, named: int, key: Key) -> None:
    """Named twice in one call, and again: two accounts of one card never count each other's money."""
    prepaid = any_prepaid
    other = open_with(prepaid, named, 10_000, 1)
    prepaid.settle(prepaid.voucher(key, 7_000))
    for keys in ((key, key), (key,), (key, other)):
        count(prepaid, *keys)
        assert placed(prepaid, named) == 33_000
    prepaid.settle(prepaid.voucher(other, 10_000), prepaid.voucher(key, 8_000))
    count(prepaid, other, key)
    assert placed(prepaid, named) == 22_000


def test_what_is_left_still_comes_back(any_prepaid: Prepaid, named: int, key: Key) -> None:
    """Counted before and after the withdrawal; and a later deposit counts anew."""
    prepaid, holder = any_prepaid, any_prepaid.holder
    prepaid.settle(prepaid.voucher(key, 7_000))
    count(prepaid, key)
    prepaid.settle(prepaid.voucher(key, 9_000))
    start = prepaid.now()
    prepaid.request_withdrawal(key, holder)
    at(start + DAY)
    prepaid.withdraw(key, holder)
    assert placed(prepaid, named) == 2_000
    count(prepaid, key)
    assert placed(prepaid, named) == 0
    assert prepaid.world.certificates.account(named, holder)[1] == 9_000 * prepaid.unit
    card = prepaid.world.own_card(named, 500 * prepaid.unit)
    prepaid.redeem([card], use("TopUp", key[1]))
    prepaid.settle(prepaid.voucher(key, 9_400))
    count(prepaid, key)
    assert placed(prepaid, named) == 100


def test_other_accounts_are_passed_over(any_prepaid: Prepaid, named: int, key: Key) -> None:
    prepaid = any_prepaid
    plain = prepaid.open(100)
    prepaid.settle(prepaid.voucher(plain, 60), prepaid.voucher(key, 10))
    tx = count(prepaid, plain, prepaid.key(99), key)
    assert len(logs_of(tx, prepaid.world.certificates)) == 1
    assert placed(prepaid, named) == THRESHOLD - 10
    assert logs_of(count(prepaid), prepaid.world.certificates) == []
