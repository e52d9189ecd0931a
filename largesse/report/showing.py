"""Values as they are written down: exact decimals, ISO dates, never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Final

from largesse.amounts import format_amount
from largesse.report.making import Report
from largesse.report.model import Cell, Column, Kind, Row, Table
from largesse.report.scope import iso_time

PLACES: Final = 6
"""Of a ratio."""


def plain(report: Report, column: Column, symbol: str, cell: Cell) -> str:
    """For programs: no separators, no symbols, "" for nothing."""
    return _written(report, column, symbol, cell, "")


def pretty(report: Report, column: Column, symbol: str, cell: Cell) -> str:
    """For people: thousands apart, durations in days, shares in percent."""
    if cell is None:
        return "–"
    if column.kind is Kind.SECONDS:
        return _duration(Fraction(cell))
    if column.kind is Kind.COUNT and isinstance(cell, int):
        return f"{cell:,}"
    if column.kind is Kind.RATIO and _is_share(column.name):
        return f"{decimal(Fraction(cell) * 100, 2)} %"
    return _written(report, column, symbol, cell, ",")


def _is_share(name: str) -> bool:
    return name.startswith(("share", "churn", "coverage", "lowest", "partial", "median disc", "mean disc"))


def _written(report: Report, column: Column, symbol: str, cell: Cell, separator: str) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    if column.kind is Kind.AMOUNT:
        return amount(int(cell), report.decimals[symbol], separator)
    if column.kind is Kind.SCALED:
        return amount(int(cell), report.scaled_decimals(symbol), separator)
    if column.kind is Kind.TIME:
        return iso_time(int(cell))
    return str(cell) if isinstance(cell, int) else decimal(cell, PLACES)


def amount(units: int, decimals: int, separator: str = "") -> str:
    """Base units as decimal text; flows may be negative."""
    text = format_amount(abs(units), decimals, separator=separator)
    return f"-{text}" if units < 0 else text


def decimal(value: Fraction, places: int) -> str:
    """A fraction as decimal text, rounded half to even."""
    with localcontext() as context:
        context.prec = 100
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return str(exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN))


def _duration(value: Fraction) -> str:
    whole = int(value)
    days, rest = divmod(whole, 86_400)
    clock = f"{rest // 3_600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {clock}" if days else clock


def cells(report: Report, table: Table, row: Row, *, people: bool) -> list[str]:
    """A row as it is written."""
    write, symbol = (pretty if people else plain), str(row[0])
    return [write(report, column, symbol, cell) for column, cell in zip(table.columns, row, strict=True)]
