"""Follows a deployment's events into a database, forks of the chain included.

At each round the last block that is covered is held against the node's. Where they differ, the highest block
that both know is looked for, at any depth, and what came after it is taken back before anything is read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from largesse.chain import LAG_SECONDS, Node
from largesse.chainlogs import DEFAULT_RANGE, ignore, longer
from largesse.deployment import Deployment
from largesse.indexer.contracts import IndexerError, watched
from largesse.indexer.reader import Header, MovedError, Read, Reader, TooMuchError, require_creation
from largesse.indexer.rpc import RefusedCallError, Rpc
from largesse.indexer.store import Block, Cursor, OvertakenError, Store

WINDOW: Final = 64
"""Blocks at the end of the chain that are read one by one, by their hashes."""
AT_ONCE: Final = 32
"""Of these, how many are written together."""
EVENTS_AT_ONCE: Final = 20_000
"""What a range is sized for, once it is known how dense they are: memory does not grow with the chain."""

_FIRST_RANGE: Final = 1_000
_TRIES: Final = 20


@dataclass
class Round:
    """What a round did. `behind` is how many blocks the node lacks of those that are covered already."""

    blocks: int = 0
    events: int = 0
    rollbacks: int = 0
    behind: int = 0
    head: int = 0


class Follower:
    """Follows `deployment` into the database at `url`; a block counts under `confirmations` blocks, its own
    included. Asks for `most` blocks at once at the most.

    Raises IndexerError: other_chain, other_deployment, other_record, damaged; DatabaseError.
    """

    def __init__(
        self,
        node: Node,
        deployment: Deployment,
        url: str,
        *,
        confirmations: int = 1,
        most: int = DEFAULT_RANGE,
        window: int = WINDOW,
    ) -> None:
        self._rpc = Rpc(node)
        self._chain = deployment.chain_id, deployment.genesis
        self._confirmations, self._most, self._window = confirmations, most, window
        self._size, self._was_refused = min(most, _FIRST_RANGE), False
        self._latest()
        contracts = watched(deployment)
        self.store = Store.open(url, (*self._chain, deployment.factory), contracts)
        self._contracts = {self.store.ids[one.symbol, one.part]: one for one in contracts}
        self._reader = Reader(self._rpc, self._contracts)

    def close(self) -> None:
        self.store.engine.dispose()

    def catch_up(self, progress: Callable[[int, int], None] = ignore) -> Round:
        """Read up to the chain's end as it is now; `progress` hears how many blocks of how many.

        Raises IndexerError: unreachable, not_a_node, other_chain, other_record, logs_missing, blocks_missing,
        unsteady.
        Whatever is raised, what was written before stays, and the next round goes on from there.
        """
        done = Round()
        for attempt in range(_TRIES):
            try:
                latest = self._latest()
                cursor = self._leave_fork(self.store.cursor(), latest, done)
                self._level(cursor, latest, done)
                done.head = latest - self._confirmations + 1
                done.behind = max(0, cursor.block - latest)
                self._read_to(cursor, latest, done, progress)
            except (MovedError, OvertakenError):
                time.sleep(0.02 * attempt)
            else:
                return done
        raise IndexerError(
            "unsteady",
            f"the chain changed {_TRIES} times while it was read, or {self._rpc.name} does not give the "
            "blocks that it says it has",
        )

    # ----------------------------------------------------------------------------------------------- reading

    def _read_to(
        self, cursor: Cursor, latest: int, done: Round, progress: Callable[[int, int], None]
    ) -> None:
        head = done.head
        start, total = cursor.block, max(0, head - cursor.block)
        old = self._old(cursor.block, head - self._window, latest)
        while cursor.block < head:
            if cursor.block < old:
                new, events = self._read_range(cursor, min(cursor.block + self._size, old))
            else:
                new, events = self._read_blocks(cursor, min(cursor.block + AT_ONCE, head))
            done.blocks += new.block - cursor.block
            done.events += events
            cursor = new
            progress(cursor.block - start, total)

    def _read_range(self, cursor: Cursor, last: int) -> tuple[Cursor, int]:
        """Old blocks, in one range; fewer of them where the node refuses so many."""
        while True:
            first = cursor.block + 1
            around = [first - 1, last] if cursor.hash else [last]
            headers = self._reader.headers(around)
            if cursor.hash and headers[0].hash != cursor.hash:
                raise MovedError
            try:
                read = self._reader.range(first, last)
            except TooMuchError:
                self._shrink(last - first + 1)
                last = first + self._size - 1
                continue
            blocks = list(read.blocks)
            end = headers[-1]
            if not blocks or blocks[-1].number != last:
                blocks.append(Block(last, end.hash, end.timestamp, 0))
            if blocks[-1].hash != end.hash or self._reader.headers(around) != headers:
                raise MovedError
            require_creation(self._contracts, first, last, read.rows)
            self._fit(len(read.rows), last - first + 1)
            return self.store.write(cursor, read.rows, blocks), len(read.rows)

    def _read_blocks(self, cursor: Cursor, last: int) -> tuple[Cursor, int]:
        """The latest blocks, each by its hash, each the child of the one before it."""
        headers = self._reader.headers(range(cursor.block + 1, last + 1))
        parent = cursor.hash or headers[0].parent
        for one in headers:
            if one.parent != parent:
                raise MovedError
            parent = one.hash
        read = self._by_hash(headers)
        require_creation(self._contracts, headers[0].number, last, read.rows)
        return self.store.write(cursor, read.rows, read.blocks), len(read.rows)

    def _by_hash(self, headers: Sequence[Header], only: Mapping[int, int] | None = None) -> Read:
        """On a live chain logs that are missing are those of a node that lags: they are asked for again."""
        try:
            return self._reader.blocks(headers, only)
        except IndexerError as error:
            if self._confirmations > 1 and error.reason == "logs_missing":
                raise MovedError from error
            raise

    def _old(self, first: int, last: int, latest: int) -> int:
        """The last block from `first` to `last` that may be read in a range. On a live chain it is a minute
        old: a node that lags behind the one that was asked for its header has no logs of a younger one."""
        if self._confirmations > 1 and first < last:
            (now,) = self._reader.headers([latest])
            while first < last and self._reader.headers([last])[0].timestamp > now.timestamp - LAG_SECONDS:
                last = max(first, last - AT_ONCE)
        return last

    def _level(self, cursor: Cursor, latest: int, done: Round) -> None:
        """Read what contracts that were added later wrote before the cursor."""
        while behind := self.store.behind():
            first = min(behind.values())
            old = self._old(first - 1, cursor.block, latest)
            (header,) = self._reader.headers([cursor.block])
            try:
                if old < first:
                    last = min(first + AT_ONCE - 1, cursor.block)
                    read = self._by_hash(self._reader.headers(range(first, last + 1)), behind)
                else:
                    last = min(first + self._size - 1, old)
                    read = self._reader.range(first, last, behind)
            except TooMuchError:
                self._shrink(self._size)
                continue
            if header.hash != cursor.hash or self._reader.headers([cursor.block]) != [header]:
                raise MovedError
            until = None if last == cursor.block else last + 1
            reached = {one: until for one, start in behind.items() if until is None or start < until}
            self.store.write_behind(cursor, read.rows, read.blocks, reached)
            self._fit(len(read.rows), last - first + 1)
            done.events += len(read.rows)

    def _fit(self, events: int, blocks: int) -> None:
        more = longer(self._size) if self._was_refused else 2 * self._size
        size = blocks * EVENTS_AT_ONCE // events if events > EVENTS_AT_ONCE else more
        self._size = max(1, min(size, self._most))

    def _shrink(self, refused: int) -> None:
        self._size, self._was_refused = max(1, refused // 2), True

    # ------------------------------------------------------------------------------------------------- forks

    def _latest(self) -> int:
        """The latest block's number, of the chain that it was from the first. Raises IndexerError."""
        calls = [("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False]), ("eth_blockNumber", [])]
        try:
            chain_id, first, latest = self._rpc.ask_all(calls)
            found = int(chain_id, 16), first["hash"]
            number = int(latest, 16)
        except (RefusedCallError, TypeError, KeyError, ValueError) as error:
            raise IndexerError("not_a_node", f"{self._rpc.name} is no Ethereum node: {error}") from error
        if found != self._chain:
            raise IndexerError(
                "other_chain",
                f"{self._rpc.name} is chain {found[0]} with the first block {found[1]}; the deployment is on "
                f"chain {self._chain[0]} with {self._chain[1]}",
            )
        return number

    def _leave_fork(self, cursor: Cursor, latest: int, done: Round) -> Cursor:
        """Take back blocks that are not the chain's any more."""
        top = self.store.known(min(cursor.block, latest))
        if not cursor.hash or top is None or self._is_ours(top):
            return cursor
        kept = self._common(top.number)
        lowest = min(one.first for one in self._contracts.values()) - 1
        new = self.store.roll_back(cursor, *(kept[:2] if kept else (lowest, "")))
        done.rollbacks += 1
        return new

    def _common(self, above: int) -> Block | None:
        """The highest block below `above` that node and database have in common: bisected, since all blocks
        below it are common too."""
        bottom = self.store.lowest()
        if bottom is None or not self._is_ours(bottom):
            return None
        good, low, high = bottom, bottom.number, above
        while high - low > 1:
            middle = (low + high) // 2
            block = self.store.known(middle) or good
            if block.number > good.number and not self._is_ours(block):
                high = block.number
            else:
                good, low = max(good, block), middle
        return good

    def _is_ours(self, block: Block) -> bool:
        (header,) = self._reader.headers([block.number])
        return header.hash == block.hash
