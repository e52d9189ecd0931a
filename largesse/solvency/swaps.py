"""Does an AtomicSwaps hold what it owes, money and certificates? Answered from logs, checked by views."""

from __future__ import annotations

from collections.abc import Callable

from largesse.artifacts import swaps_abi
from largesse.books.replay import Comparison, Found, audited
from largesse.books.swaps import SwapBooks
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.certificates import Certificates
from largesse.clients.swaps import Swaps

SwapAudit = Found[SwapBooks]


def audit_swaps(
    certificates: Certificates,
    address: str,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> SwapAudit:
    """Rebuild the books of the AtomicSwaps at this address up to `block` (default: the latest), and compare.
    As `largesse.solvency.certificates.audit`."""
    node = certificates.node
    last = node.block_number() if block is None else block
    books = SwapBooks()
    return audited(
        certificates.token,
        address,
        swaps_abi(),
        range(certificates.first_block, last + 1),
        books,
        lambda: differences(Swaps(certificates, address), books, last),
        most=most,
        progress=progress,
    )


def differences(swaps: Swaps, books: SwapBooks, block: int) -> list[str]:
    """Every difference between the rebuilt books and the contracts' views at `block`, in words."""
    check = Comparison(swaps.node, swaps.contract.functions, block)
    check.same("the parts, and what came in less what went out", books.parts(), books.liabilities)
    check.debts(books)
    for lock, status in books.status.items():
        check.ask(f"lock 0x{lock.hex()}", status, "status", lock)
    for series_id, face in books.face.items():
        if not swaps.certificates.state(series_id, block).forfeited:
            held = swaps.certificates.account(series_id, swaps.address, block).balance
            check.same(f"certificates of series {series_id}", face, held)
    return check.differences()
