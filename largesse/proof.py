"""Every contract of a currency audited, each from its own logs: certificates, streams, prepaid
accounts, held orders, payouts in other tokens, items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from largesse.account_solvency import AccountAudit, audit_accounts
from largesse.chain import Node
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.client import Certificates
from largesse.deployment import CurrencyRecord
from largesse.item_solvency import ItemAudit, audit_items
from largesse.jar_solvency import JarAudit, audit_jars
from largesse.order_solvency import OrderAudit, audit_orders
from largesse.payout_solvency import PayoutAudit, audit_payout
from largesse.solvency import Audit, audit


@dataclass(frozen=True)
class Proof:
    """What was found, by the currencies' symbols."""

    certificates: dict[str, Audit]
    jars: dict[str, JarAudit]
    accounts: dict[str, AccountAudit]
    orders: dict[str, OrderAudit]
    payouts: dict[str, PayoutAudit]
    items: dict[str, ItemAudit]

    def require_solvent(self) -> None:
        """Raise InsolventError for the first contract with a problem."""
        audits: list[Audit | JarAudit | AccountAudit | OrderAudit | PayoutAudit | ItemAudit] = [
            *self.certificates.values(),
            *self.jars.values(),
            *self.accounts.values(),
            *self.orders.values(),
            *self.payouts.values(),
            *self.items.values(),
        ]
        for found in audits:
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
    proof = Proof({}, {}, {}, {}, {}, {})
    for one in currencies:
        certificates = Certificates(node, one.certificates, one.block)
        report(f"{one.symbol}: certificates")
        proof.certificates[one.symbol] = audit(certificates, most=most)
        report(f"{one.symbol}: streams")
        proof.jars[one.symbol] = audit_jars(certificates, one.part("jars"), most=most)
        report(f"{one.symbol}: prepaid accounts")
        proof.accounts[one.symbol] = audit_accounts(certificates, one.part("accounts"), most=most)
        report(f"{one.symbol}: held orders")
        proof.orders[one.symbol] = audit_orders(certificates, one.part("orders"), most=most)
        report(f"{one.symbol}: payouts and items")
        proof.payouts[one.symbol] = audit_payout(certificates, one.part("payout"), most=most)
        proof.items[one.symbol] = audit_items(certificates, one.part("items"), most=most)
    return proof
