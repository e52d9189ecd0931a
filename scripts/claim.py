"""Claim a gift link for somebody."""

from __future__ import annotations

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.commands.command import command
from largesse.commands.refusing import explained
from largesse.console import done, say
from largesse.gifts.links import GiftLink, parse_link
from largesse.scanning import read_qr
from largesse.session import Session


@command(
    "Claim a gift. The recipient needs no money: anybody may send the transaction, and nobody can turn it.",
    Option("link", "the link, a file that holds it, <file>:<line>, or a picture of its QR code"),
    Option("to", "who receives it (a role on a development chain)"),
    Option("from", "who pays the gas", ""),
    example="link=out/gifts/anna.png to=recipient",
)
def main(session: Session, given: Arguments) -> GiftLink:
    try:
        text = given.link("link")
    except UnicodeDecodeError:  # a picture, of whatever kind
        text = read_qr(given.path("link"))
    link = parse_link(text)
    known = session.deployment().currencies
    symbol = next((one.symbol for one in known if one.certificates == link.contract), None)
    if symbol is None:
        raise ArgumentError(
            "wrong_place",
            f"the link is for {link.contract} on chain {link.chain_id}, which is not deployed here",
        )
    certificates = session.certificates(symbol)
    recipient = session.address(given.text("to"))
    sender, gone = session.wallet(given, "relayer"), "there is no such gift: it was claimed or taken back"
    with (
        explained("GiftCertificates_NoSuchGift", lambda *_: gone),
        explained("GiftCertificates_AlreadyClaimed", lambda *_: gone),
    ):
        certificates.claim(link, recipient, sender)
    name = session.series_name(symbol, link.gift.series_id)
    done(f"{certificates.token.show(link.gift.amount)} of {name} to {recipient}")
    if message := link.message():
        say(f"message: {message}")
    return link
