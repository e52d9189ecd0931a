"""Events out of the database, as the chain itself would give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Select, select

from largesse.chainlogs import Event
from largesse.database import reading
from largesse.indexer.contracts import IndexerError, Watched, abi_of
from largesse.indexer.rows import Codec, codec_of
from largesse.indexer.source import covered, require_names, unknown_part
from largesse.indexer.tables import BLOCKS, CHAIN, CONTRACTS, EVENTS, ROLLBACKS

_PAGE: Final = 5_000


@dataclass(frozen=True)
class Rollback:
    """A re-org: blocks after `kept` were taken back, up to `head`."""

    revision: int
    kept: int
    head: int


class StoredSource:
    """What a follower has written, as it was when this was made: `head` stays, and where a re-org takes
    blocks up to it back, reading fails instead of mixing two chains. Make another one then.

    Raises IndexerError empty where nothing was followed into the database yet.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with reading(engine) as connection:
            chain = connection.execute(select(CHAIN)).first()
            if chain is None or not chain.hash:
                raise IndexerError("empty", "no block was followed into this database yet")
            contracts = connection.execute(select(CONTRACTS)).all()
        self._chain_id, self._head, self.revision = chain.chain_id, chain.block, chain.revision
        self.block_hash: str = chain.hash
        self._contracts = {(row.symbol, row.part): row for row in contracts}

    @property
    def chain_id(self) -> int:
        return int(self._chain_id)

    @property
    def head(self) -> int:
        return int(self._head)

    def events(
        self, symbol: str, part: str, *, first: int = 0, last: int | None = None, names: Sequence[str] = ()
    ) -> Iterator[Event]:
        if (row := self._contracts.get((symbol, part))) is None:
            raise unknown_part(symbol, part)
        if row.behind is not None:
            raise IndexerError("not_covered", f"{symbol} {part} is still being read: follow again")
        one = Watched(symbol, part, row.address, row.first, abi_of(part))
        require_names(one, names)
        query = (
            select(EVENTS.c.block, EVENTS.c.log_index, EVENTS.c.tx, EVENTS.c.name, EVENTS.c.arguments)
            .where(EVENTS.c.contract == row.id, EVENTS.c.block.between(first, covered(last, self.head)))
            .order_by(EVENTS.c.block, EVENTS.c.log_index)
        )
        if names:
            query = query.where(EVENTS.c.name.in_(names))
        return self._read(query, codec_of(part))

    def time(self, block: int) -> int:
        with reading(self._engine) as connection:
            found = connection.execute(select(BLOCKS.c.timestamp).where(BLOCKS.c.number == block)).scalar()
        if found is None or block > self.head:
            raise IndexerError("no_such_block", f"block {block} has no events here, or is not covered")
        return int(found)

    def rollbacks(self, after: int = 0) -> list[Rollback]:
        """Re-orgs since a revision: what was concluded from the blocks they took back must be looked at
        again."""
        query = select(ROLLBACKS.c.revision, ROLLBACKS.c.kept, ROLLBACKS.c.head)
        with reading(self._engine) as connection:
            rows = connection.execute(query.where(ROLLBACKS.c.revision > after).order_by("revision")).all()
        return [Rollback(*row) for row in rows]

    def require_unchanged(self) -> None:
        """Raise IndexerError reorganised where blocks up to `head` were taken back meanwhile."""
        for one in self.rollbacks(self.revision):
            if one.kept < self.head:
                raise IndexerError(
                    "reorganised", f"the chain was reorganised after block {one.kept}: read it again"
                )

    def _read(self, query: Select[Any], codec: Codec) -> Iterator[Event]:
        self.require_unchanged()
        # A page at a time; in SQLite it waits for no writer and none waits for it.
        with self._engine.connect().execution_options(reads=True, yield_per=_PAGE) as connection:
            for row in connection.execute(query):
                values = codec.decode(row.name, row.arguments)
                yield Event(row.block, "0x" + bytes(row.tx).hex(), row.log_index, row.name, values)
        self.require_unchanged()
