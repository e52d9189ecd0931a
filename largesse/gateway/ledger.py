"""What payers owe and were served, in a database that several gateway processes share.

An account's line says `best`, the highest sum a kept voucher is good for, and `charged`, what calls have
cost, both in micro-units and in all. A call is charged under a lock on its line, only where
``charged + price <= max(best, voucher)`` and where the voucher was not used before: whoever races, on
whatever machine, ``charged <= best`` and no voucher pays twice. Voucher, charge and answer are one
transaction.
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    case,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from largesse.database import insert_or_leave, reading, transaction
from largesse.errors import LargesseError
from largesse.gateway.schemes import Answer, Call

TABLES: Final = MetaData()
SELLERS: Final = Table(
    "gateway_sellers",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", String(42), nullable=False),
    Column("counterparty", String(42), nullable=False),
    UniqueConstraint("chain_id", "contract", "counterparty"),
)
LINES: Final = Table(
    "gateway_accounts",
    TABLES,
    Column("seller", Integer, primary_key=True),
    Column("account", String(16), primary_key=True),
    Column("best", BigInteger, nullable=False),
    Column("charged", BigInteger, nullable=False),
    Column("signature", LargeBinary, nullable=True),
    Column("by_contract", Integer, nullable=False, server_default="0"),
    Column("settled", BigInteger, nullable=False),
    Column("waits_since", BigInteger, nullable=False),
    ForeignKeyConstraint(["seller"], ["gateway_sellers.id"]),
)
"""`account` is the index in hexadecimal digits, `settled` what the chain has paid, `waits_since` when the
oldest voucher that is not settled came."""
PAYMENTS: Final = Table(
    "gateway_payments",
    TABLES,
    Column("seller", Integer, primary_key=True),
    Column("account", String(16), primary_key=True),
    Column("amount", BigInteger, primary_key=True),
    Column("price", BigInteger, nullable=False),
    Column("retry_key", String(200), nullable=True),
    Column("digest", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", LargeBinary, nullable=True),
    Column("body", LargeBinary, nullable=True),
    Column("receipt", LargeBinary, nullable=True),
    ForeignKeyConstraint(["seller", "account"], ["gateway_accounts.seller", "gateway_accounts.account"]),
    UniqueConstraint("seller", "account", "retry_key"),
    Index("gateway_payments_at", "at"),
)
"""A row for each call that was charged, with its answer while that is kept."""

MOST_KEPT_BYTES: Final = 65_536
"""Of an answer: a longer one is not kept, and its retry is told so."""
LINGER_SECONDS: Final = 0.002
"""How long a charge waits for others that may come."""
_BATCH: Final = 256


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
    digest: bytes
    answer: Answer | None
    receipt: bytes


@dataclass(frozen=True)
class Owed:
    """A voucher that can be settled."""

    index: int
    amount: int
    settled: int
    signature: bytes
    by_contract: bool
    waits_since: int


class Ledger:
    """The accounts of one seller (`counterparty`) in one PrepaidAccounts (`contract`).

    Charges are written by one thread, all that wait in one transaction: under load, one synchronisation of
    the disk serves many calls. Close it at the end.
    """

    def __init__(self, engine: Engine, chain_id: int, contract: str, counterparty: str) -> None:
        self.engine = engine
        self.seller = _seller(engine, chain_id, contract, counterparty)
        self._charges: queue.SimpleQueue[tuple[Charge, asyncio.Future[Line]] | None] = queue.SimpleQueue()
        self.coming = 0
        """Calls that are being served, or wait to be charged."""
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="gateway ledger", daemon=True)
        self._writer.start()

    # ------------------------------------------------------------------------------------------------ read

    def line(self, index: int) -> Line | None:
        """An account's line; None for one that never paid here."""
        with transaction(self.engine) as connection:
            row = connection.execute(_LINE, {"s": self.seller, "a": _hex(index)}).first()
        return None if row is None else Line(row.best, row.charged, row.settled)

    def open_line(self, index: int, paid: int) -> Line:
        """The line of an account that is new here: what the chain has paid before was charged before."""
        with transaction(self.engine) as connection:
            connection.execute(
                insert_or_leave(connection, LINES).values(
                    seller=self.seller,
                    account=_hex(index),
                    best=paid,
                    charged=paid,
                    settled=paid,
                    waits_since=0,
                )
            )
            row = connection.execute(_LINE, {"s": self.seller, "a": _hex(index)}).one()
        return Line(row.best, row.charged, row.settled)

    def paid(self, index: int, amount: int, retry_key: str = "") -> Paid | None:
        """The call that was charged under an Idempotency-Key; else the one that a voucher paid."""
        values = {"s": self.seller, "a": _hex(index), "amount": amount, "retry_key": retry_key or None}
        with reading(self.engine) as connection:
            rows = connection.execute(_PAID, values).all()
        if not rows:
            return None
        row = next((one for one in rows if retry_key and one.retry_key == retry_key), rows[0])
        kept = None
        if row.headers is not None:
            headers = tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in json.loads(row.headers))
            kept = Answer(row.status, headers, bytes(row.body))
        return Paid(row.amount, row.price, bytes(row.digest), kept, bytes(row.receipt or b""))

    def owed(self) -> list[Owed]:
        """Vouchers that are good for more than the chain has paid, the greatest gain first."""
        query = (
            select(LINES)
            .where(
                LINES.c.seller == self.seller,
                LINES.c.best > LINES.c.settled,
                LINES.c.signature.is_not(None),
            )
            .order_by((LINES.c.best - LINES.c.settled).desc(), LINES.c.account)
        )
        with transaction(self.engine) as connection:
            rows = connection.execute(query).all()
        return [
            Owed(
                int(row.account, 16),
                row.best,
                row.settled,
                bytes(row.signature),
                bool(row.by_contract),
                row.waits_since,
            )
            for row in rows
        ]

    # ----------------------------------------------------------------------------------------------- write

    async def charge(self, charge: Charge) -> Line:
        """Write a charge; it is on the disk when this returns. Raises LedgerError used, not_covered."""
        future: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        if self._closed:
            raise LedgerError("closed", "the gateway is stopping: nothing was charged")
        self._charges.put((charge, future))
        return await future

    def mark_settled(self, paid: dict[int, int], now: int) -> None:
        """What the chain has paid, by account index, in micro-units."""
        with transaction(self.engine) as connection:
            for index, amount in paid.items():
                connection.execute(
                    update(LINES)
                    .where(
                        LINES.c.seller == self.seller,
                        LINES.c.account == _hex(index),
                        LINES.c.settled < amount,
                    )
                    .values(settled=amount, waits_since=case((LINES.c.best > amount, now), else_=0))
                )

    def forget_answers(self, before: int) -> int:
        """Drop the answers to calls older than `before`; the charges stay. How many there were."""
        with transaction(self.engine) as connection:
            return connection.execute(
                update(PAYMENTS)
                .where(
                    PAYMENTS.c.seller == self.seller, PAYMENTS.c.at < before, PAYMENTS.c.headers.is_not(None)
                )
                .values(headers=None, body=None)
            ).rowcount

    def forget_payments(self, before: int) -> int:
        """Drop the rows of calls whose vouchers the chain has settled and that are older than `before`."""
        settled = (
            select(LINES.c.settled)
            .where(LINES.c.seller == PAYMENTS.c.seller, LINES.c.account == PAYMENTS.c.account)
            .scalar_subquery()
        )
        with transaction(self.engine) as connection:
            return connection.execute(
                delete(PAYMENTS).where(
                    PAYMENTS.c.seller == self.seller, PAYMENTS.c.at < before, PAYMENTS.c.amount <= settled
                )
            ).rowcount

    def close(self) -> None:
        """Write what waits, and end."""
        self._closed = True
        self._charges.put(None)
        self._writer.join()

    # --------------------------------------------------------------------------------------------- private

    def _write(self) -> None:
        ended = False
        while not ended:
            batch = []
            item = self._charges.get()
            linger = time.monotonic() + LINGER_SECONDS
            while item is not None:
                batch.append(item)
                if len(batch) >= _BATCH:
                    break
                try:
                    # Calls that are being served may be charged any moment: one transaction for all.
                    wait = linger - time.monotonic() if len(batch) < self.coming else 0.0
                    item = self._charges.get(timeout=wait) if wait > 0 else self._charges.get_nowait()
                except queue.Empty:
                    break
            else:
                ended = True
            if batch:
                self._write_batch(batch)

    def _write_batch(self, batch: Sequence[tuple[Charge, asyncio.Future[Line]]]) -> None:
        try:
            with transaction(self.engine) as connection:
                results = self._charge(connection, [charge for charge, _ in batch])
        except Exception as error:  # noqa: BLE001 - the callers get it, the writer goes on
            for _, future in batch:
                _resolve(future, error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            _resolve(future, result)

    def _charge(self, connection: Connection, charges: Sequence[Charge]) -> list[Line | LedgerError]:
        """What became of each. The lines are locked first, in an order that all processes share."""
        accounts = sorted({_hex(charge.index) for charge in charges})
        lines = {
            row.account: _Draft(row.best, row.charged, row.settled, row.waits_since)
            for row in connection.execute(_LOCK, {"s": self.seller, "accounts": accounts})
        }
        now, rows = int(time.time()), []
        used = self._used(connection, charges, lines)
        results: list[Line | LedgerError] = []
        for charge in charges:
            account, key = _hex(charge.index), charge.call.retry_key
            line = lines[account]
            if (account, charge.amount) in used or bool(key and (account, key) in used):
                results.append(_used(charge))
            elif line.charged + charge.price > max(line.best, charge.amount):
                results.append(
                    LedgerError(
                        "not_covered",
                        f"a voucher over {charge.amount} does not cover {charge.price} after {line.charged}",
                    )
                )
            else:
                line.take(charge, now)
                used |= {(account, charge.amount), (account, key)} if key else {(account, charge.amount)}
                rows.append(self._row(charge, account, now))
                results.append(Line(line.best, line.charged, line.settled))
        if rows:
            taken = [line.values(self.seller, account) for account, line in lines.items() if line.taken]
            for values in taken:
                connection.execute(_CHARGE_SIGNED if values["sig"] else _CHARGE, values)
            connection.execute(_INSERT, rows)
        return results

    def _used(
        self, connection: Connection, charges: Sequence[Charge], lines: Mapping[str, _Draft]
    ) -> set[tuple[str, int | str]]:
        """Vouchers and Idempotency-Keys of these charges that have paid for a call before, by their accounts.

        Who has a key, or pays below the best voucher, may have: those are looked up, all at once.
        """
        pairs = [(_hex(one.index), one) for one in charges]
        amounts = [(account, one.amount) for account, one in pairs if one.amount <= lines[account].best]
        keys = [(account, one.call.retry_key) for account, one in pairs if one.call.retry_key]
        used: set[tuple[str, int | str]] = set()
        for query, asked in ((_USED_AMOUNTS, amounts), (_USED_KEYS, keys)):
            if asked:
                found = connection.execute(query, {"s": self.seller, "asked": asked})
                used.update((account, value) for account, value in found)
        return used

    def _row(self, charge: Charge, account: str, now: int) -> dict[str, Any]:
        answer = charge.answer
        kept = len(answer.body) <= MOST_KEPT_BYTES
        headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in answer.headers]
        return {
            "seller": self.seller,
            "account": account,
            "amount": charge.amount,
            "price": charge.price,
            "retry_key": charge.call.retry_key or None,
            "digest": charge.call.digest,
            "at": now,
            "status": answer.status,
            "headers": json.dumps(headers, separators=(",", ":")).encode() if kept else None,
            "body": answer.body if kept else None,
            "receipt": charge.receipt,
        }


_OWN: Final = (LINES.c.seller == bindparam("s"), LINES.c.account == bindparam("a"))
_LINE: Final = select(LINES.c.best, LINES.c.charged, LINES.c.settled).where(*_OWN)
_LOCK: Final = (
    select(LINES.c.account, LINES.c.best, LINES.c.charged, LINES.c.settled, LINES.c.waits_since)
    .where(LINES.c.seller == bindparam("s"), LINES.c.account.in_(bindparam("accounts", expanding=True)))
    .order_by(LINES.c.account)
    .with_for_update()
)
_PAID: Final = select(PAYMENTS).where(
    PAYMENTS.c.seller == bindparam("s"),
    PAYMENTS.c.account == bindparam("a"),
    (PAYMENTS.c.amount == bindparam("amount")) | (PAYMENTS.c.retry_key == bindparam("retry_key")),
)
_USED_AMOUNTS: Final = select(PAYMENTS.c.account, PAYMENTS.c.amount).where(
    PAYMENTS.c.seller == bindparam("s"),
    tuple_(PAYMENTS.c.account, PAYMENTS.c.amount).in_(bindparam("asked", expanding=True)),
)
_USED_KEYS: Final = select(PAYMENTS.c.account, PAYMENTS.c.retry_key).where(
    PAYMENTS.c.seller == bindparam("s"),
    tuple_(PAYMENTS.c.account, PAYMENTS.c.retry_key).in_(bindparam("asked", expanding=True)),
)
_CHARGE: Final = (
    update(LINES).where(*_OWN).values(charged=bindparam("charged_"), waits_since=bindparam("since"))
)
_CHARGE_SIGNED: Final = _CHARGE.values(
    best=bindparam("best_"), signature=bindparam("sig"), by_contract=bindparam("wallet")
)
_INSERT: Final = insert(PAYMENTS)


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

    def values(self, seller: int, account: str) -> dict[str, Any]:
        return {
            "s": seller,
            "a": account,
            "charged_": self.charged,
            "since": self.waits_since,
            "best_": self.best,
            "sig": self.signature,
            "wallet": int(self.by_contract),
        }


def _used(charge: Charge) -> LedgerError:
    return LedgerError("used", f"the voucher over {charge.amount} or its Idempotency-Key was used before")


def _resolve(future: asyncio.Future[Line], result: Line | BaseException) -> None:
    def done() -> None:
        if future.cancelled():
            return
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)

    with suppress(RuntimeError):  # the loop may have ended: nobody waits then
        future.get_loop().call_soon_threadsafe(done)


def _seller(engine: Engine, chain_id: int, contract: str, counterparty: str) -> int:
    row = {"chain_id": chain_id, "contract": contract, "counterparty": counterparty}
    with transaction(engine) as connection:
        connection.execute(insert_or_leave(connection, SELLERS).values(row))
        return int(connection.execute(select(SELLERS.c.id).filter_by(**row)).scalar_one())


def _hex(index: int) -> str:
    return f"{index:016x}"
