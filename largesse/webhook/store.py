"""What was paid, what was said of it since, and how far its certificate is: in the database.

A payment is *told* when an event names it that came before its own, *accepted* when it is known whole. Its
face is issued to the service's account, then given as a link, and taken back while something holds it up; or
issued to its recipient at once. Each transaction has a key of its own: the payment's id and the step. What is
sent under a key may be decided anew until it is signed, so what was done is read from its receipt.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    select,
    update,
)

from largesse.addresses import ZERO_ADDRESS
from largesse.database import insert_if_missing, transaction
from largesse.errors import LargesseError
from largesse.sender import TABLES
from largesse.terms.fields import NO_EXPIRY
from largesse.webhook.events import DISPUTES, Event, PaymentRefunded, PaymentSucceeded

PAYMENTS: Final = Table(
    "webhook_payments",
    TABLES,
    Column("issuer", String(40), primary_key=True),
    Column("id", String(100), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("due", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("method", String(100), nullable=False),
    Column("series_id", BigInteger, nullable=False),
    Column("amount", String(29), nullable=False),
    Column("recipient", String(42), nullable=False),
    Column("window_end", BigInteger, nullable=False),
    Column("direct", Boolean, nullable=False),
    Column("step", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("deliver_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("error", String(80), nullable=False),
    Column("message", Text, nullable=False),
    Index("webhook_payments_due", "due", "tries"),
)
HOLDS: Final = Table(
    "webhook_holds",
    TABLES,
    Column("issuer", String(40), primary_key=True),
    Column("payment", String(100), primary_key=True),
    Column("name", String(110), primary_key=True),
    Column("status", String(10), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("amount", String(29), nullable=False),
)
"""A refund and the disputes of a payment: all but a dispute that was won hold it up."""
EVENTS: Final = Table(
    "webhook_events",
    TABLES,
    Column("issuer", String(40), primary_key=True),
    Column("id", String(100), primary_key=True),
    Column("content", Text, nullable=False),
)
WAITS: Final = Table(
    "webhook_waits",
    TABLES,
    Column("issuer", String(40), primary_key=True),
    Column("id", String(100), primary_key=True),
    Column("since", BigInteger, nullable=False),
)
"""Payments whose step was refused and is tried again, with the Unix second of its first refusal."""

TOLD: Final = "told"
ACCEPTED: Final = "accepted"
ISSUING: Final = "issuing"
ISSUED: Final = "issued"
GIVING: Final = "giving"
GIVEN: Final = "given"
RECALLING: Final = "recalling"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"

DUE_AT_ONCE: Final = 1_000
MARGIN_SECONDS: Final = 3_600
"""A link is delivered by so much later than it is made, or at once: sending it takes a while. In the last
hour of its series there is no time for that."""
_REFUND: Final = "refund"


class ConflictError(LargesseError):
    """An event that contradicts what was said before."""


@dataclass(frozen=True)
class Record:
    """A payment as it stands. `window_end` is 0 where there is no window; `direct` says that it is issued to
    its recipient at once. `round` counts the links that were made of it, each with a key of its own."""

    issuer: str
    id: str
    state: str
    method: str
    series_id: int
    amount: int
    recipient: str
    window_end: int
    direct: bool
    step: int
    round: int
    deliver_at: int
    created_at: int
    error: str
    message: str

    @property
    def key(self) -> str:
        """What its next transaction is sent under."""
        return f"webhook:{self.issuer}:{self.id}:{self.step}"


@dataclass(frozen=True)
class Waiting:
    """So many payments wait, the first of them since this Unix second; 0 where none does."""

    count: int
    since: int


class Store:
    """The payments of one service, shared by all of its processes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def is_known(self, issuer: str, event: Event) -> bool:
        """Whether this event was taken. Raises ConflictError event_changed."""
        with transaction(self.engine) as connection:
            return _is_known(connection, issuer, event)

    def take(self, issuer: str, event: Event, window_end: int) -> bool:
        """Write an event down with what it changes, once; whether it is new.

        Raises ConflictError event_changed, payment_changed, partial_refund: nothing is written.
        """
        with transaction(self.engine) as connection:
            if not insert_if_missing(
                connection, EVENTS, issuer=issuer, id=event.id, content=event.model_dump_json()
            ):
                _is_known(connection, issuer, event)
                return False
            record = _lock(connection, issuer, event.payment.id)
            if isinstance(event, PaymentSucceeded):
                _accept(connection, record, event, window_end)
            else:
                _hold(connection, record, event)
            _check_refund(connection, issuer, event.payment.id)
            _change(connection, record, due=True)
        return True

    def find(self, issuer: str, payment_id: str) -> tuple[Record, bool] | None:
        """A payment, and whether something holds it up."""
        with transaction(self.engine) as connection:
            row = connection.execute(select(PAYMENTS).where(_is(issuer, payment_id))).one_or_none()
            return None if row is None else (_record(row), _is_held(connection, issuer, payment_id))

    def due(self) -> list[tuple[str, str]]:
        """Payments that something is to be done for: issuer and id. Those that were tried least come first:
        what the chain keeps refusing holds up nobody."""
        query = select(PAYMENTS.c.issuer, PAYMENTS.c.id).where(PAYMENTS.c.due)
        query = query.order_by(PAYMENTS.c.tries).limit(DUE_AT_ONCE)
        with transaction(self.engine) as connection:
            return [(row.issuer, row.id) for row in connection.execute(query)]

    def begin(self, issuer: str, payment_id: str, now: int, expires_at: int = NO_EXPIRY) -> Record | None:
        """Decide at the chain's time `now` what is sent next for a payment, whose series ends at
        `expires_at`, and write it down; None where nothing is to be done.

        The row is locked: an event that comes meanwhile is looked at the next time.
        """
        with transaction(self.engine) as connection:
            record = _lock(connection, issuer, payment_id)
            held = _is_held(connection, issuer, payment_id)
            changes = _next(record, now, expires_at, held=held)
            _change(connection, record, **changes)
            if changes == {"due": False}:
                return None
            _change(connection, record, tries=PAYMENTS.c.tries + 1)
            return _lock(connection, issuer, payment_id)

    def finish(self, record: Record, *, error: str = "", message: str = "", **changes: Any) -> None:
        """Write down what became of a step. Who comes second, another process, changes nothing."""
        with transaction(self.engine) as connection:
            if _finish(connection, record, error=error, message=message, **changes):
                connection.execute(delete(WAITS).where(_waits(record)))

    def wait(self, record: Record, now: int, **changes: Any) -> None:
        """Write down that a step was refused and is tried again; likewise."""
        with transaction(self.engine) as connection:
            if _finish(connection, record, **changes):
                insert_if_missing(connection, WAITS, issuer=record.issuer, id=record.id, since=now)

    def waiting(self) -> Waiting:
        """What waits since it was refused."""
        query = select(func.count(), func.min(WAITS.c.since))
        with transaction(self.engine) as connection:
            count, since = connection.execute(query).one()
        return Waiting(int(count), int(since or 0))


def _finish(connection: Connection, record: Record, **changes: Any) -> bool:
    """Whether the payment was where this process knew it."""
    here = PAYMENTS.c.state == record.state, PAYMENTS.c.step == record.step
    done = update(PAYMENTS).where(_is(record.issuer, record.id), *here).values(**changes)
    return bool(connection.execute(done).rowcount)


def _waits(record: Record) -> Any:
    return and_(WAITS.c.issuer == record.issuer, WAITS.c.id == record.id)


def _next(record: Record, now: int, expires_at: int, *, held: bool) -> dict[str, Any]:
    """What is changed before the next step is sent."""
    state, following = record.state, record.step + 1
    if state == ACCEPTED and not held:
        return {"state": ISSUING, "step": following}
    if state == ISSUING:
        # Held up before it was sent, it comes to the service first, not to the recipient.
        return {"direct": record.direct and not held}
    if state == ISSUED and not held:
        deliver_at = _delivery(record, now, expires_at, held=held)
        return {"state": GIVING, "step": following, "round": record.round + 1, "deliver_at": deliver_at}
    if state == GIVING:
        good = record.deliver_at > now if held or record.deliver_at else True
        deliver_at = record.deliver_at if good else _delivery(record, now, expires_at, held=held)
        return {"deliver_at": deliver_at}
    if state == GIVEN and held:
        return {"state": RECALLING, "step": following}
    if state == RECALLING:
        return {"state": RECALLING}
    return {"due": False}


def _delivery(record: Record, now: int, expires_at: int, *, held: bool) -> int:
    """When a link that is made now is delivered; 0 for at once. One that is held up must not be."""
    if record.window_end <= now and not held:
        return 0
    later = now + MARGIN_SECONDS
    if later >= expires_at:
        # Not after the series' end, and to the buyer as soon as the window is over.
        later = expires_at - 1 if held else record.window_end
    return max(record.window_end, later)


def _is(issuer: str, payment_id: str) -> Any:
    return and_(PAYMENTS.c.issuer == issuer, PAYMENTS.c.id == payment_id)


def _is_known(connection: Connection, issuer: str, event: Event) -> bool:
    query = select(EVENTS.c.content).where(EVENTS.c.issuer == issuer, EVENTS.c.id == event.id)
    content = connection.execute(query).scalar_one_or_none()
    if content is not None and content != event.model_dump_json():
        raise ConflictError("event_changed", f"event {event.id} came before, and said something else")
    return content is not None


def _lock(connection: Connection, issuer: str, payment_id: str) -> Record:
    """The payment's row, made where it is missing; nobody else changes it until this transaction ends."""
    query = select(PAYMENTS).where(_is(issuer, payment_id)).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        insert_if_missing(
            connection,
            PAYMENTS,
            issuer=issuer,
            id=payment_id,
            state=TOLD,
            due=False,
            tries=0,
            method="",
            series_id=0,
            amount="0",
            recipient=ZERO_ADDRESS,
            window_end=0,
            direct=False,
            step=0,
            round=0,
            deliver_at=0,
            created_at=0,
            error="",
            message="",
        )
        row = connection.execute(query).one()
    return _record(row)


def _change(connection: Connection, record: Record, **changes: Any) -> None:
    connection.execute(update(PAYMENTS).where(_is(record.issuer, record.id)).values(**changes))


def _accept(connection: Connection, record: Record, event: PaymentSucceeded, window_end: int) -> None:
    paid = event.payment
    recipient = paid.recipient or ZERO_ADDRESS
    said = (paid.method, int(paid.series), int(paid.amount), recipient)
    if record.state == TOLD:
        _change(
            connection,
            record,
            state=ACCEPTED,
            method=paid.method,
            series_id=int(paid.series),
            amount=paid.amount,
            recipient=recipient,
            window_end=window_end,
            direct=paid.recipient is not None and not window_end,
        )
    elif said != (record.method, record.series_id, record.amount, record.recipient):
        raise ConflictError("payment_changed", f"payment {paid.id} was told of before, with other values")


def _hold(connection: Connection, record: Record, event: Event) -> None:
    if isinstance(event, PaymentRefunded):
        name, status, amount = _REFUND, "refunded", event.payment.amount
    elif not isinstance(event, PaymentSucceeded):
        name, status, amount = f"dispute:{event.dispute.id}", DISPUTES[event.type], "0"
    place = {"issuer": record.issuer, "payment": record.id, "name": name}
    values = {"status": status, "at": event.created, "amount": amount}
    if insert_if_missing(connection, HOLDS, **place, **values) or status == "open":
        return  # an opening that comes late opens nothing again
    connection.execute(
        update(HOLDS)
        .where(
            HOLDS.c.issuer == record.issuer,
            HOLDS.c.payment == record.id,
            HOLDS.c.name == name,
            (HOLDS.c.status == "open") | (HOLDS.c.at <= event.created),
        )
        .values(**values)
    )


def _check_refund(connection: Connection, issuer: str, payment_id: str) -> None:
    record = _lock(connection, issuer, payment_id)
    query = select(HOLDS.c.amount).where(
        HOLDS.c.issuer == issuer, HOLDS.c.payment == payment_id, HOLDS.c.name == _REFUND
    )
    amount = connection.execute(query).scalar_one_or_none()
    if amount is not None and record.state != TOLD and int(amount) != record.amount:
        raise ConflictError(
            "partial_refund", f"{amount} of {record.amount} were given back: a payment is refunded whole"
        )


def _is_held(connection: Connection, issuer: str, payment_id: str) -> bool:
    query = select(HOLDS.c.name).where(
        HOLDS.c.issuer == issuer, HOLDS.c.payment == payment_id, HOLDS.c.status != "won"
    )
    return connection.execute(query.limit(1)).first() is not None


def _record(row: Any) -> Record:
    values = {field.name: getattr(row, field.name) for field in fields(Record)}
    return Record(**values | {"amount": int(row.amount)})
