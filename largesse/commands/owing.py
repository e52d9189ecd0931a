"""What every command has in common that pays out what is owed: to whom, where to, and what is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from web3.types import TxReceipt

from largesse.arguments import Arguments, Option
from largesse.chain import RefusedError
from largesse.clients.certificates import Certificates
from largesse.clients.keepers import Keeper
from largesse.console import done, say
from largesse.session import Session

OWED_TO: Final = Option("to", "where it goes: address or role (default: to you)", "")
OWED_FROM: Final = Option("from", "to whom it is owed", "")


def tell_owed(certificates: Certificates, receipt: TxReceipt, payee: str) -> int:
    """Say what a transaction could not pay; base units."""
    left = certificates.left_owed(receipt, payee)
    if left:
        say(
            f"{certificates.token.show(left)} more are owed to {payee}: the currency refused to pay them; "
            "`brownie run owed` has them paid elsewhere"
        )
    return left


def pay_owed(session: Session, given: Arguments, places: Sequence[Keeper], role: str) -> int:
    """Have paid out all that is owed in any of these places; base units. Where nothing is, nothing is sent.

    One that refuses stops no other. Raises RefusedError after the last, with the first refusal's reason.
    """
    payee = session.wallet(given, role)
    to = session.address(given.text("to")) if given.has("to") else payee.address
    owing = [one for one in places if one.owed(payee.address)]
    if not owing:
        done(f"nothing is owed to {payee.name} ({payee.address})")
    elif to != payee.address:
        session.confirm(f"What is owed to {payee.name} goes to {to}.", "pay")
    total, refused = 0, []
    for one in owing:
        try:
            amount = one.withdraw_owed(payee, to)
        except RefusedError as error:
            say(f"{one.name}: {error}")
            refused.append((one, error))
            continue
        total += amount
        done(f"{one.token.show(amount)} of {one.name} to {to}")
    if refused:
        listed = "; ".join(f"{one.name} of {one.token.symbol}: {error}" for one, error in refused)
        raise RefusedError(refused[0][1].reason, listed, refused[0][1].values)
    return total
