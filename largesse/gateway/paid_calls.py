"""What was paid with which proof, and what the payer got for it.

A proof is reserved while its call runs, in the database, so that two processes don't take it twice. A
reservation is a lease: of a process that dies, the next one takes it over when it has run out. The answer is
written down before the charge, and the charge confirmed after it: who dies in between leaves both, and the
scheme tells from the chain, or from its own records, whether the charge was made.

A payer's Idempotency-Key is kept with the call: with another payment, it finds the same call.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
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
from largesse.gateway.schemes import Answer, Call, PaymentRefusedError, Settled

TABLES: Final = MetaData()
PAID_CALLS: Final = Table(
    "gateway_paid_calls",
    TABLES,
    Column("key", String(250), primary_key=True),
    Column("retry", String(64), unique=True),
    Column("state", String(10), nullable=False),
    Column("owner", BigInteger, nullable=False),
    Column("until", Float, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("settled", Text, nullable=False),
)
"""`state` is reserved, charging or charged; `until` (Unix seconds) is the end of the lease, or of keeping;
`digest` is empty where the proof is public and the call had no Idempotency-Key."""

LEASE_SECONDS: Final = 30.0
KEEP_SECONDS: Final = 3_600.0


@dataclass(frozen=True)
class PaidCall:
    """A row. `note` is the scheme's own; `owner` tells one reservation of a key from the next."""

    key: str
    retry: str | None
    state: str
    owner: int
    until: float
    digest: bytes
    note: str
    answer: Answer | None = None
    settled: Settled | None = None

    @property
    def is_charged(self) -> bool:
        return self.state == "charged"

    def age(self, keep_seconds: float) -> float:
        """Seconds since it was charged, where charged calls are kept for `keep_seconds`."""
        return time.time() - (self.until - keep_seconds)

    def is_abandoned(self) -> bool:
        """Whether the process that held it stopped before the end."""
        return not self.is_charged and self.until < time.time()

    def is_for(self, call: Call, retry: str | None) -> bool:
        """Whether it is this very call, and asked again by who knows its Idempotency-Key, if it has one."""
        return self.digest == call.digest and self.retry == retry


class PaidCalls:
    """The calls that were paid, in `engine`, for every process of the gateway."""

    def __init__(
        self, engine: Engine, *, lease_seconds: float = LEASE_SECONDS, keep_seconds: float = KEEP_SECONDS
    ) -> None:
        self.engine = engine
        self.lease_seconds = lease_seconds
        self.keep_seconds = keep_seconds

    def find(self, key: str) -> PaidCall | None:
        return self._find(PAID_CALLS.c.key == key)

    def find_retry(self, retry: str | None) -> PaidCall | None:
        """The call with this Idempotency-Key of its payer."""
        return None if retry is None else self._find(PAID_CALLS.c.retry == retry)

    def under_way(self, start: str) -> list[PaidCall]:
        """Those whose keys start so, and that may be charged still."""
        found = select(PAID_CALLS).where(
            PAID_CALLS.c.key.startswith(start, autoescape=True), PAID_CALLS.c.state != "charged"
        )
        with transaction(self.engine) as connection:
            rows = [_read(row) for row in connection.execute(found)]
        return [one for one in rows if one.state == "charging" or not one.is_abandoned()]

    def reserve(self, key: str, retry: str | None, digest: bytes, note: str) -> PaidCall:
        """Hold `key`; the note that an abandoned reservation of it left stays.

        Raises PaymentRefusedError already_used, in_use.
        """
        owner, until = secrets.randbits(62), time.time() + self.lease_seconds
        fresh = PaidCall(key, retry, "reserved", owner, until, digest, note)
        with transaction(self.engine) as connection:
            if _insert(connection, fresh):
                return fresh
            same = PAID_CALLS.c.key == key
            if retry is not None:
                same |= PAID_CALLS.c.retry == retry
            rows = connection.execute(select(PAID_CALLS).where(same).with_for_update()).all()
            held = [_read(row) for row in rows]
            if all(one.is_abandoned() for one in held):
                # Of the same key, or of an Idempotency-Key whose other payment came to nothing.
                fresh = replace(fresh, note=next((one.note for one in held if one.key == key), note))
                connection.execute(delete(PAID_CALLS).where(same))
                if _insert(connection, fresh):
                    return fresh
        if any(one.is_charged for one in held):
            raise already_used(key)
        raise in_use(key)

    def charging(self, held: PaidCall, answer: Answer, seconds: float) -> None:
        """Write the answer down, before a charge that may take `seconds`. Raises PaymentRefusedError lost."""
        self._change(held, state="charging", answer=_packed(answer), until=time.time() + seconds)

    def charged(self, held: PaidCall, settled: Settled) -> None:
        """The charge was made. Raises PaymentRefusedError lost."""
        self._change(held, state="charged", settled=_kept(settled), until=time.time() + self.keep_seconds)

    def uncertain(self, held: PaidCall) -> None:
        """Nobody knows whether the charge is made: the next who asks may find out."""
        self._change(held, until=0.0)

    def release(self, held: PaidCall) -> None:
        """Nothing was charged: the proof is as it was."""
        with transaction(self.engine) as connection:
            connection.execute(delete(PAID_CALLS).where(*_held(held)))

    def write(
        self,
        connection: Connection,
        key: str,
        call: tuple[str | None, bytes],
        answer: Answer,
        settled: Settled,
    ) -> None:
        """Of a charge that `connection` makes: `call` is its Idempotency-Key and digest.

        Raises PaymentRefusedError in_use where that key was used meanwhile.
        """
        retry, digest = call
        until = time.time() + self.keep_seconds
        if not _insert(connection, PaidCall(key, retry, "charged", 0, until, digest, "", answer, settled)):
            raise in_use(key)

    def publish(self, keys: Sequence[str]) -> None:
        """Everybody can read these from now on: who has nothing else gets no answer any more."""
        with transaction(self.engine) as connection:
            for key in keys:
                without = (PAID_CALLS.c.key == key, PAID_CALLS.c.retry.is_(None))
                connection.execute(update(PAID_CALLS).where(*without).values(digest=b""))

    def forget(self) -> int:
        """Drop the calls that were kept for long enough; how many. Their proofs stay used: on the chain, or
        in the state of their channel."""
        old = (PAID_CALLS.c.state == "charged", PAID_CALLS.c.until < time.time())
        with transaction(self.engine) as connection:
            return connection.execute(delete(PAID_CALLS).where(*old)).rowcount

    def _find(self, where: ColumnElement[bool]) -> PaidCall | None:
        with transaction(self.engine) as connection:
            row = connection.execute(select(PAID_CALLS).where(where)).one_or_none()
        return None if row is None else _read(row)

    def _change(self, held: PaidCall, **values: Any) -> None:
        with transaction(self.engine) as connection:
            changed = connection.execute(update(PAID_CALLS).where(*_held(held)).values(**values)).rowcount
        if changed != 1:
            raise PaymentRefusedError(
                "lost",
                "the call took so long that its payment was given to another request",
                "send the request again with the same payment: it is charged once",
                status=409,
            )


def retry_of(scheme: str, payer: str, call: Call) -> str | None:
    """A payer's Idempotency-Key as it is kept; None without one."""
    if not call.retry_key:
        return None
    return sha256(f"{scheme}\n{payer.lower()}\n{call.retry_key}".encode()).hexdigest()


def already_used(key: str) -> PaymentRefusedError:
    return PaymentRefusedError(
        "already_used", f"the payment {key} was used before", "make a new payment by one of the accepts"
    )


def in_use(key: str) -> PaymentRefusedError:
    return PaymentRefusedError(
        "in_use",
        f"another request is using the payment {key}, or its Idempotency-Key",
        "wait for that request, or send this one again in a moment with the same payment",
        status=409,
    )


def other_call(retry_key: str) -> PaymentRefusedError:
    return PaymentRefusedError(
        "idempotency_key_reused",
        f"under the Idempotency-Key {retry_key!r} this payer made another call",
        "take a new Idempotency-Key for each call, and repeat it only with the same request",
        status=422,
    )


def _held(held: PaidCall) -> tuple[ColumnElement[bool], ...]:
    return PAID_CALLS.c.key == held.key, PAID_CALLS.c.owner == held.owner, PAID_CALLS.c.state != "charged"


def _insert(connection: Connection, call: PaidCall) -> bool:
    values = {
        "key": call.key,
        "retry": call.retry,
        "state": call.state,
        "owner": call.owner,
        "until": call.until,
        "digest": call.digest,
        "note": call.note,
        "answer": b"" if call.answer is None else _packed(call.answer),
        "settled": "" if call.settled is None else _kept(call.settled),
    }
    insert = insert_or_leave(connection, PAID_CALLS).values(values).returning(PAID_CALLS.c.key)
    return connection.execute(insert).first() is not None


def _read(row: Any) -> PaidCall:
    answer, settled = bytes(row.answer), row.settled
    return PaidCall(
        key=row.key,
        retry=row.retry,
        state=row.state,
        owner=row.owner,
        until=row.until,
        digest=bytes(row.digest),
        note=row.note,
        answer=_unpacked(answer) if answer else None,
        settled=Settled(**json.loads(settled)) if settled else None,
    )


def _kept(settled: Settled) -> str:
    return json.dumps({"response": dict(settled.response), "headers": dict(settled.headers)})


def _packed(answer: Answer) -> bytes:
    """A line of JSON with the head, then the body."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
    return json.dumps([answer.status, headers]).encode() + b"\n" + answer.body


def _unpacked(packed: bytes) -> Answer:
    head, _, body = packed.partition(b"\n")
    status, headers = json.loads(head)
    return Answer(
        status, tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers), body
    )
