"""The auditor's question: does the contract hold what it owes? Answered from logs, then checked by views.

Anybody with a node can ask. The books are rebuilt from the contract's logs alone, block by block beside the
currency's own transfers; what comes out must equal what the contract says of itself, and the currency's
balance must cover it, to the unit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from largesse.artifacts import certificates_abi
from largesse.books.certificates import Books
from largesse.books.replay import Comparison, Found, InsolventError, audited, open_or_gone
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.certificates import Certificates
from largesse.terms.fields import UINT40_MAX

__all__ = ["Audit", "InsolventError", "audit"]

_BALANCES_A_CALL: Final = 500


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
        state = certificates.state(series_id, block)
        check.same(f"{name}, terms", one.terms, certificates.terms(series_id, block))
        check.same(f"{name}, issuer", one.issuer, state.issuer)
        check.same(f"{name}, outstanding", one.outstanding, state.outstanding)
        check.same(f"{name}, fees", one.fees, state.fees_accrued)
        check.same(f"{name}, wound down", one.wound_down, state.wound_down)
        check.same(f"{name}, forfeited", one.forfeited, state.forfeited)
        check.same(f"{name}, full refunds from", one.full_refund_from, state.full_refund_from)
        present = sum(until == UINT40_MAX for until in one.merchants.values())
        check.same(f"{name}, merchants", present, state.merchants)
        if not one.forfeited:
            sums = books.held(series_id) + unclaimed[series_id]
            check.same(f"{name}, balances and unclaimed gifts", sums, state.outstanding)
        flow = one.issued + one.restored + one.converted_in
        flow -= one.redeemed + one.refunded + one.converted_out + one.forfeit
        check.same(f"{name}, created less destroyed", flow, state.outstanding)
        _compare_holders(check, certificates, books, series_id)
    for gift_id in books.gifts:
        check.ask(f"gift 0x{gift_id.hex()}", "open", "isGiftOpen", gift_id, read=open_or_gone)
    for batch_id, batch in books.batches.items():
        check.ask(f"batch 0x{batch_id.hex()} remaining", batch.remaining, "batchRemaining", batch_id)
    return check.differences()


def _compare_holders(check: Comparison, certificates: Certificates, books: Books, series_id: int) -> None:
    rows = books.holdings.of(series_id)
    for start in range(0, len(rows), _BALANCES_A_CALL):
        page = rows[start : start + _BALANCES_A_CALL]
        told = certificates.balances(series_id, [holder for holder, _ in page], check.block)
        for (holder, held), balance in zip(page, told, strict=True):
            check.same(f"series {series_id}, {holder}", held.balance, balance)
    for holder, held in rows:
        if held.spent or held.nonce:
            name = f"series {series_id}, {holder}, spent and nonce"
            check.ask(name, (held.spent, held.nonce), "account", series_id, holder, read=_spent_and_nonce)


def _spent_and_nonce(told: Any) -> tuple[int, int]:
    _, spent, nonce = told
    return spent, nonce
