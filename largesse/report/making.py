"""A report: every group of figures, for every currency, as of one block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from eth_typing import HexStr
from web3.exceptions import TransactionNotFound

from largesse.addresses import parse_address
from largesse.chain import Node
from largesse.chainlogs import ignore
from largesse.deployment import CurrencyRecord, Deployment
from largesse.errors import ReportError
from largesse.indexer.source import EventSource
from largesse.jars import scale_of
from largesse.report import issues, memberships, merchants, micropayments, resale, thresholds, tips, use
from largesse.report import reserve as reserves
from largesse.report.checks import check
from largesse.report.history import History, read_history
from largesse.report.model import Group, Table
from largesse.report.scope import Scope, choose

GROUPS: Final[tuple[Group, ...]] = (
    issues.series,
    issues.subsidy,
    reserves.reserve,
    use.cohorts,
    use.first_use,
    use.partial_use,
    issues.expiry,
    issues.refunds,
    resale.resale,
    resale.resale_days,
    tips.tips,
    tips.creators,
    memberships.memberships,
    micropayments.settlement_gas,
    micropayments.micropayments,
    merchants.merchants,
    merchants.concentration,
    thresholds.thresholds,
)


@dataclass(frozen=True)
class Report:
    """All tables, and every difference between them and the contracts, in words."""

    chain_id: int
    scope: Scope
    decimals: dict[str, int]
    tables: tuple[Table, ...]
    differences: tuple[str, ...]
    histories: tuple[History, ...]

    def table(self, name: str) -> Table:
        """The table called `name`."""
        return next(one for one in self.tables if one.group.name == name)

    def scaled_decimals(self, symbol: str) -> int:
        """Decimals of a currency's scaled units."""
        decimals = self.decimals[symbol]
        return decimals + len(str(scale_of(decimals))) - 1

    def require_agreement(self) -> None:
        """Raise ReportError contracts_differ with every difference."""
        if self.differences:
            count = len(self.differences)
            raise ReportError("contracts_differ", "\n".join([f"{count} difference(s):", *self.differences]))


def make_report(
    node: Node,
    deployment: Deployment,
    source: EventSource,
    *,
    first: str = "",
    last: str = "",
    issuer: str = "",
    symbol: str = "",
    progress: Callable[[str], None] = ignore,
) -> Report:
    """The report of the days `first` to `last` (UTC, both included; "" for all there is) and of an issuer's
    series ("" for all).

    Raises ReportError: wrong_chain, no_currency, bad_date, from_after_to, future, before_deployment,
    unknown_issuer, pruned, reorganised; AddressError; LogError.
    """
    currencies = select(node, deployment, source, symbol)
    if issuer:
        parse_address(issuer)
    begun = min(one.block for one in currencies)
    scope = choose(node, source.head, begun, first=first, last=last, issuer=issuer)
    histories = []
    for record in currencies:
        progress(f"{record.symbol}: reading events")
        histories.append(read_history(source, record, scope))
    _require_issuer(histories, issuer)
    tables, differences = [], []
    for history in histories:
        progress(f"{history.symbol}: asking for receipts")
        history.gas = _gas(node, history)
        progress(f"{history.symbol}: comparing with the contracts")
        differences += check(node, history)
    for group in GROUPS:
        progress(group.title.lower())
        rows = [(history.symbol, *row) for history in histories for row in group.rows(history, history.scope)]
        tables.append(Table(group, tuple(rows)))
    require_same_block(node, scope)
    decimals = {one.symbol: one.decimals for one in currencies}
    return Report(node.chain_id, scope, decimals, tuple(tables), tuple(differences), tuple(histories))


def select(
    node: Node, deployment: Deployment, source: EventSource, symbol: str = ""
) -> Sequence[CurrencyRecord]:
    """The currencies to report on. Raises ReportError wrong_chain, no_currency, DeploymentError
    unknown_currency."""
    if not source.chain_id == deployment.chain_id == node.chain_id:
        raise ReportError(
            "wrong_chain",
            f"the node is on chain {node.chain_id}, the events are of chain {source.chain_id}, the "
            f"deployment is of chain {deployment.chain_id}: all three must be the same",
        )
    currencies = [deployment.currency(symbol)] if symbol else list(deployment.currencies)
    if not currencies:
        raise ReportError("no_currency", f"no currency is deployed on chain {node.chain_id}")
    return sorted(currencies, key=lambda one: one.symbol)


def require_same_block(node: Node, scope: Scope) -> None:
    """Raise ReportError reorganised where the chain has another block by now at this height."""
    now = node.web3.eth.get_block(scope.block)["hash"].to_0x_hex()
    if now != scope.block_hash:
        raise ReportError(
            "reorganised",
            f"block {scope.block} was {scope.block_hash} and is {now} now: the chain was reorganised "
            "meanwhile, ask again, or for an earlier day",
        )


def _require_issuer(histories: Sequence[History], issuer: str) -> None:
    known = sorted({one.issuer for history in histories for one in history.life.series.values()})
    if issuer and issuer not in known:
        shown = ", ".join(known) or "none"
        raise ReportError(
            "unknown_issuer", f"{issuer} has opened no series by the report's block; issuers are: {shown}"
        )


def _gas(node: Node, history: History) -> dict[str, int]:
    """What the settlements of prepaid accounts in the range cost, by their transactions."""
    txs = dict.fromkeys(
        event.tx
        for event in history.events["accounts"]
        if event.name == "Settled" and history.scope.covers(history.time(event.block))
    )
    try:
        return {tx: int(node.web3.eth.get_transaction_receipt(HexStr(tx))["gasUsed"]) for tx in txs}
    except TransactionNotFound as error:
        raise ReportError(
            "pruned",
            f"the node has no receipt of a settlement in this range any more ({error}): one that keeps old "
            "receipts is needed, or a later first day",
        ) from error
