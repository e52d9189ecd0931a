"""x402 v2 on the wire: what a payment must look like before anything is asked about it.

Source: the x402 specification, version 2, and its scheme documents for EVM chains. Values are checked against
narrow patterns first: Python's own readers take ``" 1_0 "`` for the number 10.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from x402.schemas import PaymentPayload, PaymentRequirements

from largesse.gateway.schemes import Json, PaymentRefusedError

TIMEOUT_SECONDS: Final = 60
"""How long a payment may take, as `maxTimeoutSeconds` says: clients sign authorisations for so long."""

ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
WORD: Final = re.compile(r"0x[0-9a-fA-F]{64}")
NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,77}", re.ASCII)
SIGNATURE: Final = re.compile(r"0x(?:[0-9a-fA-F]{2}){1,4096}")

_ACCEPTED: Final = {
    "network": ("wrong_chain", "This server is paid on {want}: sign for that chain."),
    "asset": ("wrong_asset", "This server is paid in the token {want}."),
    "pay_to": ("wrong_recipient", "Pay {want}."),
    "amount": ("wrong_amount", "Sign for exactly {want} base units."),
}


@dataclass(frozen=True)
class Currency:
    """The token that is paid with. `name` and `version` are those of its EIP-712 domain."""

    chain_id: int
    address: str
    name: str
    version: str

    @property
    def network(self) -> str:
        """As CAIP-2 has it."""
        return f"eip155:{self.chain_id}"


def accepted(scheme: str, payload: Json, requirements: Json) -> tuple[PaymentPayload, PaymentRequirements]:
    """The payment, once it is one for these requirements.

    Raises PaymentRefusedError malformed (400), wrong_scheme, wrong_chain, wrong_asset, wrong_recipient,
    wrong_amount.
    """
    wanted = PaymentRequirements.model_validate(dict(requirements))
    if payload.get("x402Version") != 2:
        raise malformed(f"x402Version is {payload.get('x402Version')!r}, not 2")
    try:
        payment = PaymentPayload.model_validate(dict(payload))
    except ValidationError as error:
        first = error.errors()[0]
        raise malformed(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    if payment.accepted.scheme != scheme:
        raise PaymentRefusedError(
            "wrong_scheme",
            f"the payment is of the scheme {payment.accepted.scheme!r}, not {scheme!r}",
            "Choose one of `accepts`, and send what it asks for.",
        )
    for name, (reason, advice) in _ACCEPTED.items():
        has, want = str(getattr(payment.accepted, name)), str(getattr(wanted, name))
        if has.lower() != want.lower():
            raise PaymentRefusedError(
                reason, f"the payment's {name} is {has}, not {want}", advice.format(want=want)
            )
    return payment, wanted


def field(values: object, path: str, pattern: re.Pattern[str]) -> str:
    """The text at `path` (names joined by dots) of nested objects. Raises PaymentRefusedError malformed."""
    value: object = values
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, str) or not pattern.fullmatch(value):
        shown = repr(value) if value is None or len(str(value)) <= 80 else f"{str(value)[:80]!r}…"
        raise malformed(f"payload.{path}: {shown} does not match {pattern.pattern}")
    return value


def number(values: object, path: str, bits: int = 256) -> int:
    """The decimal number at `path`. Raises PaymentRefusedError malformed."""
    value = int(field(values, path, NUMBER))
    if value >> bits:
        raise malformed(f"payload.{path}: {value} does not fit {bits} bits")
    return value


def malformed(what: str) -> PaymentRefusedError:
    return PaymentRefusedError(
        "malformed",
        f"the payment can't be read: {what}",
        "Send an x402 v2 PaymentPayload, as JSON in base64, in PAYMENT-SIGNATURE.",
        status=400,
    )


def pending(tx_hash: str, network: str) -> PaymentRefusedError:
    """The payment is on its way, or nobody knows."""
    return PaymentRefusedError(
        "settlement_pending",
        "the payment was sent to the chain, and the chain has not confirmed it yet",
        "Send the same request again in a moment, with the same payment: it is charged once.",
        status=503,
        more={"settlement": {"success": False, "transaction": tx_hash, "network": network}},
    )


def refused(reason: str | None, message: str | None, advice: Mapping[str, str]) -> PaymentRefusedError:
    """What the x402 package refused, under its own reason."""
    known = reason or "invalid_payment"
    return PaymentRefusedError(
        known,
        message or known.replace("_", " "),
        advice.get(known, "Make a new payment by the requirements in `accepts`."),
    )


def response_json(response: Any) -> dict[str, Any]:
    """An x402 model as it goes over the wire."""
    values: dict[str, Any] = response.model_dump(by_alias=True, exclude_none=True)
    return values
