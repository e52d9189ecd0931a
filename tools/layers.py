"""The layers of `largesse/` and who imports whom, between two markers of docs/ARCHITECTURE.md.

`python -m tools.layers --write` writes it; without an argument it prints it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tools.compiler import ROOT
from tools.layouts import PAGE, put

PACKAGE = "largesse"
BEGIN, END = "<!-- layers: begin -->\n", "<!-- layers: end -->\n"


def names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


class Layer(NamedTuple):
    """Modules, and packages (with a slash), that import from this layer and from those before it only."""

    name: str
    what: str
    units: tuple[str, ...]


LAYERS = (
    Layer(
        "basics",
        "errors, files, text, figures, keys, compiled contracts",
        names(
            "addresses amounts arguments artifacts bytestream calendars console curve database errors files "
            "journal nodes plots qr scanning toml_reader web/"
        ),
    ),
    Layer(
        "words",
        "what is signed, linked, written in a manifest or on a card; needs no chain",
        names(
            "cards eip712 gifts/ holdings issue_run jar_actions jars moments order_book parts printing/ "
            "recipients restoring signed/ terms/ tills vouchers"
        ),
    ),
    Layer(
        "chain",
        "a node, its logs, currencies and deployment",
        names("chain chainlogs deploying deployment development reverts sender tokens uniswap usdc waiting"),
    ),
    Layer(
        "clients",
        "a class for each contract: read it, act on it, sign for it; `session` has them all",
        names("clients/ gift_batches issuing opening pool_files printed_cards session"),
    ),
    Layer(
        "books",
        "each contract's books rebuilt from its logs alone, and whether it holds what it owes",
        names("books/ solvency/"),
    ),
    Layer(
        "services",
        "processes that run by themselves: HTTP, events, reports, notices",
        names("gateway/ indexer/ notices/ relayer/ report/ webhook/"),
    ),
    Layer(
        "scripts",
        "what the scripts of `scripts/` are made of, and the acts of the demo",
        names("commands/ demo/"),
    ),
)
LAYER_OF = {unit: place for place, layer in enumerate(LAYERS) for unit in layer.units}


def units() -> set[str]:
    """Every module of the package by its name, every folder of it by its name and a slash."""
    here = ROOT / PACKAGE
    modules = {path.stem for path in here.glob("*.py")} - {"__init__"}
    return modules | {f"{path.parent.name}/" for path in here.glob("*/__init__.py")}


@cache
def imports() -> frozenset[tuple[str, str]]:
    """Pairs of units, of which the first imports the second, wherever in its text."""
    known = units()
    found = set()
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        inner = path.relative_to(ROOT / PACKAGE).parts
        unit = f"{inner[0]}/" if len(inner) > 1 else path.stem
        for name in _imported(ast.parse(path.read_text())):
            parts = name.split(".")
            if parts[0] != PACKAGE or len(parts) == 1:
                continue
            other = f"{parts[1]}/" if f"{parts[1]}/" in known else parts[1]
            if other in known and other != unit:
                found.add((unit, other))
    return frozenset(found)


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError("a relative import: who imports whom is told by full names")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def render() -> str:
    """The layers as a table, the packages as a picture."""
    text = "\n| layer | what | members | imports from |\n|---|---|---|---|\n"
    for place, layer in enumerate(LAYERS):
        below = sorted({LAYER_OF[to] for unit, to in imports() if LAYER_OF[unit] == place} - {place})
        members = ", ".join(f"`{unit}`" for unit in layer.units)
        text += f"| {layer.name} | {layer.what} | {members} | "
        text += (", ".join(LAYERS[other].name for other in below) or "–") + " |\n"
    text += "\nThe packages, and the modules that import one:\n\n```mermaid\nflowchart TD\n"
    for unit, to in sorted(imports()):
        if to.endswith("/"):
            text += f"    {_node(unit)} --> {_node(to)}\n"
    return text + "```\n\n"


def _node(unit: str) -> str:
    return f"{unit[:-1]}[{unit}]" if unit.endswith("/") else unit


def main(arguments: list[str]) -> None:
    if arguments != ["--write"]:
        print(render())
        return
    PAGE.write_text(put(PAGE.read_text(), BEGIN, END, render()))


if __name__ == "__main__":
    main(sys.argv[1:])
