"""Collect: a creator is paid what was earned; it costs the same however many people tip."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.clients.keepers import keeper
from largesse.clients.tips import PAGE_DAYS
from largesse.commands.command import command
from largesse.commands.owing import OWED_FROM, OWED_TO, pay_owed
from largesse.commands.paying import CURRENCY, TO, VERSION, chosen_jar
from largesse.console import done, say
from largesse.jars import jar_version
from largesse.session import Session

_DAY = 86_400


@command(
    "Pay a jar's owner what was earned up to now; anybody may send it.",
    CURRENCY,
    TO,
    VERSION,
    Option("days", "with ends to settle in one transaction", str(PAGE_DAYS)),
    Option("from", "who sends", ""),
    example="currency=USDC to=creator from=creator",
)
def main(session: Session, given: Arguments) -> int:
    tips, sender = session.tips(given.text("currency")), session.wallet(given, "creator")
    jar, days = chosen_jar(session, given), given.whole("days", least=1, most=10_000)
    total = 0
    while True:
        collected = tips.collect(sender, jar, days)
        total += int(collected["amount"])
        today = session.node.block_time(collected.receipt["blockNumber"]) // _DAY
        if int(collected["day"]) >= today:
            break
        say(f"{today - int(collected['day'])} days are left to settle")
    whom = "owed to those who share it" if jar_version(jar) else f"paid to {given.text('to')}"
    done(f"{tips.token.show(total)} {whom}, for {collected.gas:,} gas")
    return total


@command(
    "Take what is owed to you: your share of shared jars, and payouts that the currency had refused.",
    CURRENCY,
    OWED_TO,
    OWED_FROM,
    example="currency=USDC from=charity",
)
def owed(session: Session, given: Arguments) -> int:
    places = session.keepers(given.text("currency"))
    return pay_owed(session, given, (keeper(places, "jars"),), "creator")
