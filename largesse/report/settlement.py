"""What merchants were paid, line by line and day by day, reconciled with the currency's own transfers.

Lines are redemptions at a merchant itself (gross is face, fee the issuer's), and what services paid a
merchant: vouchers of prepaid accounts settled, held orders confirmed or ended in its favour, items sold. What
went into a service is no line before the service pays. A restoration is what a merchant paid back onto a
card: its amounts are negative. Net is gross less fee. Paid is what arrived in the same transaction: 0 where
the currency refused the payout, which is then owed, and paid by a later line of the kind "owed", to the
merchant or to where it wished. Per transaction and contract, what the events say must come to the currency's
transfers to each recipient, to the unit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final

from largesse.addresses import parse_address
from largesse.chain import Node
from largesse.chainlogs import Event, ignore
from largesse.deployment import Deployment
from largesse.errors import ReportError
from largesse.indexer.source import EventSource
from largesse.report.history import History, read_history
from largesse.report.making import require_same_block, select
from largesse.report.outflows import PAYING_PARTS, actual, expected
from largesse.report.scope import choose, iso_day, iso_time
from largesse.report.showing import amount
from largesse.report.writing import to_csv, write_files


@dataclass(frozen=True)
class Line:
    """One payment to a merchant. Amounts are base units; `order` is "" where there was none."""

    time: int
    block: int
    index: int
    tx: str
    merchant: str
    part: str
    kind: str
    order: str
    gross: int
    fee: int
    paid: int

    @property
    def net(self) -> int:
        return self.gross - self.fee


@dataclass(frozen=True)
class Settlement:
    """A currency's lines, by merchant and in the chain's order."""

    symbol: str
    decimals: int
    lines: tuple[Line, ...]


def make_settlement(
    node: Node,
    deployment: Deployment,
    source: EventSource,
    *,
    first: str = "",
    last: str = "",
    merchant: str = "",
    symbol: str = "",
    progress: Callable[[str], None] = ignore,
) -> list[Settlement]:
    """The lines of the days `first` to `last`, of one merchant or ("") of all; reconciled.

    Raises ReportError as `make_report`, unknown_merchant, not_reconciled (each transaction and amount);
    AddressError.
    """
    currencies = select(node, deployment, source, symbol)
    if merchant:
        parse_address(merchant)
    scope = choose(node, source.head, min(one.block for one in currencies), first=first, last=last)
    found, problems, known = [], [], False
    for record in currencies:
        progress(f"{record.symbol}: reading events")
        history = read_history(source, record, scope)
        lines = _lines(history)
        known = known or _is_named(history, merchant) or any(line.merchant == merchant for line in lines)
        problems += reconcile(history, merchant)
        chosen = [line for line in lines if merchant in ("", line.merchant) and scope.covers(line.time)]
        found.append(Settlement(record.symbol, record.decimals, tuple(sorted(chosen, key=_place))))
    if problems:
        raise ReportError(
            "not_reconciled",
            "\n".join([f"{len(problems)} transaction(s) differ; nothing was written:", *problems]),
        )
    require_same_block(node, scope)
    if merchant and not known:
        raise ReportError(
            "unknown_merchant", f"{merchant} was never paid here and is in no series' set of merchants"
        )
    return found


def reconcile(history: History, merchant: str = "") -> list[str]:
    """Every transaction of the range in which what a contract transferred to a merchant is not what its
    events say, in words; without a merchant, to anybody at all."""
    owed, paid = expected(history), actual(history)
    blocks = {event.tx: event.block for part in PAYING_PARTS for event in history.events[part]}
    blocks |= {event.tx: event.block for event in history.transfers}
    problems = []
    for key in sorted(owed.keys() | paid.keys(), key=lambda key: (blocks[key[1]], key)):
        part, tx, recipient = key
        asked = merchant in ("", recipient) and history.scope.covers(history.time(blocks[tx]))
        if asked and owed[key] != paid[key]:
            due, done = (amount(value, history.decimals) for value in (owed[key], paid[key]))
            said = f"{part} should have paid {recipient} {due} {history.symbol}"
            problems.append(f"{tx}: {said}, the currency moved {done}")
    return [*problems, *_unpaid_restorations(history, merchant)]


def _unpaid_restorations(history: History, merchant: str) -> Iterator[str]:
    """Restorations of the range without a transfer of the same amount from the merchant."""
    came = Counter(
        (event.tx, event["from"], event["value"])
        for event in history.transfers
        if event["to"] == history.address("certificates")
    )
    for line in _restorations(history):
        if merchant in ("", line.merchant) and history.scope.covers(line.time):
            came[line.tx, line.merchant, -line.paid] -= 1
            if came[line.tx, line.merchant, -line.paid] < 0:
                back = amount(-line.paid, history.decimals)
                said = f"{line.merchant} put {back} {history.symbol} back"
                yield f"{line.tx}: {said}, the currency moved no such amount"


def write_settlement(settlements: Sequence[Settlement], folder: Path) -> list[Path]:
    """settlement.csv with a row for each line, settlement_days.csv with one for each merchant and day."""
    lines, days = [], []
    for one in settlements:
        lines += [_row(one, line) for line in one.lines]
        days += list(_days(one))
    contents = {
        "settlement.csv": to_csv(_LINE, lines),
        "settlement_days.csv": to_csv(_DAY, days),
    }
    return write_files(folder, contents)


_LINE: Final = (
    "currency", "merchant", "date", "time", "contract", "kind", "order", "gross", "fee", "net", "paid", "tx",
)  # fmt: skip
_DAY: Final = ("currency", "merchant", "date", "payments", "orders", "gross", "fee", "net", "paid")


def _row(one: Settlement, line: Line) -> list[str]:
    money = [amount(value, one.decimals) for value in (line.gross, line.fee, line.net, line.paid)]
    when = [iso_day(line.time), iso_time(line.time)]
    return [one.symbol, line.merchant, *when, line.part, line.kind, line.order, *money, line.tx]


def _days(one: Settlement) -> Iterator[list[str]]:
    for (merchant, day), group in groupby(one.lines, key=lambda line: (line.merchant, iso_day(line.time))):
        lines = list(group)
        orders = " ".join(line.order for line in lines if line.order)
        sums = [sum(values) for values in zip(*((x.gross, x.fee, x.net, x.paid) for x in lines), strict=True)]
        money = [amount(value, one.decimals) for value in sums]
        yield [one.symbol, merchant, day, str(len(lines)), orders, *money]


def _place(line: Line) -> tuple[str, int, int]:
    return line.merchant, line.block, line.index


def _is_named(history: History, merchant: str) -> bool:
    return any(merchant in one.merchants for one in history.life.series.values())


def _lines(history: History) -> list[Line]:
    """Every payment to a merchant up to the block, in the chain's order."""
    found = [
        Line(
            one.time, one.block, one.index, one.tx, one.other, "certificates", "redemption",
            str(one.order or ""), one.amount, one.amount - one.paid, one.paid,
        )
        for one in history.life.movements
        if one.kind == "redeemed" and not one.service and not history.is_withdrawal(one)
    ]  # fmt: skip
    for part in PAYING_PARTS[1:]:
        found += _paid_by_services(history, part)
    found = [*_refused(history, found), *_restorations(history)]
    return sorted(found, key=lambda line: (line.block, line.index))


def _restorations(history: History) -> Iterator[Line]:
    """What merchants put back on cards; what services do is no merchant's."""
    services = set(history.record.parts.values())
    for event in history.events["certificates"]:
        if event.name == "Restored" and event["merchant"] not in services:
            back = -event["amount"]
            yield _line(history, "certificates", event, event["merchant"], "restoration", "", back, back)


def _paid_by_services(history: History, part: str) -> Iterator[Line]:
    for event in history.events[part]:
        if event.name == "Settled":
            who, kind, order, money = event["counterparty"], "vouchers", "", event["payout"]
        elif event.name == "OrderConfirmed" or (event.name == "OrderEnded" and event["toSeller"]):
            who, kind, order, money = event["seller"], "held order", str(event["number"]), event["amount"]
        elif event.name == "ItemSold":
            who, kind, order = event["merchant"], "items", ""
            money = event["price"] * event["quantity"]
        else:
            continue
        if money:
            yield _line(history, part, event, who, kind, order, money, money)


def _line(
    history: History, part: str, event: Event, merchant: str, kind: str, order: str, gross: int, paid: int
) -> Line:
    time = history.time(event.block)
    return Line(time, event.block, event.index, event.tx, merchant, part, kind, order, gross, 0, paid)


def _refused(history: History, lines: Sequence[Line]) -> list[Line]:
    """The lines, with nothing paid where the currency refused it, the latest before the debt was noted; and
    one for each time that a merchant fetched what it was owed of them. What else it was owed, as its share of
    refunds, is no merchant's payment."""
    found: dict[tuple[int, int], Line] = {(line.block, line.index): line for line in lines}
    by_tx: defaultdict[tuple[str, str, str], list[Line]] = defaultdict(list)
    for line in lines:
        by_tx[line.part, line.tx, line.merchant].append(line)
    for part in PAYING_PARTS:
        owed: Counter[str] = Counter()
        for place, event in enumerate(events := history.events[part]):
            if event.name == "OwedPaid" and (fetched := owed.pop(event["payee"], 0)):
                line = _line(history, part, event, event["payee"], "owed", "", 0, fetched)
                found[line.block, line.index] = line
            if event.name != "PayoutOwed" or (place and _is_share(events[place - 1], event)):
                continue
            left = event["amount"]
            for line in reversed(by_tx[part, event.tx, event["payee"]]):
                if left and line.index < event.index and line.paid <= left:
                    found[line.block, line.index] = replace(line, paid=0)
                    left -= line.paid
                    owed[line.merchant] += line.paid
    return list(found.values())


def _is_share(before: Event, debt: Event) -> bool:
    """Whether a debt is what a refund left to the beneficiary: it is noted next."""
    return before.name == "Refunded" and before.tx == debt.tx and bool(before["amount"] > before["payout"])
