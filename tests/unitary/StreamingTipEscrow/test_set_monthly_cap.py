"""setMonthlyCap: what a payer allows itself in a calendar month, UTC."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, Jars, use
from tests.support.logs import logs_of

NO_LIMIT = 2**96 - 1
MARCH = (2030 - 1970) * 12 + 2


def month(year: int, number: int) -> int:
    """The first second of a month."""
    return int(datetime(year, number, 1, tzinfo=UTC).timestamp())


APRIL = month(2030, 4)


def cap(jars: Jars, limit: int, payer: Any = None) -> Any:
    payer = payer or jars.supporter
    return jars.escrow.setMonthlyCap(payer, limit, ITSELF, {"from": payer})


def shown(jars: Jars, payer: Any = None) -> tuple[int, int, int]:
    limit, used, following = jars.escrow.monthlyCap(payer or jars.supporter)
    return (int(limit), int(used), int(following))


def test_set_monthly_cap_reverts_for_another_account(jars: Jars) -> None:
    with reverts("Custody_NotItself", jars.supporter, jars.creator):
        jars.escrow.setMonthlyCap(jars.supporter, 0, ITSELF, {"from": jars.creator})


def test_there_is_no_cap_at_first(jars: Jars) -> None:
    assert shown(jars) == (NO_LIMIT, 0, NO_LIMIT)
    jars.tip(NO_LIMIT)
    assert shown(jars) == (NO_LIMIT, 0, NO_LIMIT)


def test_the_first_cap_takes_effect_at_once_and_does_not_look_back(jars: Jars) -> None:
    at(NOON)
    jars.tip(1_000)
    tx = cap(jars, 100)
    assert logs_of(tx, jars.escrow) == [("MonthlyCapSet", jars.supporter, 100, MARCH)]
    assert shown(jars) == (100, 0, 100)
    with reverts("Jar_OverMonthlyCap", jars.supporter, 0, 101, 100):
        jars.tip(101)
    jars.tip(60)
    assert shown(jars) == (100, 60, 100)
    with reverts("Jar_OverMonthlyCap", jars.supporter, 60, 41, 100):
        jars.tip(41)
    jars.tip(40)
    with reverts("Jar_OverMonthlyCap", jars.supporter, 100, 1, 100):
        jars.tip(1)
    # nobody else's
    jars.escrow.tip(jars.giver, jars.jar, 101, "", ITSELF, {"from": jars.giver})


def test_a_cap_of_nothing_stops_every_payment(jars: Jars) -> None:
    cap(jars, 0)
    with reverts("Jar_OverMonthlyCap", jars.supporter, 0, 1, 0):
        jars.tip(1)


@pytest.mark.parametrize(
    "last, first",
    [
        (APRIL - 1, APRIL),
        (month(2031, 1) - 1, month(2031, 1)),
        (month(2032, 3) - 1, month(2032, 3)),  # the second after 29 February
        (month(2033, 3) - 1, month(2033, 3)),  # after the 28th
        (month(2100, 3) - 1, month(2100, 3)),  # no leap year
    ],
)
def test_a_month_ends_to_the_second(jars: Jars, last: int, first: int) -> None:
    cap(jars, 100)
    at(last)
    jars.tip(100)
    with reverts("Jar_OverMonthlyCap", jars.supporter, 100, 1, 100):
        jars.tip(1)
    mine_at(first)
    assert shown(jars) == (100, 0, 100)
    at(first)
    jars.tip(100)
    assert shown(jars) == (100, 100, 100)


def test_29_february_is_a_day_of_february(jars: Jars) -> None:
    cap(jars, 100)
    at(month(2032, 2))
    jars.tip(100)
    at(month(2032, 3) - DAY)
    with reverts("Jar_OverMonthlyCap", jars.supporter, 100, 1, 100):
        jars.tip(1)


def test_a_lower_cap_takes_effect_at_once_and_counts_what_was_paid(jars: Jars) -> None:
    at(NOON)
    cap(jars, 100)
    jars.tip(60)
    tx = cap(jars, 50)
    assert logs_of(tx, jars.escrow) == [("MonthlyCapSet", jars.supporter, 50, MARCH)]
    assert shown(jars) == (50, 60, 50)
    with reverts("Jar_OverMonthlyCap", jars.supporter, 60, 1, 50):
        jars.tip(1)
    at(APRIL)
    jars.tip(50)


@pytest.mark.parametrize("higher", [101, NO_LIMIT])
def test_a_higher_cap_waits_for_the_next_month(jars: Jars, higher: int) -> None:
    at(NOON)
    cap(jars, 100)
    jars.tip(100)
    tx = cap(jars, higher)
    assert logs_of(tx, jars.escrow) == [("MonthlyCapSet", jars.supporter, higher, MARCH + 1)]
    assert shown(jars) == (100, 100, higher)
    at(APRIL - 1)
    with reverts("Jar_OverMonthlyCap", jars.supporter, 100, 1, 100):
        jars.tip(1)
    mine_at(APRIL)
    assert shown(jars) == (higher, 0, higher)
    at(APRIL)
    jars.tip(101)
    assert shown(jars)[0] == higher
    if higher == 101:
        with reverts("Jar_OverMonthlyCap", jars.supporter, 101, 1, 101):
            jars.tip(1)
        at(month(2030, 9))
        jars.tip(101)


def test_a_lower_cap_takes_back_a_higher_one_that_waits(jars: Jars) -> None:
    at(NOON)
    cap(jars, 100)
    cap(jars, 500)
    cap(jars, 300)
    assert shown(jars) == (100, 0, 300)
    cap(jars, 100)
    assert shown(jars) == (100, 0, 100)
    mine_at(APRIL)
    assert shown(jars) == (100, 0, 100)


def test_a_higher_cap_that_has_come_is_kept_when_another_is_set(jars: Jars) -> None:
    at(NOON)
    cap(jars, 100)
    cap(jars, 500)
    at(APRIL + DAY)
    jars.tip(400)
    cap(jars, 900)
    assert shown(jars) == (500, 400, 900)
    at(month(2030, 5) - 1)
    jars.tip(100)
    mine_at(month(2030, 5))
    assert shown(jars) == (900, 0, 900)


def test_a_higher_cap_waits_over_months_in_which_nothing_happens(jars: Jars) -> None:
    at(NOON)
    cap(jars, 100)
    jars.tip(100)
    cap(jars, 500)
    mine_at(month(2031, 7))
    assert shown(jars) == (500, 0, 500)
    at(month(2031, 7))
    jars.tip(500)
    cap(jars, 600)
    assert shown(jars) == (500, 500, 600)


def test_a_removed_cap_is_none_and_a_new_one_does_not_look_back(jars: Jars) -> None:
    at(NOON)
    cap(jars, 100)
    cap(jars, NO_LIMIT)
    at(APRIL)
    jars.tip(5_000)
    assert shown(jars) == (NO_LIMIT, 0, NO_LIMIT)
    cap(jars, 100)
    assert shown(jars) == (100, 0, 100)


@pytest.mark.parametrize("how", ["open", "topUp", "subscribe", "giveSubscriptions", "tipHandle", "cards"])
def test_every_payment_counts(jars: Jars, how: str) -> None:
    """Of whoever pays: a top-up counts for who pays it, a redemption for the cards' holder."""
    payer = jars.supporter
    rate = jars.set_tier()
    if how == "topUp":
        key = jars.key(payer=jars.giver)
        jars.open(rate, 10 * DAY, payer=jars.giver)
    if how == "cards":
        payer = jars.holder
        series = jars.world.create_series()
        jars.world.issue(series, payer, 1_000)
    at(NOON)
    cap(jars, 999, payer)

    def pay(amount: int) -> None:
        send = {"from": payer}
        if how == "open":
            jars.open(rate, amount)
        elif how == "topUp":
            jars.escrow.topUp(key, payer, amount, ITSELF, send)
        elif how == "subscribe":
            jars.escrow.subscribe(jars.subscription(rate, amount), ITSELF, send)
        elif how == "giveSubscriptions":
            gifts = jars.gifts(rate, bytes(32), payer=payer, count=2, amount_each=amount // 2)
            jars.escrow.giveSubscriptions(gifts, ITSELF, send)
        elif how == "tipHandle":
            jars.escrow.tipHandle(jars.handle_tip(amount), "", ITSELF, send)
        else:
            jars.redeem([jars.world.own_card(series, amount)], use("Tip", "hello"))

    with reverts("Jar_OverMonthlyCap", payer, 0, 1_000, 999):
        pay(1_000)
    pay(900)
    assert shown(jars, payer) == (999, 900, 999)
    assert shown(jars, jars.giver) == (NO_LIMIT, 0, NO_LIMIT)


def test_refunds_do_not_count_back(jars: Jars) -> None:
    at(NOON)
    cap(jars, 100)
    key = jars.open(10**9, 100)
    jars.cancel(key)
    assert shown(jars) == (100, 100, 100)
    with reverts("Jar_OverMonthlyCap", jars.supporter, 100, 1, 100):
        jars.open(10**9, 1)
