"""What a report consists of: tables of exact values, and where each table's figures are defined."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from largesse.report.history import History
from largesse.report.scope import Scope

Cell = str | int | Fraction | None
"""None where there is nothing to say: a median of no values."""
Row = tuple[Cell, ...]


class Kind(Enum):
    """How a column's values are to be read."""

    TEXT = "text"
    COUNT = "count"
    AMOUNT = "base units"
    SCALED = "scaled units"
    SECONDS = "seconds"
    RATIO = "ratio"
    TIME = "unix seconds"


@dataclass(frozen=True)
class Column:
    """One column: its name in every output, and its values' kind."""

    name: str
    kind: Kind = Kind.AMOUNT


CURRENCY = Column("currency", Kind.TEXT)
"""The first column of every table."""


def text(*names: str) -> tuple[Column, ...]:
    """Columns of text."""
    return tuple(Column(name, Kind.TEXT) for name in names)


def counts(*names: str) -> tuple[Column, ...]:
    """Columns of whole numbers."""
    return tuple(Column(name, Kind.COUNT) for name in names)


def amounts(*names: str) -> tuple[Column, ...]:
    """Columns of amounts in base units."""
    return tuple(Column(name) for name in names)


def times(*names: str) -> tuple[Column, ...]:
    """Columns of moments."""
    return tuple(Column(name, Kind.TIME) for name in names)


def seconds(*names: str) -> tuple[Column, ...]:
    """Columns of durations."""
    return tuple(Column(name, Kind.SECONDS) for name in names)


def scaled(*names: str) -> tuple[Column, ...]:
    """Columns of amounts in scaled units (`largesse.jars.scale_of`)."""
    return tuple(Column(name, Kind.SCALED) for name in names)


def ratios(*names: str) -> tuple[Column, ...]:
    """Columns of exact fractions."""
    return tuple(Column(name, Kind.RATIO) for name in names)


Figures = Callable[["History", "Scope"], Iterable[Row]]


@dataclass(frozen=True)
class Group:
    """A group of figures: `rows` makes them for one currency, `definition` says what each one is."""

    name: str
    title: str
    columns: tuple[Column, ...]
    definition: str
    rows: Figures


@dataclass(frozen=True)
class Table:
    """A group's figures for all currencies, in the currencies' order."""

    group: Group
    rows: tuple[Row, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        return (CURRENCY, *self.group.columns)


def figures(name: str, title: str, *columns: tuple[Column, ...]) -> Callable[[Figures], Group]:
    """Makes a group of a function; its docstring is what the report prints as the figures' definition."""

    def make(rows: Figures) -> Group:
        definition = " ".join((inspect.getdoc(rows) or "").split())
        return Group(name, title, tuple(one for part in columns for one in part), definition, rows)

    return make


def share(part: int, whole: int) -> Fraction | None:
    """`part` of `whole`; None of nothing."""
    return Fraction(part, whole) if whole else None


def median(values: Iterable[int | Fraction]) -> Fraction | None:
    """The middle one, or the mean of the two in the middle; None of none."""
    ordered = sorted(values)
    if not ordered:
        return None
    middle = len(ordered) // 2
    low = ordered[middle - 1 + len(ordered) % 2]
    return Fraction(ordered[middle] + low) / 2
