"""An attestor's word, for a file: whose handle it is to which tips went."""

from __future__ import annotations

import json
from dataclasses import dataclass

from largesse.addresses import parse_address
from largesse.errors import LargesseError
from largesse.holdings import SignedPartError
from largesse.jars import HandleTip
from largesse.signed.texts import number, octets


@dataclass(frozen=True)
class SignedHandleClaim:
    """The attestor of these tips says that their handle is `recipient`'s, until before `deadline`."""

    tips: tuple[HandleTip, ...]
    recipient: str
    deadline: int
    signature: bytes

    def to_json(self, symbol: str) -> str:
        """A text for a file, with the currency's symbol; numbers as texts."""
        rows = [
            {
                "payer": tip.payer,
                "handle": "0x" + tip.handle.hex(),
                "attestor": tip.attestor,
                "amount": str(tip.amount),
                "reclaim_at": str(tip.reclaim_at),
                "salt": str(tip.salt),
            }
            for tip in self.tips
        ]
        content = {
            "currency": symbol,
            "recipient": self.recipient,
            "deadline": str(self.deadline),
            "tips": rows,
            "signature": "0x" + self.signature.hex(),
        }
        return json.dumps(content, indent=1)

    @classmethod
    def from_json(cls, text: str) -> tuple[str, SignedHandleClaim]:
        """The currency's symbol and the claim. Raises SignedPartError bad_handle_claim."""
        try:
            content = json.loads(text)
            tips = tuple(
                HandleTip(
                    parse_address(row["payer"]), octets(row["handle"]), parse_address(row["attestor"]),
                    number(row["amount"]), number(row["reclaim_at"]), number(row["salt"]),
                )
                for row in content["tips"]
            )  # fmt: skip
            for tip in tips:
                tip.tip_id()
            recipient, deadline = parse_address(content["recipient"]), number(content["deadline"])
            claim = cls(tips, recipient, deadline, octets(content["signature"]))
            return str(content["currency"]), claim
        except (ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise SignedPartError("bad_handle_claim", f"this is no attestor's word: {error}") from error
