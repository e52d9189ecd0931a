"""What payers may have the gateway spend on gas.

A payment by x402's `exact`, a deposit into a channel and a channel's refund are transactions that the
gateway's account pays for, at the asking of whoever comes. So a payment that brings less than its gas costs
is refused. What a channel costs is set against what its calls bring. What is not paid for so, or what a payer
can make fail for nothing, comes out of a day's gas: of pots of their own for deposits, refunds, payments of
contract wallets and (where nobody said what a coin costs) all payments, and for what is paid for if it
succeeds, so that none of them uses up another's.

What is refused costs nobody anything: an authorisation stays unused, and the contract gives a channel's money
back to its payer without the gateway.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Engine,
    MetaData,
    String,
    Table,
    delete,
    select,
    update,
)

from largesse.chain import Fees, Node
from largesse.database import add_within, insert_if_missing, transaction
from largesse.errors import LargesseError

TABLES: Final = MetaData()
GAS: Final = Table(
    "gateway_gas",
    TABLES,
    Column("seller", String(120), primary_key=True),
    Column("pot", String(16), primary_key=True),
    Column("day", BigInteger, primary_key=True),
    Column("used", BigInteger, nullable=False),
)
COSTS: Final = Table(
    "gateway_gas_channels",
    TABLES,
    Column("seller", String(120), primary_key=True),
    Column("channel", String(66), primary_key=True),
    Column("cost", BigInteger, nullable=False),
)
"""Micro-units that a channel's deposits and refunds have cost at most."""

TOO_DEAR: Final = "gas_too_dear"
USED_UP: Final = "gas_budget_used"

DEPOSITS: Final = "deposits"
REFUNDS: Final = "refunds"
PAYMENTS: Final = "payments"
WALLETS: Final = "wallets"

_DAY: Final = 86_400
_WEI: Final = 10**18


class SpendingError(LargesseError):
    """Gas that the gateway does not pay for now: gas_too_dear, gas_budget_used; ask again in `seconds`."""

    def __init__(self, reason: str, message: str, seconds: int) -> None:
        super().__init__(reason, message)
        self.seconds = seconds


@dataclass(frozen=True)
class Spending:
    """What payers' transactions may cost.

    `native_price` is what one native coin (10¹⁸ wei) costs, in micro-units of the currency: 0 where gas is
    free, None where nobody said, and then all of it comes out of the day's gas. `most_cost_bps`: gas against
    what it brings. `most_price`: wei that a unit of gas costs, replacements not included. `daily_gas`: of
    each pot.
    """

    native_price: int | None = None
    most_cost_bps: int = 10_000
    most_price: int = 200 * 10**9
    daily_gas: int = 50_000_000


class GasBook:
    """What payers have made `seller` spend, in `engine`, for every process; `unit` base units of the currency
    are a micro-unit. `clock` gives Unix seconds."""

    def __init__(
        self,
        engine: Engine,
        seller: str,
        spending: Spending,
        unit: int = 1,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.engine = engine
        self.seller = seller
        self.spending = spending
        self.unit = unit
        self.price: int | None = None
        """Wei that a unit of gas cost when it was last looked at."""
        self._clock = clock

    def permit(self, pot: str, earned: int, *, channel: str = "", sure: bool = False) -> Permit:
        """Leave for one transaction, where `earned` base units are there to pay for it, and for what its
        `channel` has cost before. One without a channel must be paid for. `sure`: the payer can't make it
        fail for less than it costs."""
        return Permit(self, pot, earned, channel, sure=sure)

    def look(self, node: Node) -> int:
        """Wei that a unit of gas costs now at most. Raises what the node does."""
        self.price = node.fees().most
        return self.price

    def pays(self, amount: int, gas: int) -> bool:
        """Whether a payment of so many base units pays for its gas, at the price that was last seen."""
        price = self.price
        return price is None or (price <= self.spending.most_price and self.covers(gas, price, amount))

    def covers(self, gas: int, price: int, earned: int, before: int = 0) -> bool:
        """Whether the gas, and the micro-units of before, are a small enough share of what is earned."""
        cost = before + self.cost(gas, price)
        return cost * 10_000 <= earned // self.unit * self.spending.most_cost_bps

    def cost(self, gas: int, price: int) -> int:
        """Micro-units, rounded up; 0 where nobody said what a coin costs."""
        return -(-gas * price * (self.spending.native_price or 0) // _WEI)

    def has_room(self, pot: str, gas: int) -> bool:
        query = select(GAS.c.used).where(*self._today(pot))
        with transaction(self.engine) as connection:
            used = connection.execute(query).scalar_one_or_none() or 0
        return used + gas <= self.spending.daily_gas

    def take(self, pot: str, gas: int) -> bool:
        """Whether there was room for so much."""
        day = int(self._clock()) // _DAY
        with transaction(self.engine) as connection:
            if insert_if_missing(connection, GAS, seller=self.seller, pot=pot, day=day, used=0):
                connection.execute(delete(GAS).where(GAS.c.seller == self.seller, GAS.c.day < day - 1))
            most = self.spending.daily_gas
            return add_within(connection, GAS, "used", gas, most, seller=self.seller, pot=pot, day=day)

    def give_back(self, pot: str, gas: int) -> None:
        """Of what was taken today; what was taken yesterday is of no use."""
        back = update(GAS).where(*self._today(pot), GAS.c.used >= gas)
        with transaction(self.engine) as connection:
            connection.execute(back.values(used=GAS.c.used - gas))

    def cost_of(self, channel: str) -> int:
        """Micro-units that were spent on a channel."""
        query = select(COSTS.c.cost).where(*self._of(channel))
        with transaction(self.engine) as connection:
            return int(connection.execute(query).scalar_one_or_none() or 0)

    def add_cost(self, channel: str, cost: int) -> None:
        with transaction(self.engine) as connection:
            insert_if_missing(connection, COSTS, seller=self.seller, channel=channel, cost=0)
            more = update(COSTS).where(*self._of(channel))
            connection.execute(more.values(cost=COSTS.c.cost + cost))

    def error(self, reason: str, message: str) -> SpendingError:
        """With when to ask again."""
        is_used_up = reason == USED_UP
        return SpendingError(reason, message, _DAY - int(self._clock()) % _DAY if is_used_up else 60)

    def _today(self, pot: str) -> tuple[ColumnElement[bool], ...]:
        return GAS.c.seller == self.seller, GAS.c.pot == pot, GAS.c.day == int(self._clock()) // _DAY

    def _of(self, channel: str) -> tuple[ColumnElement[bool], ...]:
        return COSTS.c.seller == self.seller, COSTS.c.channel == channel


class Permit:
    """Leave for one transaction: `check` what it may cost, `sign` before it is signed, `succeeded` when it is
    on the chain."""

    def __init__(self, book: GasBook, pot: str, earned: int, channel: str, *, sure: bool) -> None:
        self.book = book
        self.pot = pot
        self.earned = earned
        self.channel = channel
        self.sure = sure
        self.refused: SpendingError | None = None
        """Why it was not signed."""
        self._taken = self._cost = 0
        self._from = ""
        self._is_covered = False

    def check(self, gas: int, price: int) -> None:
        """Whether so much gas at `price` wei would be paid for now. Raises SpendingError."""
        pot = self._pot(gas, price)
        if pot and not self.book.has_room(pot, gas):
            raise self._used_up(pot)

    def sign(self, gas: int, fees: Fees) -> None:
        """The same, and set it aside. Raises SpendingError, and keeps it."""
        try:
            pot = self._pot(gas, fees.most)
            if pot and not self.book.take(pot, gas):
                raise self._used_up(pot)
        except SpendingError as error:
            self.refused = error
            raise
        self._taken, self._from = (gas, pot) if pot else (0, "")
        self._cost = self.book.cost(gas, fees.most)

    def succeeded(self) -> None:
        """It did what it was to do: what pays for itself takes nothing of the day's gas."""
        if self._taken and self._is_covered:
            self.book.give_back(self._from, self._taken)
        if self._cost and self.channel:
            self.book.add_cost(self.channel, self._cost)
        self._taken = self._cost = 0

    def _pot(self, gas: int, price: int) -> str:
        """Which day's gas it comes out of; empty where it pays for itself. Raises SpendingError."""
        book, spending = self.book, self.book.spending
        if price > spending.most_price:
            raise book.error(
                TOO_DEAR, f"a unit of gas costs {price:,} wei, at most {spending.most_price:,} are paid"
            )
        before = book.cost_of(self.channel) if self.channel else 0
        is_covered = book.covers(gas, price, self.earned, before)
        if not is_covered and not self.channel:
            raise book.error(
                TOO_DEAR,
                f"the gas costs {book.cost(gas, price)} micro-units, too much for {self.earned // book.unit}",
            )
        self._is_covered = is_covered and spending.native_price is not None
        if not self._is_covered:
            return self.pot
        return "" if self.sure else f"paid {self.pot}"

    def _used_up(self, pot: str) -> SpendingError:
        return self.book.error(USED_UP, f"this day's gas for {pot} is spent or set aside")
