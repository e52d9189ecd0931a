"""Does a HeldOrders hold what it owes? Answered from logs, then checked by views."""

from __future__ import annotations

from collections.abc import Callable

from largesse.artifacts import orders_abi
from largesse.auditing import Found, audited
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.client import Certificates
from largesse.order_books import OrderBooks
from largesse.orders import Orders

OrderAudit = Found[OrderBooks]


def audit_orders(
    certificates: Certificates,
    address: str,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> OrderAudit:
    """Rebuild the books of the HeldOrders at this address up to `block` (default: the latest), and compare.
    As `largesse.solvency.audit`."""
    node = certificates.node
    last = node.block_number() if block is None else block
    books = OrderBooks()
    return audited(
        certificates.token,
        address,
        orders_abi(),
        range(certificates.first_block, last + 1),
        books,
        lambda: differences(Orders(certificates, address), books, last),
        most=most,
        progress=progress,
    )


def differences(orders: Orders, books: OrderBooks, block: int) -> list[str]:
    """Every difference between the rebuilt books and the contract's views at `block`, in words."""
    found: list[str] = []
    views, node = orders.contract.functions, orders.node

    def compare(what: str, rebuilt: object, told: object) -> None:
        if rebuilt != told:
            found.append(f"{what}: {rebuilt} by the logs, {told} by the contract")

    compare("the parts, and what came in less what went out", books.parts(), books.liabilities)
    compare("owed in all", books.total_owed, node.call(views.totalOwed(), block=block))
    for payee, amount in books.owed.items():
        compare(f"owed to {payee}", amount, node.call(views.owed(payee), block=block))
    for key, entry in books.orders.items():
        compare(f"order {key}", entry.order, orders.order(key, block))
    return found
