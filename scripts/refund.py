"""Money back, as far as the terms grant it."""

from __future__ import annotations

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.command import command
from largesse.console import done
from largesse.holdings import Refundable
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
    # For less than all, the share rounds down; the chain checks it against what is asked for here.
    least = refundable.payout if amount == refundable.amount else 0
    before = token.balance(holder.address)
    chosen.certificates.refund(holder, chosen.series_id, amount, least)
    paid = token.balance(holder.address) - before
    right = _RIGHTS[refundable.right_number]
    done(f"{token.show(amount)} of {chosen.name} given up, {token.show(paid)} paid back ({right})")
    return Refundable(refundable.right_number, amount, paid)


@command(
    "Have paid out, to any address, what the currency refused to pay to you before.",
    Option("currency", "the currency's symbol"),
    Option("to", "where it goes: address or role (default: to you)", ""),
    Option("from", "to whom it is owed", ""),
    example="currency=KRWT to=holder from=bookshop",
)
def owed(session: Session, given: Arguments) -> int:
    certificates = session.certificates(given.text("currency"))
    payee = session.wallet(given, "holder")
    to = session.address(given.text("to")) if given.has("to") else payee.address
    amount = certificates.owed(payee.address)
    if amount == 0:
        done(f"nothing is owed to {payee.name}")
        return 0
    certificates.withdraw_owed(payee, to)
    done(f"{certificates.token.show(amount)} to {to}")
    return amount
