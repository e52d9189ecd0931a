"""An auditor's findings as tables."""

from __future__ import annotations

from collections.abc import Mapping

from largesse.amounts import format_amount
from largesse.console import say, table
from largesse.jar_solvency import JarAudit
from largesse.proof import Proof
from largesse.solvency import Audit

Row = tuple[str, ...]


def show_proof(proof: Proof, decimals: Mapping[str, int]) -> None:
    """Print reserve against liabilities, a column for each currency, and every problem below."""
    audits, jars = proof.certificates, proof.jars

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
    rows = [
        row("paid in", {symbol: one.books.paid_in for symbol, one in jars.items()}),
        row("paid out", {symbol: one.books.paid_out for symbol, one in jars.items()}),
        row("payouts owed", {symbol: one.books.total_owed for symbol, one in jars.items()}),
        row("liabilities", {symbol: one.books.liabilities for symbol, one in jars.items()}),
        row("held", {symbol: one.reserve for symbol, one in jars.items()}),
        *_common(jars),
        ("jars", *(f"{len(one.books.jars):,}" for one in jars.values())),
    ]
    table("Streams: money held against liabilities, rebuilt from logs", ("", *jars), rows, right=1)
    for kind in (audits, jars):
        for symbol, found in kind.items():
            for problem in found.problems:
                say(f"{symbol}: {problem}")


def _common(audits: Mapping[str, Audit] | Mapping[str, JarAudit]) -> list[Row]:
    return [
        ("difference, base units", *(f"{one.surplus:+,}" if one.surplus else "0" for one in audits.values())),
        ("events replayed", *(f"{one.books.events:,}" for one in audits.values())),
        ("blocks checked", *(f"{one.blocks_checked:,}" for one in audits.values())),
    ]
