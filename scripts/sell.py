"""Put a series into the shop window."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.command import command
from largesse.console import done
from largesse.moments import day, moment
from largesse.session import Session


@command(
    "Open the sale of a series: from now on anybody can buy it at face, and withdraw as its terms say.",
    Option("series", "name, or currency/number"),
    Option("premium", "what buyers pay on top, in basis points", "0"),
    Option("closes", "UTC (default: as late as the terms allow)", ""),
    Option("from", "the issuer", ""),
    example="series=kr-spring-50000",
)
def main(session: Session, given: Arguments) -> int:
    chosen = session.series(given.text("series"))
    shop = session.shop(chosen.certificates)
    issuer = session.wallet(given, "issuer")
    closes = moment(given.text("closes")) if given.has("closes") else shop.latest_close(chosen.series_id)
    premium = given.whole("premium", most=10_000)
    session.confirm(f"{chosen.name} on sale until {day(closes)}.", f"sell {chosen.name}")
    shop.put_on_sale(issuer, chosen.series_id, premium, closes)
    done(f"{chosen.name} is on sale until {day(closes)}")
    return closes
