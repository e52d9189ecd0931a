"""What a creator wants to know of a jar: from logs alone, by the second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from largesse.addresses import ZERO_ADDRESS
from largesse.amounts import format_amount
from largesse.artifacts import jars_abi
from largesse.books.jars import DAY, Flow, JarBooks
from largesse.books.replay import replay
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.certificates import Certificates
from largesse.jars import jar_creator, jar_version, scale_of
from largesse.plots import plot_by_day
from largesse.tokens import Token


@dataclass(frozen=True)
class JarReport:
    """A jar at second `time`: `running` flows by their end, scaled units earned and not collected, base units
    collected, and scaled units earned on each day (days since 1970)."""

    jar: int
    time: int
    running: tuple[Flow, ...]
    due: int
    collected: int
    income: dict[int, int]

    @property
    def rate(self) -> int:
        """Scaled units a second."""
        return sum(flow.rate for flow in self.running)

    @property
    def tippers(self) -> int:
        """How many accounts pay by the second now."""
        return len({flow.payer for flow in self.running} - {ZERO_ADDRESS})

    @property
    def gifts(self) -> int:
        """How many memberships run now that were gifts."""
        return sum(flow.payer == ZERO_ADDRESS for flow in self.running)

    @property
    def ahead(self) -> int:
        """Scaled units that are paid for and not earned yet."""
        return sum(flow.left(self.time) for flow in self.running)


def report_jar(
    certificates: Certificates,
    escrow: str,
    jar: int,
    *,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> JarReport:
    """A jar's report at the latest block, `most` blocks a query at the most. Raises LogError."""
    node, token = certificates.node, certificates.token
    last = node.block_number()
    books = JarBooks(token.decimals, cache(node.block_time))
    replay(
        token, escrow, jars_abi(), range(certificates.first_block, last + 1), add=books.add,
        liabilities=lambda: books.liabilities, most=most, progress=progress,
    )  # fmt: skip
    time = node.block_time(last)
    running = tuple(books.running(jar, time))
    income = books.income_by_day(jar, time)
    due = books.due(time).get(jar, 0)
    return JarReport(jar, time, running, due, books.jars[jar].collected, income)


def plot_income(report: JarReport, token: Token, path: Path, days: int) -> None:
    """Write a PNG of what came in on each of the last `days` days."""
    today = report.time // DAY
    whole = scale_of(token.decimals) * 10**token.decimals
    shown = {day: Fraction(report.income.get(day, 0), whole) for day in (max(today - days + 1, 0), today)}
    shown |= {day: Fraction(scaled, whole) for day, scaled in report.income.items() if today - days < day}
    name = jar_creator(report.jar) + (f", jar {jar_version(report.jar)}" if jar_version(report.jar) else "")
    plot_by_day(path, shown, title=f"Income by day (UTC): {name}", unit=token.symbol)


def show_scaled(scaled: int, token: Token) -> str:
    """Scaled units as people read them, exactly, with the symbol."""
    digits = len(str(scale_of(token.decimals))) - 1
    return format_amount(scaled, token.decimals + digits, symbol=token.symbol)
