"""Choices about prepaid accounts: what owners, session keys, counterparties and passers-by might do next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.model.account_words import (
    DAY,
    HOUR,
    MAX_DELAY,
    MIN_DELAY,
    AccountKey,
    LockedVoucher,
    Opening,
    Prepaid,
    Voucher,
    index_of,
)
from tests.model.settlements import voucher_message
from tests.model.words import MAX_AMOUNT, ZERO, Message
from tests.stateful.accounts.side import SALTS, AccountsSide
from tests.stateful.custody.hand import CustodyHand, CustodyStore
from tests.stateful.people import HOLDING, MERCHANTS, SERVICES, STRANGER, WALLET, person

OWNERS = HOLDING
COUNTERPARTIES = (*MERCHANTS, WALLET)
SESSIONS = tuple(person(f"session key {i}") for i in range(4))
PREIMAGES = tuple(bytes([i]) * 32 for i in range(4))


@dataclass
class AccountStore(CustodyStore):
    """What the machine remembers of one side between steps."""

    vouchers: list[tuple[str, Voucher]] = field(default_factory=list)  # with whom they were signed for


class AccountHand(CustodyHand):
    """Random choices about one side's present state. The same seed and state give the same choices."""

    def __init__(self, rng: Random, side: AccountsSide) -> None:
        super().__init__(rng, side)
        self.prepaid = side.prepaid
        self.accounts = side.prepaid.books.accounts

    # ------------------------------------------------------------------------------- whom and which

    def named(self, series_id: int) -> bool:
        """Whether what such a card pays can't be had as cash."""
        series = self.of(series_id)
        return series is not None and series.terms.named

    def counterparty(self) -> str:
        return self.mostly(self.one(COUNTERPARTIES), ZERO, self.here, STRANGER, percent=96)

    def session(self, owner: str) -> str:
        """Whose vouchers are to count: a session key's, mostly."""
        return self.mostly(self.one(SESSIONS), owner, WALLET, WALLET, SERVICES[0], ZERO, percent=80)

    def key(self, fit: Callable[[Prepaid], object] = lambda account: True) -> AccountKey | None:
        """An account, mostly a fitting one; None where there is none. Seldom one that nobody opened."""
        if self.odds(3):
            return self.unknown()
        good = [key for key, account in self.accounts.items() if fit(account)]
        if good and self.odds(88):
            return self.one(good)
        return self.one(list(self.accounts)) if self.accounts and self.odds(15) else None

    def unknown(self) -> AccountKey:
        """An account of somebody's that may not be there."""
        owner, salt = self.one(OWNERS), self.one(SALTS)
        return AccountKey(self.one(COUNTERPARTIES), self.mostly(index_of(owner, salt), 0, 2**64 - 1))

    def owner(self, key: AccountKey) -> str:
        """Whose account it is, mostly."""
        return self.prepaid.account(key).owner if key in self.accounts else self.one(OWNERS)

    def opening(self, owner: str) -> Opening:
        delay = self.mostly(self.one([HOUR, DAY, DAY, 9 * DAY]), MIN_DELAY - 1, MAX_DELAY, MAX_DELAY + 1, 0)
        ahead = self.now + self.one([1, HOUR, DAY, 9 * DAY])
        expires_at = self.mostly(self.mostly(0, ahead, percent=60), self.now, self.now - 1, percent=95)
        return Opening(self.counterparty(), self.one(SALTS), self.session(owner), delay, expires_at)

    # ------------------------------------------------------------------------------------- how much

    def deposit(self, before: int = 0) -> int:
        """Base units; `before` micro-units are there. On the edges: dust, nothing, one too much."""
        unit, room = self.prepaid.unit, self.prepaid.most - before
        usual: int = self.rng.randrange(1, 10 ** self.rng.randrange(1, 9)) * unit
        edges = (0, room * unit, room * unit, (room + 1) * unit, usual + 1, usual - 1, MAX_AMOUNT)
        return self.mostly(usual, *edges, percent=90)

    def taken(self, account: Prepaid) -> int:
        """What a voucher may be over: micro-units in all."""
        paid, deposit = account.paid, account.deposit
        left = deposit - paid
        some = paid + self.rng.randrange(1, left + 1) if left else deposit
        little = paid + min(self.rng.randrange(1, 100), max(left, 1))
        edges = (paid, max(paid - 1, 0), 0, deposit, deposit + 1, 2**48 - 1)
        return min(self.mostly(self.one([some, little, little]), *edges, percent=84), 2**48 - 1)

    # ------------------------------------------------------------------------------------- vouchers

    def voucher(self, store: AccountStore, counterparty: str, key: AccountKey, *, locked: bool) -> Voucher:
        """One that the account's signer signs now, mostly; or one that was signed before."""
        before = [
            voucher
            for whom, voucher in store.vouchers
            if whom == counterparty and isinstance(voucher, LockedVoucher) == locked
        ]
        if before and self.odds(15):
            return self.one(before[-12:])
        account = self.prepaid.account(key)
        voucher = Voucher(key.index, self.taken(account), None)
        preimage = shown = self.one(PREIMAGES)
        if locked:
            ahead = self.now + self.one([1, 600, HOUR, DAY])
            expires_at = self.mostly(ahead, self.now, self.now - 1, percent=92)
            voucher = LockedVoucher(voucher.index, voucher.amount, None, expires_at, preimage)
            shown = self.mostly(preimage, self.one(PREIMAGES), percent=92)
        signer = account.new_signer if account.new_signer != ZERO and self.odds(8) else account.signer
        said = voucher_message(
            self.mostly(counterparty, self.one(COUNTERPARTIES), percent=97), voucher, self._currency()
        )
        voucher = self.signed(voucher, signer, said, shown)
        store.vouchers.append((counterparty, voucher))
        return voucher

    def _currency(self) -> str:
        return self.mostly(self.side.token, self.model.here, percent=98)

    def signed(self, voucher: Voucher, signer: str, message: Message, shown: bytes) -> Voucher:
        """The voucher with somebody's signature over the message, and the preimage that is shown."""
        signature = None if self.odds(1) else self.said(signer, message, self.here)
        if isinstance(voucher, LockedVoucher):
            return LockedVoucher(voucher.index, voucher.amount, signature, voucher.expires_at, shown)
        return Voucher(voucher.index, voucher.amount, signature)
