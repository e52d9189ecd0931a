"""What people see: tables, progress, and the few sentences around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from largesse.errors import visible

console = Console(highlight=False)


def say(text: str) -> None:
    """One line, as it is: nothing in it is taken for markup, or for the terminal."""
    console.print(visible(text), markup=False, soft_wrap=True)


def step(title: str, detail: str = "") -> None:
    """A heading in a tour."""
    console.print(f"\n[bold cyan]●[/] [bold]{title}[/]" + (f"  [dim]{detail}[/]" if detail else ""))


def done(text: str) -> None:
    """Something that worked."""
    console.print("[green]✓[/]", end=" ")
    say(text)


def panel(text: str, title: str, style: str = "green") -> None:
    """A framed statement."""
    console.print(Panel(text, title=title, border_style=style, expand=False))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: int = 99) -> None:
    """A table; columns from number `right` on are aligned to the right. What stands in it is as in `say`."""
    drawn = Table(title=Text(visible(title), style="bold"), title_justify="left", header_style="bold")
    for place, column in enumerate(columns):
        aligned: Literal["left", "right"] = "right" if place >= right else "left"
        drawn.add_column(Text(visible(column)), justify=aligned, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(visible(str(cell))) for cell in row))
    console.print(drawn)


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar from 0 to `total`; call what it yields with how much further it is."""
    with _bar() as bar:
        task = bar.add_task(title, total=total)
        yield lambda amount: bar.advance(task, amount)


@contextmanager
def growing_progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar whose end moves; call what it yields with how far it is, and of how much."""
    with _bar() as bar:
        task = bar.add_task(title, total=None)
        yield lambda reached, total: bar.update(task, completed=reached, total=total)


def _bar() -> Progress:
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def confirm(question: str, expected: str, ask: Callable[[str], str] = input) -> bool:
    """Whether the person typed exactly `expected`."""
    return ask(f"{question} Type “{expected}” to go on: ").strip() == expected
