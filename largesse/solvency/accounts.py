"""Does a PrepaidAccounts hold what it owes? Answered from logs, then checked by views."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from largesse.artifacts import prepaid_abi
from largesse.books.accounts import AccountBooks
from largesse.books.replay import Comparison, Found, audited
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.accounts import Prepaid, PrepaidAccount
from largesse.clients.certificates import Certificates

AccountAudit = Found[AccountBooks]


def audit_accounts(
    certificates: Certificates,
    address: str,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> AccountAudit:
    """Rebuild the books of the PrepaidAccounts at this address up to `block` (default: the latest), and
    compare. As `largesse.solvency.certificates.audit`."""
    node, token = certificates.node, certificates.token
    last = node.block_number() if block is None else block
    books = AccountBooks(token.decimals, cache(node.block_time))
    return audited(
        token,
        address,
        prepaid_abi(),
        range(certificates.first_block, last + 1),
        books,
        lambda: differences(Prepaid(certificates, address), books, last),
        most=most,
        progress=progress,
    )


def differences(prepaid: Prepaid, books: AccountBooks, block: int) -> list[str]:
    """Every difference between the rebuilt books and the contract's views at `block`, in words."""
    check = Comparison(prepaid.node, prepaid.contract.functions, block)
    check.same("the parts, and what came in less what went out", books.parts(), books.liabilities)
    check.debts(books)
    for (counterparty, index), account in books.accounts.items():
        name = f"account {index} of {counterparty}"
        check.ask(name, account, "account", counterparty, index, read=_account)
    return check.differences()


def _account(told: Any) -> PrepaidAccount:
    return PrepaidAccount(*told)
