"""After limitation: what nobody claimed goes to whom the terms name."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.commands.command import command
from largesse.console import done
from largesse.session import Session


@command(
    "Burn a series after its limitation and pay what it held to its beneficiary. Anybody may do it.",
    Option("series", "name, or currency/number"),
    Option("from", "who sends", ""),
    example="series=kr-culture-50000",
)
def main(session: Session, given: Arguments) -> int:
    chosen = session.series(given.text("series"))
    amount = chosen.certificates.state(chosen.series_id).outstanding
    beneficiary = chosen.certificates.terms(chosen.series_id).beneficiary
    session.confirm(
        f"{chosen.certificates.token.show(amount)} go to {beneficiary}.", f"forfeit {chosen.name}"
    )
    chosen.certificates.forfeit(session.wallet(given, "operator"), chosen.series_id)
    done(f"{chosen.certificates.token.show(amount)} of {chosen.name} to {beneficiary}")
    return amount
