"""Where the events of a deployment are read: one protocol, whoever answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Final, Protocol

from largesse.artifacts import artifact, certificates_abi, jars_abi
from largesse.chain import Node
from largesse.chainlogs import DEFAULT_RANGE, Decoder, Event, read_logs
from largesse.deployment import CurrencyRecord, Deployment
from largesse.parts import CERTIFICATES, PARTS
from largesse.signing import keccak

TOKEN: Final = "token"  # noqa: S105 - the part that is the currency itself
_TRANSFER: Final = "0x" + keccak(b"Transfer(address,address,uint256)").hex()
_ERC20: Final = [
    {
        "type": "event",
        "name": "Transfer",
        "inputs": [
            {"name": "from", "type": "address", "indexed": True},
            {"name": "to", "type": "address", "indexed": True},
            {"name": "value", "type": "uint256", "indexed": False},
        ],
    }
]


class EventSource(Protocol):
    """The events of a deployment, up to a block."""

    @property
    def chain_id(self) -> int: ...

    @property
    def head(self) -> int:
        """The last block that is covered."""

    def events(
        self, symbol: str, part: str, *, first: int = 0, last: int | None = None, names: Sequence[str] = ()
    ) -> Iterator[Event]:
        """In the chain's order."""

    def time(self, block: int) -> int:
        """Unix seconds, of a block that has events."""


class ChainSource:
    """Reads logs from the node at once, as an audit does."""

    def __init__(self, node: Node, deployment: Deployment, *, most: int = DEFAULT_RANGE) -> None:
        self._node = node
        self._deployment = deployment
        self._most = most
        self.time = lru_cache(maxsize=None)(node.block_time)

    @property
    def chain_id(self) -> int:
        return self._node.chain_id

    @cached_property
    def head(self) -> int:
        return self._node.block_number()

    def events(
        self, symbol: str, part: str, *, first: int = 0, last: int | None = None, names: Sequence[str] = ()
    ) -> Iterator[Event]:
        record = self._deployment.currency(symbol)
        last, first = self.head if last is None else last, max(first, record.block)
        found = (
            self._transfers(record, first, last) if part == TOKEN else self._logs(record, part, first, last)
        )
        return (event for event in found if not names or event.name in names)

    def _logs(self, record: CurrencyRecord, part: str, first: int, last: int) -> Iterator[Event]:
        if part == CERTIFICATES:
            address, abi = record.certificates, certificates_abi()
        else:
            address = record.part(part)
            contract = next(one.contract for one in PARTS if one.name == part)
            abi = jars_abi() if part == "jars" else artifact(contract).abi
        decoder = Decoder([item for item in abi if item["type"] == "event"])
        return map(decoder.decode, read_logs(self._node, address, first, last, most=self._most))

    def _transfers(self, record: CurrencyRecord, first: int, last: int) -> Iterator[Event]:
        decoder = Decoder(_ERC20)
        found = {}
        for address in (record.certificates, *record.parts.values()):
            padded = "0x" + "00" * 12 + address[2:].lower()
            for topics in ([_TRANSFER, None, padded], [_TRANSFER, padded]):
                logs = read_logs(self._node, record.token, first, last, topics=topics, most=self._most)
                found |= {(event.block, event.index): event for event in map(decoder.decode, logs)}
        return iter([found[place] for place in sorted(found)])
