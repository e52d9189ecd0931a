"""Follows every event of every contract into a database."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.chainlogs import DEFAULT_RANGE
from largesse.commands.command import command
from largesse.indexer.follow import Round
from largesse.indexer.run import Options, index
from largesse.session import Session


@command(
    "Read every event into a database, from where it stopped before; re-orgs are followed back and forth.",
    Option("follow", "yes: go on until Ctrl-C", "no"),
    Option(
        "confirmations", "blocks that a block must be under, its own included (default: as scripts wait)", ""
    ),
    Option("range", "blocks to ask for at once", str(DEFAULT_RANGE)),
    Option("database", "sqlite:///file or postgresql://…", ""),
    example="follow=yes",
)
def main(session: Session, given: Arguments) -> Round:
    confirmations = session.node.confirmations
    if given.has("confirmations"):
        confirmations = given.whole("confirmations", least=1)
    options = Options(given.flag("follow"), confirmations, given.whole("range", least=1))
    return index(session.node, session.deployment(), session.database("indexer", given), options)
