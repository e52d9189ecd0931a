"""The customer's signature for putting money back on a card."""

from __future__ import annotations

import json
from dataclasses import dataclass

from largesse.addresses import parse_address
from largesse.errors import LargesseError
from largesse.holdings import SignedPartError


@dataclass(frozen=True)
class SignedRestoration:
    """`merchant` may put `amount` base units back on the holder's card, until before `deadline`."""

    holder: str
    series_id: int
    amount: int
    merchant: str
    nonce: int
    deadline: int
    signature: bytes

    def to_json(self, series: str) -> dict[str, str]:
        """Texts only, with the series as people call it."""
        return {
            "series": series,
            "holder": self.holder,
            "number": str(self.series_id),
            "amount": str(self.amount),
            "merchant": self.merchant,
            "nonce": str(self.nonce),
            "deadline": str(self.deadline),
            "signature": "0x" + self.signature.hex(),
        }

    @classmethod
    def from_json(cls, text: str) -> tuple[str, SignedRestoration]:
        """The series' name and what was signed. Raises SignedPartError bad_signed_restoration."""
        try:
            content = json.loads(text)
            numbers = [content[name] for name in ("number", "amount", "nonce", "deadline")]
            if not all(isinstance(n, str) and n.isascii() and n.isdigit() for n in numbers):
                raise ValueError("a number is not written in plain digits")
            number, amount, nonce, deadline = map(int, numbers)
            signature = bytes.fromhex(content["signature"].removeprefix("0x"))
            holder, merchant = parse_address(content["holder"]), parse_address(content["merchant"])
            series = str(content["series"])
        except (ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise SignedPartError(
                "bad_signed_restoration", f"this is no signed restoration: {error}"
            ) from error
        return series, cls(holder, number, amount, merchant, nonce, deadline, signature)
