"""Choices about consent to a contract that keeps money."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.model import custody
from tests.model.currency import Kind
from tests.model.words import NONCE_WINDOW, Consent, Digest, Message, Signature
from tests.stateful.certificates.hand import Hand
from tests.stateful.custody.side import CustodySide
from tests.stateful.people import CODED, HOLDERS, STRANGER


@dataclass
class CustodyStore:
    """What a machine remembers of one side between steps."""

    acts: list[tuple[str, str, tuple[Any, ...]]] = field(default_factory=list)  # to be replayed


class CustodyHand(Hand):
    """Random choices about one side's present state. The same seed and state give the same choices."""

    books: custody.Books

    def __init__(self, rng: Random, side: CustodySide) -> None:
        super().__init__(rng, side)
        self.books = side.keeper.books
        self.here = side.here

    def small(self) -> int:
        """An amount that somebody spends at once."""
        return self.one([1, 7, self.rng.randrange(1, 10**6), self.mostly(10**9, 0, 2**96 - 1, percent=60)])

    def mark(self, who: str) -> int:
        """A nonce for a consent."""
        mark = self.books.marks.get(who, 0)
        edges = (mark, mark + NONCE_WINDOW, mark + NONCE_WINDOW + 1, 0)
        return min(self.mostly(mark + self.rng.randrange(1, 4), *edges, percent=95), 2**64 - 1)

    def said(self, signer: str, message: Message, domain: str) -> Signature:
        """Mostly the signer's over this message; else another's, or for another contract, or of another
        message."""
        if self.odds(3):
            at = self.rng.randrange(1, len(message))
            value = message[at]
            if isinstance(value, int):
                message = (*message[:at], type(value)(value ^ 1), *message[at + 1 :])
        if signer in CODED and self.odds(60):
            return Signature(signer, domain, message)  # as a wallet signs
        return Signature(self.signer(signer), self.mostly(domain, self.model.here, percent=98), message)

    def consent(self, caller: str, account: str, message: Message, amount: int | None = None) -> Consent:
        """None needed for the account's own call; else a signature over the action, or, where it takes an
        `amount`, the currency's own over its digest."""
        if caller == account and self.odds(80):
            return Consent(self.one([0, 0, 7]), self.one([0, self.now]), self.odds(10), None)
        nonce, deadline = self.mark(account), self.deadline()
        if self.odds(3):
            return Consent(nonce, deadline, self.odds(30), None)
        plain = self.model.currency.kind is Kind.PLAIN
        if amount is None or not self.odds(45 if plain else 4):
            full = (*message, nonce, deadline)
            return Consent(nonce, deadline, self.odds(3), self.said(account, full, self.here))
        nonce = self.one([nonce, 0, 2**64 - 1])
        action = (*message, nonce, deadline)
        if self.odds(4):  # somebody's signature for another action that costs as much
            action = (*action[:-2], nonce ^ 1, deadline)
        moved = ("ReceiveWithAuthorization", account, self.here, amount, 0, deadline, Digest(action))
        return Consent(nonce, deadline, True, self.said(account, moved, self.side.token))

    def sender(self, account: str) -> str:
        """Who sends it: the account, or somebody with its signature."""
        return self.mostly(account, STRANGER, self.one(HOLDERS), percent=45)
