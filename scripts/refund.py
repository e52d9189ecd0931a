"""Money back, as far as the terms grant it; or another card for one that has expired."""

from __future__ import annotations

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.clients.keepers import keeper
from largesse.commands.command import command
from largesse.commands.owing import OWED_FROM, OWED_TO, pay_owed
from largesse.console import done
from largesse.holdings import Refundable
from largesse.parts import CERTIFICATES
from largesse.session import Session

_RIGHTS = ("none", "a full refund", "the remainder after use", "a small rest", "the share after expiry")


@command(
    "Pay back what the terms grant now: all that is refundable, or less.",
    Option("series", "name, or currency/number"),
    Option("amount", "of face (default: all that is refundable)", ""),
    Option("from", "the holder", ""),
    example="series=kr-culture-50000 from=recipient",
)
def main(session: Session, given: Arguments) -> Refundable:
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    holder = session.wallet(given, "holder")
    refundable = chosen.certificates.refundable(chosen.series_id, holder.address)
    if refundable.amount == 0:
        raise ArgumentError(
            "nothing_refundable", f"{chosen.name}: nothing is refundable to {holder.name} now"
        )
    amount = given.amount("amount", token.decimals) if given.has("amount") else refundable.amount
    # The share rounds down. Where another right holds by then, as from expiry on, nothing is given up.
    least, right = refundable.payout * amount // refundable.amount, _RIGHTS[refundable.right_number]
    session.confirm(
        f"{token.show(amount)} of {chosen.name} are given up for {token.show(least)}: {right}.", "refund"
    )
    receipt = chosen.certificates.refund(holder, chosen.series_id, amount, least)
    paid = token.brought(receipt, holder.address)
    done(f"{token.show(amount)} of {chosen.name} given up, {token.show(paid)} paid back ({right})")
    return Refundable(refundable.right_number, amount, paid)


@command(
    "Between expiry and limitation: have an expired card turned into as much of a series of the same issuer "
    "that is on sale, where its terms allow that.",
    Option("series", "the expired one: name, or currency/number"),
    Option("into", "the live one, likewise"),
    Option("amount", "of face (default: all you have)", ""),
    Option("from", "the holder", ""),
    example="series=kr-culture-50000 into=kr-spring-50000 from=recipient",
)
def convert(session: Session, given: Arguments) -> int:
    old, new = session.series(given.text("series")), session.series(given.text("into"))
    certificates, holder = old.certificates, session.wallet(given, "holder")
    if new.certificates.address != certificates.address:
        raise ArgumentError("other_currency", f"{new.name} is in another currency than {old.name}")
    held = certificates.account(old.series_id, holder.address).balance
    amount = given.amount("amount", certificates.token.decimals) if given.has("amount") else held
    if not 0 < amount <= held:
        show = certificates.token.show
        raise ArgumentError("not_enough", f"{holder.name} has {show(held)} of {old.name}, not {show(amount)}")
    session.confirm(f"{certificates.token.show(amount)} of {old.name} into {new.name}.", "convert")
    certificates.convert_expired(holder, old.series_id, new.series_id, amount)
    done(f"{certificates.token.show(amount)} of {old.name} are {new.name} now")
    return amount


@command(
    "Have paid out, to any address, what the currency refused to pay to you for certificates; `owed` is "
    "about all contracts.",
    Option("currency", "the currency's symbol"),
    OWED_TO,
    OWED_FROM,
    example="currency=KRWT to=holder from=bookshop",
)
def owed(session: Session, given: Arguments) -> int:
    places = session.keepers(given.text("currency"))
    return pay_owed(session, given, (keeper(places, CERTIFICATES),), "holder")
