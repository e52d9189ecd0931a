"""What a payment processor says: read strictly, so that nothing is half understood.

Amounts are base units in plain digits. An event of a type that is not known here is left alone.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from largesse.addresses import parse_address
from largesse.amounts import check_units
from largesse.errors import LargesseError

_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$"
_DIGITS: Final = r"^[1-9][0-9]{0,28}$"
_ADDRESS: Final = r"^0x[0-9a-fA-F]{40}$"

Name = Annotated[str, Field(pattern=_NAME)]


class EventError(LargesseError):
    """A body that is no event."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Payment(_Strict):
    """What was paid for: `amount` of face of a series, in base units of its currency."""

    id: Name
    method: Name = Field(description="how it was paid, for its charge-back window: card, bank, …")
    currency: str = Field(min_length=1, max_length=20, description="symbol of the series' currency")
    amount: str = Field(pattern=_DIGITS, description="face, in base units")
    series: str = Field(pattern=r"^[1-9][0-9]{0,18}$", description="the series' number")
    recipient: str | None = Field(
        default=None, pattern=_ADDRESS, description="who gets it; without one, whoever has the link"
    )


class PaymentName(_Strict):
    """A payment that was told of before, or will be."""

    id: Name


class Refunded(_Strict):
    """A payment that was given back whole."""

    id: Name
    amount: str = Field(pattern=_DIGITS, description="what was given back, in base units: the whole")


class Dispute(_Strict):
    """A charge-back."""

    id: Name


class _Event(_Strict):
    id: Name
    created: int = Field(ge=1, lt=2**40, description="Unix seconds; a window begins with its payment's")


class PaymentSucceeded(_Event):
    """Somebody paid."""

    type: Literal["payment.succeeded"]
    payment: Payment


class PaymentRefunded(_Event):
    """The payment was given back."""

    type: Literal["payment.refunded"]
    payment: Refunded


class DisputeOpened(_Event):
    """The payer wants the payment back: the certificate is frozen."""

    type: Literal["dispute.opened"]
    payment: PaymentName
    dispute: Dispute


class DisputeWon(_Event):
    """The payment stands: the certificate is released."""

    type: Literal["dispute.won"]
    payment: PaymentName
    dispute: Dispute


class DisputeLost(_Event):
    """The payment was taken back: the certificate is not delivered any more."""

    type: Literal["dispute.lost"]
    payment: PaymentName
    dispute: Dispute


Event = PaymentSucceeded | PaymentRefunded | DisputeOpened | DisputeWon | DisputeLost
DISPUTES: Final = {"dispute.opened": "open", "dispute.won": "won", "dispute.lost": "lost"}
TYPES: Final = ("payment.succeeded", "payment.refunded", *DISPUTES)

EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def read_event(body: bytes) -> Event | None:
    """The event in a body; None for one of a type that is not known here.

    Raises EventError: bad_json (no JSON, a name twice, a number that is none), bad_event; AddressError,
    AmountError.
    """
    try:
        content = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise EventError("bad_json", f"the body is no strict JSON: {error}") from error
    if not isinstance(content, dict):
        raise EventError("bad_event", "the body is no JSON object")
    kind = content.get("type")
    if not isinstance(kind, str):
        raise EventError("bad_event", "the event has no type")
    if kind not in TYPES:
        return None
    try:
        event = EVENT.validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise EventError("bad_event", f"{place}: {first['msg']}") from error
    if isinstance(event, PaymentSucceeded):
        check_units(int(event.payment.amount))
        if event.payment.recipient is not None:
            parse_address(event.payment.recipient)
    return event


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")
