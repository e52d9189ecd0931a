"""The other half of a report: what the contracts say at the same block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from requests.exceptions import RequestException
from web3.exceptions import Web3Exception

from largesse.books.replay import balances_before
from largesse.chain import ChainError, Node, RefusedError
from largesse.clients.accounts import Prepaid
from largesse.clients.certificates import Certificates
from largesse.clients.items import Items
from largesse.clients.orders import Orders
from largesse.clients.rewards import Rewards
from largesse.clients.sales import Shop
from largesse.clients.swaps import Swaps
from largesse.errors import ReportError
from largesse.parts import CERTIFICATES
from largesse.report.history import History
from largesse.report.issues import change, flows
from largesse.report.lots import outstanding_lots
from largesse.solvency.accounts import differences as account_differences
from largesse.solvency.certificates import differences
from largesse.solvency.items import differences as item_differences
from largesse.solvency.jars import differences as jar_differences
from largesse.solvency.orders import differences as order_differences
from largesse.solvency.rewards import differences as reward_differences
from largesse.solvency.sales import differences as sales_differences
from largesse.solvency.swaps import differences as swap_differences

Check = Callable[[Certificates, History, Any], list[str]]


def check(node: Node, history: History) -> list[str]:
    """Every difference between the events of a currency and its contracts at the report's block, in words.

    Raises ReportError pruned where the node can't tell.
    """
    record, block = history.record, history.scope.block
    certificates = Certificates(node, record.certificates, record.block)
    found = _inside(history)
    try:
        for part, compare in _CHECKS.items():
            found += [f"{part}: {one}" for one in compare(certificates, history, history.books[part])]
        addresses = [history.address(part) for part in history.reserves]
        before = balances_before(certificates.token, addresses, record.block)
        for (part, reserve), address in zip(history.reserves.items(), addresses, strict=True):
            held = certificates.token.balance(address, block)
            moved = reserve.held + before[address]
            if held != moved:
                found.append(f"{part}: {moved} held by the transfers, {held} by the currency")
            if held < reserve.owed:
                found.append(f"{part}: {held} are held and {reserve.owed} are owed")
    except (RefusedError, ChainError, Web3Exception, RequestException, ValueError) as error:
        raise ReportError(
            "pruned",
            f"the node does not tell the state at block {block}, with which a report is compared: "
            f"a node that keeps old states is needed, or a later day ({error})",
        ) from error
    return [f"{record.symbol} {one}" for one in found]


def _inside(history: History) -> list[str]:
    """Where movements and lots don't come to the books that they were taken from, in words."""
    found = []
    held = outstanding_lots(history)
    for number in history.series:
        whole = history.life.series[number].outstanding
        moved = change(flows(history, number, 0, history.scope.time + 1))
        if not whole == moved == held[number]:
            found.append(
                f"certificates: series {number} has {whole} outstanding, its movements leave {moved}, the "
                f"lots of its face {held[number]}"
            )
    return found


_CHECKS: Final[dict[str, Check]] = {
    CERTIFICATES: lambda client, history, books: differences(client, books, history.scope.block),
    "sales": lambda client, history, books: sales_differences(
        Shop(client, history.address("sales")), books, history.scope.block
    ),
    "jars": lambda client, history, books: jar_differences(
        client, history.address("jars"), books, history.scope.block, history.scope.time
    ),
    "accounts": lambda client, history, books: account_differences(
        Prepaid(client, history.address("accounts")), books, history.scope.block
    ),
    "orders": lambda client, history, books: order_differences(
        Orders(client, history.address("orders")), books, history.scope.block
    ),
    "swaps": lambda client, history, books: swap_differences(
        Swaps(client, history.address("swaps")), books, history.scope.block
    ),
    "rewards": lambda client, history, books: reward_differences(
        Rewards(client, history.address("rewards")), books, history.scope.block, history.scope.time
    ),
    "items": lambda client, history, books: item_differences(
        Items(client, history.address("items")), books, history.scope.block
    ),
}
