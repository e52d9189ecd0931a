"""What the two schemes of the x402 package share here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_utils.address import to_checksum_address
from web3.exceptions import Web3Exception
from x402.schemas import PaymentPayload, PaymentRequirements

from largesse.errors import LargesseError
from largesse.gateway import wire
from largesse.gateway.schemes import Json, PaymentRefusedError
from largesse.gateway.spending import SpendingError

TIMEOUT_SECONDS: Final = 60
"""`maxTimeoutSeconds`: clients sign authorisations that are good for so long."""
SETTLING: Final = 32
"""Transactions that a scheme waits for at one time, in threads of its own: what waits for a block, perhaps
for minutes, holds up no call that needs none, and no stop."""
NODE_ERRORS: Final = (Web3Exception, LargesseError, OSError, RuntimeError)
"""What comes of a node that does not answer, or that the package wraps it in."""


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


def models(payload: Json, requirements: Json) -> tuple[PaymentPayload, PaymentRequirements]:
    """As the package takes them; the gateway has compared what was accepted with `requirements`."""
    wanted = PaymentRequirements.model_validate(dict(requirements))
    return PaymentPayload(x402_version=wire.VERSION, payload=dict(payload), accepted=wanted), wanted


def to_json(model: Any) -> dict[str, Any]:
    """One of the package's models as it goes over the wire."""
    values: dict[str, Any] = model.model_dump(by_alias=True, exclude_none=True)
    return values


def part(payload: Json, name: str) -> Json:
    """A member that must be an object. Raises PaymentRefusedError malformed_payment."""
    value = payload.get(name)
    if not isinstance(value, Mapping):
        raise malformed(f"{name!r} must be an object")
    return value


def address(payload: Json, name: str) -> str:
    """A member that must be an address, with its checksum. Raises PaymentRefusedError malformed_payment."""
    value = wire.octets(payload, name, 20)
    if len(value) != 20:
        raise malformed(f"{name!r} must be an address of 20 bytes")
    return to_checksum_address(value)


def word(payload: Json, name: str) -> bytes:
    """A member that must be 32 bytes. Raises PaymentRefusedError malformed_payment."""
    value = wire.octets(payload, name, 32)
    if len(value) != 32:
        raise malformed(f"{name!r} must be 32 bytes")
    return value


def malformed(why: str) -> PaymentRefusedError:
    return PaymentRefusedError(
        "malformed_payment",
        f"{wire.SIGNATURE}: {why}",
        "ask without a payment, and pay one of the accepts in the answer's PAYMENT-REQUIRED header",
        status=400,
    )


def pending(tx_hash: str = "") -> PaymentRefusedError:
    """The payment is on its way, or nobody knows."""
    return PaymentRefusedError(
        "settlement_pending",
        "the payment went to the chain, which has not confirmed it yet",
        "ask again in a moment, with the same payment or Idempotency-Key: the call is charged once",
        status=503,
        more={"transaction": tx_hash} if tx_hash else {},
    )


def unreachable() -> PaymentRefusedError:
    return PaymentRefusedError(
        "chain_unreachable",
        "the chain can't be asked about this payment at the moment; nothing was charged",
        "send the same request again in a moment, with the same payment",
        status=503,
    )


def too_dear(error: SpendingError, advice: str, *, status: int = 503) -> PaymentRefusedError:
    """What the gateway does not pay the gas of now."""
    message = f"{error.message}; nothing was charged"
    headers = {"retry-after": str(error.seconds)} if status == 503 else {}
    return PaymentRefusedError(error.reason, message, advice, status=status, headers=headers)


def refused(reason: str | None, message: str | None, advice: Mapping[str, str]) -> PaymentRefusedError:
    """What the package refused, under its own reason."""
    known = reason or "invalid_payment"
    return PaymentRefusedError(
        known,
        message or known.replace("_", " "),
        advice.get(known, "make a new payment by one of the accepts"),
    )
