"""A node that has nothing but logs: JSON-RPC over a synthetic chain, made up as it is asked for.

Every block has `EACH` events of a deployment that exists nowhere else, in the mix of `_KINDS`.
"""

from __future__ import annotations

import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple

from largesse.chainlogs import topic_of
from largesse.deployment import CurrencyRecord, Deployment
from largesse.eip712 import keccak
from largesse.indexer.contracts import CURRENCY, FACTORY, abi_of
from largesse.parts import CERTIFICATES, PARTS

CHAIN_ID: Final = 31_337
FIRST: Final = 100
EACH: Final = 20
START: Final = 1_700_000_000

_KINDS: Final = (
    ("jars", "Tipped"),
    (CURRENCY, "Transfer"),
    (CERTIFICATES, "TransferSingle"),
    (CERTIFICATES, "Redeemed"),
    (CURRENCY, "Transfer"),
    ("accounts", "Settled"),
    ("jars", "StreamOpened"),
    ("orders", "OrderOpened"),
    ("market", "OfferFilled"),
    ("sales", "Purchased"),
)


def address(name: str) -> str:
    """Any account, by its name."""
    return "0x" + hashlib.sha256(name.encode()).hexdigest()[:40]


def deployment() -> Deployment:
    parts = {part.name: address(part.name) for part in PARTS}
    record = CurrencyRecord("SYN", address(CURRENCY), 6, address(CERTIFICATES), address("back"), FIRST, parts)
    return Deployment(CHAIN_ID, block_hash(0), address("art"), address("lens"), address(FACTORY), (record,))


def block_hash(number: int) -> str:
    return "0x" + hashlib.sha256(b"block %d" % number).hexdigest()


def _log(part: str, name: str, salt: int) -> dict[str, Any]:
    """A log without its place; values are plausible in size and differ from block to block."""
    (item,) = (one for one in abi_of(part) if one["type"] == "event" and one["name"] == name)
    kinds = [(one["name"], collapse_if_tuple(one), one["indexed"]) for one in item["inputs"]]
    topics = ["0x" + keccak(f"{name}({','.join(kind for _, kind, _ in kinds)})".encode()).hex()]
    values, types = [], []
    for place, (key, kind, is_indexed) in enumerate(kinds):
        value = _value(part, key, kind, salt + place)
        if is_indexed:
            topics.append("0x" + encode([kind], [value]).hex())
        else:
            values.append(value)
            types.append(kind)
    return {"address": address(part), "topics": topics, "data": "0x" + encode(types, values).hex()}


def _value(part: str, key: str, kind: str, salt: int) -> Any:
    if kind == "address":
        return address("jars") if (part, key) == (CURRENCY, "to") else address(f"person {salt % 5_000}")
    if kind == "bool":
        return salt % 2 == 0
    if kind == "string":
        return "thanks for the music"
    if kind == "bytes":
        return bytes(range(96))
    if kind == "bytes32":
        return hashlib.sha256(b"%d" % salt).digest()
    return salt * 1_000_003 % 2 ** min(60, int(kind.removeprefix("u").removeprefix("int")) - 1)


class LogNode:
    """Answers what the follower asks."""

    def __init__(self, blocks: int) -> None:
        self.latest = FIRST + blocks
        kinds = [_KINDS[place % len(_KINDS)] for place in range(EACH)]
        self._variants = [
            [
                (part == CURRENCY, _log(part, name, 7 * variant + place))
                for place, (part, name) in enumerate(kinds)
            ]
            for variant in range(97)
        ]
        creation = {
            "address": address(FACTORY),
            "topics": ["0x" + keccak(b"Created(address,address,string)").hex()]
            + [topic_of(address(one)) for one in (CURRENCY, CERTIFICATES)],
            "data": "0x" + encode(["string"], [CERTIFICATES]).hex(),
        }
        self._creation = creation
        self._numbers: dict[str, int] = {}

    def answer(self, method: str, params: list[Any]) -> Any:
        if method == "eth_chainId":
            return hex(CHAIN_ID)
        if method == "eth_blockNumber":
            return hex(self.latest)
        if method == "eth_getBlockByNumber":
            return self._header(int(params[0], 16))
        (place,) = params
        if "blockHash" in place:
            first = last = self._numbers[place["blockHash"]]
        else:
            first, last = int(place["fromBlock"], 16), int(place["toBlock"], 16)
        topics = place.get("topics")
        # What is from or to a contract: the synthetic transfers are all to the jars.
        if topics and topics[1] is not None:
            return []
        return [log for number in range(first, last + 1) for log in self._logs(number, bool(topics))]

    def _header(self, number: int) -> Any:
        found = block_hash(number)
        self._numbers[found] = number
        return {
            "number": hex(number),
            "hash": found,
            "parentHash": block_hash(number - 1),
            "timestamp": hex(START + 12 * number),
        }

    def _logs(self, number: int, of_token: bool) -> list[dict[str, Any]]:  # noqa: FBT001
        if number == FIRST:
            return [] if of_token else [self._placed(self._creation, number, 0)]
        if number < FIRST:
            return []
        variant = self._variants[number % len(self._variants)]
        return [
            self._placed(log, number, index)
            for index, (is_token, log) in enumerate(variant)
            if is_token == of_token
        ]

    def _placed(self, log: dict[str, Any], number: int, index: int) -> dict[str, Any]:
        return log | {
            "blockNumber": hex(number),
            "blockHash": block_hash(number),
            "blockTimestamp": hex(START + 12 * number),
            "transactionHash": "0x" + hashlib.sha256(b"%d %d" % (number, index // 2)).hexdigest(),
            "transactionIndex": hex(index // 2),
            "logIndex": hex(index),
            "removed": False,
        }


def serve(blocks: int, ready: Connection) -> None:
    """Serve for ever; sends its port."""
    node = LogNode(blocks)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = (
                [_answered(node, one) for one in asked] if isinstance(asked, list) else _answered(node, asked)
            )
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ready.send(server.server_port)
    server.serve_forever()


def _answered(node: LogNode, asked: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": asked["id"], "result": node.answer(asked["method"], asked["params"])}
