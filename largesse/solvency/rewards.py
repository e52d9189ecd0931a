"""Does a RewardPools hold what it owes? Answered from logs, then checked by views."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from largesse.artifacts import rewards_abi
from largesse.books.replay import Comparison, Found, audited
from largesse.books.rewards import RewardBooks
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.certificates import Certificates
from largesse.clients.rewards import Pool, Rewards

RewardAudit = Found[RewardBooks]


def audit_rewards(
    certificates: Certificates,
    address: str,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> RewardAudit:
    """Rebuild the books of the RewardPools at this address up to `block` (default: the latest), and compare.
    As `largesse.solvency.certificates.audit`."""
    node = certificates.node
    last = node.block_number() if block is None else block
    books = RewardBooks(cache(node.block_time))
    return audited(
        certificates.token,
        address,
        rewards_abi(),
        range(certificates.first_block, last + 1),
        books,
        lambda: differences(Rewards(certificates, address), books, last, node.block_time(last)),
        most=most,
        progress=progress,
    )


def differences(rewards: Rewards, books: RewardBooks, block: int, time: int) -> list[str]:
    """Every difference between the rebuilt books and the contract's views at `block`, in words."""
    check = Comparison(rewards.node, rewards.contract.functions, block)
    check.same("the parts, and what came in less what went out", books.parts(), books.liabilities)
    check.debts(books)
    for pool_id, pool in books.pools(time).items():
        check.ask(f"pool 0x{pool_id.hex()}", pool, "pool", pool_id, read=_pool)
    for (pool_id, payee), amount in books.credits.items():
        name = f"{payee} in pool 0x{pool_id.hex()}"
        check.ask(f"credit of {name}", amount, "credit", pool_id, payee)
        spent = books.spent_by(pool_id, payee, time)
        check.ask(f"reads today of {name}", spent, "spentToday", pool_id, payee)
    return check.differences()


def _pool(told: Any) -> Pool:
    return Pool(*told)
