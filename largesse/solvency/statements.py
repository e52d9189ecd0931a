"""An auditor's findings as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from largesse.amounts import format_amount
from largesse.books.replay import Found
from largesse.console import say, table
from largesse.solvency.proof import KINDS, Proof

Row = tuple[str, ...]
COUNTS: Final[Mapping[str, Mapping[str, Callable[[Any], int]]]] = {
    "sales": {
        "purchases": lambda books: len(books.purchases),
        "promotions funded": lambda books: len(books.budgets),
    },
    "jars": {"jars": lambda books: len(books.jars)},
    "accounts": {
        "accounts": lambda books: len(books.accounts),
        "settlements": lambda books: len(books.settlements),
    },
    "orders": {"orders": lambda books: len(books.orders)},
    "swaps": {"locks": lambda books: len(books.locks)},
    "rewards": {"reads paid": lambda books: len(books.reads)},
    "payout": {"payouts": lambda books: int(books.payouts)},
    "items": {"sales": lambda books: int(books.sales)},
}
"""What is counted of each kind, from its books."""


def show_proof(proof: Proof, decimals: Mapping[str, int]) -> None:
    """Print reserve against liabilities, a column for each currency, and every problem below."""
    audits = proof.certificates

    def row(name: str, values: Mapping[str, int]) -> Row:
        return (name, *(format_amount(value, decimals[symbol]) for symbol, value in values.items()))

    rows = [
        row("outstanding", {symbol: one.books.outstanding for symbol, one in audits.items()}),
        row("fees accrued", {symbol: one.books.fees for symbol, one in audits.items()}),
        row("payouts owed", {symbol: one.books.total_owed for symbol, one in audits.items()}),
        row("liabilities", {symbol: one.books.liabilities for symbol, one in audits.items()}),
        row("reserve", {symbol: one.reserve for symbol, one in audits.items()}),
        *_common(audits),
        ("redemptions", *(f"{len(one.books.redemptions):,}" for one in audits.values())),
    ]
    table("Certificates: reserve against liabilities, rebuilt from logs", ("", *audits), rows, right=1)
    for kind in KINDS:
        found = proof.of(kind)
        counted = [
            (what, *(f"{count(one.books):,}" for one in found.values()))
            for what, count in COUNTS[kind.part].items()
        ]
        title = f"{kind.title}: money held against liabilities, rebuilt from logs"
        table(title, ("", *found), [*_held(found, decimals), *counted], right=1)
    for kinds in proof.all():
        for symbol, one in kinds.items():
            for problem in one.problems:
                say(f"{symbol}: {problem}")


def _held(audits: Mapping[str, Found[Any]], decimals: Mapping[str, int]) -> list[Row]:
    """What came, went, is owed and is there."""
    found: list[Row] = []
    for name, values in (
        ("paid in", [one.books.paid_in for one in audits.values()]),
        ("paid out", [one.books.paid_out for one in audits.values()]),
        ("payouts owed", [one.books.total_owed for one in audits.values()]),
        ("liabilities", [one.books.liabilities for one in audits.values()]),
        ("held", [one.reserve for one in audits.values()]),
    ):
        shown = (format_amount(one, decimals[symbol]) for symbol, one in zip(audits, values, strict=True))
        found.append((name, *shown))
    return [*found, *_common(audits)]


def _common(audits: Mapping[str, Found[Any]]) -> list[Row]:
    return [
        ("difference, base units", *(f"{one.surplus:+,}" if one.surplus else "0" for one in audits.values())),
        ("events replayed", *(f"{one.books.events:,}" for one in audits.values())),
        ("blocks checked", *(f"{one.blocks_checked:,}" for one in audits.values())),
    ]
