"""What payers owe and were served, in a database that several gateway processes share.

An account's line says `best`, the highest sum a kept voucher is good for, and `charged`, what calls have
cost, both in micro-units and in all. A call is charged under a lock on its line, only where
``charged + price <= max(best, voucher)`` and where the voucher was not used before: whoever races, on
whatever machine, ``charged <= best`` and no voucher pays twice. Voucher, charge and answer are one
transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, bindparam, case, delete, select, update

from largesse.database import insert_or_leave, reading, transaction
from largesse.gateway.batching import Batches
from largesse.gateway.charging import Charge, LedgerError, Line, Paid, charge_all, find_all, hexadecimal
from largesse.gateway.ledger_tables import LINES, PAYMENTS, SELLERS

Asked = tuple[int, int | None, str]
"""An account's index, a voucher's amount, and an Idempotency-Key."""


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
    the disk serves many calls. What was paid before is looked up by another, many calls at a time too. Close
    it at the end.
    """

    def __init__(self, engine: Engine, chain_id: int, contract: str, counterparty: str) -> None:
        self.engine = engine
        driver: Any = engine.dialect.dbapi
        self._integrity_error: type[Exception] = driver.IntegrityError
        self.seller = _seller(engine, chain_id, contract, counterparty)
        self.charges: Batches[Charge, Line] = Batches("gateway ledger", self._charge)
        self._lookups: Batches[tuple[int, int | None, str], Paid | None] = Batches(
            "gateway lookups", self._find
        )

    # ------------------------------------------------------------------------------------------------ read

    def line(self, index: int) -> Line | None:
        """An account's line; None for one that never paid here."""
        with transaction(self.engine) as connection:
            row = connection.execute(_LINE, {"s": self.seller, "a": hexadecimal(index)}).first()
        return None if row is None else Line(row.best, row.charged, row.settled)

    def open_line(self, index: int, paid: int) -> Line:
        """The line of an account that is new here: what the chain has paid before was charged before."""
        with transaction(self.engine) as connection:
            connection.execute(
                insert_or_leave(connection, LINES).values(
                    seller=self.seller,
                    account=hexadecimal(index),
                    best=paid,
                    charged=paid,
                    settled=paid,
                    waits_since=0,
                )
            )
            row = connection.execute(_LINE, {"s": self.seller, "a": hexadecimal(index)}).one()
        return Line(row.best, row.charged, row.settled)

    def paid(self, index: int, amount: int, retry_key: str = "") -> Paid | None:
        """The call that was charged under an Idempotency-Key; else the one that a voucher paid."""
        return self._find([(index, amount, retry_key)])[0]

    async def find(self, index: int, amount: int | None, retry_key: str = "") -> Paid | None:
        """The same, looked up with others; no amount: under the Idempotency-Key alone."""
        return await self._lookups.ask((index, amount, retry_key))

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
        """Write a charge; it is on the disk when this returns. Raises LedgerError used, not_covered, and
        ClosedError."""
        return await self.charges.ask(charge)

    def mark_settled(self, paid: dict[int, int], now: int) -> None:
        """What the chain has paid, by account index, in micro-units."""
        with transaction(self.engine) as connection:
            # In the order in which charges lock their lines: two that wait for each other end as a deadlock.
            for index, amount in sorted(paid.items()):
                connection.execute(
                    update(LINES)
                    .where(
                        LINES.c.seller == self.seller,
                        LINES.c.account == hexadecimal(index),
                        LINES.c.settled < amount,
                    )
                    .values(settled=amount, waits_since=case((LINES.c.best > amount, now), else_=0))
                )

    def publish(self, amounts: dict[int, int]) -> None:
        """Vouchers, by account index, that everybody can read from now on: who has nothing else gets no
        answer any more."""
        with transaction(self.engine) as connection:
            for index, amount in sorted(amounts.items()):
                connection.execute(
                    update(PAYMENTS)
                    .where(
                        PAYMENTS.c.seller == self.seller,
                        PAYMENTS.c.account == hexadecimal(index),
                        PAYMENTS.c.amount == amount,
                        PAYMENTS.c.retry_key.is_(None),
                    )
                    .values(digest=b"")
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
        self._lookups.close()
        self.charges.close()

    # --------------------------------------------------------------------------------------------- private

    def _charge(self, charges: Sequence[Charge]) -> list[Line | LedgerError]:
        try:
            with transaction(self.engine) as connection:
                return charge_all(connection, self.seller, charges, keys_are_new=True)
        except self._integrity_error:
            # Who has a key was asked for it before the call was served: that it is known now is rare.
            with transaction(self.engine) as connection:
                return charge_all(connection, self.seller, charges, keys_are_new=False)

    def _find(self, asked: Sequence[Asked]) -> list[Paid | None]:
        with reading(self.engine) as connection:
            return find_all(connection, self.seller, asked)


_OWN: Final = (LINES.c.seller == bindparam("s"), LINES.c.account == bindparam("a"))
_LINE: Final = select(LINES.c.best, LINES.c.charged, LINES.c.settled).where(*_OWN)


def _seller(engine: Engine, chain_id: int, contract: str, counterparty: str) -> int:
    row = {"chain_id": chain_id, "contract": contract, "counterparty": counterparty}
    with transaction(engine) as connection:
        connection.execute(insert_or_leave(connection, SELLERS).values(row))
        return int(connection.execute(select(SELLERS.c.id).filter_by(**row)).scalar_one())
