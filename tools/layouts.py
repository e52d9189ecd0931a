"""The storage of each contract, as the compiler lays it out, between two markers of docs/ARCHITECTURE.md.

`python -m tools.layouts --write` writes it; without an argument it prints it.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from tools import compiler
from tools.compiler import ROOT

PAGE = ROOT / "docs/ARCHITECTURE.md"
BEGIN, END = "<!-- layouts: begin -->\n", "<!-- layouts: end -->\n"
STATELESS = "It holds no storage.\n"


def compiled() -> dict[str, Any]:
    """The `storageLayout` of each contract that is deployed or runs as a deployed one's code, by name."""
    paths = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("contracts/*.sol"))]
    asked = compiler.settings()
    asked["remappings"] = compiler.here(asked["remappings"])
    asked["outputSelection"] = {"*": {"*": ["storageLayout"]}}
    sources = {path: {"content": (ROOT / path).read_text()} for path in paths}
    request = {"language": "Solidity", "sources": sources, "settings": asked}
    contracts = compiler.run(json.dumps(request))["contracts"]
    return {Path(path).stem: contracts[path][Path(path).stem]["storageLayout"] for path in paths}


def render(layouts: dict[str, Any]) -> str:
    """Slots of each contract, and slots and bits (lowest first) of the structs in them."""
    pages = []
    for name, layout in layouts.items():
        if name.endswith("BackOffice"):
            continue  # the slots of the contract whose code it is, which a test compares
        types = layout["types"] or {}
        rows = [f"| {one['slot']} | `{one['label']}` | `{_name(types, one)}` |" for one in layout["storage"]]
        page = f"#### {name}\n\n"
        page += "| slot | variable | type |\n|---:|---|---|\n" + "\n".join(rows) + "\n" if rows else STATELESS
        structs = [kind for kind in types.values() if "members" in kind]
        for kind in sorted(structs, key=lambda kind: str(kind["label"])):
            page += f"\n`{_short(kind['label'])}`\n\n| slot | bits | member |\n|---:|---|---|\n"
            for member in kind["members"]:
                low = 8 * member["offset"]
                high = min(low + 8 * int(types[member["type"]]["numberOfBytes"]), 256) - 1
                page += f"| {member['slot']} | {low}–{high} | `{member['label']}` |\n"
        pages.append(page)
    return "\n" + "\n".join(pages) + "\n"


def put(page: str, begin: str, end: str, text: str) -> str:
    """The page with `text` between two markers."""
    before, rest = page.split(begin)
    return before + begin + text + end + rest.split(end)[1]


def _name(types: dict[str, Any], entry: dict[str, Any]) -> str:
    return _short(types[entry["type"]]["label"])


def _short(label: str) -> str:
    return re.sub(r"(struct|enum) (\w+\.)?", "", label)


def main(arguments: list[str]) -> None:
    text = render(compiled())
    if arguments != ["--write"]:
        print(text)
        return
    PAGE.write_text(put(PAGE.read_text(), BEGIN, END, text))


if __name__ == "__main__":
    main(sys.argv[1:])
