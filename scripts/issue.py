"""Issue certificates: to one account, or to everybody on a list."""

from __future__ import annotations

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.commands.command import command
from largesse.console import done, progress, say
from largesse.issuing import DEFAULT_BATCH, IssueResult, issue_list, issued_before
from largesse.recipients import load_recipients
from largesse.session import Session

SHOWN = 5
"""Rows that are named at the most."""


@command(
    "Issue to everybody on a CSV, exactly once: the whole list is checked first, and a run that was killed "
    "goes on when it is started again.",
    Option("series", "name, or currency/number"),
    Option("csv", "name, address, amount, message, external_id in UTF-8"),
    Option("batch", "rows a transaction", str(DEFAULT_BATCH)),
    Option("from", "the issuer or its operator", ""),
    example="series=kr-culture-50000 csv=examples/recipients-1000.csv",
)
def main(session: Session, given: Arguments) -> IssueResult:
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    terms = chosen.certificates.terms(chosen.series_id)
    recipients = load_recipients(given.path("csv"), decimals=token.decimals, denomination=terms.denomination)
    for note in recipients.notes:
        say(f"note: {note}")
    rows = len(recipients.recipients)
    again = issued_before(chosen.certificates, chosen.series_id, recipients, session.journals)
    if again:
        shown = ", ".join(again[:SHOWN]) + (", …" if len(again) > SHOWN else "")
        say(f"note: {len(again)} of {rows} rows were on another list that was issued: {shown}")
    issuer = session.wallet(given, "issuer")
    session.confirm(f"{token.show(recipients.total)} to {rows} recipients.", f"issue {rows}")
    with progress("issued", rows) as advance:
        result = issue_list(
            chosen.certificates, issuer, chosen.series_id, recipients, session.journals,
            batch_size=given.whole("batch", least=1, most=500), progress=advance,
        )  # fmt: skip
    refused = len(result.skipped), sum(one.amount for one in result.skipped)
    got = f"{rows - refused[0]} recipient(s) have {token.show(result.total - refused[1])}"
    done(f"{got}; {result.rows_now} row(s) were sent by this run")
    for one in result.skipped:
        say(f"refused by its recipient and not paid for: {token.show(one.amount)} to {one.to}")
    return result


@command(
    "Issue to one account.",
    Option("series", "name, or currency/number"),
    Option("to", "address (a role on a development chain)"),
    Option("amount", "in whole currency, decimals after a point"),
    Option("from", "the issuer or its operator", ""),
    example="series=kr-culture-50000 to=giver amount=100000",
)
def one(session: Session, given: Arguments) -> int:
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    amount, to = given.amount("amount", token.decimals), session.address(given.text("to"))
    face = chosen.certificates.terms(chosen.series_id).denomination
    if face and amount % face:
        shown, of = token.show(amount), token.show(face)
        raise ArgumentError(
            "not_whole", f"amount=…: {shown} is no multiple of {of}, the face of {chosen.name}"
        )
    issuer = session.wallet(given, "issuer")
    session.confirm(f"{token.show(amount)} of {chosen.name} to {to}.", f"issue {given.text('amount')}")
    chosen.certificates.allow_payment(issuer, amount)
    chosen.certificates.issue(issuer, chosen.series_id, to, amount)
    done(f"{token.show(amount)} of {chosen.name} to {to}")
    return amount
