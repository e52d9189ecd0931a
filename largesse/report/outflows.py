"""What contracts should have paid, by transaction and recipient, and what the currency moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from largesse.chainlogs import Event
from largesse.clients.orders import OrderKey
from largesse.parts import CERTIFICATES
from largesse.report.history import History

Key = tuple[str, str, str]
"""Part, transaction, recipient."""
Paid = tuple[str, int]
"""Recipient, base units."""


def expected(history: History) -> Counter[Key]:
    """By the events of each part that pays merchants, what it should have transferred."""
    found: Counter[Key] = Counter()
    for one in history.life.movements:
        if one.kind == "redeemed":
            found["certificates", one.tx, one.service or one.other] += one.paid
    for part, payments in _PAYMENTS.items():
        for event in history.events[part]:
            for recipient, amount in payments(history, event):
                found[part, event.tx, recipient] += amount
    paid = actual(history)
    for tx, amount, senders in _refused_issues(history):
        # Of all whose money came before, in that transaction, the one who has so much back; else the last.
        keys = [(CERTIFICATES, tx, sender) for sender in senders]
        key = next((one for one in keys if paid[one] - found[one] >= amount), keys[-1])
        found[key] += amount
    return found


def actual(history: History) -> Counter[Key]:
    """The currency's transfers from these parts."""
    names = {history.address(part): part for part in _PAYMENTS}
    found: Counter[Key] = Counter()
    for event in history.transfers:
        if event["from"] in names:
            found[names[event["from"]], event.tx, event["to"]] += event["value"]
    return found


def _certificates(history: History, event: Event) -> Iterator[Paid]:
    if event.name == "Refunded":
        # What the holder is not paid is owed to the beneficiary, which another event says.
        yield event["holder"], event["payout"]
        beneficiary = history.life.series[event["seriesId"]].terms.beneficiary
        yield beneficiary, event["amount"] - event["payout"]
    elif event.name == "SeriesForfeited":
        yield event["beneficiary"], event["amount"]
    elif event.name == "FeesCollected":
        yield event["issuer"], event["amount"]
    else:
        yield from _owed(event)


def _accounts(history: History, event: Event) -> Iterator[Paid]:
    if event.name == "Settled":
        yield event["counterparty"], event["payout"]
    elif event.name == "Withdrawn":
        account = history.accounts.accounts[event["counterparty"], event["index"]]
        yield _back(history, event, account.owner, account.series_id)
    else:
        yield from _owed(event)


def _orders(history: History, event: Event) -> Iterator[Paid]:
    to_seller = event.name == "OrderConfirmed" or (event.name == "OrderEnded" and event["toSeller"])
    if to_seller:
        yield event["seller"], event["amount"]
    elif event.name in ("OrderRefunded", "OrderEnded"):
        key = OrderKey(event["buyer"], event["seller"], event["number"])
        yield _back(history, event, key.buyer, history.orders.orders[key].order.series_id)
    else:
        yield from _owed(event)


def _items(_: History, event: Event) -> Iterator[Paid]:
    if event.name == "ItemSold":
        yield event["merchant"], event["price"] * event["quantity"]
    else:
        yield from _owed(event)


def _owed(event: Event) -> Iterator[Paid]:
    if event.name == "PayoutOwed":
        yield event["payee"], -event["amount"]
    elif event.name == "OwedPaid":
        yield event["to"], event["amount"]


def _back(history: History, event: Event, holder: str, series_id: int) -> Paid:
    """Where a service's money goes that goes back: to who put it down, to the card, or after limitation to
    the beneficiary."""
    if series_id == 0:
        return holder, event["amount"]
    terms = history.life.series[series_id].terms
    late = history.time(event.block) >= terms.limitation_at
    return terms.beneficiary if late else history.address("certificates"), event["amount"]


def _refused_issues(history: History) -> Iterator[tuple[str, int, list[str]]]:
    """Rows of batches that could not be issued: whoever sent the batch's money has it back. Transaction,
    face, and who had sent money to the certificates in it until then; others may have, before the batch or
    from within it."""
    here = history.address(CERTIFICATES)
    skipped = [event for event in history.events[CERTIFICATES] if event.name == "IssuanceSkipped"]
    came: dict[str, list[tuple[int, str]]] = {event.tx: [(-1, "")] for event in skipped}
    for event in history.transfers:
        if event["to"] == here and event.tx in came:
            came[event.tx].append((event.index, event["from"]))
    for event in skipped:
        yield event.tx, event["amount"], [who for index, who in came[event.tx] if index < event.index]


_PAYMENTS: Final[dict[str, Callable[[History, Event], Iterator[Paid]]]] = {
    "certificates": _certificates,
    "accounts": _accounts,
    "orders": _orders,
    "items": _items,
}
PAYING_PARTS: Final = tuple(_PAYMENTS)
