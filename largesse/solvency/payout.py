"""Does a UniswapV2Payout hold nothing? Answered from logs, beside the currency's own transfers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from largesse.artifacts import payout_abi
from largesse.books.replay import Found, audited
from largesse.chainlogs import DEFAULT_RANGE, Event, ignore
from largesse.clients.certificates import Certificates


class PayoutBooks:
    """All payouts of one UniswapV2Payout: what comes goes at once. Amounts are base units: of the currency,
    and in `received` of each token."""

    liabilities = 0
    total_owed = 0

    def __init__(self) -> None:
        self.paid_in = 0
        self.received: defaultdict[str, int] = defaultdict(int)
        self.payouts = 0
        self.events = 0

    @property
    def paid_out(self) -> int:
        """To pools."""
        return self.paid_in

    def add(self, transaction: Sequence[Event]) -> None:
        """All events of one transaction."""
        for event in transaction:
            self.paid_in += event["paid"]
            self.received[event["token"]] += event["received"]
            self.payouts += 1
        self.events += len(transaction)


PayoutAudit = Found[PayoutBooks]


def audit_payout(
    certificates: Certificates,
    address: str,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> PayoutAudit:
    """Add up the payouts of the UniswapV2Payout at this address up to `block` (default: the latest), and hold
    the money there against nothing. As `largesse.solvency.certificates.audit`."""
    last = certificates.node.block_number() if block is None else block
    return audited(
        certificates.token,
        address,
        payout_abi(),
        range(certificates.first_block, last + 1),
        PayoutBooks(),
        list,
        most=most,
        progress=progress,
    )
