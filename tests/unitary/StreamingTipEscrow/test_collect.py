"""collect: what was earned is paid (collect.tree)."""

from typing import Any

import pytest

from tests.fixtures.tokens import MakeToken
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, MIDNIGHT, NOON, TODAY, ZERO, Flow, Jars, claimable_scaled
from tests.support.logs import logs_of
from tests.support.outputs import returned

UNIT = 10**9


def test_collect_reverts_for_a_jar_that_nobody_can_have(jars: Jars) -> None:
    for jar in (jars.jar_of(ZERO), jars.jar_of(jars.creator, 1), 2**256 - 1):
        with reverts("Jar_UnknownJar", jar):
            jars.collect(jar)


@pytest.mark.parametrize("shared", [False, True])
def test_collect_with_nothing_to_pay(jars: Jars, shared: bool) -> None:
    jar = jars.shared_jar([jars.creator, jars.agent], [5_000, 5_000]) if shared else jars.jar
    at(NOON)
    tx = jars.collect(jar)
    assert returned(tx) == 0
    assert logs_of(tx, jars.escrow) == [("Collected", jar, 0, TODAY)]
    assert logs_of(tx, jars.token) == []
    assert jars.escrow.totalOwed() == 0
    assert jars.stored(jar) == (0, TODAY, 0, 0, 0)


def test_collect_pays_by_the_second(any_jars: Jars) -> None:
    jars = any_jars
    rate = 3 * jars.scale + 1
    dust = 3 * 10 * DAY * jars.scale % rate
    at(NOON)
    jars.open(rate, 3 * 10 * DAY)
    paid = 0
    for second in (1, 2, 37, DAY // 2 - 1, DAY // 2, DAY + 5, 3 * DAY):
        at(NOON + second)
        tx = jars.collect()
        amount = (rate * second + dust) // jars.scale - paid
        assert returned(tx) == amount
        assert logs_of(tx, jars.escrow) == [("Collected", jars.jar, amount, (NOON + second) // DAY)]
        paid += amount
        assert jars.balance(jars.creator) == paid
        assert jars.due() == rate * second + dust - paid * jars.scale < jars.scale
    again = at(NOON + 3 * DAY)
    assert returned(jars.collect()) == 0
    assert jars.stored()[1] == again // DAY


def test_collect_is_open_to_anybody_and_pays_the_creator_only(jars: Jars) -> None:
    at(NOON)
    jars.open(UNIT, DAY)
    before = jars.balance(jars.stranger)
    at(NOON + 100)
    jars.escrow.collect(jars.jar, 0, {"from": jars.stranger})
    assert jars.balance(jars.creator) == 100
    assert jars.balance(jars.stranger) == before


@pytest.mark.parametrize("pages", [(9,), (1,) * 9, (0, 3, 0, 2, 9), (2, 2, 2, 2, 2)])
def test_collect_in_pages(jars: Jars, pages: tuple[int, ...]) -> None:
    """Five streams of which one ends on every second day, one in another word of the bitmap; a tip among
    them."""
    ends = [1, 3, 5, 7, 300]
    flows = []
    at(NOON)
    for index, days in enumerate(ends):
        jars.open((index + 1) * UNIT, (index + 1) * days * DAY, index)
        flows.append(Flow((index + 1) * UNIT, NOON, NOON + days * DAY))
    jars.tip(11)
    now = NOON + 301 * DAY
    folded = 0
    collected = 0
    for page in pages:
        at(now)
        tx = jars.collect(max_days=page)
        folded = min(folded + page, len(ends))
        day = TODAY + ends[folded] if folded < len(ends) else now // DAY
        # at the start of the next end's day its stream still runs
        due = claimable_scaled(flows, day * DAY if folded < len(ends) else now, 11 * UNIT)
        assert returned(tx) == due // UNIT - collected
        collected = due // UNIT
        assert jars.stored()[:2] == (sum(f.rate for f in flows[folded:]), day)
        if folded == len(ends):
            break
    assert folded == len(ends)
    assert collected == 11 + sum((i + 1) * d * DAY for i, d in enumerate(ends))
    assert jars.held() == jars.due() == 0


def test_collect_in_pages_while_streams_begin_and_end(jars: Jars) -> None:
    """The cursor is behind all the time; nothing is lost and nothing is paid twice."""
    at(NOON)
    for index in range(4):
        jars.open(UNIT, (index + 1) * DAY, index)
    flows = [Flow(UNIT, NOON, NOON + (i + 1) * DAY) for i in range(4)]
    now = NOON + 10 * DAY
    at(now)
    assert returned(jars.collect(max_days=1)) == claimable_scaled(flows, MIDNIGHT + DAY) // UNIT
    at(now)
    key = jars.open(5 * UNIT, 5 * 2 * DAY, 9)
    jars.open(UNIT, 100, 10)
    at(now + 50)
    jars.cancel(key)
    flows += [Flow(5 * UNIT, now, now + 50), Flow(UNIT, now, now + 100)]
    at(now + 60)
    jars.collect(max_days=1)
    at(now + 60)
    jars.collect(max_days=1)
    mine_at(now + DAY)
    paid = jars.balance(jars.creator) * UNIT
    assert paid + jars.due() == (10 * DAY + 5 * 50 + 100) * UNIT
    jars.collect()
    assert jars.held() == 0


def test_collect_on_the_day_of_an_end_pays_along_a_line(jars: Jars) -> None:
    """A stream that ends at second o of today has earned rate × min(x, o) of it at second x; it shows
    rate × o × x / 86,400, never more, and all of it at midnight."""
    offset = 10_000
    at(NOON)
    jars.open(UNIT, DAY // 2 + offset)
    at(MIDNIGHT)
    assert returned(jars.collect()) == DAY // 2
    shown = 0
    for x in (1, 9, 100, offset - 1, offset, offset + 1, DAY // 2, DAY - 1, DAY):
        at(MIDNIGHT + x)
        jars.collect()
        paid = jars.balance(jars.creator) - DAY // 2
        assert paid == offset * x // DAY
        assert shown <= paid <= min(x, offset)
        shown = paid
    assert shown == offset
    assert jars.held() == 0


def test_collect_takes_a_lump_when_its_day_is_over(jars: Jars) -> None:
    at(NOON)
    jars.open(UNIT, 100)
    at(MIDNIGHT - 1)
    assert returned(jars.collect()) == 0
    assert jars.stored() == (0, TODAY, 0, TODAY, 100 * UNIT)
    at(MIDNIGHT)
    assert returned(jars.collect()) == 100
    assert jars.stored() == (0, TODAY + 1, 0, 0, 0)
    at(MIDNIGHT)
    assert returned(jars.collect()) == 0


def test_collect_takes_a_lump_even_where_its_page_ends_before(jars: Jars) -> None:
    at(NOON)
    jars.open(UNIT, DAY, 0)
    jars.open(UNIT, 2 * DAY, 1)
    at(NOON + 3 * DAY)
    jars.open(UNIT, 100, 2)
    at(NOON + 4 * DAY)
    jars.collect(max_days=0)
    assert jars.stored()[1:] == (TODAY + 1, 0, 0, 0)
    assert jars.balance(jars.creator) == 2 * (DAY // 2) + 100
    at(NOON + 4 * DAY)
    jars.collect()
    assert jars.held() == 0


@pytest.mark.parametrize("first_day", [255 - TODAY % 256, 256 - TODAY % 256])
def test_collect_across_a_word_of_the_bitmap(jars: Jars, first_day: int) -> None:
    """The last day of a word, the first of the next, and a cursor on either."""
    flows = []
    for index, days in enumerate((first_day, first_day + 1, first_day + 256)):
        at(NOON)
        jars.open(UNIT, days * DAY, index)
        flows.append(Flow(UNIT, NOON, NOON + days * DAY))
    for day in (first_day - 1, first_day, first_day + 1, first_day + 2, first_day + 255, first_day + 256):
        for second in (0, DAY // 2 + 5):
            time = (TODAY + day) * DAY + second
            mine_at(time)
            assert jars.due() + jars.balance(jars.creator) * UNIT == claimable_scaled(flows, time)
        jars.collect()
        assert jars.stored()[1] == TODAY + day
    mine_at((TODAY + first_day + 257) * DAY)
    jars.collect()
    assert jars.held() == 0
    assert jars.balance(jars.creator) == sum(f.end - f.start for f in flows)


def test_collect_after_a_hundred_years(jars: Jars) -> None:
    """Words without an end are skipped, 256 days a read."""
    at(NOON)
    jars.open(UNIT, 2 * DAY)
    at(NOON + 36_500 * DAY)
    tx = jars.collect(max_days=1)
    assert returned(tx) == 2 * DAY
    assert tx.gas_used < 500_000


def test_collect_owes_a_creator_whom_the_currency_refuses(make_jars: Any, make_token: MakeToken) -> None:
    jars: Jars = make_jars(make_token("BlacklistToken"))
    at(NOON)
    jars.open(UNIT, DAY)
    jars.token.blacklist(jars.creator, {"from": jars.deployer})
    at(NOON + 100)
    tx = jars.collect()
    assert ("PayoutOwed", jars.creator, 100) in logs_of(tx, jars.escrow)
    assert jars.escrow.owed(jars.creator) == jars.escrow.totalOwed() == 100
    assert jars.held() == DAY
    at(NOON + 200)
    jars.collect()
    assert jars.escrow.owed(jars.creator) == 200
    jars.escrow.withdrawOwed(jars.creator, jars.merchant, ITSELF, {"from": jars.creator})
    assert jars.balance(jars.merchant) == 200


# shared jars


@pytest.mark.parametrize("shares", [[10_000], [9_999, 1], [3_333, 3_333, 3_334], [500] * 20])
def test_collect_of_a_shared_jar(any_jars: Jars, shares: list[int]) -> None:
    """Each payee has its share of all that was collected, rounded down; the rest waits."""
    jars = any_jars
    people = [account(jars, i) for i in range(len(shares))]
    shared = jars.shared_jar(people, shares)
    total = 0
    for amount in (1, 19_998, 1):
        jars.tip(amount, shared)
        tx = jars.collect(shared)
        total += amount
        assert returned(tx) == amount
        assert jars.escrow.sharedJar(shared)[2] == total
        owed = [int(jars.escrow.owed(p)) for p in people]
        assert owed == [total * share // 10_000 for share in shares]
        assert jars.escrow.totalOwed() == sum(owed)
        assert 0 <= jars.held() - sum(owed) < len(shares)
    assert logs_of(tx, jars.escrow)[0] == ("Collected", shared, 1, tx.timestamp // DAY)
    payee = people[0]
    jars.escrow.withdrawOwed(payee, payee, ITSELF, {"from": jars.creator})
    assert jars.balance(payee) == total * shares[0] // 10_000


def account(jars: Jars, index: int) -> str:
    """The creator, then addresses of nobody."""
    return str(jars.creator) if index == 0 else f"0x{index:040x}"
