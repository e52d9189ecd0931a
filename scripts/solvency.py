"""The auditor's question, answered from logs: does each currency's reserve cover what is owed?"""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.chainlogs import DEFAULT_RANGE
from largesse.command import command
from largesse.console import console, done
from largesse.session import Session
from largesse.solvency import Audit, audit
from largesse.statements import show_audits


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
    show_audits(audits, {one.symbol: one.decimals for one in session.deployment().currencies})
    for found in audits.values():
        found.require_solvent()
    done("every reserve covers what is owed, to the unit, after every block")
    return audits
