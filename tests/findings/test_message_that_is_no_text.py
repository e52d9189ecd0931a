"""A tip's message is whatever bytes the tipper sends: the contract takes them, and readers must not stop at
them.

One tip whose message was no UTF-8 ended every audit of the jars, and whatever else read their logs.
"""

from __future__ import annotations

from typing import Any

from brownie import web3
from eth_abi.abi import encode

from largesse.chain import Node
from largesse.chainlogs import Decoder
from largesse.clients.certificates import Certificates
from largesse.solvency.jars import audit_jars
from tests.support.jars import ITSELF, Jars

MESSAGE = b"thanks \xff\xfe\x00"


def test_a_message_that_is_no_text_stops_no_audit(jars: Jars, node_url: str) -> None:
    jars.fund(jars.supporter)
    types = ["address", "uint256", "uint96", "bytes", "(uint64,uint40,bool,bytes)"]
    values = encode(types, [str(jars.supporter), jars.jar, 7, MESSAGE, ITSELF])
    jars.supporter.transfer(jars.escrow, 0, data=jars.escrow.tip.signature + values.hex())
    node = Node.at(node_url)
    audit = audit_jars(Certificates(node, jars.world.certificates.address), jars.escrow.address)
    assert audit.problems == ()
    logs: Any = web3.eth.get_logs({"address": jars.escrow.address, "fromBlock": web3.eth.block_number})
    event = Decoder(jars.escrow.abi).decode(logs[0])
    assert event["message"] == "thanks \\xff\\xfe\0"
