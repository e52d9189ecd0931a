"""An auditor's findings as tables."""

from __future__ import annotations

from collections.abc import Mapping

from largesse.account_solvency import AccountAudit
from largesse.amounts import format_amount
from largesse.console import say, table
from largesse.item_solvency import ItemAudit
from largesse.jar_solvency import JarAudit
from largesse.order_solvency import OrderAudit
from largesse.payout_solvency import PayoutAudit
from largesse.proof import Proof
from largesse.solvency import Audit

Row = tuple[str, ...]


def show_proof(proof: Proof, decimals: Mapping[str, int]) -> None:
    """Print reserve against liabilities, a column for each currency, and every problem below."""
    audits, jars, accounts, orders = proof.certificates, proof.jars, proof.accounts, proof.orders
    payouts, items = proof.payouts, proof.items

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
    table(
        "Streams: money held against liabilities, rebuilt from logs",
        ("", *jars),
        [*_held(jars, decimals), ("jars", *(f"{len(one.books.jars):,}" for one in jars.values()))],
        right=1,
    )
    settled = (f"{len(one.books.settlements):,}" for one in accounts.values())
    table(
        "Prepaid accounts: money held against liabilities, rebuilt from logs",
        ("", *accounts),
        [
            *_held(accounts, decimals),
            ("accounts", *(f"{len(one.books.accounts):,}" for one in accounts.values())),
            ("settlements", *settled),
        ],
        right=1,
    )
    table(
        "Held orders: money held against liabilities, rebuilt from logs",
        ("", *orders),
        [*_held(orders, decimals), ("orders", *(f"{len(one.books.orders):,}" for one in orders.values()))],
        right=1,
    )
    table(
        "Payouts in other tokens: money held against liabilities, rebuilt from logs",
        ("", *payouts),
        [*_held(payouts, decimals), ("payouts", *(f"{one.books.payouts:,}" for one in payouts.values()))],
        right=1,
    )
    table(
        "Items: money held against liabilities, rebuilt from logs",
        ("", *items),
        [*_held(items, decimals), ("sales", *(f"{one.books.sales:,}" for one in items.values()))],
        right=1,
    )
    for kind in (audits, jars, accounts, orders, payouts, items):
        for symbol, found in kind.items():
            for problem in found.problems:
                say(f"{symbol}: {problem}")


def _held(
    audits: Mapping[str, JarAudit]
    | Mapping[str, AccountAudit]
    | Mapping[str, OrderAudit]
    | Mapping[str, PayoutAudit]
    | Mapping[str, ItemAudit],
    decimals: Mapping[str, int],
) -> list[Row]:
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


def _common(
    audits: Mapping[str, Audit]
    | Mapping[str, JarAudit]
    | Mapping[str, AccountAudit]
    | Mapping[str, OrderAudit]
    | Mapping[str, PayoutAudit]
    | Mapping[str, ItemAudit],
) -> list[Row]:
    return [
        ("difference, base units", *(f"{one.surplus:+,}" if one.surplus else "0" for one in audits.values())),
        ("events replayed", *(f"{one.books.events:,}" for one in audits.values())),
        ("blocks checked", *(f"{one.blocks_checked:,}" for one in audits.values())),
    ]
