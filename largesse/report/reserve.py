"""Reserve: what each contract holds against what it owes, now and when it was lowest."""

from __future__ import annotations

from collections.abc import Iterator

from largesse.report.history import History
from largesse.report.model import Row, amounts, counts, figures, ratios, share, text, times
from largesse.report.scope import Scope


@figures(
    "reserve", "Reserve and coverage", text("contract"),
    amounts("held", "owed", "surplus", "refused payouts"),
    ratios("coverage", "lowest coverage"), counts("lowest at block"), times("lowest at"),
)  # fmt: skip
def reserve(history: History, _scope: Scope) -> Iterator[Row]:
    """Of the whole currency, whichever issuer is asked for, since a contract has one reserve for all. Held:
    the currency's transfers to the contract less those from it. Owed: the contract's liabilities as the
    events rebuild them (for certificates outstanding face, fees accrued and refused payouts). Coverage: held
    over owed; lowest coverage: the least of it at the end of any block since the beginning after which
    something was owed, and the first such block."""
    for part, found in history.reserves.items():
        low = found.lowest
        yield (
            part, found.held, found.owed, found.held - found.owed, history.books[part].total_owed,
            share(found.held, found.owed), share(low.held, low.owed) if low else None,
            low.block if low else None, low.time if low else None,
        )  # fmt: skip
