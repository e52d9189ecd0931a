"""Every contract of a currency audited, each from its own logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from largesse.books.replay import Found
from largesse.chain import Node
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.certificates import Certificates
from largesse.deployment import CurrencyRecord
from largesse.solvency.accounts import AccountAudit, audit_accounts
from largesse.solvency.certificates import Audit, audit
from largesse.solvency.items import ItemAudit, audit_items
from largesse.solvency.jars import JarAudit, audit_jars
from largesse.solvency.orders import OrderAudit, audit_orders
from largesse.solvency.payout import PayoutAudit, audit_payout
from largesse.solvency.rewards import RewardAudit, audit_rewards
from largesse.solvency.sales import SalesAudit, audit_sales
from largesse.solvency.swaps import SwapAudit, audit_swaps


class Kind(NamedTuple):
    """A part that holds money: its name in `Proof` and in the factory, what people call it, who audits it."""

    part: str
    title: str
    audit: Callable[..., Found[Any]]


KINDS: Final = (
    Kind("sales", "Sales", audit_sales),
    Kind("jars", "Streams", audit_jars),
    Kind("accounts", "Prepaid accounts", audit_accounts),
    Kind("orders", "Held orders", audit_orders),
    Kind("swaps", "Swaps", audit_swaps),
    Kind("rewards", "Rewards", audit_rewards),
    Kind("payout", "Payouts in other tokens", audit_payout),
    Kind("items", "Items", audit_items),
)
"""Beside the certificates. The market holds nothing and has no books."""


@dataclass(frozen=True)
class Proof:
    """What was found, by the currencies' symbols."""

    certificates: dict[str, Audit] = field(default_factory=dict)
    sales: dict[str, SalesAudit] = field(default_factory=dict)
    jars: dict[str, JarAudit] = field(default_factory=dict)
    accounts: dict[str, AccountAudit] = field(default_factory=dict)
    orders: dict[str, OrderAudit] = field(default_factory=dict)
    swaps: dict[str, SwapAudit] = field(default_factory=dict)
    rewards: dict[str, RewardAudit] = field(default_factory=dict)
    payout: dict[str, PayoutAudit] = field(default_factory=dict)
    items: dict[str, ItemAudit] = field(default_factory=dict)

    def of(self, kind: Kind) -> dict[str, Found[Any]]:
        """The audits of one kind."""
        found: dict[str, Found[Any]] = getattr(self, kind.part)
        return found

    def all(self) -> Sequence[Mapping[str, Found[Any]]]:
        """Those of every kind, the certificates' first."""
        return [self.certificates, *map(self.of, KINDS)]

    def require_solvent(self) -> None:
        """Raise InsolventError for the first contract with a problem."""
        for audits in self.all():
            for found in audits.values():
                found.require_solvent()


def prove(
    node: Node,
    currencies: Sequence[CurrencyRecord],
    *,
    most: int = DEFAULT_RANGE,
    report: Callable[[str], None] = ignore,
) -> Proof:
    """Audit all contracts of these currencies, `most` blocks a query at the most; `report` hears what is
    next. Raises LogError."""
    proof = Proof()
    for one in currencies:
        certificates = Certificates(node, one.certificates, one.block)
        report(f"{one.symbol}: certificates")
        proof.certificates[one.symbol] = audit(certificates, most=most)
        for kind in KINDS:
            report(f"{one.symbol}: {kind.title.lower()}")
            proof.of(kind)[one.symbol] = kind.audit(certificates, one.part(kind.part), most=most)
    return proof
