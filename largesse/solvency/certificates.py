"""The auditor's question: does the contract hold what it owes? Answered from logs, then checked by views.

Anybody with a node can ask. The books are rebuilt from the contract's logs alone, block by block beside the
currency's own transfers; what comes out must equal what the contract says of itself, and the currency's
balance must cover it, to the unit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from operator import itemgetter
from typing import Any, Final

from largesse.artifacts import certificates_abi
from largesse.books.certificates import Books
from largesse.books.replay import Comparison, Found, InsolventError, audited, open_or_gone
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.certificates import Certificates
from largesse.holdings import SeriesState
from largesse.terms.fields import UINT40_MAX, Terms

__all__ = ["Audit", "InsolventError", "audit"]

_BALANCES_A_CALL: Final = 100
"""Many such calls go in one request, which nodes take up to some megabytes of."""


Audit = Found[Books]


def audit(
    certificates: Certificates,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> Audit:
    """Rebuild the books up to `block` (default: the latest) and compare; `most` blocks a query at the most.

    Nothing is raised for what is wrong with the money: it is listed. Raises LogError where logs can't be read
    or can't have happened.
    """
    node, token, first = certificates.node, certificates.token, certificates.first_block
    last = node.block_number() if block is None else block
    books = Books(cache(node.block_time))
    return audited(
        token,
        certificates.address,
        certificates_abi(),
        range(first, last + 1),
        books,
        lambda: differences(certificates, books, last),
        most=most,
        progress=progress,
    )


def differences(certificates: Certificates, books: Books, block: int) -> list[str]:
    """Every difference between the rebuilt books and the contract's views at `block`, in words."""
    check = Comparison(certificates.node, certificates.contract.functions, block)
    check.ask("number of series", len(books.series), "seriesCount")
    check.same("the parts, and what came in less what went out", books.parts(), books.liabilities)
    check.debts(books)
    unclaimed = books.unclaimed()
    for series_id, one in books.series.items():
        name = f"series {series_id}"
        check.ask(f"{name}, terms", one.terms, "terms", series_id, read=_terms)
        flow = one.issued + one.restored + one.converted_in
        flow -= one.redeemed + one.refunded + one.converted_out + one.forfeit
        rebuilt = [
            ("issuer", one.issuer, "issuer"),
            ("outstanding", one.outstanding, "outstanding"),
            ("fees", one.fees, "fees_accrued"),
            ("wound down", one.wound_down, "wound_down"),
            ("forfeited", one.forfeited, "forfeited"),
            ("full refunds from", one.full_refund_from, "full_refund_from"),
            ("merchants", sum(until == UINT40_MAX for until in one.merchants.values()), "merchants"),
            ("created less destroyed", flow, "outstanding"),
        ]
        if not one.forfeited:
            sums = books.held(series_id) + unclaimed[series_id]
            rebuilt.append(("balances and unclaimed gifts", sums, "outstanding"))
        for what, value, field in rebuilt:
            check.ask(f"{name}, {what}", value, "state", series_id, read=partial(_of_state, field))
        _compare_holders(check, books, series_id)
    for gift_id in books.gifts:
        check.ask(f"gift 0x{gift_id.hex()}", "open", "isGiftOpen", gift_id, read=open_or_gone)
    for batch_id, batch in books.batches.items():
        check.ask(f"batch 0x{batch_id.hex()} remaining", batch.remaining, "batchRemaining", batch_id)
    return check.differences()


def _compare_holders(check: Comparison, books: Books, series_id: int) -> None:
    rows = books.holdings.of(series_id)
    for start in range(0, len(rows), _BALANCES_A_CALL):
        page = rows[start : start + _BALANCES_A_CALL]
        holders = tuple(holder for holder, _ in page)
        for place, (holder, held) in enumerate(page):
            check.ask(
                f"series {series_id}, {holder}", held.balance,
                "balanceOfBatch", holders, (series_id,) * len(page), read=itemgetter(place),
            )  # fmt: skip
    for holder, held in rows:
        if held.spent or held.nonce:
            name = f"series {series_id}, {holder}, spent and nonce"
            check.ask(name, (held.spent, held.nonce), "account", series_id, holder, read=_spent_and_nonce)


def _terms(told: Any) -> Terms:
    return Terms(*told)


def _of_state(field: str, told: Any) -> Any:
    return getattr(SeriesState(*told), field)


def _spent_and_nonce(told: Any) -> tuple[int, int]:
    _, spent, nonce = told
    return spent, nonce
