"""Charges of calls, many in one transaction.

The statements are compiled once, and go to the driver as they are: what SQLAlchemy does for each execution
takes several times as long as the database.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    String,
    Table,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.sql.base import Executable

from largesse.errors import LargesseError
from largesse.gateway.ledger_tables import LINES, PAYMENTS
from largesse.gateway.schemes import Answer, Call, compact

Item = TypeVar("Item")

MOST_KEPT_BYTES: Final = 65_536
"""Of an answer: a longer one is not kept, and its retry is told so."""


class LedgerError(LargesseError):
    """A charge that the ledger does not take; nothing was written."""


@dataclass(frozen=True)
class Line:
    """An account, in micro-units: signed for at best, charged for calls, paid on the chain."""

    best: int
    charged: int
    settled: int


@dataclass(frozen=True)
class Charge:
    """A call to be charged: `amount` is the voucher's, cumulative, `price` the call's, in micro-units."""

    index: int
    amount: int
    price: int
    signature: bytes
    by_contract: bool
    call: Call
    answer: Answer
    receipt: bytes


@dataclass(frozen=True)
class Paid:
    """A call that was charged before. `answer` is None where it is not kept any more."""

    amount: int
    price: int
    retry_key: str
    digest: bytes
    answer: Answer | None
    receipt: bytes


def charge_all(
    connection: Connection, seller: int, charges: Sequence[Charge], *, keys_are_new: bool
) -> list[Line | LedgerError]:
    """What became of each. The lines are locked first, in an order that all processes share.

    With `keys_are_new` no Idempotency-Key is looked up, and one that was used before raises the driver's
    IntegrityError.
    """
    pairs = [(hexadecimal(charge.index), charge) for charge in charges]
    lines = _locked(connection, seller, sorted({account for account, _ in pairs}))
    used = _used(connection, seller, pairs, lines, look_for_keys=not keys_are_new)
    now, rows = int(time.time()), []
    results: list[Line | LedgerError] = []
    for account, charge in pairs:
        key, line = charge.call.retry_key, lines[account]
        if (account, charge.amount) in used or (key and (account, key) in used):
            results.append(
                LedgerError(
                    "used", f"the voucher over {charge.amount} or its Idempotency-Key was used before"
                )
            )
        elif line.charged + charge.price > max(line.best, charge.amount):
            results.append(
                LedgerError(
                    "not_covered",
                    f"a voucher over {charge.amount} does not cover {charge.price} after {line.charged}",
                )
            )
        else:
            line.take(charge, now)
            used.add((account, charge.amount))
            if key:
                used.add((account, key))
            rows.append(_row(seller, account, charge, now))
            results.append(Line(line.best, line.charged, line.settled))
    if rows:
        taken = [line.row(seller, account) for account, line in lines.items() if line.taken]
        _insert_many(connection, _charge_text, taken)
        _insert_many(connection, _payment_text, rows)
    return results


def find_all(
    connection: Connection, seller: int, asked: Sequence[tuple[int, int | None, str]]
) -> list[Paid | None]:
    """For each (index, amount, Idempotency-Key) the call that the key, else the voucher, has paid for. No
    amount: only the key is looked up."""
    found: dict[tuple[str, int | str | None], Any] = {}
    amounts = [(hexadecimal(index), amount) for index, amount, _ in asked]
    keys = [(hexadecimal(index), key) for index, _, key in asked if key]
    for row in _select(connection, _paid_by_amount, seller, [one for one in amounts if one[1] is not None]):
        found[row[0], row[1]] = row
    for row in _select(connection, _paid_by_key, seller, keys):
        found[row[0], row[2]] = row
    rows = (
        (key and found.get((account, key))) or found.get((account, amount))
        for (account, amount), (_, _, key) in zip(amounts, asked, strict=True)
    )
    return [None if row is None else _paid(row) for row in rows]


def hexadecimal(index: int) -> str:
    """An account's index as the tables have it."""
    return f"{index:016x}"


# -------------------------------------------------------------------------------------------- statements


@lru_cache(maxsize=256)
def _compiled(
    statement: Executable, dialect: Dialect
) -> tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]] | None]:
    """Its text, and what puts its parameters in their order, where the driver takes them by that."""
    found: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    return str(found), itemgetter(*found.positiontup) if found.positional else None


def _insert_many(
    connection: Connection, text: Callable[[str, int], str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """By the driver's own cursor, as few statements as can be. Raises the driver's errors."""
    cursor: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            cursor.executemany(text("%s", 1), rows)  # the driver sends all at once
        else:
            # SQLite's driver gives the interpreter's lock away at every step, and may wait for it each time.
            for first in range(0, len(rows), _AT_ONCE):
                some = rows[first : first + _AT_ONCE]
                cursor.execute(text("?", len(some)), tuple(chain.from_iterable(some)))
    finally:
        cursor.close()


def _select(
    connection: Connection,
    statement: Callable[[int], Executable],
    seller: int,
    pairs: Sequence[tuple[str, Any]],
) -> Iterable[Any]:
    """The rows of some pairs, of an account and an amount or key."""
    if not pairs:
        return ()
    values: dict[str, Any] = {"s": seller}
    for number, (account, second) in _padded(pairs):
        values[f"a{number}"], values[f"b{number}"] = account, second
    return _rows(connection, statement(len(values) // 2), values)


def _rows(connection: Connection, statement: Executable, values: Mapping[str, Any]) -> list[Any]:
    """Tuples, by the driver's own cursor."""
    text, in_order = _compiled(statement, connection.dialect)
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, values if in_order is None else in_order(values))
        return list(cursor.fetchall())
    finally:
        cursor.close()


def _padded(items: Sequence[Item]) -> Iterable[tuple[int, Item]]:
    """As many as a power of two, the last one again and again: so there are few statements."""
    length = 1 << (len(items) - 1).bit_length()
    return enumerate([*items, *[items[-1]] * (length - len(items))])


@lru_cache(maxsize=32)
def _paid_by_amount(length: int) -> Executable:
    return select(*_KEPT).where(_among(PAYMENTS.c.amount, length))


@lru_cache(maxsize=32)
def _paid_by_key(length: int) -> Executable:
    return select(*_KEPT).where(_among(PAYMENTS.c.retry_key, length))


@lru_cache(maxsize=32)
def _lock(length: int) -> Executable:
    columns = LINES.c.account, LINES.c.best, LINES.c.charged, LINES.c.settled, LINES.c.waits_since
    accounts: list[Any] = [bindparam(f"a{number}") for number in range(length)]
    return (
        select(*columns)
        .where(LINES.c.seller == bindparam("s"), LINES.c.account.in_(accounts))
        .order_by(LINES.c.account)
        .with_for_update()
    )


@lru_cache(maxsize=32)
def _lines_as_text(length: int) -> Executable:
    """The same in SQLite, where the transaction is the lock: one row, for which the driver takes one step."""
    first, *numbers = LINES.c.account, LINES.c.best, LINES.c.charged, LINES.c.settled, LINES.c.waits_since
    shown: ColumnElement[str] = first
    for number in numbers:
        shown = shown + literal_column("' '") + cast(number, String)
    accounts: list[Any] = [bindparam(f"a{number}") for number in range(length)]
    return select(func.group_concat(shown)).where(
        LINES.c.seller == bindparam("s"), LINES.c.account.in_(accounts)
    )


def _among(second: ColumnElement[Any], length: int) -> ColumnElement[bool]:
    return or_(
        *(
            and_(
                PAYMENTS.c.seller == bindparam("s"),
                PAYMENTS.c.account == bindparam(f"a{number}"),
                second == bindparam(f"b{number}"),
            )
            for number in range(length)
        )
    )


_KEPT: Final = tuple(
    PAYMENTS.c[name]
    for name in ["account", "amount", "retry_key", "price", "digest", "status", "headers", "body", "receipt"]
)
_AT_ONCE: Final = 16
"""Rows of a statement at most: the driver keeps so many statements prepared."""


@lru_cache(maxsize=64)
def _payment_text(mark: str, number: int) -> str:
    """Rows as `_row` has them."""
    return _insert_text(PAYMENTS, [column.name for column in PAYMENTS.columns], mark, number)


@lru_cache(maxsize=64)
def _charge_text(mark: str, number: int) -> str:
    """Rows as `_Draft.row` has them. The lines are there: nothing is inserted."""
    name = LINES.name
    return (
        _insert_text(LINES, _CHARGED, mark, number)
        + " ON CONFLICT (seller, account) DO UPDATE SET best = excluded.best, charged = excluded.charged,"
        f" signature = coalesce(excluded.signature, {name}.signature),"
        f" by_contract = CASE WHEN excluded.signature IS NULL THEN {name}.by_contract"
        " ELSE excluded.by_contract END, waits_since = excluded.waits_since"
    )


def _insert_text(table: Table, columns: Sequence[str], mark: str, number: int) -> str:
    row = f"({', '.join([mark] * len(columns))})"
    # No name and no mark comes from outside.
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {', '.join([row] * number)}"  # noqa: S608


_CHARGED: Final = (
    "seller",
    "account",
    "best",
    "charged",
    "signature",
    "by_contract",
    "settled",
    "waits_since",
)


# ------------------------------------------------------------------------------------------------- a batch


@dataclass
class _Draft:
    """A line while a batch is charged to it."""

    best: int
    charged: int
    settled: int
    waits_since: int
    signature: bytes = b""
    by_contract: bool = False
    taken: bool = False

    def take(self, charge: Charge, now: int) -> None:
        self.charged += charge.price
        self.waits_since = self.waits_since or now
        self.taken = True
        if charge.amount > self.best:
            self.best, self.signature = charge.amount, charge.signature
            self.by_contract = charge.by_contract

    def row(self, seller: int, account: str) -> tuple[Any, ...]:
        """In the order of `_CHARGED`; no signature where the best voucher stays the one it was."""
        return (
            seller,
            account,
            self.best,
            self.charged,
            self.signature or None,
            int(self.by_contract),
            self.settled,
            self.waits_since,
        )


def _locked(connection: Connection, seller: int, accounts: Sequence[str]) -> dict[str, _Draft]:
    values: dict[str, Any] = {f"a{number}": account for number, account in _padded(accounts)}
    values["s"] = seller
    if connection.dialect.name == "postgresql":
        rows = _rows(connection, _lock(len(values) - 1), values)
        return {account: _Draft(*line) for account, *line in rows}
    ((text,),) = _rows(connection, _lines_as_text(len(values) - 1), values)
    found = {}
    for line in text.split(","):
        account, best, charged, settled, since = line.split()
        found[account] = _Draft(int(best), int(charged), int(settled), int(since))
    return found


def _used(
    connection: Connection,
    seller: int,
    pairs: Sequence[tuple[str, Charge]],
    lines: Mapping[str, _Draft],
    *,
    look_for_keys: bool,
) -> set[tuple[str, int | str]]:
    """Vouchers and Idempotency-Keys of these charges that have paid for a call before, by their accounts.

    A voucher below the best one may have; a higher one was never seen.
    """
    amounts = [(account, one.amount) for account, one in pairs if one.amount <= lines[account].best]
    used: set[tuple[str, int | str]] = set()
    used.update((row[0], row[1]) for row in _select(connection, _paid_by_amount, seller, amounts))
    if look_for_keys:
        keys = [(account, one.call.retry_key) for account, one in pairs if one.call.retry_key]
        used.update((row[0], row[2]) for row in _select(connection, _paid_by_key, seller, keys))
    return used


def _row(seller: int, account: str, charge: Charge, now: int) -> tuple[Any, ...]:
    """In the order of the table's columns."""
    answer = charge.answer
    kept = len(answer.body) <= MOST_KEPT_BYTES
    return (
        seller,
        account,
        charge.amount,
        charge.price,
        charge.call.retry_key or None,
        charge.call.digest,
        now,
        answer.status,
        _packed(answer.headers) if kept else None,
        answer.body if kept else None,
        charge.receipt,
    )


@lru_cache(maxsize=256)
def _packed(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Answers of a route have mostly the same."""
    return compact([(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers]).encode()


def _paid(row: Any) -> Paid:
    _account, amount, key, price, digest, status, packed, body, receipt = row
    kept = None
    if packed is not None:
        headers = tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in json.loads(packed))
        kept = Answer(status, headers, bytes(body))
    return Paid(amount, price, key or "", bytes(digest), kept, bytes(receipt or b""))
