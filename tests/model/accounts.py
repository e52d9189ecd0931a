"""An exact reference model of PrepaidAccounts, from its documentation alone.

Every operation of `IPrepaidAccounts` is a method in snake case that takes the caller first and then the same
arguments; signatures are passed as what they say, rows as the vouchers that they are of. It has exactly the
effects that the contract must have, or raises `Refused` with every rule that was broken and has none, as the
certificates' model does. It hears of redemptions from that model and restores through it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.model.account_words import AccountKey, Opening, Use
from tests.model.custody import operation
from tests.model.owners import Owners
from tests.model.settlements import Settlements
from tests.model.words import Checks, Portion, refuse

OPEN_BITS = (96, 160, 24, 40)  # salt, signer, delay, expiry
TOP_UP_BITS = (64,)  # index


class Accounts(Owners, Settlements):
    """All of it; certificates that are redeemed into it among the rest."""

    @operation
    def on_redemption(
        self, caller: str, payee: str, amount: int, order: int, portions: Sequence[Portion], data: bytes
    ) -> None:
        """Nobody but the certificates may say that money came."""
        raise refuse("Accounts_NotCertificates", caller)

    def redeemed(self, payee: str, amount: int, portions: Sequence[Portion], data: bytes) -> None:
        """Certificates have paid for the counterparty."""
        check = Checks()
        holder, series_id = self.one_holder(check, portions, "Accounts_MixedCards")
        words = [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data) - 31, 32)]
        opens = words[:1] == [Use.OPEN]
        bits = OPEN_BITS if opens else TOP_UP_BITS
        said = words[1 : len(bits) + 1]
        fits = len(said) == len(bits) and all(
            word >> size == 0 for word, size in zip(said, bits, strict=True)
        )
        check.need(fits and words[0] in tuple(Use), "")
        if not fits:
            check.done()
        if opens:
            salt, signer, delay_seconds, expires_at = said
            opening = Opening(payee, salt, f"0x{signer:040x}", delay_seconds, expires_at)
            self.check_open(check, holder, opening, amount)
            check.done()
            self.put_open(holder, opening, amount, series_id)
            return
        key = AccountKey(payee, said[0])
        self.check_add(check, key, amount, series_id)
        owner = self.account(key).owner
        check.need(series_id == 0 or owner == holder, "Accounts_NotOwnersCard", owner, holder)
        check.done()
        self.put_add(key, amount)

    @operation
    def count_used(self, caller: str, keys: Sequence[AccountKey]) -> None:
        for key in keys:
            account = self.account(key)
            used = account.paid - self.books.counted.get(key, 0)
            if account.series_id and used:
                self.books.counted[key] = account.paid
                self.certificates.use_placed(self.here, account.owner, account.series_id, used * self.unit)
