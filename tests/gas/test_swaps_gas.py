"""Gas of swaps, `swaps.*` in bench/gas.json: receipt `gasUsed` in the steady state.

Steady state: the sender has approved, the contract holds some of it, the recipient has a balance. The
recipient sends the claim, the sender the refund.
"""

from __future__ import annotations

import pytest

from tests.support.clock import at
from tests.support.gas import record
from tests.support.swaps import SECRET, Swaps

AMOUNT = 50_000
ITSELF = (0, 0, False, b"")


@pytest.mark.parametrize("what", ["currency", "certificates"])
def test_a_swap(swaps: Swaps, what: str) -> None:
    series_id = swaps.series if what == "certificates" else 0
    swaps.token.mint(swaps.merchant, 1, {"from": swaps.deployer})
    swaps.world.issue(swaps.series, swaps.merchant, 1)
    swaps.lock(amount=1, series_id=series_id)
    locks = [swaps.terms(amount=AMOUNT - one, series_id=series_id) for one in (1, 2)]
    gas = [swaps.contract.lock(lock, ITSELF, {"from": swaps.holder}).gas_used for lock in locks]
    record(f"swaps.lock_{what}", int(min(gas)))
    record(f"swaps.claim_{what}", int(swaps.claim(locks[0], SECRET, caller=swaps.merchant).gas_used))
    at(locks[1].expires_at)
    record(f"swaps.refund_{what}", int(swaps.refund(locks[1], caller=swaps.holder).gas_used))
