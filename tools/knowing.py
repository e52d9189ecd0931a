"""Which contract makes and calls which, from the sources, between two markers of docs/ARCHITECTURE.md.

`python -m tools.knowing --write` writes it; without an argument it prints it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.compiler import ROOT
from tools.layouts import PAGE, put

BEGIN, END = "<!-- knowing: begin -->\n", "<!-- knowing: end -->\n"
# How the sources name a GiftCertificates that they call; and how where assembly calls it by selector.
HELD = r"(?:\b_?certificates|\bviews|\bIGiftCertificates\([\w.]+\))\.(\w+)\("
BY_SELECTOR = r"\bselector = (?:ICertificatePayments|IERC1155)\.(\w+)\.selector"


def contracts() -> list[str]:
    """Every contract that is deployed, or runs as the code of one."""
    return sorted(path.stem for path in ROOT.glob("contracts/*.sol"))


def text_of(contract: str) -> str:
    """The contract's source and that of all it inherits or uses; not of contracts that it makes."""
    seen: set[Path] = set()
    todo = [ROOT / f"contracts/{contract}.sol"]
    while todo:
        path = todo.pop()
        if path in seen or (seen and path.parent == ROOT / "contracts"):
            continue
        seen.add(path)
        imported = re.findall(r'from "(\.[^"]+)"', path.read_text())
        todo += [(path.parent / one).resolve() for one in imported if "interfaces/" not in one]
    return "\n".join(path.read_text() for path in sorted(seen))


def row(contract: str) -> tuple[str, str, str, str]:
    """What it is made with, what it makes, what it asks of GiftCertificates, whether it takes redemptions."""
    text = text_of(contract)
    head = (ROOT / f"contracts/{contract}.sol").read_text() + text
    found = re.search(r"^    constructor\(([^)]*)\)", head, re.MULTILINE)
    given = re.findall(r"(\w+?)_?(?:,|$)", found[1]) if found else []
    asked = {name for pattern in (HELD, BY_SELECTOR) for name in re.findall(pattern, text)}
    made = re.findall(r"\bnew ([A-Z]\w+)\(", text)
    taking = [name for name in (contract, *made) if "function onRedemption(" in text_of(name)]
    return (
        ", ".join(f"`{name}`" for name in given) or "–",
        ", ".join(made) or "–",
        ", ".join(f"`{name}`" for name in sorted(asked)) or "–",
        "–" if not taking else "yes" if contract in taking else f"by {taking[0]}",
    )


def render() -> str:
    """One row a contract."""
    text = "\n| contract | made with | makes | asks of a GiftCertificates | takes redemptions |\n"
    text += "|---|---|---|---|---|\n"
    return text + "".join(f"| {name} | {' | '.join(row(name))} |\n" for name in contracts()) + "\n"


def main(arguments: list[str]) -> None:
    if arguments != ["--write"]:
        print(render())
        return
    PAGE.write_text(put(PAGE.read_text(), BEGIN, END, render()))


if __name__ == "__main__":
    main(sys.argv[1:])
