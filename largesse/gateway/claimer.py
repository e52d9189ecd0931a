"""When to claim what channels of x402's batch settlement owe: as the settler of vouchers does, when it pays.

A claim and the payout after it cost gas, and what is claimed is safe from the payer's withdrawal, which takes
the channel's delay. So claims wait by the same policy (`largesse.gateway.settler`): but a payer who asks the
contract for its money back, perhaps without coming here again, is seen on the chain, and claimed first.
"""

from __future__ import annotations

from typing import Final

from largesse.chain import Node
from largesse.gateway.batch import CLAIMS_A_BATCH, BatchScheme, Claimed
from largesse.gateway.ledger import Owed
from largesse.gateway.settler import Candidate, Decision, Gas, Policy, decide
from largesse.web.logs import log

CLAIM: Final = Gas(base=95_000, row=24_500, most_rows=CLAIMS_A_BATCH)
"""A claim's transaction and the payout's; and a channel's row, rounded up. Measured in USDC, against the
stand-in of the contract: 114,474 for 1 row, 314,402 for 10, 2,534,969 for 100, 56,211 of it for the payout
(`pytest -s tests/gateway/x402/test_claim_gas.py`)."""


class Claimer:
    """Claims what is owed in the channels of `batch`; `unit` base units are a micro-unit of its currency."""

    def __init__(self, batch: BatchScheme, node: Node, policy: Policy, unit: int) -> None:
        self.batch = batch
        self.node = node
        self.policy = policy
        self.unit = unit
        self._since: dict[str, int] = {}
        # Whoever claimed before may have died before the payout.
        self._is_paid_out = False

    def decision(self) -> tuple[Decision, list[str], set[str]]:
        """What would be claimed now, by the places of channels in a list; that list; and those whose payers
        have asked for their money."""
        now = self.node.now()
        owing = self.batch.owing()
        found: list[Candidate] = []
        worthless: list[int] = []
        for number, one in enumerate(owing):
            state, charged = self.batch.state(one.channel_id), int(one.charged_cumulative_amount)
            if state.total_claimed >= charged:
                continue  # by a process that died before it wrote that down
            if state.balance < charged:
                worthless.append(number)
            else:
                since = self._since.setdefault(one.channel_id, min(now, one.last_request_timestamp // 1_000))
                asked, delay = state.withdraw_requested_at, one.channel_config.withdraw_delay
                gain = (charged - state.total_claimed) // self.unit
                owed = Owed(number, charged, state.total_claimed, b"", by_contract=False, waits_since=since)
                found.append(Candidate(owed, gain, asked + delay if asked else None))
        fees = self.node.fees()
        decided = decide(found, self.policy, now, fees.most, tuple(worthless), CLAIM)
        urgent = {owing[one.owed.index].channel_id for one in found if one.good_until is not None}
        return decided, [one.channel_id for one in owing], urgent

    def run(self) -> tuple[Decision, Claimed | None]:
        """Claim what is worth it, and have it paid out."""
        decision, channels, urgent = self.decision()
        done = None
        if decision.settles or not self._is_paid_out:
            self._is_paid_out = False
            due = [channels[one.index] for one in decision.batch]
            done = self.batch.settle(due, urgent)
            self._is_paid_out = True
            for channel in due:
                self._since.pop(channel, None)
        log(
            "gateway.claiming" if decision.settles else "gateway.waiting",
            why=decision.why,
            rows=len(decision.batch),
            gain=decision.gain,
            cost=decision.cost,
            worthless=len(decision.worthless),
        )
        return decision, done
