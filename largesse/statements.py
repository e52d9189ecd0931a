"""An auditor's findings as a table."""

from __future__ import annotations

from collections.abc import Mapping

from largesse.amounts import format_amount
from largesse.console import say, table
from largesse.solvency import Audit


def show_audits(audits: Mapping[str, Audit], decimals: Mapping[str, int]) -> None:
    """Print reserve against liabilities, a column for each currency, and every problem below."""

    def row(name: str, values: Mapping[str, int]) -> tuple[str, ...]:
        return (name, *(format_amount(value, decimals[symbol]) for symbol, value in values.items()))

    found = audits.items()
    rows: list[tuple[str, ...]] = [
        row("outstanding", {symbol: one.books.outstanding for symbol, one in found}),
        row("fees accrued", {symbol: one.books.fees for symbol, one in found}),
        row("payouts owed", {symbol: one.books.total_owed for symbol, one in found}),
        row("liabilities", {symbol: one.books.liabilities for symbol, one in found}),
        row("reserve", {symbol: one.reserve for symbol, one in found}),
        ("difference, base units", *(f"{one.surplus:+,}" if one.surplus else "0" for one in audits.values())),
        ("events replayed", *(f"{one.books.events:,}" for one in audits.values())),
        ("blocks checked", *(f"{one.blocks_checked:,}" for one in audits.values())),
        ("redemptions", *(f"{len(one.books.redemptions):,}" for one in audits.values())),
    ]
    table("Reserve against liabilities, rebuilt from logs", ("", *audits), rows, right=1)
    for symbol, one in found:
        for problem in one.problems:
            say(f"{symbol}: {problem}")
