"""Does a HeldOrders hold what it owes? Answered from logs, then checked by views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from largesse.artifacts import orders_abi
from largesse.books.orders import OrderBooks
from largesse.books.replay import Comparison, Found, audited
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.certificates import Certificates
from largesse.clients.orders import HeldOrder, Orders

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
    As `largesse.solvency.certificates.audit`."""
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
    check = Comparison(orders.node, orders.contract.functions, block)
    check.same("the parts, and what came in less what went out", books.parts(), books.liabilities)
    check.debts(books)
    for key, entry in books.orders.items():
        check.ask(f"order {key}", entry.order, "order", *key.as_tuple(), read=_order)
    return check.differences()


def _order(told: Any) -> HeldOrder:
    return HeldOrder(*told)
