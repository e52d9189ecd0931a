"""What events say to whom: a payment to payer and merchant, a claim to giver and recipient, a tip to sender
and creator, a settlement to payers and seller, a refund to holder and issuer; and who holds what when a
reminder is due.

Built on the same books as audits: a reader is fed whole transactions from a contract's first one on.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from largesse.amounts import format_amount
from largesse.books.accounts import AccountBooks
from largesse.books.certificates import Books
from largesse.chainlogs import Event
from largesse.jars import jar_creator
from largesse.terms.fields import UINT40_MAX

DAY = 86_400


@dataclass(frozen=True)
class Notice:
    """What one account is told. `about` tells it from every other notice of the same contract and says
    nothing of blocks, so that a transaction which a re-organisation moves has the same notice; `issuer` is
    the one of the series, "" for none; `facts` are what is sent.
    """

    kind: str
    account: str
    about: tuple[str, ...]
    time: int
    facts: dict[str, str]
    issuer: str = ""


class Reader(Protocol):
    """Follows one contract."""

    def add(self, transaction: Sequence[Event], time: int) -> list[Notice]:
        """Take the events of one transaction in a block of `time`; what is to be said about them."""


@dataclass(frozen=True)
class Money:
    """How a currency's amounts are written: decimal text, a point, no separators."""

    symbol: str
    decimals: int

    def write(self, units: int) -> str:
        return format_amount(units, self.decimals, separator="")


class CertificateReader(Books):
    """Redemptions, claims, refunds, and holders to be reminded."""

    def __init__(self, money: Money, days: Sequence[int], block_time: Callable[[int], int]) -> None:
        super().__init__(block_time)
        self._money = money
        self._days = days
        self._givers: dict[bytes, str] = {}
        self._batch_givers: dict[bytes, str] = {}
        self._moments: list[tuple[int, int, int]] = []  # second, series, days before its expiry
        self._found: list[Notice] = []
        self._time = 0

    def add(self, transaction: Sequence[Event], time: int = 0) -> list[Notice]:  # type: ignore[override]
        self._found, self._time = [], time
        super().add(transaction)
        self.redemptions.clear()  # told, and not kept
        return self._found

    def due(self, time: int, end: int) -> list[Notice]:
        """Reminders that fall due until `time` inclusive, with what everybody has now; `end` is how far time
        has come: what a later reminder or the expiry itself has overtaken is left out."""
        found: list[Notice] = []
        while self._moments and self._moments[0][0] <= time:
            moment, series_id, days = heapq.heappop(self._moments)
            if not self._is_overtaken(series_id, days, end):
                found += self._reminders(series_id, days, moment)
        return found

    def _is_overtaken(self, series_id: int, days: int, end: int) -> bool:
        expires_at = self.series[series_id].terms.expires_at
        later = [one for one in self._days if one < days] or [0]
        return expires_at - max(later) * DAY <= end

    def _reminders(self, series_id: int, days: int, moment: int) -> list[Notice]:
        expires_at, found = self.series[series_id].terms.expires_at, []
        for holder, held in sorted(self.holdings.of(series_id)):
            if held.balance:
                facts = self._facts(series_id, held.balance) | {
                    "holder": holder,
                    "days": str(days),
                    "expires_at": written(expires_at),
                }
                about = ("expiry", str(series_id), holder, str(days))
                issuer = self.series[series_id].issuer
                found.append(Notice("certificate.expires", holder, about, moment, facts, issuer))
        return found

    # ------------------------------------------------------------------------- what the books come across

    def _on_SeriesCreated(self, event: Event) -> None:  # noqa: N802 - named as the event is
        super()._on_SeriesCreated(event)
        expires_at = self.series[event["seriesId"]].terms.expires_at
        if expires_at != UINT40_MAX:
            for days in self._days:
                if (moment := expires_at - days * DAY) > self._time:
                    heapq.heappush(self._moments, (moment, event["seriesId"], days))

    def _give(self, at: int) -> int:
        used = super()._give(at)
        self._givers[next(reversed(self.gifts))] = self._transaction[at]["from"]
        return used

    def _burn(self, at: int) -> int:
        event, after = self._transaction[at], self._name(at + 1)
        if after == "GiftBatchGiven":
            self._batch_givers[self._transaction[at + 1]["batchId"]] = event["from"]
        elif after == "Refunded":
            payout = self._transaction[at + 1]["payout"]
            facts = self._facts(event["id"], event["value"]) | {
                "holder": event["from"],
                "paid": self._money.write(payout),
            }
            issuer = self.series[event["id"]].issuer
            self._both("certificate.refunded", at, facts, holder=event["from"], issuer=issuer)
        return super()._burn(at)

    def _mint(self, at: int) -> int:
        event, after = self._transaction[at], self._name(at + 1)
        giver = ""
        if after == "GiftClaimed":
            giver = self._givers.pop(self._transaction[at + 1]["giftId"], "")
        elif after == "GiftClaimedFromBatch":
            giver = self._batch_givers.get(self._transaction[at + 1]["batchId"], "")
        if giver:
            facts = self._facts(event["id"], event["value"]) | {"giver": giver, "recipient": event["to"]}
            self._both("gift.claimed", at, facts, giver=giver, recipient=event["to"])
        return super()._mint(at)

    def _redeem(self, at: int) -> None:
        super()._redeem(at)
        paid = self.redemptions[-1]
        facts = self._facts(paid.series_id, paid.amount) | {
            "payer": paid.holder,
            "merchant": paid.payee,
            "service": "" if paid.payee == paid.merchant else paid.merchant,
            "fee": self._money.write(paid.fee),
            "order": str(paid.order),
        }
        self._both("certificate.redeemed", at, facts, payer=paid.holder, merchant=paid.payee)

    def _facts(self, series_id: int, amount: int) -> dict[str, str]:
        return {
            "series": str(series_id),
            "currency": self._money.symbol,
            "amount": self._money.write(amount),
        }

    def _both(self, kind: str, at: int, facts: dict[str, str], **sides: str) -> None:
        issuer = self.series[int(facts["series"])].issuer
        tx = self._transaction[at].tx
        self._found += two_sides(kind, tx, at, self._time, facts, sides, issuer)


class TipReader:
    """One-off tips to jars."""

    def __init__(self, money: Money) -> None:
        self._money = money

    def add(self, transaction: Sequence[Event], time: int) -> list[Notice]:
        found: list[Notice] = []
        for at, event in enumerate(transaction):
            if event.name == "Tipped":
                facts = {
                    "currency": self._money.symbol,
                    "amount": self._money.write(event["amount"]),
                    "sender": event["from"],
                    "creator": jar_creator(event["jarId"]),
                    "jar": str(event["jarId"]),
                    "message": event["message"],
                }
                sides = {"sender": facts["sender"], "creator": facts["creator"]}
                found += two_sides("jar.tipped", event.tx, at, time, facts, sides)
        return found


class SettlementReader:
    """Settlements of prepaid accounts: one notice to the seller, one to each payer's account."""

    def __init__(self, money: Money, block_time: Callable[[int], int]) -> None:
        self._books = AccountBooks(money.decimals, block_time)
        self._money = money

    def add(self, transaction: Sequence[Event], time: int) -> list[Notice]:
        found: list[Notice] = []
        for at, event in enumerate(transaction):
            self._books.add([event])
            if self._books.settlements:
                settled = self._books.settlements.pop()
                seller = settled.counterparty
                facts = {"currency": self._money.symbol, "seller": seller}
                whole = facts | {
                    "amount": self._money.write(settled.payout),
                    "accounts": str(len(settled.taken)),
                }
                found += two_sides("account.settled", event.tx, at, time, whole, {"seller": seller})
                for index, taken in settled.taken.items():
                    payer = self._books.accounts[seller, index].owner
                    mine = facts | {
                        "amount": self._money.write(taken * self._books.unit),
                        "payer": payer,
                        "account": str(index),
                    }
                    found += two_sides("account.settled", event.tx, at, time, mine, {"payer": payer})
        return found


def two_sides(
    kind: str, tx: str, at: int, time: int, facts: dict[str, str], sides: dict[str, str], issuer: str = ""
) -> list[Notice]:
    """A notice for each side of what happened at place `at` among its contract's events of a transaction."""
    content = tuple(f"{name}={value}" for name, value in sorted(facts.items()))
    return [
        Notice(kind, account, (tx, str(at), side, *content), time, {"side": side} | facts, issuer)
        for side, account in sides.items()
    ]


def written(second: int) -> str:
    """A Unix second as ISO 8601, in UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
