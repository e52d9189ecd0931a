"""Every figure of the report of a life that was lived by hand: what stands here was reckoned on paper, from
`tests.support.report_life` alone."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from largesse.report.making import Report
from tests.support.report_life import DAY, A, B, C, ReportLife

Make = Callable[..., Report]
SCALE = 10**9
"""Scaled units in a base unit, of won and of dollars."""


def rows(report: Report, table: str, symbol: str = "KRWT") -> list[tuple[Any, ...]]:
    """A currency's rows, without its symbol."""
    return [row[1:] for row in report.table(table).rows if row[0] == symbol]


def series(report: Report, table: str, number: int) -> tuple[Any, ...]:
    """The row of a series, without its number."""
    (row,) = [row for row in rows(report, table) if row[0] == number]
    return row[1:]


@pytest.fixture(scope="module")
def spring(make: Make, report_life: ReportLife) -> Report:
    """Days 40 to 210, of the issuer's own series."""
    return make(
        first=report_life.day(40), last=report_life.day(210), issuer=report_life.desk.address("issuer")
    )


def test_the_contracts_agree(whole: Report, spring: Report) -> None:
    assert (whole.differences, spring.differences) == ((), ())


def test_face_by_series(whole: Report, spring: Report, report_life: ReportLife) -> None:
    issuer, operator = (report_life.desk.address(name) for name in ("issuer", "operator"))
    # Issued 100,000 + 50,000 + 10,000 + 20,000 on day 0 and 10,000 on day 35.
    assert series(whole, "series", A) == (
        issuer, 0, 190_000, 2_000, 0, 50_000, 20_000, 5_000, 0, 117_000, 0, 1_500,
    )  # fmt: skip
    assert series(whole, "series", B) == (operator, 0, 7_000, 0, 0, 500, 0, 0, 0, 0, 6_500, 0)
    assert series(whole, "series", C) == (operator, 0, 3_000, 0, 0, 0, 0, 0, 0, 0, 3_000, 0)
    # Before day 40: 190,000 less 20,000 withdrawn and 30,000 redeemed; then 5,000 + 10,000 + 5,000 redeemed.
    assert series(spring, "series", A) == (
        issuer, 140_000, 0, 2_000, 0, 20_000, 0, 0, 0, 0, 122_000, 1_500,
    )  # fmt: skip
    assert [row[0] for row in rows(spring, "series")] == [1, A]


def test_discount_subsidy(whole: Report, spring: Report) -> None:
    # 8 % of 10,000 and of 20,000, the latter withdrawn; 1 % of 10,000 to who referred the buyer.
    assert series(whole, "subsidy", A) == (2, 30_000, 0, 2_400, 1_600, 0, 100, 900)
    assert series(spring, "subsidy", A) == (0,) * 8


def test_reserve_and_coverage(whole: Report, spring: Report) -> None:
    found = {row[0]: row[1:7] for row in rows(whole, "reserve")}
    # 6,500 and 3,000 outstanding, 1,500 of fees, 500 owed to the beneficiary of the refund after expiry.
    assert found["certificates"] == (11_500, 11_500, 0, 500, 1, 1)
    assert found["sales"] == (19_100, 19_100, 0, 0, 1, 1)
    assert found["jars"] == (500, 500, 0, 0, 1, 1)
    assert found["orders"] == (0, 0, 0, 0, None, 1)
    assert found["accounts"] == (0, 0, 0, 0, None, None)
    dollars = {row[0]: row[1:3] for row in rows(whole, "reserve", "USDC")}
    assert dollars["accounts"] == (100_000_000 - 42_750_000,) * 2
    # Whichever issuer is asked for: 122,000 of A, 9,500 of the other's series, 1,500 of fees.
    assert {row[0]: row[1] for row in rows(spring, "reserve")}["certificates"] == 133_000


def test_redemption_by_cohort(whole: Report, make: Make, report_life: ReportLife) -> None:
    mine = make(issuer=report_life.desk.address("issuer"))
    first, second = rows(mine, "cohorts")
    # At ages of 10, 40, 50 and 200 days; 2,000 of the third came back.
    shares = [Fraction(part, 180_000) for part in (30_000, 43_000, 48_000)]
    ends = (48_000, 20_000 + 5_000 + 107_000, 0)
    assert first == (report_life.month(1), 180_000, 30_000, 43_000, 48_000, *ends, *shares)
    # The holder's redemption on day 50 was of the older face.
    assert second == (report_life.month(2), 10_000, 0, 0, 0, 0, 10_000, 0, 0, 0, 0)
    # With the other issuer's 10,000 of day 20, of which 500 were used a day later.
    assert rows(whole, "cohorts")[0][1:6] == (190_000, 30_500, 43_500, 48_500, 48_500)


def test_a_cohort_that_is_too_young_has_no_figure(make: Make, report_life: ReportLife) -> None:
    early = make(last=report_life.day(50))
    first, second = rows(early, "cohorts")
    assert first[2:5] == (30_500, None, None)
    assert second[2:5] == (None, None, None)
    assert first[8:] == (Fraction(30_500, 190_000), None, None)


def test_time_to_first_use(whole: Report, spring: Report) -> None:
    # The holder after 10 days, the recipient of the link after 28, a buyer in the market after 129.
    assert series(whole, "first_use", A) == (7, 3, 4, 28 * DAY, 10 * DAY, 129 * DAY)
    # Since day 40 only the two buyers in the market are new.
    assert series(spring, "first_use", A) == (2, 1, 1, 129 * DAY, 129 * DAY, 129 * DAY)
    assert series(whole, "first_use", C) == (1, 0, 1, None, None, None)


def test_partial_use(whole: Report, spring: Report) -> None:
    # Unused: giver 20,000, cafe 10,000, agent 5,000.
    # Partly: holder 71,000, recipient 15,000, supporter 1,000.
    assert series(spring, "partial_use", A) == (3, 3, 0, 35_000, 87_000, 1)
    # Forfeited: nobody holds any.
    assert series(whole, "partial_use", A) == (0, 0, 3, 0, 0, 0)
    assert series(whole, "partial_use", B) == (0, 1, 0, 0, 6_500, 1)


def test_what_expires(whole: Report, spring: Report, make: Make, report_life: ReportLife) -> None:
    t0 = report_life.t0
    dates = (t0 + 300 * DAY, t0 + 400 * DAY)
    assert series(whole, "expiry", A) == (*dates, 122_000, 0, 0, 0, 117_000)
    assert series(whole, "expiry", B)[2:] == (0, 0, 0, 6_500, 0)
    assert series(whole, "expiry", C)[2:] == (0, 0, 3_000, 3_000, 0)
    assert series(spring, "expiry", A)[2:] == (0, 0, 0, 0, 0)
    # The last block of day 310 is the refund's.
    autumn = make(first=report_life.day(301), last=report_life.day(310))
    assert series(autumn, "expiry", A)[2:] == (0, 117_000, 0, 0, 0)


def test_refunds_by_reason(whole: Report, spring: Report) -> None:
    assert rows(whole, "refunds") == [
        (A, "post expiry", 1, 5_000, 4_500, 500),
        (A, "withdrawal", 1, 20_000, 18_400, 1_600),
    ]
    assert rows(spring, "refunds") == []


def test_resale(whole: Report, report_life: ReportLife) -> None:
    mean = 1 - Fraction(4_650 + 4_650 + 950, 11_000)
    assert series(whole, "resale", A) == (3, 11_000, 10_250, Fraction(7, 100), mean, DAY)
    days = [(report_life.day(number), 1) for number in (71, 73, 75)]
    assert [row[:2] for row in rows(whole, "resale_days")] == days


def test_tips_per_creator(whole: Report, make: Make, report_life: ReportLife) -> None:
    creator, charity, cafe = (report_life.desk.address(name) for name in ("creator", "charity", "cafe"))
    # A stream of 10 base units a second for two days; one a second: 60 days of a member, one of another.
    flowed = 10 * 2 * DAY + 60 * DAY + DAY
    income = 5_000_000 + flowed
    # On day 9.25: the tip, one day of the stream, of both members.
    collected = 5_000_000 + 12 * DAY
    assert {row[0]: row[1:] for row in rows(whole, "creators", "USDC")} == {
        creator: (
            1, 5_000_000, flowed * SCALE, income * SCALE, collected, (income - collected) * SCALE,
        ),
        charity: (1, 1_000_000, 0, 1_000_000 * SCALE, 0, 1_000_000 * SCALE),
        cafe: (1, 3_000_000, 0, 3_000_000 * SCALE, 0, 3_000_000 * SCALE),
    }  # fmt: skip
    total, left = income + 4_000_000, income - collected + 4_000_000
    assert rows(whole, "tips", "USDC") == [
        (
            3,
            total * SCALE,
            3_000_000 * SCALE,
            income * SCALE,
            Fraction(income, total),
            left * SCALE,
            0,
            2_000_000,
        )
    ]
    # Day 9 alone, up to its last block at a quarter of it: of the stream, of two members.
    (row,) = rows(make(first=report_life.day(9), last=report_life.day(9)), "tips", "USDC")
    assert row[:2] == (1, 12 * (DAY // 4) * SCALE)


def test_memberships_and_churn(whole: Report, report_life: ReportLife) -> None:
    creator = report_life.desk.address("creator")
    assert rows(whole, "memberships", "USDC") == [
        (creator, report_life.month(1), 0, 2, 0, 1, 0, 1, 0, None),
        (creator, report_life.month(2), 1, 0, 0, 0, 0, 1, 0, 0),
        (creator, report_life.month(3), 1, 0, 0, 0, 1, 0, 1, 1),
    ]


def test_cost_of_micropayments(whole: Report, report_life: ReportLife) -> None:
    alone, together = report_life.gas
    assert rows(whole, "settlement_gas", "USDC") == [
        ("1", 1, 1, 2_500_000, alone, alone),
        ("2-10", 1, 2, 40_250_000, together, Fraction(together, 2)),
    ]
    half = Fraction(together, 2)
    assert rows(whole, "micropayments", "USDC") == [
        (10**5, 10**6, 1, 250_000, half, half * 4),
        (10**6, 10**7, 1, 2_500_000, alone, Fraction(alone * 2, 5)),
        (10**7, 10**8, 1, 40_000_000, half, half / 40),
    ]


def test_merchants_and_concentration(whole: Report, report_life: ReportLife) -> None:
    bookshop, cinema, creator = (report_life.desk.address(name) for name in ("bookshop", "cinema", "creator"))
    assert {row[0]: row[1:] for row in rows(whole, "merchants")} == {
        bookshop: (3, 0, 45_000, 1_350, 43_650, 43_650, Fraction(450, 505)),
        cinema: (1, 0, 5_000, 150, 4_850, 4_850, Fraction(50, 505)),
        creator: (1, 1, 500, 0, 500, 0, Fraction(5, 505)),
    }
    hhi = Fraction(450**2 + 50**2 + 5**2, 505**2) * 10_000
    assert rows(whole, "concentration") == [(3, 50_500, 1, hhi)]


def test_thresholds(whole: Report, spring: Report, report_life: ReportLife) -> None:
    issuer, operator = (report_life.desk.address(name) for name in ("issuer", "operator"))
    counted = {(row[0], row[2]): (row[3], row[6]) for row in rows(whole, "thresholds")}
    # The sales of days 0 to 35 are more than a year ago.
    assert counted == {
        (issuer, "outstanding"): (0, "no"),
        (issuer, "issued in 12 months"): (0, "no"),
        (operator, "outstanding"): (9_500, "no"),
        (operator, "issued in 12 months"): (0, "no"),
    }
    counted = {row[2]: row[3:6] for row in rows(spring, "thresholds")}
    assert counted["outstanding"] == (122_000, 3 * 10**9, Fraction(122_000, 3 * 10**9))
    assert counted["issued in 12 months"][0] == 190_000


def test_every_figure_is_defined(whole: Report) -> None:
    for table in whole.tables:
        assert len(table.group.definition) > 50
        assert all(len(row) == len(table.columns) for row in table.rows)
