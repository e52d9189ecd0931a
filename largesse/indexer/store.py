"""What the follower writes: rows, blocks and cursor of a range in one transaction.

Each writer says which cursor it read; who was overtaken by another process writes nothing. So there is
neither a gap nor a double, whoever dies or races.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine, delete, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError as DriverError
from sqlalchemy.exc import OperationalError

from largesse.database import DatabaseError, insert_or_leave, open_database, reading, transaction
from largesse.indexer.contracts import IndexerError, Watched
from largesse.indexer.rows import Row
from largesse.indexer.tables import BLOCKS, CHAIN, CONTRACTS, EVENTS, ROLLBACKS, TABLES

KEPT: Final = 512
"""Blocks without events whose hashes are kept, to find forks among them."""

_COLUMNS: Final = ", ".join(column.name for column in EVENTS.columns)
_DAMAGED: Final = ("malformed", "not a database", "disk image", "file is encrypted", "invalid page")


class Cursor(NamedTuple):
    """The last block that is covered, its hash ("" before the first), and how often blocks were rolled
    back."""

    block: int
    hash: str
    revision: int


class Block(NamedTuple):
    """A block as it is kept."""

    number: int
    hash: str
    timestamp: int
    events: int


class OvertakenError(Exception):
    """Another process has written meanwhile."""


class Store:
    """The tables of one deployment. `ids` are the contracts' numbers by symbol and part."""

    def __init__(self, engine: Engine, chain: tuple[int, str, str], contracts: Sequence[Watched]) -> None:
        self.engine = engine
        with _told(engine), transaction(engine) as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(4171)"))
            _begin(connection, chain, contracts)
            # Nobody moves it before the contracts are added.
            cursor = _cursor(connection, locked=True)
            self.ids = _add_contracts(connection, contracts, cursor.block)

    @classmethod
    def open(cls, url: str, chain: tuple[int, str, str], contracts: Sequence[Watched]) -> Store:
        """Make the tables if they are missing; `chain` is its id, its genesis and the factory.

        Raises DatabaseError; IndexerError other_chain, other_deployment, other_record, damaged: nothing is
        written then.
        """
        engine = open_database(url, TABLES)
        if engine.dialect.name == "sqlite":
            with _told(engine), reading(engine) as connection:
                found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
            if found != "ok":
                raise _damaged(engine, str(found))
        return cls(engine, chain, contracts)

    def cursor(self) -> Cursor:
        with _told(self.engine), reading(self.engine) as connection:
            return _cursor(connection)

    def behind(self) -> dict[int, int]:
        """Contracts that were added later, and the next block to read of each. Raises IndexerError
        other_record."""
        query = select(CONTRACTS.c.id, CONTRACTS.c.behind).where(CONTRACTS.c.behind.is_not(None))
        with _told(self.engine), reading(self.engine) as connection:
            self._require_record(connection)
            return {row.id: row.behind for row in connection.execute(query)}

    def known(self, number: int) -> Block | None:
        """The highest block up to `number` whose hash is known."""
        query = select(BLOCKS).where(BLOCKS.c.number <= number).order_by(BLOCKS.c.number.desc()).limit(1)
        with _told(self.engine), reading(self.engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else Block(*row)

    def lowest(self) -> Block | None:
        """The first block whose hash is known."""
        query = select(BLOCKS).order_by(BLOCKS.c.number).limit(1)
        with _told(self.engine), reading(self.engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else Block(*row)

    def write(self, seen: Cursor, rows: Sequence[Row], blocks: Sequence[Block]) -> Cursor:
        """Append what follows `seen`; the last of `blocks` is the new cursor. Raises OvertakenError,
        IndexerError other_record."""
        new = Cursor(blocks[-1].number, blocks[-1].hash, seen.revision)
        with _told(self.engine), transaction(self.engine) as connection:
            _move(connection, seen, new)
            self._require_record(connection)
            _insert_events(connection, rows)
            connection.execute(insert(BLOCKS), [one._asdict() for one in blocks])
            between = BLOCKS.c.number.between(seen.block - KEPT, new.block - KEPT - 1)
            connection.execute(delete(BLOCKS).where(between, BLOCKS.c.events == 0))
        return new

    def write_behind(
        self, seen: Cursor, rows: Sequence[Row], blocks: Sequence[Block], behind: Mapping[int, int | None]
    ) -> None:
        """Add what contracts that came later wrote before `seen`. Raises OvertakenError."""
        with _told(self.engine), transaction(self.engine) as connection:
            _move(connection, seen, seen)
            for number, until in behind.items():
                connection.execute(update(CONTRACTS).where(CONTRACTS.c.id == number).values(behind=until))
            _insert_events(connection, rows)
            for one in blocks:
                connection.execute(
                    insert_or_leave(connection, BLOCKS).values(**(one._asdict() | {"events": 0}))
                )
                more = update(BLOCKS).where(BLOCKS.c.number == one.number)
                connection.execute(more.values(events=BLOCKS.c.events + one.events))

    def roll_back(self, seen: Cursor, kept: int, kept_hash: str) -> Cursor:
        """Take away all of the blocks after `kept`, and write down that this happened.

        Raises OvertakenError.
        """
        new = Cursor(kept, kept_hash, seen.revision + 1)
        with _told(self.engine), transaction(self.engine) as connection:
            _move(connection, seen, new)
            contracts = select(CONTRACTS.c.id)
            connection.execute(delete(EVENTS).where(EVENTS.c.contract.in_(contracts), EVENTS.c.block > kept))
            connection.execute(delete(BLOCKS).where(BLOCKS.c.number > kept))
            connection.execute(update(CONTRACTS).where(CONTRACTS.c.behind > kept).values(behind=None))
            connection.execute(
                insert(ROLLBACKS).values(revision=new.revision, kept=kept, head=seen.block, hash=seen.hash)
            )
        return new

    def count(self) -> int:
        """How many events there are."""
        with _told(self.engine), reading(self.engine) as connection:
            return int(connection.execute(select(func.sum(BLOCKS.c.events))).scalar_one() or 0)

    def _require_record(self, connection: Connection) -> None:
        """Whoever wrote blocks without the events of a contract that others follow left a gap."""
        if connection.execute(select(func.count()).select_from(CONTRACTS)).scalar_one() != len(self.ids):
            raise IndexerError(
                "other_record",
                f"contracts were added to {self.engine.url.database} meanwhile, by a newer record of the "
                "deployment: start this again with that one",
            )


def _begin(connection: Connection, chain: tuple[int, str, str], contracts: Sequence[Watched]) -> None:
    chain_id, genesis, factory = chain
    first = min(one.first for one in contracts)
    connection.execute(
        insert_or_leave(connection, CHAIN).values(
            id=1, chain_id=chain_id, genesis=genesis, factory=factory, block=first - 1, hash="", revision=0
        )
    )
    row = connection.execute(select(CHAIN)).one()
    if (row.chain_id, row.genesis) != (chain_id, genesis):
        raise IndexerError(
            "other_chain",
            f"the database is about chain {row.chain_id} with the first block {row.genesis}, and this is "
            f"chain {chain_id} with {genesis}: give it a database of its own",
        )
    if row.factory != factory:
        raise IndexerError(
            "other_deployment",
            f"the database is about the factory {row.factory}, and this is {factory}: give it a database of "
            "its own",
        )


def _add_contracts(
    connection: Connection, contracts: Sequence[Watched], block: int
) -> dict[tuple[str, str], int]:
    known = {(row.symbol, row.part): row for row in connection.execute(select(CONTRACTS))}
    for one in contracts:
        if (row := known.get((one.symbol, one.part))) is None:
            behind = one.first if one.first <= block else None
            number = len(known) + 1
            place = {"symbol": one.symbol, "part": one.part, "address": one.address, "first": one.first}
            connection.execute(insert(CONTRACTS).values(id=number, behind=behind, **place))
            known[one.symbol, one.part] = connection.execute(
                select(CONTRACTS).where(CONTRACTS.c.id == number)
            ).one()
        elif row.address != one.address:
            raise IndexerError(
                "other_deployment",
                f"{one.symbol} {one.part} is {row.address} in the database and {one.address} here: give it a "
                "database of its own",
            )
    if unknown := known.keys() - {(one.symbol, one.part) for one in contracts}:
        names = ", ".join(sorted(f"{symbol} {part}" for symbol, part in unknown))
        raise IndexerError(
            "other_record",
            f"the database has {names} too, which this record of the deployment has not: follow with the one "
            "that has all of its contracts",
        )
    return {key: row.id for key, row in known.items()}


def _cursor(connection: Connection, *, locked: bool = False) -> Cursor:
    query = select(CHAIN.c.block, CHAIN.c.hash, CHAIN.c.revision)
    return Cursor(*connection.execute(query.with_for_update() if locked else query).one())


def _move(connection: Connection, seen: Cursor, new: Cursor) -> None:
    where = (CHAIN.c.block == seen.block, CHAIN.c.hash == seen.hash, CHAIN.c.revision == seen.revision)
    moved = connection.execute(
        update(CHAIN).where(*where).values(block=new.block, hash=new.hash, revision=new.revision)
    )
    if moved.rowcount != 1:
        raise OvertakenError


def _insert_events(connection: Connection, rows: Sequence[Row]) -> None:
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        driver = connection.connection.driver_connection
        if driver is None:
            raise IndexerError("no_connection", "the database's connection is closed")
        with driver.cursor().copy(f"COPY indexer_events ({_COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        marks = ", ".join("?" * len(EVENTS.columns))
        connection.exec_driver_sql(f"INSERT INTO indexer_events ({_COLUMNS}) VALUES ({marks})", list(rows))  # noqa: S608


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """A database that is broken, full or away is called so."""
    try:
        yield
    except DatabaseError as error:
        raise IndexerError("database_failed", f"{engine.url.database}: {error.message}") from error
    except DriverError as error:
        said = str(error.orig)
        if any(sign in said for sign in _DAMAGED):
            raise _damaged(engine, said) from error
        if isinstance(error, OperationalError):
            raise IndexerError(
                "database_failed",
                f"{engine.url.database}: {said.splitlines()[0]}: nothing was written by halves",
            ) from error
        raise


def _damaged(engine: Engine, said: str) -> IndexerError:
    return IndexerError(
        "damaged",
        f"{engine.url.database} is damaged ({said.splitlines()[0]}): it was left as it is; put it aside, and "
        "all of it is read from the chain again",
    )
