"""Does an AtomicSwaps hold what it owes, money and certificates? Answered from logs, checked by views."""

from __future__ import annotations

from collections.abc import Callable

from largesse.artifacts import swaps_abi
from largesse.auditing import Found, audited
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.client import Certificates
from largesse.swap_books import SwapBooks
from largesse.swaps import Swaps

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
    As `largesse.solvency.audit`."""
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
    found: list[str] = []
    views, node = swaps.contract.functions, swaps.node
    certificates = swaps.certificates.contract.functions

    def compare(what: str, rebuilt: object, told: object) -> None:
        if rebuilt != told:
            found.append(f"{what}: {rebuilt} by the logs, {told} by the contract")

    compare("the parts, and what came in less what went out", books.parts(), books.liabilities)
    compare("owed in all", books.total_owed, node.call(views.totalOwed(), block=block))
    for payee, amount in books.owed.items():
        compare(f"owed to {payee}", amount, node.call(views.owed(payee), block=block))
    for lock, status in books.status.items():
        compare(f"lock 0x{lock.hex()}", status, node.call(views.status(lock), block=block))
    for series_id, face in books.face.items():
        if not swaps.certificates.state(series_id, block).forfeited:
            held = node.call(certificates.balanceOf(swaps.address, series_id), block=block)
            compare(f"certificates of series {series_id}", face, held)
    return found
