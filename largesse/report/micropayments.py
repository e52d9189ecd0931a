"""What a settled voucher costs, against its size and how many are settled at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from largesse.clients.accounts import settled_rows
from largesse.report.history import History
from largesse.report.model import Row, amounts, counts, figures, ratios, share, text
from largesse.report.scope import Scope

SIZES: Final = ((1, 1), (2, 10), (11, 100), (101, 1_000), (1_001, 0))
"""How many rows are settled in one transaction, both ends included; 0 for no end."""


@dataclass(frozen=True)
class Settled:
    """A transaction that settled vouchers: what each row paid (base units), and gas."""

    tx: str
    rows: tuple[int, ...]
    gas: int


def settlements(history: History, scope: Scope) -> list[Settled]:
    """Those of the range, in the chain's order."""
    rows: dict[str, list[int]] = {}
    entries = iter(history.accounts.settlements)
    for event in history.events["accounts"]:
        if event.name != "Settled":
            continue
        entry = next(entries)
        if scope.covers(entry.time):
            # An account that stands in several rows is one: its last sum is what was settled.
            indices = dict.fromkeys(index for index, _ in settled_rows(event["rows"]))
            paid = [entry.taken[index] * history.accounts.unit for index in indices]
            rows.setdefault(event.tx, []).extend(paid)
    return [Settled(tx, tuple(paid), history.gas[tx]) for tx, paid in rows.items() if paid]


@figures(
    "settlement_gas", "Cost of micropayments by settlement", text("rows at once"),
    counts("settlements", "rows"), amounts("paid"), counts("gas"), ratios("gas per row"),
)  # fmt: skip
def settlement_gas(history: History, scope: Scope) -> Iterator[Row]:
    """Settlements of prepaid accounts in the range, by how many accounts one transaction settled. A row is
    all that one payer's vouchers add to since they were settled last, however many calls that paid for: they
    cost nothing more. Gas is the transactions', by their receipts. Of the whole currency."""
    found = settlements(history, scope)
    for least, most in SIZES:
        here = [one for one in found if least <= len(one.rows) and (not most or len(one.rows) <= most)]
        if here:
            rows, gas = sum(len(one.rows) for one in here), sum(one.gas for one in here)
            name = str(least) if least == most else f"{least}-{most}" if most else f"{least} and more"
            paid = sum(sum(one.rows) for one in here)
            yield (name, len(here), rows, paid, gas, share(gas, rows))


@figures(
    "micropayments", "Cost of micropayments by size", amounts("from", "below"), counts("rows"),
    amounts("paid"), ratios("gas per row", "gas per unit of currency"),
)  # fmt: skip
def micropayments(history: History, scope: Scope) -> Iterator[Row]:
    """The same rows, by what they pay, in powers of ten. Gas per row: each row bears an equal part of its
    transaction's gas. Gas per unit of currency: all rows' gas over what they paid in whole units."""
    buckets: defaultdict[int, list[tuple[int, Fraction]]] = defaultdict(list)
    for one in settlements(history, scope):
        for paid in one.rows:
            buckets[len(str(paid)) - 1].append((paid, Fraction(one.gas, len(one.rows))))
    for power, rows in sorted(buckets.items()):
        paid, gas = sum(amount for amount, _ in rows), sum((part for _, part in rows), Fraction())
        each = gas / Fraction(paid, 10**history.decimals)
        yield (10**power, 10 ** (power + 1), len(rows), paid, gas / len(rows), each)
