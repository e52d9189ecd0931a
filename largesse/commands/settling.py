"""What settling vouchers by a person's command has to be told."""

from __future__ import annotations

from largesse.arguments import ArgumentError, Arguments
from largesse.clients.accounts import Prepaid
from largesse.session import Session


def coin_price(session: Session, given: Arguments, prepaid: Prepaid, *, settles: bool = True) -> int | None:
    """`gas=…`, what one coin of the chain costs, in micro-units; None where nobody said.

    Raises ArgumentError gas_not_priced where nobody said and something `settles` on a live chain: as long as
    gas counts as free, whatever waits is settled, at any price.
    """
    if not given.has("gas"):
        if settles and not session.development:
            raise ArgumentError(
                "gas_not_priced",
                f"chain {session.node.chain_id} is no development chain: say with gas=… what one coin of it "
                "costs, in whole currency; gas=0 says that gas is free",
            )
        return None
    return 0 if given.text("gas") == "0" else prepaid.micros(given.amount("gas", prepaid.token.decimals))
