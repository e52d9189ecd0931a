"""Receipts: the seller signs what a call cost, and which answer it got.

A receipt is `Receipt` of this module under the domain "Largesse Receipt", version "1", of the account's
PrepaidAccounts. It comes with the answer in the header PAYMENT-RECEIPT, as base64 of JSON. `Purse.receipt` is
what a payer checks it with.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from largesse.eip712 import Domain, Message, encode_word, keccak, recover, solidity
from largesse.errors import LargesseError
from largesse.gateway.schemes import Answer, compact

HEADER: Final = "PAYMENT-RECEIPT"


class ReceiptError(LargesseError):
    """A receipt that proves nothing."""


@dataclass(frozen=True)
class Receipt(Message):
    """``price`` micro-units were charged to an account for ``call`` (SHA-256 of method, path, query and
    body), answered with ``answer`` (SHA-256 of the body), at ``at``; the voucher was over ``amount``."""

    counterparty: str = solidity("address")
    currency: str = solidity("address")
    index: int = solidity("uint64")
    amount: int = solidity("uint48")
    price: int = solidity("uint48")
    call: bytes = solidity("bytes32")
    answer: bytes = solidity("bytes32")
    at: int = solidity("uint40")


def receipts_domain(chain_id: int, accounts: str) -> Domain:
    """What receipts of sellers in the PrepaidAccounts at this address are signed under."""
    return Domain("Largesse Receipt", "1", chain_id, accounts)


class ReceiptDigests:
    """Digests of one seller's receipts in one currency: what all of them share is encoded once."""

    def __init__(self, domain: Domain, counterparty: str, currency: str) -> None:
        members = (("counterparty", counterparty), ("currency", currency))
        words = (encode_word("Receipt", name, "address", value) for name, value in members)
        self._head = Receipt.typehash() + b"".join(words)
        self._start = b"\x19\x01" + domain.separator

    def of(self, receipt: Receipt) -> bytes:
        """What is signed, 32 bytes; `receipt.digest(domain)`. The members must fit their types."""
        numbers = (receipt.index << 512 | receipt.amount << 256 | receipt.price).to_bytes(96, "big")
        rest = receipt.call + receipt.answer + receipt.at.to_bytes(32, "big")
        return keccak(self._start + keccak(self._head + numbers + rest))


def digest_of_call(method: str, path: str, query: bytes, body: bytes) -> bytes:
    """SHA-256 of a request, 32 bytes; the path is decoded, the query is not."""
    return sha256(f"{method}\n{path}\n".encode() + query + b"\n" + body).digest()


def digest_of(answer: Answer) -> bytes:
    """SHA-256 of the body, 32 bytes."""
    return sha256(answer.body).digest()


def to_header(receipt: Receipt, signature: bytes) -> str:
    """As it travels."""
    shown = {
        "counterparty": receipt.counterparty,
        "currency": receipt.currency,
        "index": str(receipt.index),
        "amount": str(receipt.amount),
        "price": str(receipt.price),
        "call": "0x" + receipt.call.hex(),
        "answer": "0x" + receipt.answer.hex(),
        "at": receipt.at,
        "signature": "0x" + signature.hex(),
    }
    return base64.b64encode(compact(shown).encode()).decode()


def from_header(header: str, domain: Domain, signer: str) -> Receipt:
    """The receipt that `signer` signed. Raises ReceiptError malformed, other_signer."""
    try:
        shown = json.loads(base64.b64decode(header, validate=True))
        receipt = Receipt(
            shown["counterparty"],
            shown["currency"],
            int(shown["index"]),
            int(shown["amount"]),
            int(shown["price"]),
            bytes.fromhex(shown["call"][2:]),
            bytes.fromhex(shown["answer"][2:]),
            int(shown["at"]),
        )
        found = recover(receipt.digest(domain), bytes.fromhex(shown["signature"][2:]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, LargesseError) as error:
        raise ReceiptError("malformed", f"{HEADER} is no receipt: {error}") from error
    if found.lower() != signer.lower():
        raise ReceiptError("other_signer", f"the receipt is signed by {found}, not by {signer}")
    return receipt
