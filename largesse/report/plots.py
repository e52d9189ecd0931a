"""The report's plots, as SVG: the same figures give the same bytes."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from typing import Any, Final

# Says where matplotlib keeps its list of fonts, too, before it is imported.
from largesse.plots import AS_IT_IS
from largesse.report.history import History
from largesse.report.issues import CAME
from largesse.report.making import Report
from largesse.report.model import Row
from largesse.report.scope import DAY

_COLORS: Final = ("#2f6f9f", "#f4a742", "#5b8c5a", "#b0413e")
_MERCHANTS: Final = 10
Draw = Callable[[Any], None]


def plots(report: Report) -> Iterator[tuple[str, str]]:
    """Each plot: what it shows, and its SVG element."""
    for history in report.histories:
        for title, label, draw in _drawn(report, history):
            shown = f"{title}, {history.symbol}"
            yield shown, _svg(shown, label, draw)


def _drawn(report: Report, history: History) -> Iterator[tuple[str, str, Draw]]:
    """What there is to plot of one currency: title, label of the upright axis, and who draws it."""
    unit = history.symbol
    if days := outstanding_by_day(history):
        yield "Outstanding face at each day's end", unit, partial(_steps, days=days)
    if rows := _rows(report, "cohorts", unit):
        yield "Cohorts: share redeemed in 30, 180 and 365 days", "%", partial(_cohorts, rows=rows)
    if rows := _rows(report, "resale_days", unit):
        bars = [(str(row[1]), _whole(history, row[3])) for row in rows]
        yield "Resale by day: face", unit, partial(_bars, bars=bars)
    if rows := _rows(report, "merchants", unit):
        most = sorted(rows, key=lambda row: (-_int(row[4]), str(row[1])))[:_MERCHANTS]
        bars = [(str(row[1])[:8], _whole(history, row[4])) for row in most]
        yield "Merchants with the most", unit, partial(_bars, bars=bars)
    if rows := _rows(report, "micropayments", unit):
        points = [(_whole(history, row[1]), float(_fraction(row[5]))) for row in rows]
        yield (
            "Gas of a settled micropayment against its size",
            "gas",
            partial(_points, points=points, unit=unit),
        )


def outstanding_by_day(history: History) -> list[tuple[int, float]]:
    """Days (since 1970) of the range on which face moved, its first and its last day, and the outstanding
    face at their ends, in whole units."""
    change: defaultdict[int, int] = defaultdict(int)
    for one in history.movements:
        if one.kind in CAME:
            change[one.time // DAY] += one.amount
        elif one.kind in ("redeemed", "refunded", "converted out", "forfeited"):
            change[one.time // DAY] -= one.amount
    if not change:
        return []
    first, last = history.scope.since // DAY, history.scope.time // DAY
    level = sum(amount for day, amount in change.items() if day < first)
    days = []
    for day in sorted({first, last} | {day for day in change if day >= first}):
        level += change.get(day, 0)
        days.append((day, _whole(history, level)))
    return days


def _rows(report: Report, table: str, symbol: str) -> list[Row]:
    return [row for row in report.table(table).rows if row[0] == symbol]


def _whole(history: History, units: object) -> float:
    return float(Fraction(_int(units), 10**history.decimals))


def _int(cell: object) -> int:
    assert isinstance(cell, int)  # noqa: S101 - for the type checker
    return cell


def _fraction(cell: object) -> Fraction:
    assert isinstance(cell, Fraction)  # noqa: S101
    return cell


def _steps(axes: Any, *, days: Sequence[tuple[int, float]]) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    dates = [float(date2num(datetime.fromtimestamp(day * DAY, UTC))) for day, _ in days]
    axes.step(dates, [level for _, level in days], where="post", color=_COLORS[0])
    axes.xaxis_date()
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_ylim(bottom=0)


def _cohorts(axes: Any, *, rows: Sequence[Row]) -> None:
    width = 0.27
    for place, (name, column) in enumerate((("30", -3), ("180", -2), ("365", -1))):
        known = [(at, row[column]) for at, row in enumerate(rows) if row[column] is not None]
        axes.bar(
            [at + (place - 1) * width for at, _ in known],
            [float(_fraction(cell) * 100) for _, cell in known],
            width=width, color=_COLORS[place], label=f"{name} days",
        )  # fmt: skip
    axes.set_xticks(range(len(rows)), [str(row[1]) for row in rows], rotation=45, ha="right")
    axes.set_ylim(0, 100)
    axes.legend(frameon=False)


def _bars(axes: Any, *, bars: Sequence[tuple[str, float]]) -> None:
    axes.bar(range(len(bars)), [height for _, height in bars], color=_COLORS[0])
    every = -(-len(bars) // 20)
    places = range(0, len(bars), every)
    axes.set_xticks(places, [bars[at][0] for at in places], rotation=45, ha="right")


def _points(axes: Any, *, points: Sequence[tuple[float, float]], unit: str) -> None:
    axes.plot([x for x, _ in points], [y for _, y in points], marker="o", color=_COLORS[0])
    axes.set_xscale("log")
    axes.set_xlabel(f"{unit} a row, from")
    axes.set_ylim(bottom=0)


def _svg(title: str, unit: str, draw: Draw) -> str:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    # Names inside are made from the salt; text stays text.
    with rc_context({"svg.hashsalt": title, "svg.fonttype": "none", "font.family": "sans-serif"} | AS_IT_IS):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        draw(axes)
        axes.set_ylabel(unit)
        axes.set_axisbelow(True)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        buffer = io.StringIO()
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(buffer, format="svg", metadata=nothing)
    drawn = buffer.getvalue()
    # Names that every figure gives to its parts would stand more than once in a page.
    drawn = re.sub(r' id="[A-Za-z0-9.]+_[0-9]+"', "", drawn)
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    return drawn[drawn.index("<svg") :].rstrip()
