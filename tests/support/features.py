"""docs/FEATURES.md: every row, preset and journey that must work, what its tests say it does, and how they
ended. A row without a passing test does not work.

`make features` writes the file from a run; a run of the whole suite fails where the file says otherwise.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
FILE: Final = CHECKOUT / "docs" / "FEATURES.md"
FOLDER: Final = "tests/journeys/"
ROWS: Final = (
    "patreon", "kofi", "brave_bat", "lightning", "satoshipay", "publish0x", "coinbase_wallet", "twitch",
    "bitrefill", "atomic_swap", "pay_by_bank", "korea_qr", "grand_sale", "munsang", "ai_agent",
    "machine_to_machine", "pay_per_second", "non_profit", "loyalty", "influencer", "tokenized_privacy",
    "layer_2", "conditional_payment", "regulation", "game_item", "physical_card", "notices", "analytics",
)  # fmt: skip
PRESETS: Final = ("kr", "us", "us_ca", "eu_de", "eu_ie", "au", "jp")
JOURNEYS: Final = 12
_HEAD: Final = """# What Largesse does, row by row

Written by `make features` from a run of `tests/journeys/`; a run of all tests fails where this file says
otherwise. A row that has no passing test does not work.
"""

Outcomes = Mapping[str, Counter[str]]
"""By test file: how many tests passed, and how many failed."""


def render(outcomes: Outcomes) -> str:
    """The file, from how the tests of each file ended."""
    names = sorted(path.name for path in (CHECKOUT / FOLDER).glob("test_*.py"))
    parts = [_HEAD]
    for title, kind, wanted in (
        ("Systems people already use, and what they do there", "row", ROWS),
        ("Statutory presets (engineering input, not legal advice)", "preset", PRESETS),
        ("Journeys", "journey", [f"{number:02}" for number in range(1, JOURNEYS + 1)]),
    ):
        parts.append(f"## {title}\n\n| {kind} | what its tests show | tests | |\n|---|---|---:|---|")
        for name in wanted:
            files = [one for one in names if _is_of(one, kind, name)]
            parts[-1] += "\n" + _line(kind, name, files, outcomes)
    return "\n\n".join(part.strip() for part in parts) + "\n"


def missing(text: str) -> list[str]:
    """Lines of a rendered file that do not say that the tests pass."""
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    return [line for line in rows if not line.endswith((" passes |", " | |"))]


def _is_of(file: str, kind: str, name: str) -> bool:
    """A row has the file of its name; `layer_2` those of `layer_2_jars` and others too."""
    found = re.fullmatch(rf"test_{kind}_(\w+)\.py", file)
    if found is None:
        return False
    longer = found.group(1).startswith(f"{name}_")
    known = {*ROWS, *PRESETS}
    return found.group(1) == name or (longer and (kind == "journey" or found.group(1) not in known))


def _line(kind: str, name: str, files: list[str], outcomes: Outcomes) -> str:
    counted = sum((outcomes.get(FOLDER + file, Counter()) for file in files), Counter[str]())
    failed = sum(counted.values()) - counted["passed"]
    if not files:
        state = "**no test**"
    elif not counted:
        state = "**not run**"
    else:
        state = f"**{failed} fail**" if failed else "passes"
    said = _said(files[0]) if files else ""
    links = ", ".join(f"[{_short(file, kind)}](../{FOLDER}{file})" for file in files) or name
    return f"| {links} | {said} | {sum(counted.values())} | {state} |"


def _short(file: str, kind: str) -> str:
    return (
        file.removeprefix(f"test_{kind}_").removesuffix(".py").replace("_", " " if kind == "journey" else "_")
    )


def _said(file: str) -> str:
    """The first paragraph of a test file's docstring, without the name that it begins with."""
    text = ast.get_docstring(ast.parse((CHECKOUT / FOLDER / file).read_text(encoding="utf-8"))) or ""
    first = " ".join(text.split("\n\n")[0].split())
    return re.sub(r"^(?:Row |Journey )?`?\w+`?: ", "", first).replace("|", "\\|")
