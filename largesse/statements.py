"""An auditor's findings as tables."""

from __future__ import annotations

from collections.abc import Mapping

from largesse.account_solvency import AccountAudit
from largesse.amounts import format_amount
from largesse.console import say, table
from largesse.jar_solvency import JarAudit
from largesse.proof import Proof
from largesse.reward_solvency import RewardAudit
from largesse.solvency import Audit

Row = tuple[str, ...]


def show_proof(proof: Proof, decimals: Mapping[str, int]) -> None:
    """Print reserve against liabilities, a column for each currency, and every problem below."""
    audits, jars, accounts = proof.certificates, proof.jars, proof.accounts

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
    rewards = proof.rewards
    table(
        "Rewards: money held against liabilities, rebuilt from logs",
        ("", *rewards),
        [
            *_held(rewards, decimals),
            ("reads paid", *(f"{len(one.books.reads):,}" for one in rewards.values())),
        ],
        right=1,
    )
    for kind in (audits, jars, accounts, rewards):
        for symbol, found in kind.items():
            for problem in found.problems:
                say(f"{symbol}: {problem}")


def _held(
    audits: Mapping[str, JarAudit] | Mapping[str, AccountAudit] | Mapping[str, RewardAudit],
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
    | Mapping[str, RewardAudit],
) -> list[Row]:
    return [
        ("difference, base units", *(f"{one.surplus:+,}" if one.surplus else "0" for one in audits.values())),
        ("events replayed", *(f"{one.books.events:,}" for one in audits.values())),
        ("blocks checked", *(f"{one.blocks_checked:,}" for one in audits.values())),
    ]
