"""Figures of histories told by hand: what a chain would take long to bring about."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from largesse.chainlogs import Event, LogError
from largesse.report import issues, memberships, merchants, resale, reserve, settlement, thresholds, use
from largesse.report.checks import _inside
from largesse.report.history import History, Low, Reserve
from largesse.report.model import Group, median, share
from largesse.report.outflows import actual, expected
from largesse.report.showing import amount, decimal
from tests.support.told_events import (
    DAY,
    NOBODY,
    RECORD,
    T0,
    Told,
    certificates,
    money,
    person,
    transfer,
)  # fmt: skip

ISSUER, ANNA, BEN, SHOP = map(person, (1, 2, 3, 4))
CERTIFICATES = RECORD.certificates


@pytest.fixture(autouse=True)
def isolation() -> None:
    """No chain here."""


@pytest.fixture
def told() -> Told:
    made = Told()
    made.series(1, ISSUER)
    return made


def rows(group: Group, history: History) -> list[tuple[Any, ...]]:
    return list(group.rows(history, history.scope))


def cohort(told: Told) -> dict[str, tuple[Any, ...]]:
    """By month: issued, redeemed within 30, 180, 365 days, redeemed, other ends, outstanding."""
    history = told.history()
    assert _inside(history) == []
    return {str(row[0]): row[1:8] for row in rows(use.cohorts, history)}


# ---------------------------------------------------------------------------------------------------- cohorts


def test_the_oldest_face_is_spent_first_whoever_holds_it(told: Told) -> None:
    told.issue(40, 1, ANNA, 100)
    told.issue(1, 1, BEN, 50)
    told.hand(60, 1, BEN, ANNA, 50)
    told.redeem(70, 1, ANNA, SHOP, 60)
    told.tell(500)
    # 50 of January at an age of 69 days, 10 of February at one of 30 exactly, which is not within them.
    assert cohort(told) == {
        "2027-01": (50, 0, 50, 50, 50, 0, 0),
        "2027-02": (100, 0, 10, 10, 10, 0, 90),
    }


def test_an_age_one_second_below_thirty_days_is_within_them(told: Told) -> None:
    told.issue(0, 1, ANNA, 2)
    told.redeem(30 - 1 / DAY, 1, ANNA, SHOP, 1)
    told.redeem(30, 1, ANNA, SHOP, 1)
    told.tell(400)
    assert cohort(told)["2027-01"][1:3] == (1, 2)


def test_what_comes_back_was_redeemed_last(told: Told) -> None:
    told.issue(0, 1, ANNA, 100)
    told.redeem(10, 1, ANNA, SHOP, 40)
    told.redeem(50, 1, ANNA, SHOP, 30)
    told.restore(51, 1, ANNA, SHOP, 35)
    told.tell(400)
    assert cohort(told)["2027-01"] == (100, 35, 35, 35, 35, 0, 65)
    told.redeem(401, 1, ANNA, SHOP, 65)
    assert cohort(told)["2027-01"] == (100, 35, 35, 35, 100, 0, 0)


def test_gifts_keep_the_date_of_their_face(told: Told) -> None:
    told.issue(0, 1, ANNA, 100)
    batch = b"\x01" * 32
    given = certificates("GiftBatchGiven", batchId=batch, root=0, reclaimAt=0, limitationAt=0)
    told.tell(5, transfer(1, ANNA, NOBODY, 60), given)
    claimed = certificates("GiftClaimedFromBatch", batchId=batch, index=0)
    told.tell(40, transfer(1, NOBODY, BEN, 20), claimed)
    told.redeem(41, 1, BEN, SHOP, 20)
    recalled = certificates("GiftRecalledFromBatch", batchId=batch, index=1)
    told.tell(50, recalled, transfer(1, NOBODY, ANNA, 10))
    reclaimed = certificates("GiftBatchReclaimed", batchId=batch, amount=30)
    told.tell(60, reclaimed, transfer(1, NOBODY, ANNA, 30))
    told.tell(400)
    assert cohort(told)["2027-01"] == (100, 0, 20, 20, 20, 0, 80)
    assert told.history().life.unclaimed()[1] == 0


def test_forfeiture_ends_what_lies_in_gifts_too(told: Told) -> None:
    told.issue(0, 1, ANNA, 100)
    given = certificates("GiftBatchGiven", batchId=b"\x02" * 32, root=0, reclaimAt=0, limitationAt=0)
    told.tell(5, transfer(1, ANNA, NOBODY, 60), given)
    told.tell(1_100, certificates("SeriesForfeited", seriesId=1, beneficiary=BEN, amount=100))
    assert cohort(told)["2027-01"] == (100, 0, 0, 0, 0, 100, 0)


def test_conversion_moves_face_into_another_series(told: Told) -> None:
    told.series(2, ISSUER)
    told.issue(0, 1, ANNA, 100)
    converted = certificates("Converted", fromSeriesId=1, toSeriesId=2, holder=ANNA, amount=70)
    told.tell(20, transfer(1, ANNA, NOBODY, 70), transfer(2, NOBODY, ANNA, 70), converted)
    told.redeem(45, 2, ANNA, SHOP, 70)
    told.tell(400)
    assert cohort(told)["2027-01"] == (100, 0, 70, 70, 70, 0, 30)
    assert [row[2:] for row in rows(issues.series, told.history())] == [
        (0, 100, 0, 0, 0, 0, 0, 70, 0, 30, 0),
        (0, 0, 0, 70, 70, 0, 0, 0, 0, 0, 0),
    ]


# -------------------------------------------------------------------------------------- reserve, thresholds


def test_the_lowest_coverage_is_found_and_stays(told: Told) -> None:
    told.tell(1, transfer(1, NOBODY, ANNA, 100), money(ISSUER, CERTIFICATES, 100))
    told.tell(2, money(CERTIFICATES, BEN, 25))
    told.tell(3, money(BEN, CERTIFICATES, 30))
    row = rows(reserve.reserve, told.history())[0]
    lowest = (Fraction(3, 4), 3, T0 + 2 * DAY)
    assert row == ("certificates", 105, 100, 5, 0, Fraction(105, 100), *lowest)


def test_without_debts_there_is_no_coverage() -> None:
    found = Reserve()
    found.after(5, 0, 1, T0)
    assert found.lowest is None
    found.after(0, 1, 2, T0)
    assert found.lowest == Low(0, 1, 2, T0)


@pytest.mark.parametrize(
    ("symbol", "counted", "face", "reached"),
    [
        ("KRWT", "outstanding", 3 * 10**9 - 1, "no"),
        ("KRWT", "outstanding", 3 * 10**9, "yes"),
        ("KRWT", "issued in 12 months", 50 * 10**9 - 1, "no"),
        ("KRWT", "issued in 12 months", 50 * 10**9, "yes"),
        ("JPYX", "outstanding", 10 * 10**6, "no"),
        ("JPYX", "outstanding", 10 * 10**6 + 1, "yes"),
        ("USDX", "most of one account on a day", 2_000, "no"),
        ("USDX", "most of one account on a day", 2_001, "yes"),
        ("EURX", "redeemed in 12 months", 10**6, "no"),
        ("EURX", "redeemed in 12 months", 10**6 + 1, "yes"),
    ],
)
def test_each_threshold_on_both_sides(
    told: Told, monkeypatch: pytest.MonkeyPatch, symbol: str, counted: str, face: int, reached: str
) -> None:
    monkeypatch.setattr(History, "symbol", symbol)
    told.issue(1, 1, ANNA, face)
    if counted.startswith("redeemed"):
        told.redeem(2, 1, ANNA, SHOP, face)
    (row,) = [row for row in rows(thresholds.thresholds, told.history()) if row[2] == counted]
    assert (row[0], row[3], row[6]) == (ISSUER, face, reached)


def test_a_year_is_a_calendar_year_and_half_open(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(History, "symbol", "KRWT")
    told.issue(1, 1, ANNA, 7)
    told.tell(366)
    assert rows(thresholds.thresholds, told.history())[1][3] == 0
    told.times[-1] -= 1
    assert rows(thresholds.thresholds, told.history())[1][3] == 7


def test_the_most_that_one_account_held(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of both series together, at any moment of the range, the moment it begins among them."""
    told.series(2, ISSUER)
    told.issue(1, 1, ANNA, 900)
    told.issue(2, 2, ANNA, 800)
    told.hand(10, 1, ANNA, BEN, 900)
    told.redeem(11, 2, ANNA, SHOP, 800)
    assert rows(thresholds.thresholds, told.history())[0][3] == 1_700
    assert rows(thresholds.thresholds, told.history(T0 + 5 * DAY))[0][3] == 1_700
    assert rows(thresholds.thresholds, told.history(T0 + 11 * DAY))[0][3] == 900


def test_a_contract_that_keeps_face_for_many_is_nobodys_account(told: Told) -> None:
    """As AtomicSwaps does, while two exchange what they have locked."""
    swaps = RECORD.part("swaps")
    for holder in (ANNA, BEN):
        told.issue(1, 1, holder, 1_500)
        told.hand(2, 1, holder, swaps, 1_500)
    assert rows(thresholds.thresholds, told.history())[0][3:7] == (1_500, 2_000, Fraction(3, 4), "no")


def test_a_symbol_of_two_currencies_has_no_thresholds() -> None:
    assert [thresholds.unit_of(one) for one in ("USDC", "eurt", "USDEUR", "XYZ")] == ["USD", "EUR", "", ""]


# ------------------------------------------------------------------------------------------------- the rest


def test_five_merchants_of_six(told: Told) -> None:
    told.issue(1, 1, ANNA, 100)
    for place, face in enumerate((50, 20, 10, 10, 6, 4)):
        told.redeem(2, 1, ANNA, person(10 + place), face)
    squares = 2_500 + 400 + 100 + 100 + 36 + 16
    assert rows(merchants.concentration, told.history()) == [(6, 100, Fraction(96, 100), squares)]


def test_face_that_others_had_spent_is_received_too(told: Told) -> None:
    """In an open series anybody may restore to anybody: no use comes before its receipt."""
    told.restore(5, 1, ANNA, SHOP, 30)
    told.redeem(7, 1, ANNA, SHOP, 30)
    told.issue(20, 1, ANNA, 100)
    assert rows(use.first_use, told.history()) == [(1, 1, 1, 0, 2 * DAY, 2 * DAY, 2 * DAY)]


def test_a_fill_without_its_transfer_cannot_have_happened(told: Told) -> None:
    told.issue(1, 1, ANNA, 100)
    filled = ("market", "OfferFilled", {"seller": ANNA, "buyer": BEN, "row": 1 << 192 | 50 << 96 | 40})
    told.tell(2, filled, transfer(1, ANNA, BEN, 51))
    with pytest.raises(LogError) as error:
        rows(resale.resale, told.history())
    assert error.value.reason == "inconsistent"


def test_two_fills_of_one_transaction(told: Told) -> None:
    told.series(2, ISSUER)
    told.issue(1, 1, ANNA, 100)
    told.issue(3, 2, BEN, 100)
    approved = {"account": ANNA, "operator": RECORD.part("market"), "approved": True}
    told.tell(2, certificates("ApprovalForAll", **approved))
    fills = []
    for seller, series, price in ((ANNA, 1, 90), (BEN, 2, 110)):
        row = 1 << 192 | 100 << 96 | price
        fills.append(("market", "OfferFilled", {"seller": seller, "buyer": SHOP, "row": row}))
        fills.append(transfer(series, seller, SHOP, 100))
    told.tell(10, *fills)
    first, second = rows(resale.resale, told.history())
    assert first == (1, 1, 100, 90, Fraction(1, 10), Fraction(1, 10), 8 * DAY)
    assert second == (2, 1, 100, 110, Fraction(-1, 10), Fraction(-1, 10), 7 * DAY)


def test_members_who_come_back(told: Told) -> None:
    """A gift that ends with January's last second, the same account again in April; another one extended,
    then cancelled."""

    def jars(name: str, **values: Any) -> tuple[str, str, dict[str, Any]]:
        return ("jars", name, {"creator": ISSUER, "tier": 1, **values})

    events = [
        Event(block, "0x", 0, name, values)
        for block, (_, name, values) in enumerate(
            (
                jars("GiftSubscriptionClaimed", account=ANNA, until=T0 + 31 * DAY - 1),
                jars("Subscribed", account=BEN, until=T0 + 40 * DAY),
                jars("SubscriptionExtended", account=BEN, until=T0 + 200 * DAY),
                jars("Subscribed", account=ANNA, until=T0 + 121 * DAY),
                jars("Unsubscribed", account=BEN),
            )
        )
    ]
    days = (0, 3, 20, 91, 95)
    history: Any = SimpleNamespace(events={"jars": events}, time=lambda block: T0 + days[block] * DAY)
    scope: Any = SimpleNamespace(since=T0, time=T0 + 125 * DAY)
    assert [row[1:] for row in memberships.memberships.rows(history, scope)] == [
        ("2027-01", 0, 2, 1, 0, 1, 1, 0, None),
        ("2027-02", 1, 0, 0, 0, 0, 1, 0, 0),
        ("2027-03", 1, 0, 0, 0, 0, 1, 0, 0),
        ("2027-04", 1, 1, 0, 1, 0, 1, 1, 1),
        ("2027-05", 1, 0, 0, 0, 1, 0, 1, 1),
    ]


def test_a_refused_payout_is_owed_and_paid_later(told: Told) -> None:
    told.issue(1, 1, ANNA, 100)
    owed = certificates("PayoutOwed", payee=SHOP, amount=60)
    first = told.tell(2, transfer(1, ANNA, NOBODY, 60, SHOP), owed)
    paid = certificates("OwedPaid", payee=SHOP, to=SHOP, amount=60)
    second = told.tell(3, paid, money(CERTIFICATES, SHOP, 60))
    history = told.history()
    found = [(line.kind, line.gross, line.net, line.paid, line.tx) for line in settlement._lines(history)]
    assert found == [("redemption", 60, 60, 0, first), ("owed", 0, 0, 60, second)]
    assert settlement.reconcile(history) == []


def test_a_batch_that_could_not_be_issued_goes_back_to_who_paid(told: Told) -> None:
    skipped = certificates("IssuanceSkipped", row=0, to=ANNA, amount=30)
    issued = transfer(1, NOBODY, BEN, 70)
    told.tell(1, money(ISSUER, CERTIFICATES, 100), issued, skipped, money(CERTIFICATES, ISSUER, 30))
    history = told.history()
    assert expected(history) == actual(history)
    assert settlement.reconcile(history) == []


# ------------------------------------------------------------------------------------------------- numbers


def test_numbers() -> None:
    assert [median(one) for one in ([], [3, 1, 2], [4, 1, 3, 2])] == [None, 2, Fraction(5, 2)]
    assert share(1, 0) is None
    assert decimal(Fraction(-1, 3), 2) == "-0.33"
    assert decimal(Fraction(1, 8), 2) == "0.12"
    assert decimal(Fraction(10**40, 3), 1) == "3" * 40 + ".3"
    assert amount(-1_500_000, 6) == "-1.5"
