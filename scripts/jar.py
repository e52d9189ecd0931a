"""A creator's jar: what flows in by the second, what ends when, and what came in on each day."""

from __future__ import annotations

from largesse.amounts import parse_amount
from largesse.arguments import Arguments, Option
from largesse.books.jar_report import JarReport, plot_income, report_jar, show_scaled
from largesse.chainlogs import DEFAULT_RANGE
from largesse.commands.command import command
from largesse.commands.paying import CURRENCY, TO, VERSION, chosen_jar
from largesse.console import console, done, say, table
from largesse.jars import Split, jar_creator, jar_version
from largesse.moments import minute
from largesse.session import Session

_SHOWN_ENDS = 12


@command(
    "Show a jar, rebuilt from logs alone, and draw its income by day.",
    CURRENCY,
    TO,
    VERSION,
    Option("days", "to draw, today the last", "90"),
    Option("range", "blocks to ask for at once", str(DEFAULT_RANGE)),
    example="currency=USDC to=creator",
)
def main(session: Session, given: Arguments) -> JarReport:
    tips, jar = session.tips(given.text("currency")), chosen_jar(session, given)
    token, days = tips.token, given.whole("days", least=1, most=3_660)
    with console.status("reading logs"):
        report = report_jar(tips.certificates, tips.address, jar, most=given.whole("range", least=1))
    claimable = tips.claimable(jar)
    rows = [
        ("flows in a second", show_scaled(report.rate, token)),
        ("who tip by the second", f"{report.tippers:,}"),
        ("gift memberships", f"{report.gifts:,}"),
        ("paid for and still to come", show_scaled(report.ahead, token)),
        ("earned, not collected", show_scaled(report.due, token)),
        ("can be collected now", token.show(claimable)),
        ("collected so far", token.show(report.collected)),
    ]
    name = jar_creator(jar) + (f", jar {jar_version(jar)}" if jar_version(jar) else "")
    table(f"{name} at {minute(report.time)} UTC", ("", token.symbol), rows, right=1)
    ends = [
        (minute(flow.end), flow.payer, show_scaled(flow.rate, token)) for flow in report.running[:_SHOWN_ENDS]
    ]
    if ends:
        table("Ends ahead", ("UTC", "who pays", "a second"), ends, right=2)
    if (more := len(report.running) - len(ends)) > 0:
        say(f"and {more:,} later")
    path = session.out("jars") / f"{given.text('currency')}-{jar_creator(jar)}-{jar_version(jar)}.png"
    plot_income(report, token, path, days)
    done(f"income by day: out/jars/{path.name}")
    return report


@command(
    "Make a jar that is shared for good with collaborators or a charity.",
    CURRENCY,
    Option("payees", "addresses or roles, with commas"),
    Option("shares", "in percent, with commas; together 100"),
    Option("from", "the creator", ""),
    example="currency=USDC payees=creator,charity shares=90,10 from=creator",
)
def share(session: Session, given: Arguments) -> int:
    tips, creator = session.tips(given.text("currency")), session.wallet(given, "creator")
    payees = tuple(session.address(one) for one in given.text("payees").split(","))
    split = Split(payees, tuple(parse_amount(one, 2) for one in given.text("shares").split(",")))
    session.confirm(f"A jar shared for good by {len(payees)}.", "share")
    jar = tips.create_shared_jar(creator, split.payees, split.shares_bps)
    done(f"jar {jar_version(jar)} of {creator.name}: name it with version={jar_version(jar)}")
    return jar_version(jar)


@command(
    "The issuer lets certificates of its series be paid into jars, and into a creator's among them.",
    Option("series", "name, or currency/number"),
    TO,
    Option("from", "the issuer", ""),
    example="series=kr-spring-50000 to=creator from=issuer",
)
def admit(session: Session, given: Arguments) -> None:
    chosen = session.series(given.text("series"))
    issuer, creator = session.wallet(given, "issuer"), session.address(given.text("to"))
    session.confirm(f"{chosen.name} pays into jars, and {creator} for good.", "admit")
    session.tips_at(chosen.certificates.address).admit(issuer, chosen.series_id, creator)
    done(f"{chosen.name} can be paid to {creator} as tips, streams and memberships")
