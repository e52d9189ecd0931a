"""What was accepted, and what became of it: in the database, so that a crash forgets nothing.

An action is accepted in one transaction with what it takes of the limits. It is *accepted* until it is mined:
then it is *done*, or it *failed*; one that failed can be accepted again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    select,
    update,
)

from largesse.database import insert_if_missing, transaction
from largesse.errors import LargesseError
from largesse.relayer.actions import RelayAction
from largesse.relayer.limits import DAY, Limits, give_back, take
from largesse.sender import TABLES

ACTIONS: Final = Table(
    "relay_actions",
    TABLES,
    Column("id", String(66), primary_key=True),
    Column("contract", String(42), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("calls", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("gas", BigInteger, nullable=False),
    Column("tx_hash", String(66), nullable=False),
    Column("block", BigInteger, nullable=False),
    Column("error", String(80), nullable=False),
    Column("message", Text, nullable=False),
    Column("accepted_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("relay_actions_open", "state", "changed_at"),
)
CALLS: Final = Table(
    "relay_calls",
    TABLES,
    Column("call_id", String(66), primary_key=True),
    Column("action_id", String(66), nullable=False),
)
"""Each call of an action that is accepted or done: none is in two."""

ACCEPTED: Final = "accepted"
DONE: Final = "done"
FAILED: Final = "failed"
MOST_ATTEMPTS: Final = 3


class TakenError(LargesseError):
    """Another action that is accepted or done has one of these calls; `action_id` is its id."""

    def __init__(self, action_id: str) -> None:
        super().__init__("relayed_already", f"one of these calls is part of {action_id}")
        self.action_id = action_id


@dataclass(frozen=True)
class Record:
    """An action as it stands. `gas` is what was set aside for it, then what it used."""

    id: str
    contract: str
    data: bytes
    functions: tuple[str, ...]
    state: str
    attempt: int
    gas: int
    tx_hash: str
    block: int
    error: str
    message: str
    accepted_at: int

    @property
    def key(self) -> str:
        """What its transaction is sent under."""
        return f"relay:{self.id}:{self.attempt}"


@dataclass(frozen=True)
class Outcome:
    """What became of an action; `tx_hash` is empty where nothing was mined."""

    state: str
    tx_hash: str = ""
    block: int = 0
    gas: int = 0
    error: str = ""
    message: str = ""


class Store:
    """The actions of one relayer, shared by all of its processes."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self.engine = engine
        self.limits = limits

    def find(self, action_id: str) -> Record | None:
        """The action with this id."""
        with transaction(self.engine) as connection:
            return _find(connection, action_id)

    def accept(self, action: RelayAction, client: str, gas: int, now: int) -> tuple[Record, bool]:
        """Write an action down, and take what it needs of the limits; whether it is new, or is tried again.

        One that is accepted or done already takes nothing. Raises TakenError, LimitError: nothing is written.
        """
        action_id = "0x" + action.identity.hex()
        with transaction(self.engine) as connection:
            fresh = insert_if_missing(
                connection,
                ACTIONS,
                id=action_id,
                contract=action.contract,
                data=action.data,
                calls=json.dumps([call.function for call in action.calls]),
                state=ACCEPTED,
                attempt=0,
                gas=gas,
                tx_hash="",
                block=0,
                error="",
                message="",
                accepted_at=now,
                changed_at=now,
            )
            if not fresh and not _again(connection, action_id, action, gas, now):
                record = _find(connection, action_id)
                assert record is not None, "it was there a moment ago, and nothing is ever deleted"  # noqa: S101
                return record, False
            _take_calls(connection, action_id, action)
            take(connection, self.limits, action.subjects, client, gas, now)
            record = _find(connection, action_id)
        assert record is not None  # noqa: S101 - written in this transaction
        return record, True

    def settle(self, record: Record, outcome: Outcome, now: int) -> None:
        """Write down what became of an action; what it did not use of the day's gas is given back.

        Who comes second, another process, changes nothing.
        """
        with transaction(self.engine) as connection:
            changed = connection.execute(
                update(ACTIONS)
                .where(
                    ACTIONS.c.id == record.id,
                    ACTIONS.c.attempt == record.attempt,
                    ACTIONS.c.state == ACCEPTED,
                )
                .values(
                    state=outcome.state,
                    tx_hash=outcome.tx_hash,
                    block=outcome.block,
                    gas=outcome.gas,
                    error=outcome.error[:80],
                    message=outcome.message,
                    changed_at=now,
                )
            )
            if not changed.rowcount:
                return
            give_back(connection, record.accepted_at // DAY, record.gas - outcome.gas)
            if outcome.state == FAILED:
                connection.execute(delete(CALLS).where(CALLS.c.action_id == record.id))

    def open(self, before: int) -> list[Record]:
        """Actions that are accepted and were not touched since `before`, oldest first."""
        query = (
            select(ACTIONS)
            .where(ACTIONS.c.state == ACCEPTED, ACTIONS.c.changed_at <= before)
            .order_by(ACTIONS.c.changed_at)
            .limit(1000)
        )
        with transaction(self.engine) as connection:
            return [_record(row) for row in connection.execute(query)]


def _again(connection: Connection, action_id: str, action: RelayAction, gas: int, now: int) -> bool:
    """Accept an action again that failed, with the bytes that come now: its signatures may be others."""
    changed = connection.execute(
        update(ACTIONS)
        .where(ACTIONS.c.id == action_id, ACTIONS.c.state == FAILED, ACTIONS.c.attempt < MOST_ATTEMPTS - 1)
        .values(
            state=ACCEPTED,
            attempt=ACTIONS.c.attempt + 1,
            data=action.data,
            gas=gas,
            tx_hash="",
            block=0,
            error="",
            message="",
            accepted_at=now,
            changed_at=now,
        )
    )
    return bool(changed.rowcount)


def _take_calls(connection: Connection, action_id: str, action: RelayAction) -> None:
    # In one order everywhere: two processes never wait for each other.
    for identity in sorted({call.identity for call in action.calls}):
        call_id = "0x" + identity.hex()
        if not insert_if_missing(connection, CALLS, call_id=call_id, action_id=action_id):
            holder = select(CALLS.c.action_id).where(CALLS.c.call_id == call_id)
            raise TakenError(str(connection.execute(holder).scalar_one()))


def _find(connection: Connection, action_id: str) -> Record | None:
    row = connection.execute(select(ACTIONS).where(ACTIONS.c.id == action_id)).one_or_none()
    return None if row is None else _record(row)


def _record(row: Any) -> Record:
    functions: Sequence[str] = json.loads(row.calls)
    return Record(
        row.id,
        row.contract,
        bytes(row.data),
        tuple(functions),
        row.state,
        row.attempt,
        row.gas,
        row.tx_hash,
        row.block,
        row.error,
        row.message,
        row.accepted_at,
    )
