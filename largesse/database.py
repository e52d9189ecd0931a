"""Where services keep what must not be lost: SQLite in a file by default, PostgreSQL for several machines.

What a transaction wrote is on the disk when `transaction` ends, whatever kills the process then: SQLite runs
with a write-ahead log and full synchronisation, PostgreSQL with its own defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, make_url, text, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from largesse.errors import LargesseError

BUSY_SECONDS: Final = 30.0
"""How long a writer waits for another one."""

_DRIVERS: Final = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",  # what undoes a statement; the write-ahead log stays on the disk
    f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}",
)


class DatabaseError(LargesseError):
    """A database that can't be used as asked."""


AWAY: Final = (DatabaseError, OperationalError, PoolTimeoutError)
"""What comes of a database that can't be used at the moment: services answer 503."""


def sqlite_url(path: Path) -> str:
    """The URL of a database in a file, which is made when it is missing."""
    return f"sqlite:///{path.resolve()}"


def open_database(url: str, tables: MetaData) -> Engine:
    """Connect, and make the tables that are missing.

    `url` is ``sqlite:///path`` or ``postgresql://user@host/name``. Raises DatabaseError bad_url, unreachable.
    """
    # What is written may be a secret, and what fails is logged.
    engine = create_engine(_parsed(url), hide_parameters=True, **_pool(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediately)
    try:
        with transaction(engine) as connection:
            if engine.dialect.name == "postgresql":
                # Two processes that start together must not both make the tables.
                connection.execute(text("SELECT pg_advisory_xact_lock(4170)"))
            tables.create_all(connection)
    except SQLAlchemyError as error:
        raise DatabaseError("unreachable", f"{_shown(url)}: {_cause(error)}") from error
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """All of it or nothing, on the disk at the end. In SQLite one writer at a time, from the beginning on.

    Raises DatabaseError busy where other writers held it for too long, and the others of `AWAY`.
    """
    with _told(engine), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Single statements that read: each sees what was committed, and waits for no writer. Raises `AWAY`."""
    # SQLite's driver commits by itself already (`_prepare_sqlite`).
    level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    with _told(engine), engine.connect().execution_options(reads=True, **level) as connection:
        yield connection


def insert_or_leave(connection: Connection, table: Table) -> Any:
    """INSERT that leaves a row alone whose key is there already, whoever wrote it."""
    insert = insert_postgresql if connection.dialect.name == "postgresql" else insert_sqlite
    return insert(table).on_conflict_do_nothing()


def insert_if_missing(connection: Connection, table: Table, **values: Any) -> bool:
    """The same, at once; whether the row is new."""
    # Without the option SQLAlchemy answers -1 for an INSERT on PostgreSQL.
    statement = insert_or_leave(connection, table).values(**values).execution_options(preserve_rowcount=True)
    return bool(connection.execute(statement).rowcount == 1)


def add_within(connection: Connection, table: Table, column: str, more: int, most: int, **row: Any) -> bool:
    """Add to a counter in the row with these values, which begins at 0, unless it came to more than `most`
    then; whether it was added."""
    insert_if_missing(connection, table, **row, **{column: 0})
    counter = table.c[column]
    here = [table.c[name] == value for name, value in row.items()]
    added = update(table).where(*here, counter + more <= most).values({column: counter + more})
    return bool(connection.execute(added).rowcount)


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """Where the driver was called by itself, its errors are none of SQLAlchemy's."""
    driver: Any = engine.dialect.dbapi
    try:
        yield
    except (OperationalError, driver.OperationalError) as error:
        if "is locked" in str(error):
            raise DatabaseError(
                "busy", f"the database was locked by others for {BUSY_SECONDS:.0f} s: try again"
            ) from error
        if isinstance(error, OperationalError):
            raise
        raise DatabaseError("away", "the database can't be used at the moment: try again") from error


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError(
            "bad_url", f"{_shown(url)!r} is no database URL: write sqlite:///file or postgresql://host/name"
        ) from error
    driver = _DRIVERS.get(parsed.drivername, parsed.drivername)
    if driver not in ("sqlite", "postgresql+psycopg"):
        raise DatabaseError("bad_url", f"{parsed.drivername}: SQLite and PostgreSQL are supported")
    if driver == "sqlite" and not parsed.database:
        raise DatabaseError("bad_url", "a database in memory would lose everything: write sqlite:///file")
    return parsed.set(drivername=driver)


def _pool(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    return {"pool_pre_ping": True, "pool_size": 4}


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transactions would begin at the first write, too late for read-then-write.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_immediately(connection: Connection) -> None:
    if connection.get_execution_options().get("reads"):
        return
    # By the driver itself: SQLAlchemy takes several times as long as SQLite.
    driver: Any = connection.connection.driver_connection
    driver.execute("BEGIN IMMEDIATE")


def _shown(url: str) -> str:
    """The URL without what may be a password."""
    head, _, rest = url.partition("://")
    return f"{head}://{rest.rpartition('@')[2]}"


def _cause(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
