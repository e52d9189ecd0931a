"""A contract's logs, in ranges that a node will give, decoded without the contract."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple
from requests.exceptions import ReadTimeout, RequestException
from web3 import Web3
from web3.exceptions import Web3Exception
from web3.types import BlockData, FilterParams, LogReceipt

from largesse.chain import BATCH, Node
from largesse.eip712 import keccak
from largesse.errors import LargesseError

DEFAULT_RANGE: Final = 10_000
TOO_MUCH: Final = (400, 413, 422, 500)
"""What nodes say over HTTP of a range that is too long for them."""


def ignore(*_: object) -> None:
    """Hears of progress and does nothing."""


class LogError(LargesseError):
    """Logs that can't be read, or that no known contract writes."""


@dataclass(frozen=True)
class Event:
    """One log: its place in the chain, the event's name and its values by name."""

    block: int
    tx: str
    index: int
    name: str
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


class Decoder:
    """Decodes the events of an ABI."""

    def __init__(self, abi: Sequence[dict[str, Any]]) -> None:
        self._layouts = {}
        for item in abi:
            if item.get("type") == "event" and not item.get("anonymous"):
                types = [collapse_if_tuple(part) for part in item["inputs"]]
                topic = keccak(f"{item['name']}({','.join(types)})".encode())
                parts = list(zip(item["inputs"], types, strict=True))
                self._layouts[topic] = (
                    item["name"],
                    [(part["name"], kind) for part, kind in parts if part["indexed"]],
                    [(part["name"], kind) for part, kind in parts if not part["indexed"]],
                )

    def topic(self, name: str) -> str:
        """What the logs of the event called `name` are found by."""
        return next("0x" + topic.hex() for topic, layout in self._layouts.items() if layout[0] == name)

    def decode(self, log: LogReceipt) -> Event:
        """One log as an event. Raises LogError unknown_event."""
        layout = self._layouts.get(bytes(log["topics"][0])) if log["topics"] else None
        if layout is None:
            place = f"block {log['blockNumber']}, log {log['logIndex']}"
            raise LogError("unknown_event", f"{place}: this contract has no such event")
        name, indexed, plain = layout
        values = {
            key: _plain(kind, decode([kind], bytes(topic))[0])
            for (key, kind), topic in zip(indexed, log["topics"][1:], strict=True)
        }
        # A string is read as bytes, which are laid out alike: anybody may put what is no text into one.
        data = decode(["bytes" if kind == "string" else kind for _, kind in plain], bytes(log["data"]))
        values |= {key: _plain(kind, value) for (key, kind), value in zip(plain, data, strict=True)}
        tx = "0x" + bytes(log["transactionHash"]).hex()
        return Event(int(log["blockNumber"]), tx, int(log["logIndex"]), name, values)


def _plain(kind: str, value: Any) -> Any:
    if kind == "address":
        return Web3.to_checksum_address(value)
    return text_of(value) if kind == "string" else value


def text_of(value: bytes) -> str:
    """What a string on the chain says; bytes that are no UTF-8 as \\xff, and 0 as \\x00, which PostgreSQL
    takes for no text."""
    return value.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def topic_of(address: str) -> str:
    """What logs are found by in which an address is indexed."""
    return "0x" + "00" * 12 + address[2:].lower()


def read_logs(
    node: Node,
    address: str,
    first: int,
    last: int,
    *,
    topics: Sequence[str | Sequence[str] | None] = (),
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> Iterator[LogReceipt]:
    """The logs of blocks `first` to `last`, both included, in their order; `most` blocks at a time.

    On a live chain those of the last minute are asked for by their hashes: of several nodes behind one
    address one may lag, and in a range says of blocks that it has not that there are no logs in them. Raises
    LogError unreadable where the node refuses even one block, or has not got it after another minute.
    """
    young = _young(node, first, last)
    yield from read_ranges(node, address, first, young - 1, topics=topics, most=most, progress=progress)
    for start in range(young, last + 1, BATCH):
        end = min(start + BATCH, last + 1)
        query = _query(address, topics)
        by_hash = [query | FilterParams(blockHash=one["hash"]) for one in _blocks(node, start, end)]
        asked = [partial(node.web3.eth.get_logs, one) for one in by_hash]
        for logs in _patiently(node, asked, start):
            yield from sorted(logs, key=lambda log: log["logIndex"])
        progress(end - start)


def _young(node: Node, first: int, last: int) -> int:
    """The first of the blocks that not every node behind the address need have; `last` + 1 where all do."""
    young = last + 1
    if node.lag_seconds:
        old, size = node.now() - node.lag_seconds, 1
        while young > first:
            start = max(first, young - size)
            blocks = _blocks(node, start, young)
            count = sum(one["timestamp"] > old for one in blocks)
            young -= count
            if count < len(blocks):
                break
            size = BATCH
    return young


def _blocks(node: Node, start: int, end: int) -> list[BlockData]:
    return _patiently(node, [partial(node.web3.eth.get_block, one) for one in range(start, end)], start)


def _patiently(node: Node, questions: Sequence[Callable[[], Any]], block: int) -> list[Any]:
    """Answers about blocks from `block` on, once a node has them all. Raises LogError unreadable."""
    end = time.monotonic() + node.lag_seconds
    while True:
        try:
            return node.ask_all(questions)
        except (Web3Exception, ValueError) as error:
            if time.monotonic() > end:
                what = f"block {block} and on"
                raise LogError("unreadable", f"{what}: the node gives no logs: {error}") from error
            time.sleep(node.poll_seconds)


def _query(address: str, topics: Sequence[str | Sequence[str] | None]) -> FilterParams:
    query: FilterParams = {"address": Web3.to_checksum_address(address)}
    if topics:
        query["topics"] = [one if one is None or isinstance(one, str) else list(one) for one in topics]
    return query


def read_ranges(
    node: Node,
    address: str,
    first: int,
    last: int,
    *,
    topics: Sequence[str | Sequence[str] | None] = (),
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> Iterator[LogReceipt]:
    """As `read_logs`, young blocks in ranges too: for who asks for them again anyway.

    A node that refuses a range (too many logs, too many blocks) is asked for halves of it. Raises LogError
    unreadable where it refuses even one block.
    """
    start, size = first, most
    while start <= last:
        end = min(start + size - 1, last)
        query = _query(address, topics) | FilterParams(fromBlock=start, toBlock=end)
        try:
            logs = node.web3.eth.get_logs(query)
        except (Web3Exception, ValueError, RequestException) as error:
            if not isinstance(error, (Web3Exception, ValueError)) and not _is_too_much(error):
                raise
            if end == start:
                raise LogError("unreadable", f"block {start}: the node gives no logs: {error}") from error
            size = max(1, (end - start + 1) // 2)
            continue
        yield from sorted(logs, key=lambda log: (log["blockNumber"], log["logIndex"]))
        progress(end - start + 1)
        start, size = end + 1, min(most, longer(size))


def longer(size: int) -> int:
    """What to ask for after so many blocks, where more was refused once: little more, since web3 asks five
    times, seconds apart, before an HTTP status counts."""
    return size + size // 8 + 1


def _is_too_much(error: RequestException) -> bool:
    """Whether a range was refused over HTTP, or took too long, rather than that the node is away."""
    return isinstance(error, ReadTimeout) or getattr(error.response, "status_code", 0) in TOO_MUCH


def find_logs(
    node: Node, address: str, first: int, topics: Sequence[str | Sequence[str] | None]
) -> list[LogReceipt]:
    """The few logs from block `first` on that have these topics: asked for at once where the node gives them
    so. Raises LogError unreadable."""
    last = node.block_number()
    return list(read_logs(node, address, first, last, topics=topics, most=max(1, last - first + 1)))
