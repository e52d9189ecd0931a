"""Sizes of what gets deployed, and proof that there is one build.

`make sizes` compiles with Brownie and with Forge and fails when a contract exceeds what a chain accepts
(EIP-170, EIP-3860), or when their creation bytecode differs by a byte, metadata included.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CODE_LIMIT = 24_576
INITCODE_LIMIT = 2 * CODE_LIMIT
# where a library's address goes: each compiler front end writes a placeholder of its own, 20 bytes long
_LINK = re.compile("__.{36}__")


@dataclass(frozen=True)
class Artifact:
    """A compiled contract. `initcode` and `code` are hex without 0x, placeholders for libraries included;
    `arguments` is how many bytes the constructor's arguments add to the initcode (dynamic ones: their heads).
    """

    name: str
    source: str
    initcode: str
    code: str
    is_library: bool = False
    arguments: int = 0

    @property
    def is_ours(self) -> bool:
        """Whether it gets deployed: not a contract for tests, not a library of inlined functions."""
        return not self.is_library and not self.source.startswith("contracts/test/")

    @property
    def sizes(self) -> tuple[int, int]:
        """Bytes of code that stay, and of initcode with its arguments: what a chain limits."""
        return len(self.code) // 2, len(self.initcode) // 2 + self.arguments


def read_brownie(folder: Path) -> dict[str, Artifact]:
    """Brownie's artifacts of this project's contracts with code, by name. `folder`: build/contracts."""
    found = {}
    for path in folder.glob("*.json"):
        build = json.loads(path.read_text(encoding="utf-8"))
        if build["bytecode"] and build["sourcePath"].startswith("contracts/"):
            found[build["contractName"]] = Artifact(
                build["contractName"],
                build["sourcePath"],
                build["bytecode"],
                build["deployedBytecode"],
                build["type"] == "library",
                32 * sum(len(item["inputs"]) for item in build["abi"] if item["type"] == "constructor"),
            )
    return found


def read_forge(folder: Path, root: Path) -> dict[str, Artifact]:
    """Forge's artifacts of the same, by name. Artifacts of sources that are gone from `root` are left out."""
    found = {}
    for path in folder.glob("*.sol/*.json"):
        build: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        initcode = build.get("bytecode", {}).get("object", "").removeprefix("0x")
        target = (build.get("metadata") or {}).get("settings", {}).get("compilationTarget", {})
        for source, name in target.items():
            if initcode and source.startswith("contracts/") and (root / source).is_file():
                code = build["deployedBytecode"]["object"].removeprefix("0x")
                found[name] = Artifact(name, source, initcode, code)
    return found


def oversize(artifacts: Iterable[Artifact]) -> Iterator[str]:
    """A line for each contract that a chain would refuse."""
    for artifact in artifacts:
        code, initcode = artifact.sizes
        if code >= CODE_LIMIT:
            yield f"{artifact.name}: {code} bytes of code, less than {CODE_LIMIT} are wanted"
        if initcode >= INITCODE_LIMIT:
            yield (
                f"{artifact.name}: {initcode} bytes of initcode with arguments, "
                f"less than {INITCODE_LIMIT} are wanted"
            )


def differences(brownie: dict[str, Artifact], forge: dict[str, Artifact]) -> Iterator[str]:
    """A line for each contract that only one of them compiled, or that they compiled differently."""
    for name in sorted(brownie.keys() | forge.keys()):
        if name not in brownie:
            yield (
                f"{name}: Brownie does not see it (it stops at file-level code that follows a contract: "
                f"put errors, functions and constants of {forge[name].source} before the first contract)"
            )
        elif name not in forge:
            yield f"{name}: Forge does not see it"
        elif _LINK.sub("_" * 40, brownie[name].initcode) != _LINK.sub("_" * 40, forge[name].initcode):
            yield f"{name}: Brownie's and Forge's creation bytecode differ"


def table(artifacts: Iterable[Artifact]) -> Iterator[str]:
    """One line per contract: code, what is left, initcode with arguments, what is left; the limits above."""
    yield f"{'limit':<28} {CODE_LIMIT:>7,} {'':>7} {INITCODE_LIMIT:>9,}"
    yield f"{'contract':<28} {'code':>7} {'left':>7} {'initcode':>9} {'left':>7}"
    for artifact in sorted(artifacts, key=lambda a: (-len(a.code), a.name)):
        code, initcode = artifact.sizes
        yield (
            f"{artifact.name:<28} {code:>7,} {CODE_LIMIT - code:>7,} "
            f"{initcode:>9,} {INITCODE_LIMIT - initcode:>7,}"
        )


def main(arguments: list[str] | None = None) -> int:
    """Print the table; return 1 and say why when something is too large or differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the checkout")
    root: Path = parser.parse_args(arguments).root
    brownie = read_brownie(root / "build/contracts")
    forge = read_forge(root / "build/forge", root)
    if not brownie:
        print("sizes: nothing is compiled", file=sys.stderr)
        return 1
    deployed = [artifact for artifact in brownie.values() if artifact.is_ours]
    print("\n".join(table(deployed)))
    problems = [*oversize(deployed), *differences(brownie, forge)]
    for problem in problems:
        print(f"sizes: {problem}", file=sys.stderr)
    if not problems:
        print(f"Brownie and Forge compile all {len(brownie)} contracts and libraries to the same bytes.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
