"""Transactions of a service's own account, each sent once, whatever dies in between.

A transaction is signed and written down under its key before any node sees it. Who asks again with the same
key, in this process or after a crash, gets that transaction: its bytes are sent again, and nodes take the
same bytes once. Nonces are handed out under a lock on the account's row, to several processes too.

A transaction that no block takes is replaced, under its nonce, by the same call at a higher price: of the
two, one can be mined. The price is raised a few times at once, since what a node proposes may be too little,
and then as far as gas grows dearer, however often that is. Whoever waits behind a transaction that nobody
waits for any more raises that one: nothing after it can be mined.

Where a service is started with another account, what the former one signed may still be mined: its bytes are
sent again, and under its keys the new one signs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Event
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)
from web3.types import TxReceipt

from largesse.chain import ChainError, Fees, Node, RefusedError, SignedTransaction, Wallet
from largesse.database import insert_or_leave, transaction

TABLES: Final = MetaData()
ACCOUNTS: Final = Table(
    "sender_accounts",
    TABLES,
    Column("chain_id", BigInteger, primary_key=True),
    Column("address", String(42), primary_key=True),
    Column("next_nonce", BigInteger, nullable=False),
)
TRANSACTIONS: Final = Table(
    "sender_transactions",
    TABLES,
    Column("chain_id", BigInteger, primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("address", String(42), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("target", String(42), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("tx_hash", String(66), nullable=False, unique=True),
    Column("raw", LargeBinary, nullable=False),
    Column("gas", BigInteger, nullable=False),
    Column("most_fee", BigInteger, nullable=False),
    Column("tip", BigInteger, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    UniqueConstraint("chain_id", "address", "nonce", "attempt"),
)
"""All that was ever signed; the attempts of one key share its nonce."""

_PATIENCE_SECONDS: Final = 60.0
_RAISE_PERCENT: Final = 25
_LEAST_RAISE_PERCENT: Final = 10  # nodes take no replacement for less
_MOST_ATTEMPTS: Final = 8
_UNSIGNED: Final = SignedTransaction("", b"")


@dataclass(frozen=True)
class Attempt:
    """One signed transaction of a key."""

    address: str
    number: int
    nonce: int
    gas: int
    fees: Fees
    signed: SignedTransaction


class Sender:
    """Sends for `wallet`. Use one account for a service: who sends from it elsewhere takes its nonces.

    `most_price`: wei that a unit of gas may cost, replacements included; None for any price. From `stop` on
    nothing is waited for.
    """

    def __init__(
        self,
        node: Node,
        wallet: Wallet,
        engine: Engine,
        *,
        patience: float = _PATIENCE_SECONDS,
        most_price: int | None = None,
        stop: Event | None = None,
    ):
        self.node = node
        self.wallet = wallet
        self.engine = engine
        self.patience = patience
        self.most_price = most_price
        self._stop = stop or Event()

    def send(
        self,
        key: str,
        to: str,
        data: bytes,
        *,
        most_gas: int | None = None,
        allow: Callable[[int, Fees], None] | None = None,
    ) -> TxReceipt:
        """Have `data` done at `to` once under `key` (200 characters at most), and wait until it is final.

        `allow` is told what gas it may take, and at what price, before anything is signed under `key`: what
        it raises is raised, and the key is free.

        Raises RefusedError where the chain refuses it, or it would take more than `most_gas` (over_gas):
        before it is sent (nothing is kept, the key is free again), or mined and failed (the key is used).
        Raises ChainError other_transaction where the key belongs to another call, ChainError unconfirmed
        where it is not in a block after some attempts, ChainError too_dear where gas costs more than
        `most_price`, for this or for what is before it, ChainError other_account where another account has
        signed it, and it may still be mined, ChainError stopped; asking again goes on with it. Raises
        ChainError nonce_taken where none of what was signed under the key can be mined any more.
        """
        attempts = self._attempts(key, to, data) or [self._sign_first(key, to, data, most_gas, allow)]
        for _ in range(_MOST_ATTEMPTS):
            others = [one for one in attempts if one.address != self.wallet.address]
            if others:
                self._send_others(attempts)
            else:
                self._broadcast(attempts)
            if (receipt := self._wait(attempts, 0 if others else self.patience)) is not None:
                return self._checked(receipt, to, data)
            if self._are_void(attempts):
                # Asked for after the nonce, and of the attempts that other processes signed meanwhile too.
                if (late := self.receipt(key)) is not None:
                    return self._checked(late, to, data)
                if self._is_in_a_block(key):
                    continue
                last = attempts[-1]
                raise ChainError(
                    "nonce_taken",
                    f"another program sent with nonce {last.nonce} of {last.address}: "
                    "give the service an account of its own",
                )
            if others:
                other = others[-1]
                raise ChainError(
                    "other_account",
                    f"{other.signed.tx_hash}, which {other.address} has signed, may still be mined: "
                    "see that it can pay for its gas",
                )
            if not self._raise_before(attempts[-1].nonce):
                again = self._sign_again(key, to, data, attempts)
                if again is None:
                    break
                attempts.append(again)
        raise ChainError("unconfirmed", f"{attempts[-1].signed.tx_hash} is in no block: send it again later")

    def can_pay(self, gas: int) -> bool:
        """Whether the account has the money for so much gas at the price of now."""
        return int(self.node.web3.eth.get_balance(self.wallet.address)) >= gas * self.node.fees().most

    def receipt(self, key: str) -> TxReceipt | None:
        """The final receipt of what was sent under `key`; None while there is none."""
        for attempt in self._attempts(key):
            if (receipt := self.node.final_receipt(attempt.signed.tx_hash)) is not None:
                return receipt
        return None

    def is_over(self, key: str) -> bool:
        """Whether something was signed under `key` and none of it can be mined any more: it is final, or
        other transactions have its nonces."""
        attempts = self._attempts(key)
        return bool(attempts) and self._are_void(attempts)

    def hashes(self, key: str) -> list[str]:
        """Hashes of all that was signed under `key`; one of them is, or will be, on the chain."""
        return [attempt.signed.tx_hash for attempt in self._attempts(key)]

    def resume(self) -> int:
        """Send again whatever was signed and is not on the chain, as after a crash; how many there were. That
        of accounts which this service, or another one with the same database, has now or had before is among
        it.

        What the node does not take, as what it has a replacement of, stops no other: whoever waits for it
        sends it again.
        """
        here = TRANSACTIONS.c.chain_id == self.node.chain_id
        signers = select(TRANSACTIONS.c.address).where(here).distinct()
        with transaction(self.engine) as connection:
            accounts = connection.execute(signers).scalars().all()
        waiting: dict[tuple[str, int], bytes] = {}
        for address in accounts:
            final = self.node.final_nonce(address)
            attempts = (
                select(TRANSACTIONS.c.nonce, TRANSACTIONS.c.raw)
                .where(here, TRANSACTIONS.c.address == address, TRANSACTIONS.c.nonce >= final)
                .order_by(TRANSACTIONS.c.nonce, TRANSACTIONS.c.attempt)
            )
            with transaction(self.engine) as connection:
                # Of several attempts the last: a node that has it takes no cheaper one.
                waiting |= {(address, row.nonce): bytes(row.raw) for row in connection.execute(attempts)}
        for raw in waiting.values():
            with suppress(ChainError):
                self.node.broadcast(raw)
        return len(waiting)

    # --------------------------------------------------------------------------------------------- private

    def _own(self) -> tuple[ColumnElement[bool], ...]:
        return (
            TRANSACTIONS.c.chain_id == self.node.chain_id,
            TRANSACTIONS.c.address == self.wallet.address,
        )

    def _attempts(self, key: str, to: str | None = None, data: bytes = b"") -> list[Attempt]:
        with transaction(self.engine) as connection:
            return self._found(connection, key, to, data)

    def _found(self, connection: Connection, key: str, to: str | None, data: bytes) -> list[Attempt]:
        rows = connection.execute(
            select(TRANSACTIONS)
            .where(TRANSACTIONS.c.chain_id == self.node.chain_id, TRANSACTIONS.c.key == key)
            .order_by(TRANSACTIONS.c.attempt)
        ).all()
        for row in rows:
            if to is not None and (row.target, bytes(row.data)) != (to, data):
                raise ChainError("other_transaction", f"under the key {key!r} another call was sent")
        return [
            Attempt(
                row.address,
                row.attempt,
                row.nonce,
                row.gas,
                Fees(row.most_fee, row.tip),
                SignedTransaction(row.tx_hash, bytes(row.raw)),
            )
            for row in rows
        ]

    def _sign_first(
        self,
        key: str,
        to: str,
        data: bytes,
        most_gas: int | None,
        allow: Callable[[int, Fees], None] | None,
    ) -> Attempt:
        """With the next nonce; or the attempt that another process wrote down meanwhile."""
        # The node is asked before the lock: it takes as long as it likes.
        gas, fees = self.node.estimate(self.wallet, to, data), self.node.fees()
        if most_gas is not None and gas > most_gas:
            raise RefusedError("over_gas", f"it takes {gas:,} gas now, and {most_gas:,} are allowed")
        if self.most_price is not None and fees.most > self.most_price:
            raise self._too_dear(fees)
        on_chain = int(self.node.web3.eth.get_transaction_count(self.wallet.address, "pending"))
        if allow is not None:
            # Last: where the node fails before this, nothing was set aside for it.
            allow(gas, fees)
        with transaction(self.engine) as connection:
            # Whatever was written down is sent one day: its nonce is taken, though no node may know it yet.
            nonce = max(on_chain, self._lock_nonce(connection))
            if found := self._found(connection, key, to, data):
                return found[-1]
            attempt = self._sign(to, data, Attempt(self.wallet.address, 0, nonce, gas, fees, _UNSIGNED))
            self._keep(connection, key, to, data, attempt)
            connection.execute(update(ACCOUNTS).where(*self._account()).values(next_nonce=nonce + 1))
        return attempt

    def _raise_before(self, nonce: int) -> bool:
        """Raise the first of this account's transactions that no block has taken, if it comes before `nonce`
        and was not raised just now; whether there is one. Raises ChainError too_dear."""
        first = int(self.node.web3.eth.get_transaction_count(self.wallet.address))
        if first >= nonce:
            return False
        found = (
            select(TRANSACTIONS)
            .where(*self._own(), TRANSACTIONS.c.nonce == first)
            .order_by(TRANSACTIONS.c.attempt.desc())
        )
        with transaction(self.engine) as connection:
            last = connection.execute(found).first()
        if last is None:
            return False
        if time.time() - last.signed_at >= self.patience:
            attempts = self._attempts(last.key)
            again = self._sign_again(last.key, last.target, bytes(last.data), attempts)
            with suppress(ChainError):
                self.node.broadcast((again or attempts[-1]).signed.raw)
        return True

    def _sign_again(self, key: str, to: str, data: bytes, attempts: list[Attempt]) -> Attempt | None:
        """The same at a higher price, under the same nonce, or what another process signed meanwhile; None
        where it was raised often, and offers what gas costs now. Raises ChainError too_dear."""
        last = attempts[-1]
        now, raised = self.node.fees(), last.fees.raised(_RAISE_PERCENT)
        if len(attempts) >= _MOST_ATTEMPTS and not _is_above(now, last.fees):
            return None
        fees = Fees(max(now.most, raised.most, last.fees.most + 1), max(now.tip, raised.tip))
        if self.most_price is not None and fees.most > self.most_price:
            most = self.most_price
            fees = Fees(most, min(fees.tip, most))
        with transaction(self.engine) as connection:
            self._lock_nonce(connection)
            found = self._found(connection, key, to, data)
            if len(found) > len(attempts):
                return found[-1]
            if not _is_above(Fees(fees.most, 0), last.fees):
                raise self._too_dear(raised)
            again = replace(last, number=last.number + 1, fees=fees, signed=_UNSIGNED)
            attempt = self._sign(to, data, again)
            self._keep(connection, key, to, data, attempt)
        return attempt

    def _too_dear(self, fees: Fees) -> ChainError:
        return ChainError(
            "too_dear", f"a unit of gas costs {fees.most:,} wei, at most {self.most_price:,} are paid"
        )

    def _sign(self, to: str, data: bytes, attempt: Attempt) -> Attempt:
        signed = self.node.sign(
            self.wallet, to, data, nonce=attempt.nonce, gas=attempt.gas, fees=attempt.fees
        )
        return replace(attempt, signed=signed)

    def _account(self) -> tuple[ColumnElement[bool], ...]:
        return ACCOUNTS.c.chain_id == self.node.chain_id, ACCOUNTS.c.address == self.wallet.address

    def _lock_nonce(self, connection: Connection) -> int:
        """The account's next nonce; nobody else gets one until this transaction ends."""
        query = select(ACCOUNTS.c.next_nonce).where(*self._account()).with_for_update()
        kept = connection.execute(query).scalar_one_or_none()
        if kept is None:
            self._enter(connection)
            kept = connection.execute(query).scalar_one()
        return int(kept)

    def _enter(self, connection: Connection) -> None:
        """A row for the account, whoever else writes it at the same time."""
        row = {"chain_id": self.node.chain_id, "address": self.wallet.address, "next_nonce": 0}
        connection.execute(insert_or_leave(connection, ACCOUNTS).values(row))

    def _keep(self, connection: Connection, key: str, to: str, data: bytes, attempt: Attempt) -> None:
        connection.execute(
            insert(TRANSACTIONS).values(
                chain_id=self.node.chain_id,
                key=key,
                attempt=attempt.number,
                address=attempt.address,
                nonce=attempt.nonce,
                target=to,
                data=data,
                tx_hash=attempt.signed.tx_hash,
                raw=attempt.signed.raw,
                gas=attempt.gas,
                most_fee=attempt.fees.most,
                tip=attempt.fees.tip,
                signed_at=int(time.time()),
            )
        )

    def _broadcast(self, attempts: list[Attempt]) -> None:
        """Send the last one. Whatever a node says of bytes that were mined, they were sent. Raises ChainError
        not_sent."""
        try:
            self.node.broadcast(attempts[-1].signed.raw)
        except ChainError:
            if all(self.node.final_receipt(attempt.signed.tx_hash) is None for attempt in attempts):
                raise

    def _send_others(self, attempts: list[Attempt]) -> None:
        """Send what another account has signed, and can't sign anew here. Why a node does not take it, as
        where that account has no money left, tells nothing of whether it may be mined one day."""
        last = {attempt.address: attempt.signed.raw for attempt in attempts}
        for raw in last.values():
            with suppress(ChainError):
                self.node.broadcast(raw)

    def _are_void(self, attempts: list[Attempt]) -> bool:
        """Whether the nonces of all of them are used, finally."""
        places = {(attempt.address, attempt.nonce) for attempt in attempts}
        return all(self.node.final_nonce(address) > nonce for address, nonce in places)

    def _wait(self, attempts: list[Attempt], seconds: float) -> TxReceipt | None:
        """The final receipt of whichever attempt was mined within so many seconds. Raises ChainError
        stopped."""
        end = time.monotonic() + seconds
        while True:
            for attempt in reversed(attempts):
                if (receipt := self.node.final_receipt(attempt.signed.tx_hash)) is not None:
                    return receipt
            if time.monotonic() > end:
                return None
            self._pause()

    def _is_in_a_block(self, key: str) -> bool:
        """Whether any of it is in a block, final or not: the node that knew the nonces as used may be ahead
        of the one that is asked now. Raises ChainError stopped."""
        end = time.monotonic() + self.node.lag_seconds
        while not any(self.node.wait(tx_hash, 0.0) for tx_hash in self.hashes(key)):
            if time.monotonic() >= end:
                return False
            self._pause()
        return True

    def _pause(self) -> None:
        if self._stop.wait(self.node.poll_seconds):
            raise ChainError("stopped", "it was signed, and is waited for no more: send it again later")

    def _checked(self, receipt: TxReceipt, to: str, data: bytes) -> TxReceipt:
        if receipt["status"] != 1:
            raise self.node.why(receipt, self.wallet, to, data)
        return receipt


def _is_above(fees: Fees, last: Fees) -> bool:
    """Whether one of them is so much higher that nodes take a replacement."""
    least = 100 + _LEAST_RAISE_PERCENT
    return fees.most * 100 >= last.most * least or fees.tip * 100 > last.tip * least
