"""On a chain with confirmations, the first batch of a list was signed with the nonce of its approval.

The approval was in a block and not final, so the first nonce that no final transaction had used was its own.
The batch was never mined, and the run ended after ten minutes as unconfirmed.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from brownie import web3

from largesse.chain import Node
from largesse.clients.certificates import Certificates
from largesse.issuing import issue_list
from largesse.recipients import load_recipients
from tests.fixtures.desk import Desk


@pytest.fixture(scope="module")
def desk(desk_with_a_past: Desk) -> Desk:
    return desk_with_a_past


def test_a_list_is_issued_at_once_after_its_approval(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(web3, confirmations=4)
    krw = Certificates(node, desk.krw.address, desk.krw.first_block)
    listed = tmp_path / "list.csv"
    holder = desk.address("holder")
    listed.write_text(f"name,address,amount,message,external_id\nAnna,{holder},50000,,1\n", encoding="utf-8")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert len(slept) < 30, "it waits for what is never mined"
        node.develop("evm_mine", [])

    monkeypatch.setattr(time, "sleep", sleep)
    recipients = load_recipients(listed, decimals=0, denomination=50_000)
    result = issue_list(krw, desk.wallet("issuer"), 1, recipients, tmp_path)
    assert (result.rows_now, result.total) == (1, 50_000)
    assert krw.account(1, holder).balance == 50_000
