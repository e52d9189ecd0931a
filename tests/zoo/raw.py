"""Calls and transactions past every decoder: bytes in, bytes and gas out."""

from typing import Any, NamedTuple

from brownie import web3
from eth_typing import HexStr
from web3 import Web3
from web3.types import RPCEndpoint, TxParams, TxReceipt


class Answer(NamedTuple):
    """What a call came to: whether it succeeded, and the bytes it returned or reverted with."""

    succeeded: bool
    data: bytes


def raw_call(method: Any, *args: Any, sender: object, gas: int = 30_000_000) -> Answer:
    """Simulate the contract call `method(*args)` from `sender` without changing anything."""
    request = {
        "from": str(sender),
        "to": method._address,
        "gas": hex(gas),
        "data": HexStr(method.encode_input(*args)),
    }
    response = web3.provider.make_request(RPCEndpoint("eth_call"), [request, "latest"])
    if "error" in response:
        return Answer(False, bytes.fromhex(str(response["error"].get("data") or "0x")[2:]))
    return Answer(True, bytes.fromhex(response["result"][2:]))


def raw_send(method: Any, *args: Any, sender: object, gas: int) -> TxReceipt:
    """Send the transaction `method(*args)` with exactly `gas`; a revert shows in the status only."""
    request: TxParams = {
        "from": Web3.to_checksum_address(str(sender)),
        "to": method._address,
        "gas": gas,
        "data": HexStr(method.encode_input(*args)),
    }
    receipt: TxReceipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_transaction(request))
    return receipt


def word(value: int) -> bytes:
    """`value` as one ABI word."""
    return value.to_bytes(32, "big")
