"""Hand a certificate, or part of one, to somebody."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.commands.command import command
from largesse.commands.refusing import explained
from largesse.console import done
from largesse.session import Session


@command(
    "Hand over part or all of a certificate. Rights that depend on use stay behind.",
    Option("series", "name, or currency/number"),
    Option("to", "address (a role on a development chain)"),
    Option("amount", "in whole currency, decimals after a point"),
    Option("from", "the holder", ""),
    example="series=kr-culture-50000 to=holder amount=10000 from=giver",
)
def main(session: Session, given: Arguments) -> int:
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    amount, to = given.amount("amount", token.decimals), session.address(given.text("to"))
    holder = session.wallet(given, "holder")
    session.confirm(f"{token.show(amount)} of {chosen.name} to {to}.", "transfer")
    with explained(
        "ERC1155InsufficientBalance",
        lambda _, held, *__: f"amount=…: {holder.name} has {token.show(held)} of {chosen.name}, no more",
    ):
        chosen.certificates.transfer(holder, to, chosen.series_id, amount)
    done(f"{token.show(amount)} of {chosen.name} to {to}")
    return amount
