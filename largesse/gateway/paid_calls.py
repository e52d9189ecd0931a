"""What was paid with which proof, and what the payer got for it: a retry of the same call is free.

A proof is reserved while its call runs, in the database, so that two processes don't take it twice. A
reservation is a lease: of a process that dies, the next one takes it over when it has run out. The answer is
written down before the charge, and the charge confirmed after it: who dies in between leaves both, and the
scheme tells from its own records whether the charge was made.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Float,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    select,
    update,
)

from largesse.database import insert_or_leave, transaction
from largesse.gateway.schemes import Answer, PaymentRefusedError, Settled

TABLES: Final = MetaData()
PAID_CALLS: Final = Table(
    "gateway_paid_calls",
    TABLES,
    Column("key", String(250), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("owner", BigInteger, nullable=False),
    Column("until", Float, nullable=False),
    Column("call_digest", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("settled", Text, nullable=False),
)
"""`state` is reserved, charging or charged; `until` is the end of the lease, or of keeping the answer."""

LEASE_SECONDS: Final = 30.0
KEEP_SECONDS: Final = 3_600.0


@dataclass(frozen=True)
class PaidCall:
    """A row. `note` is the scheme's own; `owner` tells one reservation of a key from the next."""

    key: str
    state: str
    owner: int
    until: float
    call_digest: bytes
    note: str
    answer: Answer | None
    settled: Settled | None

    def abandoned(self) -> bool:
        """Whether the process that held it stopped before the end."""
        return self.state != "charged" and self.until < time.time()


class PaidCalls:
    """The calls that were paid, in `engine`, for every process of the gateway."""

    def __init__(
        self, engine: Engine, *, lease_seconds: float = LEASE_SECONDS, keep_seconds: float = KEEP_SECONDS
    ) -> None:
        self.engine = engine
        self.lease_seconds = lease_seconds
        self.keep_seconds = keep_seconds

    def find(self, key: str) -> PaidCall | None:
        with transaction(self.engine) as connection:
            row = connection.execute(select(PAID_CALLS).where(PAID_CALLS.c.key == key)).one_or_none()
        return None if row is None else _read(row)

    def again(self, key: str, call_digest: bytes) -> tuple[Settled, Answer] | None:
        """What the same call was answered when it was charged; None where it was not."""
        found = self.find(key)
        if found is None or found.state != "charged" or found.call_digest != call_digest:
            return None
        assert found.answer is not None and found.settled is not None
        return found.settled, found.answer

    def reserve(self, key: str, call_digest: bytes, note: str = "") -> PaidCall:
        """Hold `key`; a `note` that an abandoned reservation left stays.

        Raises PaymentRefusedError already_used, in_use.
        """
        owner, until = secrets.randbits(62), time.time() + self.lease_seconds
        fresh = PaidCall(key, "reserved", owner, until, call_digest, note, None, None)
        with transaction(self.engine) as connection:
            if connection.execute(insert_or_leave(connection, PAID_CALLS).values(_row(fresh))).rowcount == 1:
                return fresh
            query = select(PAID_CALLS).where(PAID_CALLS.c.key == key).with_for_update()
            row = connection.execute(query).one_or_none()
            held = None if row is None else _read(row)
            if held is not None and held.abandoned():
                taken = replace(fresh, note=held.note)
                connection.execute(update(PAID_CALLS).where(PAID_CALLS.c.key == key).values(_row(taken)))
                return taken
        if held is not None and held.state == "charged":
            raise already_used(key)
        raise in_use(key)

    def charging(self, held: PaidCall, answer: Answer, seconds: float) -> None:
        """Write the answer down, before the charge that may take `seconds`. Raises PaymentRefusedError lost."""
        self._change(held, state="charging", answer=_packed(answer), until=time.time() + seconds)

    def charged(self, held: PaidCall, settled: Settled) -> None:
        """The charge was made. Raises PaymentRefusedError lost."""
        until = time.time() + self.keep_seconds
        self._change(held, state="charged", settled=_settled(settled), until=until)

    def uncertain(self, held: PaidCall) -> None:
        """Nobody knows whether the charge is made: the next who asks may find out."""
        self._change(held, until=0.0)

    def release(self, held: PaidCall) -> None:
        """Nothing was charged: the proof is as it was."""
        with transaction(self.engine) as connection:
            connection.execute(
                delete(PAID_CALLS).where(
                    PAID_CALLS.c.key == held.key,
                    PAID_CALLS.c.owner == held.owner,
                    PAID_CALLS.c.state != "charged",
                )
            )

    def forget(self) -> int:
        """Drop answers that were kept long enough; how many. Their proofs stay used: on the chain, or in the
        state of their channel."""
        with transaction(self.engine) as connection:
            old = PAID_CALLS.c.until < time.time()
            return connection.execute(delete(PAID_CALLS).where(PAID_CALLS.c.state == "charged", old)).rowcount

    def _change(self, held: PaidCall, **values: Any) -> None:
        with transaction(self.engine) as connection:
            changed = connection.execute(
                update(PAID_CALLS)
                .where(
                    PAID_CALLS.c.key == held.key,
                    PAID_CALLS.c.owner == held.owner,
                    PAID_CALLS.c.state != "charged",
                )
                .values(**values)
            ).rowcount
        if changed != 1:
            raise PaymentRefusedError(
                "lost",
                "the call took so long that its payment was given to another request",
                "Send the request again with the same payment: it is charged once.",
                status=409,
            )


def already_used(key: str) -> PaymentRefusedError:
    return PaymentRefusedError(
        "already_used",
        f"the payment {key} was used for another call",
        "Sign a new payment: the requirements are in `accepts`.",
    )


def in_use(key: str) -> PaymentRefusedError:
    return PaymentRefusedError(
        "in_use",
        f"the payment {key} is being used by another request",
        "Wait for that request; or send this one again in a moment with the same payment.",
        status=409,
    )


def _row(call: PaidCall) -> dict[str, Any]:
    return {
        "key": call.key,
        "state": call.state,
        "owner": call.owner,
        "until": call.until,
        "call_digest": call.call_digest,
        "note": call.note,
        "answer": b"",
        "settled": "",
    }


def _read(row: Any) -> PaidCall:
    answer, settled = bytes(row.answer), row.settled
    return PaidCall(
        row.key,
        row.state,
        row.owner,
        row.until,
        bytes(row.call_digest),
        row.note,
        _unpacked(answer) if answer else None,
        Settled(**json.loads(settled)) if settled else None,
    )


def _settled(settled: Settled) -> str:
    return json.dumps({"response": dict(settled.response), "headers": dict(settled.headers)})


def _packed(answer: Answer) -> bytes:
    """A line of JSON with the head, then the body."""
    head = [
        answer.status,
        [[name.decode("latin-1"), value.decode("latin-1")] for name, value in answer.headers],
    ]
    return json.dumps(head).encode() + b"\n" + answer.body


def _unpacked(packed: bytes) -> Answer:
    head, _, body = packed.partition(b"\n")
    status, headers = json.loads(head)
    pairs = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)
    return Answer(status, pairs, body)
