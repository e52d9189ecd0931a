"""The clock of a development chain."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.commands.command import command
from largesse.console import done
from largesse.moments import moment_of
from largesse.session import Session, SessionError


@command(
    "Move a development chain's clock forward.",
    Option("to", "2027-12-24 or 2027-12-24T18:00, UTC"),
    example="to=2032-06-01",
)
def main(session: Session, given: Arguments) -> int:
    if not session.development:
        raise SessionError("live_chain", f"chain {session.node.chain_id} has a clock of its own")
    second = moment_of(given, "to")
    session.node.jump_to(second)
    done(f"it is {given.text('to')} on chain {session.node.chain_id}")
    return second
