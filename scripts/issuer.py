"""What an issuer does with a series that is open: nothing of it lowers what a holder has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from largesse.amounts import UINT96_MAX
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.clients.service import Service
from largesse.commands.command import command
from largesse.console import done, say, table
from largesse.holdings import SeriesState
from largesse.moments import minute
from largesse.session import Session

_SERVICES: Final[Mapping[str, Callable[[Session, str], Service]]] = {
    "jars": Session.tips,
    "accounts": Session.prepaid,
    "orders": Session.orders,
    "items": Session.items,
    "payout": Session.payout,
}
SERIES = Option("series", "name, or currency/number")
MERCHANT = Option("merchant", "address (a role on a development chain)")
FROM = Option("from", "the issuer", "")


@command("Show how a series stands.", SERIES, example="series=kr-culture-50000")
def main(session: Session, given: Arguments) -> SeriesState:
    chosen = session.series(given.text("series"))
    certificates = chosen.certificates
    state, terms = certificates.state(chosen.series_id), certificates.terms(chosen.series_id)
    token = certificates.token
    opened = state.full_refund_from
    rows = (
        ("issuer", state.issuer),
        ("outstanding", token.show(state.outstanding)),
        ("fees accrued", token.show(state.fees_accrued)),
        ("merchants", str(state.merchants) if terms.named else "anyone"),
        ("sale ends", minute(terms.sales_close_at)),
        ("expires", minute(terms.expires_at)),
        ("limitation", minute(terms.limitation_at)),
        ("full refunds", f"from {minute(opened)} on" if opened else "not open"),
        ("wound down", "yes" if state.wound_down else "no"),
        ("forfeited", "yes" if state.forfeited else "no"),
    )
    table(f"{chosen.name}, UTC", ("", ""), rows, right=1)
    return state


@command(
    "Let an account issue at full face, with its own money and up to a limit a day; daily=0 takes that away.",
    SERIES,
    Option("account", "address (a role on a development chain)"),
    Option("daily", "whole currency a UTC day, or unlimited: for the shop"),
    FROM,
    example="series=kr-culture-50000 account=operator daily=1000000",
)
def operator(session: Session, given: Arguments) -> int:
    chosen, account = session.series(given.text("series")), session.address(given.text("account"))
    token, text = chosen.certificates.token, given.text("daily")
    daily = UINT96_MAX if text == "unlimited" else 0 if text == "0" else given.amount("daily", token.decimals)
    issuer = session.wallet(given, "issuer")
    much = "as much as it likes" if daily == UINT96_MAX else token.show(daily) if daily else "nothing"
    what = f"{account} may issue {much} of {chosen.name} a day"
    if daily:
        session.confirm(f"{what}.", f"let {text}")
    chosen.certificates.set_operator(issuer, chosen.series_id, account, daily)
    done(what)
    if 0 < daily < UINT96_MAX and account == session.shop(chosen.certificates).address:
        say(
            "this is the shop, where a purchase that is withdrawn counts too: anybody can use up all of a "
            "day for nothing; daily=unlimited ends that"
        )
    return daily


@command(
    "Let a merchant redeem a named series, at once.",
    SERIES,
    MERCHANT,
    FROM,
    example="series=kr-culture-50000 merchant=cafe",
)
def admit(session: Session, given: Arguments) -> None:
    chosen, merchant = session.series(given.text("series")), session.address(given.text("merchant"))
    issuer = session.wallet(given, "issuer")
    session.confirm(f"{chosen.name} pays {merchant}; taking that back needs notice.", "admit")
    chosen.certificates.add_merchant(issuer, chosen.series_id, merchant)
    done(f"{merchant} redeems {chosen.name}")


@command(
    "Let certificates of a named series be paid into one of the contracts beside them, for a payee there; an "
    "open series may anyway.",
    SERIES,
    Option("part", f"which: {', '.join(_SERVICES)}"),
    Option("payee", "who is paid there: an address (a role on a development chain)"),
    FROM,
    example="series=kr-culture-50000 part=accounts payee=bookshop",
)
def service(session: Session, given: Arguments) -> None:
    chosen, payee = session.series(given.text("series")), session.address(given.text("payee"))
    issuer, part = session.wallet(given, "issuer"), given.text("part")
    if part not in _SERVICES:
        raise ArgumentError("unknown_part", f"part={part} is none of {', '.join(_SERVICES)}")
    place = _SERVICES[part](session, chosen.certificates.token.symbol)
    if not chosen.certificates.terms(chosen.series_id).named:
        done(f"{chosen.name} is an open series: it pays anybody, everywhere")
        return
    session.confirm(f"{chosen.name} pays {payee} by {part}; taking that back needs notice.", "service")
    place.admit(issuer, chosen.series_id, payee)
    done(f"{chosen.name} pays {payee} by {part}")


@command(
    "Give a merchant notice. When it is over it redeems no more, and every holder may have full face back.",
    SERIES,
    MERCHANT,
    FROM,
    example="series=kr-spring-50000 merchant=cinema",
)
def notice(session: Session, given: Arguments) -> int:
    chosen, merchant = session.series(given.text("series")), session.address(given.text("merchant"))
    issuer = session.wallet(given, "issuer")
    session.confirm(f"{merchant} leaves {chosen.name}, and full refunds open for good.", "full refunds")
    chosen.certificates.remove_merchant(issuer, chosen.series_id, merchant)
    opens = chosen.certificates.state(chosen.series_id).full_refund_from
    done(f"{merchant} redeems until {minute(opens)} UTC; from then on holders may have full face back")
    return opens


@command(
    "End a series: no more sale, full refunds until limitation; redeemed until expiry. There is no way back.",
    SERIES,
    FROM,
    example="series=us-open-25",
)
def wind_down(session: Session, given: Arguments) -> None:
    chosen, issuer = session.series(given.text("series")), session.wallet(given, "issuer")
    outstanding = chosen.certificates.token.show(chosen.certificates.state(chosen.series_id).outstanding)
    session.confirm(
        f"{chosen.name} is sold no more, and {outstanding} can be refunded in full.",
        f"wind down {chosen.name}",
    )
    chosen.certificates.wind_down(issuer, chosen.series_id)
    done(f"{chosen.name} is wound down: its holders may have full face back")


@command(
    "Have the accrued fees paid to the issuer; anybody may send this.",
    SERIES,
    Option("from", "who sends", ""),
    example="series=kr-culture-50000",
)
def fees(session: Session, given: Arguments) -> int:
    chosen, sender = session.series(given.text("series")), session.wallet(given, "issuer")
    amount = chosen.certificates.state(chosen.series_id).fees_accrued
    if amount == 0:
        done(f"{chosen.name}: no fees are accrued")
        return 0
    chosen.certificates.collect_fees(sender, chosen.series_id)
    done(f"{chosen.certificates.token.show(amount)} to the issuer of {chosen.name}")
    return amount
