"""What somebody holds, and what it is good for now."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.commands.command import command
from largesse.console import say, table
from largesse.holdings import Account
from largesse.moments import day
from largesse.session import Session


@command(
    "Show an account's certificates. Anybody may look; nothing is sent.",
    Option("of", "address (a role on a development chain)"),
    example="of=recipient",
)
def main(session: Session, given: Arguments) -> dict[str, Account]:
    holder = session.address(given.text("of"))
    deployment = session.deployment()
    names = {(one.symbol, one.series_id): one.name for one in deployment.series}
    found: dict[str, Account] = {}
    rows = []
    for currency in deployment.currencies:
        certificates = session.certificates(currency.symbol)
        token = certificates.token
        for series_id in range(1, certificates.series_count() + 1):
            account = certificates.account(series_id, holder)
            if account.balance == account.spent == 0:
                continue
            name = names.get((currency.symbol, series_id), f"{currency.symbol}/{series_id}")
            refund = certificates.refundable(series_id, holder)
            found[name] = account
            rows.append(
                (
                    name, token.show(account.balance), token.show(account.spent), token.show(refund.payout),
                    day(certificates.terms(series_id).expires_at),
                )
            )  # fmt: skip
    if rows:
        table(f"Certificates of {holder}", ("series", "balance", "spent", "refundable", "until"), rows)
    else:
        say(f"{holder} has no certificates")
    return found
