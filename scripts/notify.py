"""Notices to both sides of payments, and reminders before certificates expire."""

from __future__ import annotations

import os
import time

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.commands.command import command
from largesse.console import done, say, table
from largesse.notices.setup import Desk
from largesse.session import Session
from largesse.web.logs import write_logs

RECEIVERS = Option("receivers", "the TOML file of receivers (see largesse/notices/receivers.py)")
DATABASE = Option("database", "sqlite:///file or postgresql://…; several notifiers can share one", "")
GIVE_UP = Option("days", "after so many a notice that nobody takes is given up", "5")
_BLOCKS = 2**48


@command(
    "Post signed notices, until Ctrl-C: of redemptions, claims, tips, settlements and refunds to both sides, "
    "and reminders of certificates that expire.",
    RECEIVERS,
    Option("start", "the first block there are notices about (default: from now on)", ""),
    Option("once", "yes: one round, then end", "no"),
    GIVE_UP,
    DATABASE,
    example="receivers=receivers.toml",
)
def main(session: Session, given: Arguments) -> tuple[int, int] | None:
    once = given.flag("once")
    start = given.whole("start", most=_BLOCKS) if given.has("start") else None
    desk = _desk(session, given)
    notifier = desk.notifier(session.node, session.deployment(), start)
    if once:
        found, taken = notifier.once()
        done(f"{found} notice(s) found, {taken} taken")
        _show(desk)
        return found, taken
    say(f"watching chain {session.node.chain_id} for {len(desk.receivers.all)} receiver(s); Ctrl-C ends it")
    write_logs()
    notifier.run(lambda: True)
    return None


@command(
    "What is pending, sent and failed.",
    RECEIVERS,
    GIVE_UP,
    DATABASE,
    example="receivers=receivers.toml",
)
def status(session: Session, given: Arguments) -> list[tuple[str, str, int]]:
    desk = _desk(session, given)
    _show(desk)
    return desk.summary()


@command(
    "Send again what was given up for one receiver.",
    Option("receiver", "its name in the file"),
    RECEIVERS,
    GIVE_UP,
    DATABASE,
    example="receiver=bookshop receivers=receivers.toml",
)
def retry(session: Session, given: Arguments) -> int:
    desk, name = _desk(session, given), given.text("receiver")
    if desk.receivers.named(name) is None:
        known = ", ".join(one.name for one in desk.receivers.all)
        raise ArgumentError("unknown_receiver", f"receiver={name}: there are {known}")
    count = desk.outbox.revive(name, time.time())
    done(f"{count} notice(s) to {name} are pending again")
    return count


def _desk(session: Session, given: Arguments) -> Desk:
    days = given.whole("days", least=1, most=365)
    return Desk.open(given.path("receivers"), os.environ, session.database("notices", given), days)


def _show(desk: Desk) -> None:
    table("Notices", ("receiver", "state", "count"), desk.summary(), right=2)
    for one in desk.outbox.lost():
        say(f"given up: {one.id} ({one.kind}) to {one.receiver} after {one.attempts} attempts: {one.error}")
