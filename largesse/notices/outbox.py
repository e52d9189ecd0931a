"""The outbox: what is to be said and what was said, in the database.

A notice is entered in the transaction that moves the cursor over the block it is about, under an id that
comes from what it is about: however often a block is read, there is one. It leaves by a *claim*, a
compare-and-swap on its number of attempts, that nobody else has until it lapses. So what is sent is sent at
least once, always with the same id, and never by two processes at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Double,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)

from largesse.database import insert_or_leave, reading, transaction

PENDING: Final = "pending"
SENT: Final = "sent"
FAILED: Final = "failed"

TABLES: Final = MetaData()

NOTICES: Final = Table(
    "notices",
    TABLES,
    Column("id", String(80), primary_key=True),
    Column("receiver", String(40), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("account", String(42), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("entered_at", Double, nullable=False),
    Column("next_at", Double, nullable=False),
    Column("give_up_at", Double, nullable=False),
    Column("claimed_until", Double, nullable=False),
    Column("done_at", Double),
    Column("error", Text, nullable=False),
    Index("notices_due", "receiver", "state", "next_at"),
)
CURSORS: Final = Table(
    "notice_cursors",
    TABLES,
    Column("chain", String(100), primary_key=True),  # the chain's id and the hash of its block 0
    Column("contract", String(42), primary_key=True),
    Column("block", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class Entry:
    """A notice to one receiver. `body` is what is sent, to the byte."""

    id: str
    receiver: str
    kind: str
    account: str
    body: str


@dataclass(frozen=True)
class Claimed:
    """A notice that this process may send now, so that it ends before `until`. `attempt` counts from 1."""

    id: str
    body: str
    attempt: int
    give_up_at: float
    until: float


@dataclass(frozen=True)
class Cursor:
    """The last block that was read, and its time in Unix seconds."""

    block: int
    time: int


@dataclass(frozen=True)
class Lost:
    """A notice that was given up."""

    id: str
    receiver: str
    kind: str
    attempts: int
    error: str


class Outbox:
    """All of it, over a database. Times are Unix seconds; machines that share it keep their clocks together
    to within the claim's margin (`largesse.notices.sending`)."""

    def __init__(self, engine: Engine, *, give_up_seconds: float) -> None:
        self.engine = engine
        self._patience = give_up_seconds

    def cursor(self, chain: str, contract: str) -> Cursor | None:
        query = select(CURSORS.c.block, CURSORS.c.time).where(*_at(chain, contract))
        with reading(self.engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Cursor(int(row.block), int(row.time))

    def enter(self, chain: str, contract: str, cursor: Cursor, entries: Iterable[Entry], now: float) -> None:
        """Move the cursor and enter what was found up to it: both or neither."""
        with transaction(self.engine) as connection:
            row = {"chain": chain, "contract": contract, "block": -1, "time": 0}
            connection.execute(insert_or_leave(connection, CURSORS).values(row))
            connection.execute(
                update(CURSORS)
                .where(*_at(chain, contract), CURSORS.c.block < cursor.block)
                .values(block=cursor.block, time=cursor.time)
            )
            self._insert(connection, entries, now)

    def _insert(self, connection: Connection, entries: Iterable[Entry], now: float) -> None:
        rows = [
            {
                "id": one.id,
                "receiver": one.receiver,
                "kind": one.kind,
                "account": one.account,
                "body": one.body,
                "state": PENDING,
                "attempts": 0,
                "entered_at": now,
                "next_at": now,
                "give_up_at": now + self._patience,
                "claimed_until": 0.0,
                "error": "",
            }
            for one in entries
        ]
        if rows:
            connection.execute(insert_or_leave(connection, NOTICES), rows)

    def claim(self, receiver: str, now: float, until: float, most: int) -> list[Claimed]:
        """At most `most` notices to a receiver that are due, each for this process alone until `until`."""
        query = (
            select(NOTICES)
            .where(
                NOTICES.c.state == PENDING,
                NOTICES.c.next_at <= now,
                NOTICES.c.claimed_until <= now,
                NOTICES.c.receiver == receiver,
            )
            .order_by(NOTICES.c.next_at, NOTICES.c.id)
            .limit(most)
        )
        with reading(self.engine) as connection:
            due = connection.execute(query).all()
        claimed = []
        for row in due:
            # Whoever counted further in the meantime has it.
            taken = (
                update(NOTICES)
                .where(
                    NOTICES.c.id == row.id,
                    NOTICES.c.state == PENDING,
                    NOTICES.c.attempts == row.attempts,
                    NOTICES.c.claimed_until <= now,
                )
                .values(attempts=row.attempts + 1, claimed_until=until)
            )
            with transaction(self.engine) as connection:
                if connection.execute(taken).rowcount == 1:
                    claimed.append(Claimed(row.id, row.body, row.attempts + 1, row.give_up_at, until))
        return claimed

    def sent(self, notice: Claimed, now: float) -> None:
        """It was taken."""
        self._end(notice, state=SENT, done_at=now, error="", claimed_until=0.0)

    def put_off(self, notice: Claimed, next_at: float, error: str, now: float) -> bool:
        """It was not: try again at `next_at`, or give it up where that is too late (True)."""
        if next_at > notice.give_up_at:
            self._end(notice, state=FAILED, done_at=now, error=error, claimed_until=0.0)
            return True
        self._end(notice, next_at=next_at, error=error, claimed_until=0.0)
        return False

    def _end(self, notice: Claimed, **values: object) -> None:
        # A claim that lapsed, and was taken by another process, says nothing any more.
        mine = NOTICES.c.id == notice.id, NOTICES.c.attempts == notice.attempt, NOTICES.c.state == PENDING
        with transaction(self.engine) as connection:
            connection.execute(update(NOTICES).where(*mine).values(**values))

    def counts(self) -> dict[tuple[str, str], int]:
        """How many notices are in which state, by receiver and state."""
        query = select(NOTICES.c.receiver, NOTICES.c.state, func.count()).group_by(
            NOTICES.c.receiver, NOTICES.c.state
        )
        with reading(self.engine) as connection:
            return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}

    def lost(self, most: int = 100) -> list[Lost]:
        """Notices that were given up, the last ones first."""
        query = select(NOTICES).where(NOTICES.c.state == FAILED).order_by(NOTICES.c.done_at.desc())
        with reading(self.engine) as connection:
            return [
                Lost(row.id, row.receiver, row.kind, row.attempts, row.error)
                for row in connection.execute(query.limit(most))
            ]

    def forget(self, before: float) -> int:
        """Drop what was taken before then; how many there were."""
        old = delete(NOTICES).where(NOTICES.c.state == SENT, NOTICES.c.done_at < before)
        with transaction(self.engine) as connection:
            return int(connection.execute(old).rowcount)

    def revive(self, receiver: str, now: float) -> int:
        """Give the given-up notices of a receiver another time; how many there are."""
        again = (
            update(NOTICES)
            .where(NOTICES.c.receiver == receiver, NOTICES.c.state == FAILED)
            .values(state=PENDING, next_at=now, give_up_at=now + self._patience, done_at=None)
        )
        with transaction(self.engine) as connection:
            return int(connection.execute(again).rowcount)


def _at(chain: str, contract: str) -> tuple[ColumnElement[bool], ...]:
    return CURSORS.c.chain == chain, CURSORS.c.contract == contract
