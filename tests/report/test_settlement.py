"""What merchants were paid: every line known by hand, reconciled to the unit, and a lie is named."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from largesse.chainlogs import Event
from largesse.errors import ReportError
from largesse.indexer.source import ChainSource, EventSource
from largesse.report.settlement import Line, Settlement, make_settlement, write_settlement
from tests.report.conftest import Altered, altered_value
from tests.support.report_life import DAY, HELD, ORDER, ReportLife

Settle = Callable[..., list[Settlement]]


@pytest.fixture
def settle(report_life: ReportLife, source: ChainSource) -> Settle:
    session = report_life.desk.session

    def settled(other: EventSource | None = None, **scope: str) -> list[Settlement]:
        return make_settlement(session.node, session.deployment(), other or source, **scope)

    return settled


def lines(found: list[Settlement], symbol: str) -> list[Line]:
    return [line for one in found if one.symbol == symbol for line in one.lines]


def test_every_line_of_a_merchant(settle: Settle, report_life: ReportLife) -> None:
    found = lines(settle(merchant=report_life.desk.address("bookshop")), "KRWT")
    days = [(line.time - report_life.t0) // DAY for line in found]
    shown = [(line.kind, line.order, line.gross, line.fee, line.net, line.paid) for line in found]
    assert list(zip(days, shown, strict=True)) == [
        (10, ("redemption", "", 30_000, 900, 29_100, 29_100)),
        (50, ("redemption", str(ORDER), 10_000, 300, 9_700, 9_700)),
        (60, ("restoration", "", -2_000, 0, -2_000, -2_000)),
        (200, ("redemption", "", 5_000, 150, 4_850, 4_850)),
    ]
    assert found[0].tx == report_life.txs["first"]


def test_what_services_paid(settle: Settle, report_life: ReportLife) -> None:
    found = settle(first=report_life.day(9), last=report_life.day(31))
    theatre = [line for line in lines(found, "KRWT") if line.merchant == report_life.desk.address("theatre")]
    assert [(line.kind, line.order, line.paid) for line in theatre] == [("held order", str(HELD), 2_500)]
    vouchers = lines(found, "USDC")
    assert {line.merchant for line in vouchers} == {report_life.desk.address("merchant")}
    assert [(line.kind, line.paid) for line in vouchers] == [
        ("vouchers", 2_500_000),
        ("vouchers", 40_250_000),
    ]


def test_what_merchants_have_is_what_the_lines_say(settle: Settle, report_life: ReportLife) -> None:
    """The currencies' own balances, less what the accounts were given at the start."""
    desk = report_life.desk
    purse = 10**9
    for role, symbol in (("bookshop", "KRWT"), ("cinema", "KRWT"), ("merchant", "USDC")):
        token = desk.session.certificates(symbol).token
        found = lines(settle(merchant=desk.address(role), symbol=symbol), symbol)
        moved = token.balance(desk.address(role)) - purse * 10**token.decimals
        assert moved == sum(line.paid for line in found) != 0


def test_files(settle: Settle, report_life: ReportLife, tmp_path: Path) -> None:
    merchant = report_life.desk.address("merchant")
    paths = write_settlement(settle(merchant=merchant), tmp_path)
    read = [list(csv.DictReader(path.open(encoding="utf-8"))) for path in paths]
    assert [path.name for path in paths] == ["settlement.csv", "settlement_days.csv"]
    first = read[0][0]
    assert {name: first[name] for name in ("currency", "merchant", "date", "time", "contract")} == {
        "currency": "USDC", "merchant": merchant, "date": report_life.day(9),
        "time": f"{report_life.day(9)}T06:00:00Z", "contract": "accounts",
    }  # fmt: skip
    assert [first[name] for name in ("order", "gross", "fee", "net", "paid")] == [
        "",
        "2.5",
        "0",
        "2.5",
        "2.5",
    ]
    assert first["tx"].startswith("0x")
    assert len(first["tx"]) == 66
    assert read[1] == [
        {"currency": "USDC", "merchant": merchant, "date": report_life.day(9), "payments": "2", "orders": "",
         "gross": "42.75", "fee": "0", "net": "42.75", "paid": "42.75"},
    ]  # fmt: skip
    write_settlement(settle(merchant=report_life.desk.address("bookshop")), tmp_path)
    days = list(csv.DictReader((tmp_path / "settlement_days.csv").open(encoding="utf-8")))
    assert [row["orders"] for row in days] == ["", str(ORDER), "", ""]
    assert [row["paid"] for row in days] == ["29100", "9700", "-2000", "4850"]


def test_one_unit_less_is_an_error_that_names_transaction_and_amount(
    settle: Settle, source: ChainSource, report_life: ReportLife
) -> None:
    tx = report_life.txs["first"]

    def short(event: Event) -> Event:
        paid = event.tx == tx and event["from"] == report_life.desk.krw.address
        return altered_value(event, "value", event["value"] - 1) if paid else event

    lying = Altered(source, "token", short)
    with pytest.raises(ReportError) as error:
        settle(lying)
    assert error.value.reason == "not_reconciled"
    bookshop = report_life.desk.address("bookshop")
    said = f"{tx}: certificates should have paid {bookshop} 29100 KRWT, the currency moved 29099"
    assert said in str(error.value)
    # Nobody else's statement is touched by it, and no other day's.
    assert lines(settle(lying, merchant=report_life.desk.address("cinema")), "KRWT")
    assert lines(settle(lying, first=report_life.day(11)), "KRWT")


def test_a_transfer_that_no_event_explains_is_an_error(
    settle: Settle, source: ChainSource, report_life: ReportLife
) -> None:
    def without(event: Event) -> Event | None:
        return None if event.name == "OrderConfirmed" else event

    theatre = report_life.desk.address("theatre")
    with pytest.raises(ReportError) as error:
        settle(Altered(source, "orders", without))
    assert f"orders should have paid {theatre} 0 KRWT, the currency moved 2500" in str(error.value)


def test_a_restoration_without_its_money_is_an_error(
    settle: Settle, source: ChainSource, report_life: ReportLife
) -> None:
    def without(event: Event) -> Event | None:
        return None if event["from"] == report_life.desk.address("bookshop") else event

    with pytest.raises(ReportError) as error:
        settle(Altered(source, "token", without))
    assert "put 2000 KRWT back, the currency moved no such amount" in str(error.value)


def test_a_merchant_that_nobody_knows(settle: Settle, report_life: ReportLife) -> None:
    stranger = report_life.desk.address("stranger")
    with pytest.raises(ReportError) as error:
        settle(merchant=stranger)
    assert error.value.reason == "unknown_merchant"
    assert stranger in str(error.value)
    # One that is in a series' set and was paid nothing has an empty statement.
    assert lines(settle(merchant=report_life.desk.address("cafe")), "USDC") == []
