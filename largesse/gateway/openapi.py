"""Says in an API's own description which of its routes are paid, how, and what they can answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fastapi import FastAPI

from largesse.gateway import wire
from largesse.gateway.pricing import Price
from largesse.web.api import ProblemBody

_ANSWERS: Final = {
    400: "The payment is malformed",
    402: "The call has a price, and this payment does not pay it; PAYMENT-REQUIRED says how",
    409: "The payment is in use, or has paid for another call",
    410: "The call was paid and answered, and its answer is not kept any more",
    413: "The body is too large",
    429: "Too many requests",
    503: "The chain can't be seen at the moment",
    504: "It took too long",
}


def describe(app: FastAPI, prices: Iterable[Price]) -> None:
    """Add payment headers, prices and answers to the OpenAPI description of the priced routes."""
    schema = app.openapi()
    models = schema.setdefault("components", {}).setdefault("schemas", {})
    models.setdefault("ProblemBody", ProblemBody.model_json_schema())
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    for price in prices:
        operation: dict[str, Any] = schema["paths"].get(price.path, {}).get(price.method.lower(), {})
        if not operation:
            continue
        operation["x-price"] = {"baseUnits": str(price.amount)}
        parameters = operation.setdefault("parameters", [])
        parameters.append(_header(wire.SIGNATURE, "x402 version 2: base64 of a PaymentPayload"))
        parameters.append(_header("Idempotency-Key", "the same call under the same key is charged once"))
        for status, text in _ANSWERS.items():
            operation.setdefault("responses", {})[str(status)] = {"description": text, "content": body}
    app.openapi_schema = schema


def _header(name: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": text,
        "schema": {"type": "string"},
    }
