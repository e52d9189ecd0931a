"""What the ledger takes and refuses, one by one and all at once, in both databases."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from largesse.database import open_database
from largesse.gateway.batching import ClosedError
from largesse.gateway.charging import MOST_KEPT_BYTES, Charge, LedgerError, Line, hexadecimal
from largesse.gateway.gateway import tables
from largesse.gateway.ledger import Ledger, Owed
from largesse.gateway.ledger_tables import LINES
from largesse.gateway.schemes import Answer, Call
from tests.support.waiting import until

CONTRACT, SELLER, OTHER = "0x" + "11" * 20, "0x" + "22" * 20, "0x" + "33" * 20
INDEX = 2**64 - 5  # more than a signed 64-bit column holds
CALL = Call("GET", "/a", bytes(32))
ANSWER = Answer(200, ((b"content-type", b"text/plain"), (b"x-odd", b"\xe9")), b"hello")


def charge(
    amount: int,
    price: int,
    *,
    index: int = INDEX,
    key: str = "",
    body: bytes = b"hello",
    by_contract: bool = False,
) -> Charge:
    call = Call("GET", "/a", bytes(32), key)
    answer = Answer(200, ANSWER.headers, body)
    return Charge(index, amount, price, b"s%d" % amount, by_contract, call, answer, b"receipt")


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    engine = open_database(database_url, tables())
    made = Ledger(engine, 31337, CONTRACT, SELLER)
    made.open_line(INDEX, 0)
    yield made
    made.close()
    engine.dispose()


def run(ledger: Ledger, *charges: Charge) -> list[Line | BaseException]:
    """All at once."""

    async def together() -> list[Line | BaseException]:
        return await asyncio.gather(*map(ledger.charge, charges), return_exceptions=True)

    return asyncio.run(together())


def reasons(found: list[Line | BaseException]) -> list[str]:
    return [one.reason if isinstance(one, LedgerError) else "charged" for one in found]


def test_a_voucher_pays_one_call(ledger: Ledger) -> None:
    assert run(ledger, charge(10, 10)) == [Line(10, 10, 0)]
    assert reasons(run(ledger, charge(10, 10))) == ["used"]
    assert reasons(run(ledger, charge(19, 10))) == ["not_covered"]
    assert run(ledger, charge(20, 10)) == [Line(20, 20, 0)]
    assert ledger.line(INDEX) == Line(20, 20, 0)
    assert ledger.line(7) is None


def test_what_a_voucher_covers_beyond_its_call_is_the_next_ones(ledger: Ledger) -> None:
    assert run(ledger, charge(25, 10)) == [Line(25, 10, 0)]
    # Lower ones, never used, draw on it; the best one stays kept.
    assert run(ledger, charge(3, 10)) == [Line(25, 20, 0)]
    assert reasons(run(ledger, charge(4, 6))) == ["not_covered"]
    assert reasons(run(ledger, charge(3, 5))) == ["used"]
    assert run(ledger, charge(4, 5)) == [Line(25, 25, 0)]
    (owed,) = ledger.owed()
    assert (owed.amount, owed.signature) == (25, b"s25")


def test_one_voucher_in_many_hands_pays_once(ledger: Ledger) -> None:
    assert sorted(reasons(run(ledger, *[charge(100, 10)] * 50))) == ["charged", *["used"] * 49]


def test_one_retry_key_pays_once(ledger: Ledger) -> None:
    found = run(ledger, *[charge(100 + i, 10, key="k") for i in range(20)])
    assert sorted(reasons(found)) == ["charged", *["used"] * 19]


def test_all_at_once_never_charges_more_than_was_signed(ledger: Ledger) -> None:
    rng = random.Random(1)
    charges = [charge(rng.randrange(1, 400), rng.randrange(1, 9)) for _ in range(300)]
    found = run(ledger, *charges)
    taken = [c for c, one in zip(charges, found, strict=True) if isinstance(one, Line)]
    line = ledger.line(INDEX)
    assert line is not None
    assert line.charged == sum(c.price for c in taken) <= line.best == max(c.amount for c in taken)
    assert len({c.amount for c in taken}) == len(taken)
    for one in taken:
        assert ledger.paid(INDEX, one.amount) is not None


def test_answers_are_kept_for_who_asks_again(ledger: Ledger) -> None:
    run(ledger, charge(10, 10, key="k"))
    for found in (ledger.paid(INDEX, 10), ledger.paid(INDEX, 9, "k")):
        assert found is not None
        assert (found.answer, found.receipt, found.price) == (ANSWER, b"receipt", 10)
    assert ledger.paid(INDEX, 9) is None
    assert ledger.paid(INDEX, 9, "other") is None
    run(ledger, charge(20, 10, body=b"x" * (MOST_KEPT_BYTES + 1)))
    found = ledger.paid(INDEX, 20)
    assert found is not None and found.answer is None


def test_answers_and_paid_calls_are_forgotten(ledger: Ledger) -> None:
    run(ledger, charge(10, 10), charge(20, 10))
    assert ledger.forget_answers(0) == 0
    assert ledger.forget_answers(2**40) == 2
    found = ledger.paid(INDEX, 10)
    assert found is not None and found.answer is None
    assert ledger.forget_payments(2**40) == 0  # not settled yet: its voucher could come again
    ledger.mark_settled({INDEX: 10}, 5)
    assert ledger.forget_payments(2**40) == 1
    assert ledger.paid(INDEX, 10) is None


def test_what_is_owed_and_what_is_settled(ledger: Ledger) -> None:
    ledger.open_line(7, 100)
    assert ledger.owed() == []
    run(ledger, charge(10, 10), charge(130, 30, index=7, by_contract=True))
    owed = ledger.owed()
    assert [(o.index, o.amount, o.settled, o.by_contract) for o in owed] == [
        (7, 130, 100, True),
        (INDEX, 10, 0, False),
    ]
    assert all(one.waits_since > 1_700_000_000 for one in owed)
    ledger.mark_settled({7: 130, INDEX: 4}, 1_234)
    (one,) = ledger.owed()
    assert one == Owed(INDEX, 10, 4, b"s10", by_contract=False, waits_since=1_234)
    ledger.mark_settled({INDEX: 2}, 5_000)  # an older settlement that is told late
    assert ledger.owed() == [one]


def test_an_account_that_is_new_here_begins_with_what_the_chain_has_paid(ledger: Ledger) -> None:
    assert ledger.open_line(9, 500) == Line(500, 500, 500)
    assert reasons(run(ledger, charge(505, 10, index=9))) == ["not_covered"]
    assert run(ledger, charge(510, 10, index=9)) == [Line(510, 510, 500)]
    assert ledger.open_line(9, 700) == Line(510, 510, 500)  # known: nothing changes


def test_sellers_share_a_database_and_nothing_else(ledger: Ledger) -> None:
    other = Ledger(ledger.engine, 31337, CONTRACT, OTHER)
    try:
        assert other.line(INDEX) is None
        other.open_line(INDEX, 0)
        run(ledger, charge(10, 10))
        assert run(other, charge(10, 10)) == [Line(10, 10, 0)]
        assert len(other.owed()) == 1
    finally:
        other.close()


def test_two_gateways_race_for_one_account(database_url: str) -> None:
    """Two writers, as in two processes, over the same vouchers: each pays once, and none is lost."""
    engines = [open_database(database_url, tables()) for _ in range(2)]
    ledgers = [Ledger(engine, 1, CONTRACT, SELLER) for engine in engines]
    ledgers[0].open_line(INDEX, 0)

    async def race() -> list[Line | BaseException]:
        tasks = [one.charge(charge(10 * n, 10)) for n in range(1, 101) for one in ledgers]
        return await asyncio.gather(*tasks, return_exceptions=True)

    try:
        found = reasons(asyncio.run(race()))
        assert found.count("charged") == found.count("used") == 100
        assert ledgers[1].line(INDEX) == Line(1_000, 1_000, 0)
    finally:
        for one in ledgers:
            one.close()
        for engine in engines:
            engine.dispose()


def test_a_settlement_that_is_booked_stands_in_no_charges_way(postgres_url: str) -> None:
    """Both lock lines of many accounts, whatever order the settlement has them in: in one order."""
    engine = open_database(postgres_url, tables())
    ledger = Ledger(engine, 1, CONTRACT, SELLER)
    for index in (1, 2):
        ledger.open_line(index, 0)

    def waiting(number: int) -> None:
        """Until so many wait for a lock."""
        count = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watcher:
            until(lambda: watcher.execute(count).scalar_one() >= number)

    try:
        with ThreadPoolExecutor(2) as pool:
            with engine.begin() as other:
                other.execute(select(LINES).where(LINES.c.account == hexadecimal(1)).with_for_update())
                charged = pool.submit(run, ledger, charge(10, 10, index=1), charge(10, 10, index=2))
                waiting(1)
                booked = pool.submit(ledger.mark_settled, {2: 5, 1: 5}, 1)
                waiting(2)
            booked.result()
            assert all(isinstance(one, Line) for one in charged.result()), charged.result()
        assert [ledger.line(index) for index in (1, 2)] == [Line(10, 10, 5)] * 2
    finally:
        ledger.close()
        engine.dispose()


def test_a_closed_ledger_takes_nothing(ledger: Ledger) -> None:
    ledger.close()
    (error,) = run(ledger, charge(10, 10))
    assert isinstance(error, ClosedError) and error.reason == "closed"
