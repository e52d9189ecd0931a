"""The auditor's question, answered from logs: does each currency's reserve cover what is owed?"""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.chainlogs import DEFAULT_RANGE
from largesse.command import command
from largesse.console import console, done, table
from largesse.session import Session
from largesse.solvency import Audit, audit


@command(
    "Rebuild every liability from logs, compare with the contract and with the money it holds. Ends with an "
    "error when one unit is missing.",
    Option("currency", "only this symbol (default: all)", ""),
    Option("range", "blocks to ask for at once", str(DEFAULT_RANGE)),
    example="currency=KRWT",
)
def main(session: Session, given: Arguments) -> dict[str, Audit]:
    symbols = [one.symbol for one in session.deployment().currencies]
    if given.has("currency"):
        symbols = [given.text("currency")]
    audits = {}
    for symbol in symbols:
        certificates = session.certificates(symbol)
        with console.status(f"{symbol}: reading logs"):
            audits[symbol] = audit(certificates, most=given.whole("range", least=1))
    show_audits(session, audits)
    for found in audits.values():
        found.require_solvent()
    done("every reserve covers what is owed, to the unit, after every block")
    return audits


def show_audits(session: Session, audits: dict[str, Audit]) -> None:
    rows = []
    for symbol, found in audits.items():
        show = session.certificates(symbol).token.show
        books = found.books
        rows.append(
            (
                symbol, show(books.outstanding), show(books.fees), show(books.total_owed),
                show(books.liabilities), show(found.reserve), _signed(found.surplus), books.events,
                found.blocks_checked, "ok" if not found.problems else f"{len(found.problems)} problem(s)",
            )
        )  # fmt: skip
    columns = (
        "currency", "outstanding", "fees", "owed", "liabilities", "reserve", "surplus (base units)", "events",
        "blocks", "",
    )  # fmt: skip
    table("Reserve against liabilities, rebuilt from logs", columns, rows, right=1)


def _signed(amount: int) -> str:
    return f"{amount:,}"
