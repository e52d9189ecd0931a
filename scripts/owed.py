"""What the currency refused to pay out, whichever contract owes it: see it, and have it paid elsewhere."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.clients.keepers import KEEPER_PARTS, Keeper, keeper
from largesse.commands.command import command
from largesse.commands.owing import OWED_FROM, OWED_TO, pay_owed
from largesse.console import done, table
from largesse.session import Session

CURRENCY = Option("currency", "the currency's symbol")


@command(
    "Have paid out, to any address, all that a currency's contracts owe you: payouts that the currency had "
    "refused, and shares of jars.",
    CURRENCY,
    Option("part", f"one contract only: {', '.join(KEEPER_PARTS)}", ""),
    OWED_TO,
    OWED_FROM,
    example="currency=USDC to=holder from=merchant",
)
def main(session: Session, given: Arguments) -> int:
    places: tuple[Keeper, ...] = session.keepers(given.text("currency"))
    if given.has("part"):
        places = (keeper(places, given.text("part")),)
    return pay_owed(session, given, places, "merchant")


@command(
    "How much each contract of a currency owes somebody.",
    CURRENCY,
    Option("of", "to whom: an address (a role on a development chain)"),
    example="currency=USDC of=merchant",
)
def show(session: Session, given: Arguments) -> dict[str, int]:
    places, payee = session.keepers(given.text("currency")), session.address(given.text("of"))
    found = {one.part: amount for one in places if (amount := one.owed(payee))}
    if not found:
        done(f"nothing is owed to {payee}")
        return found
    rows = [(one.part, one.name, one.token.show(found[one.part])) for one in places if one.part in found]
    table(f"Owed to {payee}", ("part", "contract", "owed"), rows, right=2)
    return found
