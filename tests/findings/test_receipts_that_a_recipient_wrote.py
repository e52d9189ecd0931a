"""A recipient that is a contract is asked whether it takes its certificate, and may write an event meanwhile
that looks like the shop's: a webhook could then not read what it had done, and left the payment unfinished
for good."""

from __future__ import annotations

from brownie import web3
from web3 import Web3

from tests.support.paid import Processor
from tests.webhook.conftest import processor, series  # noqa: F401 - fixtures

# ruff: noqa: F811

AMOUNT = 25_000_000
TOPIC = Web3.keccak(text="IssuedByReceipt(address,bytes32,uint256,address,address,uint256)").hex()


def liar(processor: Processor) -> str:
    """Address of an account that takes each certificate, and says that a payment issued to nobody."""
    code = f"6001600160017f{TOPIC.removeprefix('0x')}60606000a463f23a6e6160e01b60005260206000f3"
    made = f"0x61{len(code) // 2:04x}80600a3d393df3{code}"
    sent = web3.eth.send_transaction({"from": str(processor.shop.world.stranger), "data": made})
    return str(web3.eth.wait_for_transaction_receipt(sent)["contractAddress"])


def test_what_a_recipient_writes_is_no_payment(processor: Processor) -> None:
    place = liar(processor)
    processor.take(processor.paid("p1", recipient=place))
    processor.wait("p1", "delivered")
    assert processor.issued() == [(place, AMOUNT)]
    assert processor.held(place) == AMOUNT
