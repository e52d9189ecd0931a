"""What every command has in common that pays out what is owed: to whom, where to, and what is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from web3 import Web3
from web3.types import LogReceipt, TxReceipt

from largesse.arguments import Arguments, Option
from largesse.chain import RefusedError
from largesse.clients.keepers import Keeper
from largesse.console import done, say
from largesse.deployment import DeploymentError
from largesse.eip712 import keccak
from largesse.session import Session

OWED_TO: Final = Option("to", "where it goes: address or role (default: to you)", "")
OWED_FROM: Final = Option("from", "to whom it is owed", "")
_PAYOUT_OWED: Final = keccak(b"PayoutOwed(address,uint256)")


@contextmanager
def owed_told(session: Session) -> Iterator[None]:
    """Whatever a transaction within leaves owed is said once all went well: what the currency refused to
    pay, and what is not paid out at once, as shares of a shared jar are. Of contracts that are not in the
    session's records nothing is."""
    node, logs = session.node, list[LogReceipt]()

    def hear(receipt: TxReceipt) -> None:
        # A currency may write logs without topics.
        logs.extend(log for log in receipt["logs"] if [*map(bytes, log["topics"][:1])] == [_PAYOUT_OWED])

    before, node.on_receipt = node.on_receipt, hear
    try:
        yield
    finally:
        node.on_receipt = before
    with suppress(DeploymentError):
        if logs:
            _tell_owed(session, logs)


def _tell_owed(session: Session, logs: Sequence[LogReceipt]) -> None:
    symbols = [one.symbol for one in session.deployment().currencies]
    places: dict[str, Keeper] = {one.address: one for symbol in symbols for one in session.keepers(symbol)}
    owed: Counter[tuple[str, str]] = Counter()
    for log in logs:
        if log["address"] in places:
            payee = Web3.to_checksum_address(bytes(log["topics"][1])[12:])
            owed[str(log["address"]), str(payee)] += int.from_bytes(bytes(log["data"]), "big")
    for (address, whom), amount in owed.items():
        place = places[address]
        say(
            f"{place.token.show(amount)} are not paid yet but owed to {whom} by {place.name}: "
            "`brownie run owed` has them paid, elsewhere too"
        )


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
