"""A contract wallet that says yes to the gateway and no to the contract that settles was served for
nothing. And its voucher, the dearest of all, kept those of all other contract wallets from being settled."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from brownie import web3

from tests.fixtures.gateways import ARTICLE, Served
from tests.gateway.test_settler import Desk, desk  # noqa: F401 - a fixture
from tests.support.prepaid import Prepaid

# ruff: noqa: F811

YES = "631626ba7e60e01b5f5260205ff3"
"""Answer ERC-1271's word to whatever it is asked: PUSH4, shift, MSTORE, RETURN."""


def deploy(prepaid: Prepaid, runtime: str) -> str:
    """An account with this code."""
    size = f"{len(runtime) // 2:02x}"
    creation = f"60{size}600c60003960{size}6000f3{runtime}"
    tx_hash = web3.eth.send_transaction({"from": str(prepaid.deployer), "data": "0x" + creation})
    return str(web3.eth.wait_for_transaction_receipt(tx_hash)["contractAddress"])


def unless(condition: str) -> str:
    """Says yes unless the condition, a piece of code, leaves another number than 0."""
    after = len(condition) // 2 + 3
    no = after + len(YES) // 2
    return f"{condition}60{no:02x}57{YES}5b5f5ffd"


def two_faced(prepaid: Prepaid) -> str:
    """Says no to the contract: CALLER, PUSH20, EQ."""
    return deploy(prepaid, unless(f"3373{prepaid.contract.address[2:].lower()}14"))


def fickle(prepaid: Prepaid) -> str:
    """Says no in the transactions of the seller, whoever asks: ORIGIN, PUSH20, EQ."""
    return deploy(prepaid, unless(f"3273{str(prepaid.merchant)[2:].lower()}14"))


def greedy(prepaid: Prepaid) -> str:
    """Says yes once it has had more gas than the contract gives: GAS, PUSH3 300,000, GT."""
    return deploy(prepaid, unless("5a62" + f"{300_000:06x}" + "11"))


@pytest.mark.parametrize("make", [two_faced, greedy])
def test_who_would_say_no_to_the_contract_is_not_served(served: Served, make: Any) -> None:
    desk = served.desk
    key = desk.open(1_000_000, signer=make(desk))
    signed = b"\1" * 65
    answer = httpx.get(served.url + "/articles/1", headers=served.payment(key, ARTICLE, signature=signed))
    assert (answer.status_code, answer.json()["error"]) == (402, "wrong_signer")
    assert served.line(key) == (0, 0)


def test_who_always_says_yes_is_served_and_pays(served: Served) -> None:
    desk = served.desk
    key, signed = desk.open(1_000_000, signer=deploy(desk, YES)), b"\1" * 65
    answer = httpx.get(served.url + "/articles/1", headers=served.payment(key, ARTICLE, signature=signed))
    assert answer.status_code == 200
    desk.contract.settleOne(key, ARTICLE, signed, {"from": desk.stranger})
    assert desk.money(key) == (1_000_000, ARTICLE)


def test_who_changes_its_mind_holds_up_no_other(
    desk: Desk, project: Any, caplog: pytest.LogCaptureFixture
) -> None:
    prepaid = desk.prepaid
    honest = project.Wallet1271.deploy(prepaid.stranger, {"from": prepaid.deployer})
    good, bad, plain = (
        prepaid.open(1_000, salt=salt, **signer)
        for salt, signer in enumerate(({"signer": honest}, {"signer": fickle(prepaid)}, {}))
    )
    signature = prepaid.voucher(good, 77, private_key=prepaid.world.key(prepaid.stranger)).signature
    desk.take(bad, 900, signature=b"\1" * 65, by_contract=True)
    desk.take(good, 77, signature=signature, by_contract=True)
    desk.take(plain, 33)
    with caplog.at_level(logging.WARNING, "largesse"):
        decision, done = desk.settler.run()
    assert [one.index for one in decision.singles] == [bad[1], good[1]]
    assert [one.rows for one in done] == [{plain[1]: 33}, {good[1]: 77}]
    (said,) = [one for one in caplog.records if one.message == "gateway.wallet_refused"]
    assert said.__dict__["values"] == {"account": str(bad[1]), "micros": 900}
