"""A gateway put together: its view of the chain, its ledger, its schemes, and what keeps them fresh."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import MetaData
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from largesse import sender as sending
from largesse.chain import Wallet
from largesse.clients.accounts import Prepaid
from largesse.database import open_database
from largesse.gateway import channels, ledger_tables, paid_calls, spending
from largesse.gateway.accounts import AccountBook
from largesse.gateway.batch import BatchScheme
from largesse.gateway.claimer import Claimer
from largesse.gateway.exact import ExactScheme
from largesse.gateway.ledger import Ledger
from largesse.gateway.middleware import PaidRoutes
from largesse.gateway.paid_calls import PaidCalls
from largesse.gateway.pricing import Price, PriceList
from largesse.gateway.schemes import Scheme
from largesse.gateway.settler import Policy, Settler
from largesse.gateway.spending import GasBook, Spending
from largesse.gateway.vouchers import SETTLE_SECONDS, VoucherScheme
from largesse.gateway.x402 import Currency
from largesse.sender import Sender
from largesse.web.background import STOP_SECONDS, end_threads, repeat
from largesse.web.limits import BodyLimit, RateLimit, Rates, TimeLimit
from largesse.web.logs import log
from largesse.web.metrics import Measured, Metrics, health
from largesse.web.vitals import Vitals

_HOUR: Final = 3_600
_TRANSACTION_GAS: Final = 300_000
"""Of an account that can't pay for so much, operators are told."""


@dataclass(frozen=True)
class Limits:
    """What a client can ask for. Rates are per second, by address and by account; an IPv6 address counts with
    its /64. `questions` are those that the node must be asked before anything is paid: accounts that were not
    seen yet, and what a contract wallet has signed."""

    body_bytes: int = 1_048_576
    seconds: float = 60.0
    per_address: float = 200.0
    per_account: float = 100.0
    questions: float = 50.0
    burst: float = 4.0
    """Seconds' worth of requests at once."""


@dataclass(frozen=True)
class Keeping:
    """How often the chain is asked, and how long answers and paid calls are kept, in seconds."""

    refresh: float = 5.0
    settle: float = 60.0
    answers: int = 24 * _HOUR
    payments: int = 400 * 24 * _HOUR


def tables() -> MetaData:
    """All tables of a gateway: its ledger's, those of x402's schemes, and what its account has sent."""
    found = MetaData()
    schemes = paid_calls.TABLES, channels.TABLES, spending.TABLES
    for metadata in (ledger_tables.TABLES, *schemes, sending.TABLES):
        for table in metadata.tables.values():
            table.to_metadata(found)
    return found


class Gateway:
    """Sells calls for `seller`: vouchers pay it, `seller` signs receipts and pays the gas of settlements.

    `policy` None: vouchers are kept, and settled by somebody else (`brownie run settle`). Further schemes
    (`largesse.gateway.exact`) are given with the app; `spending` is what they may cost in gas, by
    default with the policy's price of a coin. `most_lag` is as `AccountBook` has it: on a live chain, give
    `LAG_SECONDS`.
    """

    def __init__(
        self,
        prepaid: Prepaid,
        seller: Wallet,
        database: str,
        *,
        policy: Policy | None = None,
        spending: Spending | None = None,
        counterparty: str | None = None,
        settle_seconds: int = SETTLE_SECONDS,
        limits: Limits | None = None,
        keeping: Keeping | None = None,
        most_lag: float | None = None,
    ) -> None:
        self.prepaid = prepaid
        self.seller = seller
        self.limits = limits or Limits()
        self.keeping = keeping or Keeping()
        self.engine = open_database(database, tables())
        self.book = AccountBook(prepaid, counterparty or seller.address, most_lag=most_lag)
        self.ledger = Ledger(self.engine, prepaid.node.chain_id, prepaid.address, self.book.counterparty)
        self.vouchers = VoucherScheme(
            self.book,
            self.ledger,
            seller,
            settle_seconds=settle_seconds,
            rates=self._rates(self.limits.per_account),
            questions=self._rates(self.limits.questions),
        )
        self.sender = Sender(prepaid.node, seller, self.engine)
        self.calls = PaidCalls(self.engine, keep_seconds=self.keeping.answers)
        paid_for = f"eip155:{prepaid.node.chain_id}:{seller.address}"
        told = Spending(None if policy is None else policy.native_price)
        self.gas = GasBook(self.engine, paid_for, spending or told, prepaid.unit)
        self.settler = None if policy is None else Settler(self.book, self.ledger, self.sender, policy)
        self.vitals = Vitals({str(seller.address): self._has_gas_money}, lambda: self.ledger.line(0))
        self.metrics = Metrics("gateway")
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._claimers: list[Claimer] = []
        self._pays_gas = False

    def start(self) -> None:
        """Follow the chain, settle, and clear up, in the background."""
        self._stop.clear()
        keeping = self.keeping
        tasks: list[tuple[str, Callable[[], object], float, str]] = [
            ("chain", self.book.refresh, keeping.refresh, "gateway.blind"),
            ("clearing", self._clear, _HOUR, "gateway.not_cleared"),
        ]
        if self.settler is not None:
            tasks.append(("settling", self.settler.run, keeping.settle, "gateway.not_settled"))
        if self._pays_gas:
            # So that who asks without a payment is told what can be paid with, and waits for no node.
            tasks.append(("gas", self._look_at_gas, keeping.refresh, "gateway.gas_not_seen"))
        tasks += [("claiming", one.run, keeping.settle, "gateway.not_claimed") for one in self._claimers]
        for name, task, seconds, failed in tasks:
            thread = threading.Thread(
                target=repeat, args=(task, seconds, self._stop, failed), name=f"gateway {name}", daemon=True
            )
            thread.start()
            self._threads.append(thread)
        self.vitals.start(self._stop)

    def stop(self) -> None:
        """Write what waits, and end what runs in the background. What waits for a node that does not answer
        is left to end with the process: all that it may have sent is written down."""
        self._stop.set()
        end_threads(self._threads, STOP_SECONDS, "gateway.still_running")
        self._threads.clear()
        self.ledger.close()
        self.engine.dispose()
        log("gateway.stopped")

    def app(self, app: ASGIApp, prices: Iterable[Price], schemes: Sequence[Scheme] = ()) -> ASGIApp:
        """`app` with its routes at these prices, limits, GET /health and GET /metrics; starts and stops the
        gateway with the server. `schemes` are, by default, vouchers alone. Raises PriceError, VoucherError
        dust."""
        paid: ASGIApp = PaidRoutes(app, PriceList(prices), schemes or (self.vouchers,))
        self._pays_gas = any(isinstance(one, ExactScheme) for one in schemes)
        if self.settler is not None:
            node, policy, unit = self.prepaid.node, self.settler.policy, self.prepaid.unit
            batches = [one for one in schemes if isinstance(one, BatchScheme)]
            self._claimers = [Claimer(one, node, policy, unit) for one in batches]
        paid = TimeLimit(BodyLimit(paid, self.limits.body_bytes), self.limits.seconds)
        paid = RateLimit(paid, self._rates(self.limits.per_address))
        return _Served(Measured(_Pages(paid, self), self.metrics), self)

    def exact(self) -> ExactScheme:
        """x402's exact scheme, to the same seller. Raises TokenError no_signatures."""
        return ExactScheme(self.sender, self.calls, self._currency(), self.book.counterparty, gas=self.gas)

    def batch(self) -> BatchScheme:
        """x402's batch settlement, to the same seller. Raises TokenError no_signatures."""
        return BatchScheme(
            self.sender,
            self.calls,
            self._currency(),
            self.book.counterparty,
            self.seller,
            gas=self.gas,
        )

    def _currency(self) -> Currency:
        domain = self.prepaid.token.domain()
        return Currency(domain.chain_id, domain.verifying_contract, domain.name, domain.version)

    def health(self) -> Mapping[str, Any]:
        """Whether calls are sold, how far behind the chain this is, and whether what it has to send can be
        paid for."""
        age, found = self.book.age(), self.vitals.health()
        return {
            **found,
            "ok": found["ok"] and age <= self.book.stale_seconds,
            "chainId": self.prepaid.node.chain_id,
            "accounts": self.prepaid.address,
            "payTo": self.book.counterparty,
            "chainSeenSecondsAgo": round(age, 1),
        }

    def _has_gas_money(self) -> bool:
        """So far as it pays for gas at all."""
        return not (self.settler or self._pays_gas) or self.sender.can_pay(_TRANSACTION_GAS)

    def _rates(self, per_second: float) -> Rates:
        return Rates(per_second, per_second * self.limits.burst)

    def _look_at_gas(self) -> None:
        self.gas.look(self.prepaid.node)

    def _clear(self) -> None:
        now = int(time.time())
        answers = self.ledger.forget_answers(now - self.keeping.answers) + self.calls.forget()
        payments = self.ledger.forget_payments(now - self.keeping.payments)
        log("gateway.cleared", answers=answers, payments=payments)


class _Pages:
    """GET /health and GET /metrics before all limits."""

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self.app = app
        self.pages = {"/health": health(gateway.health), "/metrics": gateway.metrics.page}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self.pages.get(scope["path"]) if scope["type"] == "http" else None
        if page is None or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        response = await page(Request(scope, receive))
        await response(scope, receive, send)


class _Served:
    """Starts and stops the gateway with the server that runs it, also where the app knows of no lifespan."""

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self.app = app
        self.gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return

        heard: list[Message] = []
        said: list[str] = []

        async def kept() -> Message:
            heard.append(await receive())
            return heard[-1]

        async def noted(message: Message) -> None:
            said.append(message["type"])
            if message["type"] == "lifespan.startup.complete":
                self.gateway.start()
            elif message["type"] == "lifespan.shutdown.complete":
                self.gateway.stop()
            await send(message)

        try:
            await self.app(scope, kept, noted)
        except Exception as error:
            if said:
                raise
            log("gateway.no_lifespan", logging.INFO, error=error)
        if said:
            return
        # As servers do: an app that does not answer such a scope is served without.
        for kind in ("startup", "shutdown"):
            if not heard:
                await receive()
            heard.clear()
            await noted({"type": f"lifespan.{kind}.complete"})
