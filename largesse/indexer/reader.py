"""Logs of many contracts read from a node: in ranges where blocks are old, block by block at the chain's end.

A block at the end is asked for by its hash, so that what comes is that block's or nothing. A range has no
hash: it is good only if the blocks around it were the same before and after, and its logs name theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from largesse.chainlogs import topic_of
from largesse.indexer.contracts import CURRENCY, FACTORY, TRANSFER, IndexerError, Watched
from largesse.indexer.rows import Log, Row, codec_of
from largesse.indexer.rpc import Call, RefusedCallError, Rpc, SlowCallError
from largesse.indexer.store import Block


class MovedError(Exception):
    """The chain changed while it was read: what was read may be of two chains."""


class TooMuchError(Exception):
    """The node refuses so many blocks at once."""


class Header(NamedTuple):
    number: int
    hash: str
    parent: str
    timestamp: int


class Read(NamedTuple):
    """Rows and the blocks that have any, both in order."""

    rows: list[Row]
    blocks: list[Block]


class Reader:
    """Reads for contracts with their numbers in the database."""

    def __init__(self, rpc: Rpc, contracts: Mapping[int, Watched]) -> None:
        self.rpc = rpc
        self._contracts = contracts
        self._codecs = {number: codec_of(one.part) for number, one in contracts.items()}
        self._numbers = {one.address.lower(): number for number, one in contracts.items()}
        # A token is read for what its own currency's contracts receive and pay.
        self._touched = {
            number: {topic_of(other.address) for other in contracts.values() if _is_held_by(one, other)}
            for number, one in contracts.items()
            if one.part == CURRENCY
        }

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """Raises MovedError where the node lacks one, IndexerError."""
        try:
            found = self.rpc.ask_all([("eth_getBlockByNumber", [hex(one), False]) for one in numbers])
        except RefusedCallError as error:
            raise IndexerError("blocks_missing", f"the node gives no block {numbers[0]}: {error}") from error
        if None in found:
            raise MovedError
        return [
            Header(int(one["number"], 16), one["hash"], one["parentHash"], int(one["timestamp"], 16))
            for one in found
        ]

    def blocks(self, headers: Sequence[Header], only: Mapping[int, int] | None = None) -> Read:
        """All of these blocks, asked for by their hashes; `only` as of `range`. Raises MovedError,
        IndexerError logs_missing."""
        wanted = self._wanted(only)
        queries = [call for one in headers for call in self._queries({"blockHash": one.hash}, wanted)]
        try:
            answers = self.rpc.ask_all(queries)
        except RefusedCallError as error:
            if self.headers([one.number for one in headers]) != list(headers):
                raise MovedError from error
            raise _missing(headers[0].number, headers[-1].number, error) from error
        read = self._rows((log for logs in answers for log in logs), only)
        counts = Counter(row.block for row in read)
        blocks = [Block(one.number, one.hash, one.timestamp, counts[one.number]) for one in headers]
        return Read(read, [one for one in blocks if only is None or one.events])

    def range(self, first: int, last: int, only: Mapping[int, int] | None = None) -> Read:
        """Blocks `first` to `last`; with `only`, of these contracts, each from its block on.

        Raises MovedError, TooMuchError, IndexerError logs_missing where even one block is refused.
        """
        wanted = self._wanted(only)
        place = {"fromBlock": hex(first), "toBlock": hex(last)}
        try:
            answers = self.rpc.ask_all(self._queries(place, wanted))
        except RefusedCallError as error:
            if first < last:
                raise TooMuchError from error
            raise _missing(first, last, error) from error
        logs = [log for logs in answers for log in logs]
        rows = self._rows(logs, only)
        return Read(rows, self._blocks(logs, rows))

    # --------------------------------------------------------------------------------------------- private

    def _queries(self, place: dict[str, str], wanted: Mapping[int, Watched]) -> list[Call]:
        own = [one.address for one in wanted.values() if one.part != CURRENCY]
        tokens = {number: one.address for number, one in wanted.items() if one.part == CURRENCY}
        ours = sorted({topic for number in tokens for topic in self._touched[number]})
        found: list[Call] = [("eth_getLogs", [{**place, "address": own}])] if own else []
        for topics in ([TRANSFER, None, ours], [TRANSFER, ours]) if ours else []:
            found.append(("eth_getLogs", [{**place, "address": list(tokens.values()), "topics": topics}]))
        return found

    def _wanted(self, only: Mapping[int, int] | None) -> Mapping[int, Watched]:
        return self._contracts if only is None else {one: self._contracts[one] for one in only}

    def _rows(self, logs: Iterable[Log], only: Mapping[int, int] | None) -> list[Row]:
        found = {}
        for log in logs:
            number = self._numbers.get(log["address"].lower())
            if number is None:
                continue
            block, index = int(log["blockNumber"], 16), int(log["logIndex"], 16)
            if block < self._contracts[number].first:
                continue
            if only is not None and block < only.get(number, block + 1):
                continue
            if number in self._touched and not self._is_ours(number, log):
                continue
            name, arguments = self._codecs[number].encode(log)
            found[number, block, index] = Row(
                number,
                block,
                index,
                int(log["transactionIndex"], 16),
                bytes.fromhex(log["transactionHash"][2:]),
                name,
                arguments,
            )
        return [found[key] for key in sorted(found)]

    def _is_ours(self, number: int, log: Log) -> bool:
        """A transfer from or to the currency's contracts, in the form of ERC-20: a currency may write what it
        likes, and harms only itself."""
        accounts = log["topics"][1:]
        if len(accounts) != 2 or len(log["data"]) != 66 or not all(map(_is_account, accounts)):
            return False
        return not self._touched[number].isdisjoint(accounts)

    def _blocks(self, logs: Sequence[Log], rows: Sequence[Row]) -> list[Block]:
        """The blocks of these rows. Raises MovedError where logs of one block name two."""
        counts = Counter(row.block for row in rows)
        found: dict[int, tuple[str, int | None]] = {}
        for log in logs:
            # Some nodes say 0 where they don't know it.
            one = log["blockHash"], int(log.get("blockTimestamp") or "0x0", 16) or None
            if found.setdefault(int(log["blockNumber"], 16), one) != one:
                raise MovedError
        unknown = [number for number in counts if found[number][1] is None]
        for header in self.headers(unknown) if unknown else []:
            if header.hash != found[header.number][0]:
                raise MovedError
            found[header.number] = header.hash, header.timestamp
        return [Block(one, found[one][0], found[one][1] or 0, counts[one]) for one in sorted(counts)]


def require_creation(contracts: Mapping[int, Watched], first: int, last: int, rows: Sequence[Row]) -> None:
    """Raise IndexerError logs_missing where a currency was created in these blocks and no log says so: a node
    that has pruned its logs may answer that there are none."""
    factory = next(number for number, one in contracts.items() if one.part == FACTORY)
    created = {row.block for row in rows if row.contract == factory}
    for one in contracts.values():
        if one.part == CURRENCY and first <= one.first <= last and one.first not in created:
            raise IndexerError(
                "logs_missing",
                f"{one.symbol} was created in block {one.first}, and the node has no log of it: it has "
                "pruned its logs (an archive node has them), or the record is another chain's",
            )


def _is_account(topic: str) -> bool:
    return topic.startswith("0x" + "00" * 12)


def _is_held_by(token: Watched, one: Watched) -> bool:
    return one.symbol == token.symbol and one.part != CURRENCY


def _missing(first: int, last: int, error: Any) -> IndexerError:
    blocks = f"block {first}" if first == last else f"blocks {first} to {last}"
    if isinstance(error, SlowCallError):
        return IndexerError("unreachable", f"the node does not answer for the logs of {blocks}: {error}")
    return IndexerError(
        "logs_missing", f"the node gives no logs of {blocks}: {error} (a node with all old logs is needed)"
    )
