"""Take a payment back: the goods return, and the card has its face again."""

from __future__ import annotations

import json
from pathlib import Path

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.commands.command import command
from largesse.console import done, say
from largesse.files import replace_file
from largesse.restoring import SignedRestoration
from largesse.session import Session


@command(
    "The customer signs that a merchant may put money back on the card.",
    Option("series", "name, or currency/number"),
    Option("amount", "in whole currency, decimals after a point"),
    Option("merchant", "address (a role on a development chain)"),
    Option("from", "the holder", ""),
    example="series=kr-culture-50000 amount=1000 merchant=bookshop from=giver",
)
def sign(session: Session, given: Arguments) -> Path:
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    holder, merchant = session.wallet(given, "holder"), session.address(given.text("merchant"))
    amount = given.amount("amount", token.decimals)
    signed = chosen.certificates.sign_restoration(holder, chosen.series_id, amount, merchant)
    path = session.out("restore") / f"{chosen.name.replace('/', '-')}-{holder.name}-{signed.nonce}.json"
    replace_file(path, (json.dumps(signed.to_json(chosen.name), indent=1) + "\n").encode("ascii"))
    done(f"{holder.name} lets {merchant} put back {token.show(amount)}")
    say(f"signed: out/restore/{path.name}")
    return path


@command(
    "The merchant pays a signed amount back onto the card.",
    Option("signed", "the file the customer's side wrote"),
    Option("from", "the merchant", ""),
    example="signed=out/restore/kr-culture-50000-giver-1.json from=bookshop",
)
def main(session: Session, given: Arguments) -> int:
    name, signed = SignedRestoration.from_json(given.path("signed").read_text(encoding="utf-8"))
    chosen = session.series(name)
    if signed.series_id != chosen.series_id:
        raise ArgumentError(
            "other_series",
            f"it was signed for series {signed.series_id}, and says {name}, which is {chosen.series_id}",
        )
    merchant = session.wallet(given, "merchant")
    amount = f"{chosen.certificates.token.show(signed.amount)} of {chosen.name}"
    session.confirm(f"{amount} back on the card of {signed.holder}.", "pay")
    chosen.certificates.allow_payment(merchant, signed.amount)
    chosen.certificates.restore_signed(merchant, signed)
    done(f"{amount} are back on the card of {signed.holder}")
    return signed.amount
