"""A till's payment request: what a shop shows as a QR code and a customer's wallet signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from largesse.addresses import parse_address
from largesse.amounts import check_units
from largesse.errors import LargesseError, PaymentRequestError
from largesse.gifts.links import MAX_CHAIN_ID
from largesse.terms.fields import UINT40_MAX

UINT64_MAX = 2**64 - 1

# 65 bytes of an ordinary key; a contract account's may be longer, but must still fit a code that scans.
MAX_SIGNATURE_BYTES = 512

_PREFIX = "largesse:pay?"
_KEYS = ("chain", "certificates", "currency", "merchant", "order", "total", "least", "deadline", "signature")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,77}")
_HEX = re.compile(r"0x(?:[0-9a-f]{2})+")


@dataclass(frozen=True)
class PaymentRequest:
    """A request for `total` base units of `currency` to `merchant`, payable before second `deadline`.

    `least` (up to `total`) is what must arrive of it: the payer chooses the series, which may have a fee.
    `certificates` is the ledger's address, `order` the merchant's own number (1 to 2**64 − 1; none is used
    twice), and `signature` the merchant's over all of it, None while unsigned. Raises PaymentRequestError:
    out_of_range, bad_address, least_over_total, bad_signature_length.
    """

    chain_id: int
    certificates: str
    currency: str
    merchant: str
    order: int
    total: int
    least: int
    deadline: int
    signature: bytes | None = None

    def __post_init__(self) -> None:
        for name in ("certificates", "currency", "merchant"):
            try:
                parse_address(getattr(self, name))
            except LargesseError as error:
                raise PaymentRequestError("bad_address", f"{name}: {error}") from error
        bounds = {"chain_id": MAX_CHAIN_ID, "order": UINT64_MAX, "deadline": UINT40_MAX}
        for name, maximum in bounds.items():
            value = getattr(self, name)
            if not 1 <= value <= maximum:
                raise PaymentRequestError("out_of_range", f"{name} is {value}, not 1 to {maximum}")
        for name in ("total", "least"):
            try:
                check_units(getattr(self, name))
            except LargesseError as error:
                raise PaymentRequestError("out_of_range", f"{name}: {error}") from error
        if self.least > self.total:
            raise PaymentRequestError(
                "least_over_total", f"least is {self.least}, more than the total of {self.total}"
            )
        if self.signature is not None and not 0 < len(self.signature) <= MAX_SIGNATURE_BYTES:
            raise PaymentRequestError(
                "bad_signature_length",
                f"a signature of {len(self.signature)} bytes, not 1 to {MAX_SIGNATURE_BYTES}",
            )

    def uri(self) -> str:
        """The one text that stands for this request: `largesse:pay?chain=…&…`, keys in a fixed order."""
        values = {
            "chain": str(self.chain_id),
            "certificates": self.certificates,
            "currency": self.currency,
            "merchant": self.merchant,
            "order": str(self.order),
            "total": str(self.total),
            "least": str(self.least),
            "deadline": str(self.deadline),
        }
        if self.signature is not None:
            values["signature"] = "0x" + self.signature.hex()
        return _PREFIX + "&".join(f"{key}={value}" for key, value in values.items())


def parse_request(uri: str) -> PaymentRequest:
    """Read a request back, exactly: one spelling only, nothing ignored.

    Raises PaymentRequestError: not_a_request, malformed_field, unknown_field, duplicate_field, missing_field,
    bad_number, bad_signature, wrong_order (of the fields), and the reasons of PaymentRequest.
    """
    if not uri.startswith(_PREFIX):
        raise PaymentRequestError("not_a_request", f"{uri[:40]!r} doesn't begin with {_PREFIX}")
    fields: dict[str, str] = {}
    for part in uri[len(_PREFIX) :].split("&"):
        key, mark, value = part.partition("=")
        if not mark:
            raise PaymentRequestError("malformed_field", f"{part[:40]!r} is no field=value")
        if key not in _KEYS:
            raise PaymentRequestError("unknown_field", f"{key[:40]!r} is no field of a payment request")
        if key in fields:
            raise PaymentRequestError("duplicate_field", f"{key} is given twice")
        fields[key] = value
    missing = [key for key in _KEYS if key not in fields and key != "signature"]
    if missing:
        raise PaymentRequestError("missing_field", f"{', '.join(missing)} not given")
    request = PaymentRequest(
        chain_id=_number(fields, "chain"),
        certificates=fields["certificates"],
        currency=fields["currency"],
        merchant=fields["merchant"],
        order=_number(fields, "order"),
        total=_number(fields, "total"),
        least=_number(fields, "least"),
        deadline=_number(fields, "deadline"),
        signature=_signature(fields),
    )
    if request.uri() != uri:
        raise PaymentRequestError("wrong_order", f"fields must come as {', '.join(_KEYS)}")
    return request


def _number(fields: dict[str, str], key: str) -> int:
    if _NUMBER.fullmatch(fields[key]) is None:
        raise PaymentRequestError("bad_number", f"{key}={fields[key][:80]} is no plain decimal number")
    return int(fields[key])


def _signature(fields: dict[str, str]) -> bytes | None:
    value = fields.get("signature")
    if value is None:
        return None
    if _HEX.fullmatch(value) is None:
        raise PaymentRequestError("bad_signature", "signature is not 0x and pairs of lower-case hex digits")
    return bytes.fromhex(value[2:])
