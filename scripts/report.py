"""What happened and what is owed, from events alone: the report, and what merchants were paid."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from largesse.arguments import Arguments, Option
from largesse.commands.command import command
from largesse.console import console, done, say, table
from largesse.deployment import Deployment
from largesse.indexer.source import EventSource
from largesse.report.making import Report, make_report
from largesse.report.opening import open_source
from largesse.report.settlement import Settlement, make_settlement, write_settlement
from largesse.report.showing import cells
from largesse.report.writing import write_report
from largesse.session import Session

FIRST = Option("from", "first day, UTC: 2027-12-24 (default: the deployment's)", "")
LAST = Option("to", "last day, UTC (default: that of the last block under enough confirmations)", "")
CURRENCY = Option("currency", "only this symbol (default: all)", "")
DATABASE = Option("database", "of `brownie run index` (default: ask the node)", "")
OUT = Option("out", "folder to write to (default: out/report)", "")
SHOWN = ("series", "reserve")


def folder(session: Session, given: Arguments) -> Path:
    """Where to write."""
    return Path(given.text("out")).expanduser() if given.has("out") else session.out("report")


def optional(given: Arguments, name: str) -> str:
    """A value, or "" where there is none."""
    return given.text(name) if given.has(name) else ""


def opened(session: Session, given: Arguments) -> AbstractContextManager[tuple[Deployment, EventSource]]:
    """What is deployed, and its events."""
    return open_source(session.node, session.records, optional(given, "database"))


@command(
    "Recompute every figure from events, compare with the contracts at the same block, and write HTML, CSV "
    "and JSON. Ends with an error where the contracts say otherwise.",
    FIRST,
    LAST,
    Option("issuer", "only this issuer's series: an address (a role on a development chain)", ""),
    CURRENCY,
    DATABASE,
    OUT,
    example="issuer=issuer",
)
def main(session: Session, given: Arguments) -> Report:
    with console.status("reading") as status, opened(session, given) as (deployment, source):
        report = make_report(
            session.node,
            deployment,
            source,
            first=optional(given, "from"),
            last=optional(given, "to"),
            issuer=session.address(given.text("issuer")) if given.has("issuer") else "",
            symbol=optional(given, "currency"),
            progress=status.update,
        )
        status.update("writing")
        # what is only a part of it takes a folder of its own, beside the whole one
        part = "-".join(given.text(name) for name in ("issuer", "currency", "from", "to") if given.has(name))
        where = session.out(f"report/{part}") if part and not given.has("out") else folder(session, given)
        paths = write_report(report, where)
    for name in SHOWN:
        found = report.table(name)
        rows = [cells(report, found, row, people=True) for row in found.rows]
        table(found.group.title, [column.name for column in found.columns], rows, right=2)
    done(f"{len(paths)} files in {paths[-1].parent}, as of block {report.scope.block}")
    report.require_agreement()
    return report


@command(
    "Write what merchants were paid, line by line and day by day, reconciled to the unit with the currency's "
    "own transfers. Nothing is written where a transaction differs.",
    FIRST,
    LAST,
    Option("merchant", "only this one: an address (a role on a development chain)", ""),
    CURRENCY,
    DATABASE,
    OUT,
    example="merchant=bookshop",
)
def settlement(session: Session, given: Arguments) -> list[Settlement]:
    with console.status("reading") as status, opened(session, given) as (deployment, source):
        found = make_settlement(
            session.node,
            deployment,
            source,
            first=optional(given, "from"),
            last=optional(given, "to"),
            merchant=session.address(given.text("merchant")) if given.has("merchant") else "",
            symbol=optional(given, "currency"),
            progress=status.update,
        )
        paths = write_settlement(found, folder(session, given))
    for one in found:
        say(f"{one.symbol}: {len(one.lines):,} payments, each as the currency moved it")
    done(f"{', '.join(path.name for path in paths)} in {paths[-1].parent}")
    return found
