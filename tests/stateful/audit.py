"""The books that `solvency`, reports and notices rebuild from logs, made as a life goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from largesse.books.certificates import Books, Redemption
from largesse.chainlogs import Decoder, Event, LogError
from largesse.indexer.contracts import abi_of
from largesse.parts import CERTIFICATES, PARTS
from largesse.report.history import BOOKS
from tests.model.certificates import Certificates
from tests.model.words import ZERO, Redeemed
from tests.stateful.evm import Log
from tests.stateful.invariants import Difference

CONTRACTS = {part.contract: part.name for part in PARTS} | {"GiftCertificates": CERTIFICATES}
"""Names of parts by their contracts'."""


class Audit:
    """The books of one contract. Each transaction is a block of its own."""

    def __init__(self, contract: str, address: str, decimals: int) -> None:
        self.address = address
        part = CONTRACTS[contract]
        self.books: Any = BOOKS[part](decimals, self._time_of)
        self._decoder = Decoder(abi_of(part))
        self._times: list[int] = []

    def _time_of(self, block: int) -> int:
        return self._times[block]

    def add(self, logs: Sequence[Log], time: int) -> None:
        """A transaction's logs. Raises Difference where they can't have happened."""
        block = len(self._times)
        self._times.append(time)
        found = [
            self._event(log, block, index) for index, log in enumerate(logs) if log.address == self.address
        ]
        try:
            self.books.add(found)
        except (LogError, LookupError, AttributeError, TypeError, ValueError) as error:
            names = [event.name for event in found]
            raise Difference(f"the books of solvency do not take {names}: {error!r}") from error

    def _event(self, log: Log, block: int, index: int) -> Event:
        entry: Any = {
            "topics": log.topics,
            "data": log.data,
            "blockNumber": block,
            "logIndex": index,
            "transactionHash": block.to_bytes(32, "big"),
        }
        return self._decoder.decode(entry)

    def check(self, held: int) -> None:
        """What the contract holds, but for what was sent to it by mistake, is what it owes by these books.
        Raises Difference."""
        owed = self.books.liabilities
        if owed != held:
            raise Difference(f"by the books of solvency {owed} are owed, {held} are held")
        if hasattr(self.books, "parts"):
            parts = self.books.parts()
            if parts != owed * getattr(self.books, "scale", 1):
                raise Difference(f"the parts of the books of solvency come to {parts}, not to {owed}")


class CertificateAudit(Audit):
    """The books of GiftCertificates, redemption by redemption and holder by holder."""

    books: Books

    def __init__(self, address: str, decimals: int) -> None:
        super().__init__("GiftCertificates", address, decimals)

    def check_redeemed(self, modelled: Sequence[Redeemed]) -> None:
        """The redemptions that were added last are the model's. Raises Difference."""
        found = [_as_modelled(one) for one in self.books.redemptions]
        self.books.redemptions.clear()
        _same("redemptions", found, [replace(one, payee=_payee(one)) for one in modelled])

    def compare(self, model: Certificates) -> None:
        """All holders, series and gifts. Raises Difference."""
        theirs = model.books
        for series_id, series in theirs.series.items():
            one = self.books.series[series_id]
            names = "outstanding", "fees", "wound_down", "forfeited", "full_refund_from"
            _same(
                f"series {series_id}", *([getattr(books, name) for name in names] for books in (one, series))
            )
        for (series_id, holder), held in self.books.holdings.items():
            account = model.account(series_id, holder.lower())
            # Series 0 has the nonces of what concerns no series; one that nobody opened, holders of nothing.
            forfeited = series_id in theirs.series and theirs.series[series_id].forfeited
            modelled = 0 if forfeited else account.balance, account.spent, account.nonce
            _same(f"{holder} in series {series_id}", (held.balance, held.spent, held.nonce), modelled)
        _same("open gifts", set(self.books.gifts), set(theirs.gifts))
        left = {
            batch_id: batch.remaining for batch_id, batch in self.books.batches.items() if batch.remaining
        }
        _same("batches", left, {batch_id: rest for batch_id, (_, rest) in theirs.batches.items() if rest})


def _same(what: str, rebuilt: object, modelled: object) -> None:
    if rebuilt != modelled:
        raise Difference(f"{what}: {rebuilt} by the books of solvency, {modelled} by the model")


def _as_modelled(one: Redemption) -> Redeemed:
    people = one.holder.lower(), one.merchant.lower(), one.payee.lower()
    return Redeemed(one.series_id, *people, one.amount, one.order, one.nonce)


def _payee(one: Redeemed) -> str:
    """Whose the money is; a merchant's own where nobody is named."""
    return one.merchant if one.payee == ZERO else one.payee
