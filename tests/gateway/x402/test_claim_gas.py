"""What claims cost, measured: the claimer's policy reckons with as much, and hardly more."""

from __future__ import annotations

from pathlib import Path

import pytest

from largesse.gateway.claimer import CLAIM
from tests.gateway.x402.test_batch import DEPOSIT
from tests.gateway.x402.test_exact import get
from tests.support.x402_payments import header, payer
from tests.support.x402_world import PRICE, Shop, X402World, serving


@pytest.mark.parametrize("rows", [1, 10, 100])
def test_what_a_claim_of_so_many_rows_takes(world: X402World, tmp_path: Path, rows: int) -> None:
    """pytest -s shows it."""
    shop = Shop(world, tmp_path / "gateway.db")
    asked = dict(shop.batch.requirements(PRICE))
    with serving(shop.app()) as url:
        assert get(url, header(payer(world, shop).deposit(DEPOSIT, PRICE), asked)).status_code == 200
        shop.batch.settle()  # whose slots were empty takes more, once
        for _ in range(rows):
            assert get(url, header(payer(world, shop).deposit(DEPOSIT, PRICE), asked)).status_code == 200
    claimed = shop.batch.settle()
    receipts = [world.node.web3.eth.get_transaction_receipt(one) for one in claimed.transactions]
    assert len(receipts) == 2  # the claim, and the payout
    gas = [int(one["gasUsed"]) for one in receipts]
    print(f"{rows} row(s): {gas[0]:,} for the claim, {gas[1]:,} for the payout, {sum(gas):,}")
    assert sum(gas) <= CLAIM.base + rows * CLAIM.row <= sum(gas) * 5 // 4
