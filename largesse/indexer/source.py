"""Where reports, exports and notices get events from: the node at once, or a database that follows it.

Both give the same events in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Protocol

from web3.types import LogReceipt

from largesse.chain import Node
from largesse.chainlogs import DEFAULT_RANGE, Decoder, Event, read_logs, topic_of
from largesse.deployment import Deployment
from largesse.indexer.contracts import CURRENCY, TRANSFER, IndexerError, Watched, abi_of, watched


class EventSource(Protocol):
    """All events of a deployment up to block `head`.

    `symbol` is a currency's, `part` one of `largesse.parts`, "certificates", or "token": the currency's
    ERC-20 transfers from and to its own parts (Transfer: from, to, value). The factory is part "factory" of
    the symbol "".
    """

    @property
    def chain_id(self) -> int: ...

    @property
    def head(self) -> int:
        """The last block that is covered."""

    def events(
        self, symbol: str, part: str, *, first: int = 0, last: int | None = None, names: Sequence[str] = ()
    ) -> Iterator[Event]:
        """Events of blocks `first` to `last` (default: `head`), in the chain's order; with `names` only
        those.

        Raises IndexerError: unknown_part, unknown_event, not_covered where `last` is beyond `head`.
        """

    def time(self, block: int) -> int:
        """Unix seconds of a block that has events, or of `head`. Raises IndexerError no_such_block for one
        that isn't known."""


class ChainSource:
    """The node itself, asked each time. `block` is the last one that is covered (default: the latest now)."""

    def __init__(
        self, node: Node, deployment: Deployment, *, block: int | None = None, most: int = DEFAULT_RANGE
    ) -> None:
        self.node = node
        self._head = node.block_number() if block is None else block
        self._most = most
        self._watched = {(one.symbol, one.part): one for one in watched(deployment)}
        self._time = cache(node.block_time)

    @property
    def chain_id(self) -> int:
        return self.node.chain_id

    @property
    def head(self) -> int:
        return self._head

    def events(
        self, symbol: str, part: str, *, first: int = 0, last: int | None = None, names: Sequence[str] = ()
    ) -> Iterator[Event]:
        if (one := self._watched.get((symbol, part))) is None:
            raise unknown_part(symbol, part)
        end = covered(last, self._head)
        decoder = _decoder(part)
        require_names(one, names)
        logs = self._logs(one, max(first, one.first), end, [decoder.topic(name) for name in names])
        return map(decoder.decode, logs)

    def time(self, block: int) -> int:
        if block > self._head:
            raise IndexerError("no_such_block", f"block {block} is beyond {self._head}, the last one covered")
        return self._time(block)

    def _logs(self, one: Watched, first: int, last: int, names: Sequence[str]) -> Iterator[LogReceipt]:
        if one.part != CURRENCY:
            yield from self._read(one, first, last, [names] if names else [])
            return
        ours = [topic_of(other.address) for other in self._watched.values() if _moves_money(other, one)]
        found = {}
        for topics in ([TRANSFER, None, ours], [TRANSFER, ours]):
            for log in self._read(one, first, last, topics):
                if is_transfer(log):
                    found[log["blockNumber"], log["logIndex"]] = log
        yield from (found[place] for place in sorted(found))

    def _read(
        self, one: Watched, first: int, last: int, topics: Sequence[str | Sequence[str] | None]
    ) -> Iterator[LogReceipt]:
        return read_logs(self.node, one.address, first, last, topics=topics, most=self._most)


def is_transfer(log: LogReceipt) -> bool:
    """Whether a log has the form of ERC-20: a currency may write what it likes under that name."""
    accounts = [bytes(topic) for topic in log["topics"][1:]]
    return len(accounts) == 2 and len(log["data"]) == 32 and all(one[:12] == bytes(12) for one in accounts)


def unknown_part(symbol: str, part: str) -> IndexerError:
    return IndexerError("unknown_part", f"there is no part {part!r} of {symbol or 'no currency'!r} here")


def require_names(one: Watched, names: Sequence[str]) -> None:
    """Raise IndexerError unknown_event for a name that the contract has no event of."""
    known = {item["name"] for item in one.abi if item["type"] == "event"}
    for name in names:
        if name not in known:
            raise IndexerError(
                "unknown_event", f"{one.part} has no event {name!r}; there are: {', '.join(sorted(known))}"
            )


def covered(last: int | None, head: int) -> int:
    """The end of a range. Raises IndexerError not_covered."""
    if last is not None and last > head:
        raise IndexerError("not_covered", f"block {last} is beyond {head}, the last one that is covered")
    return head if last is None else last


@cache
def _decoder(part: str) -> Decoder:
    return Decoder(abi_of(part))


def _moves_money(one: Watched, token: Watched) -> bool:
    return one.symbol == token.symbol and one.part != CURRENCY
