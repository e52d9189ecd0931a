"""A tip's message is whatever bytes the tipper sends: the contract takes them, and readers must not stop at
them.

One tip whose message was no UTF-8 ended every audit of the jars, and whatever else read their logs. One with
a byte of 0, which JSON can say and PostgreSQL can't, ended each query that reads arguments as
docs/SERVICES.md says; where an index was made as docs/SCALE.md says, it ended the indexer.
"""

from __future__ import annotations

from typing import Any

from brownie import web3
from eth_abi.abi import encode
from sqlalchemy import text

from largesse.artifacts import jars_abi
from largesse.chain import Node
from largesse.chainlogs import Decoder, topic_of
from largesse.clients.certificates import Certificates
from largesse.database import open_database, reading
from largesse.indexer.rows import codec_of
from largesse.indexer.tables import TABLES
from largesse.solvency.jars import audit_jars
from tests.support.jars import ITSELF, Jars

MESSAGE = b"thanks \xff\xfe\x00"
PAYER = "0x" + "12" * 20


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
    assert event["message"] == "thanks \\xff\\xfe\\x00"


def test_postgresql_reads_every_message(postgres_url: str) -> None:
    words = (Decoder(jars_abi()).topic("Tipped"), topic_of(PAYER), f"0x{7:064x}")
    data = "0x" + encode(["uint256", "bytes"], [7, MESSAGE]).hex()
    name, arguments = codec_of("jars").encode({"topics": words, "data": data})
    engine = open_database(postgres_url, TABLES)
    with reading(engine) as connection:
        asked = text("SELECT CAST(:arguments AS jsonb) ->> 'message'")
        told = connection.execute(asked, {"arguments": arguments}).scalar_one()
    engine.dispose()
    assert (name, told) == ("Tipped", "thanks \\xff\\xfe\\x00")
