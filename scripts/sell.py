"""The shop window: put a series into it, take it out, have the premiums, say who signs receipts."""

from __future__ import annotations

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import Arguments, Option
from largesse.commands.command import command
from largesse.console import done, say
from largesse.moments import day, moment_of
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
    closes = moment_of(given, "closes") if given.has("closes") else shop.latest_close(chosen.series_id)
    premium = given.whole("premium", most=10_000)
    session.confirm(f"{chosen.name} on sale until {day(closes)}.", f"sell {chosen.name}")
    shop.put_on_sale(issuer, chosen.series_id, premium, closes)
    done(f"{chosen.name} is on sale until {day(closes)}")
    return closes


@command(
    "Stop the sale of a series before it closes by itself. What was bought stays, and can be withdrawn from; "
    "`sell` opens the sale again.",
    Option("series", "name, or currency/number"),
    Option("from", "the issuer", ""),
    example="series=kr-spring-50000",
)
def stop(session: Session, given: Arguments) -> bool:
    chosen = session.series(given.text("series"))
    shop, issuer = session.shop(chosen.certificates), session.wallet(given, "issuer")
    if shop.closes_at(chosen.series_id) <= session.node.now():
        done(f"{chosen.name} is not on sale")
        return False
    session.confirm(f"{chosen.name} is sold no more.", f"stop {chosen.name}")
    shop.stop_sale(issuer, chosen.series_id)
    done(f"{chosen.name} is on sale no more: what was bought stays, and can be withdrawn from")
    say(
        "receipts (the webhook's) still issue it; "
        f"`brownie run issuer operator series={chosen.name} account={shop.address} daily=0` ends that"
    )
    return True


@command(
    "Have the premiums of purchases that can't be withdrawn any more paid to the issuer; anybody may send "
    "it.",
    Option("series", "name, or currency/number"),
    Option("first", "look at purchases from this number on", "1"),
    Option("count", "at so many of them", "500"),
    Option("from", "who sends", ""),
    example="series=kr-spring-50000",
)
def premiums(session: Session, given: Arguments) -> int:
    chosen = session.series(given.text("series"))
    shop, sender = session.shop(chosen.certificates), session.wallet(given, "issuer")
    first, count = given.whole("first", least=1), given.whole("count", least=1, most=500)
    due = shop.premiums_due(chosen.series_id, first, first + count - 1)
    if not due:
        done(f"{chosen.name}: no premium of purchases {first} to {first + count - 1} is due")
        return 0
    amount = shop.collect_premiums(sender, chosen.series_id, due)
    done(f"{chosen.certificates.token.show(amount)} of {len(due)} purchase(s) to the issuer of {chosen.name}")
    return amount


@command(
    "Let another key sign receipts for all of an issuer's series in a currency, or take that back. Only that "
    "key's receipts count then: `webhook`, which signs with the issuer's own, is refused.",
    Option("currency", "the currency's symbol"),
    Option("signer", "an address (a role on a development chain), or none: the issuer itself"),
    Option("from", "the issuer", ""),
    example="currency=KRWT signer=operator",
)
def receipts(session: Session, given: Arguments) -> str:
    shop, issuer = session.shop(session.certificates(given.text("currency"))), session.wallet(given, "issuer")
    taken_back = given.text("signer") == "none"
    signer = issuer.address if taken_back else session.address(given.text("signer"))
    if shop.receipt_signer(issuer.address) == signer:
        done(f"{signer} signs the receipts of {issuer.name} already")
        return signer
    session.confirm(f"{signer} signs receipts of {issuer.address}.", "receipts")
    shop.name_receipt_signer(issuer, ZERO_ADDRESS if taken_back else signer)
    done(f"{signer} signs the receipts of {issuer.name}")
    return signer
