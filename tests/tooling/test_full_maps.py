"""With full maps, code that a contract owes to what its parent imports is found again in its source."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools import choose_solc

HEAD = f"// SPDX-License-Identifier: MIT\npragma solidity {choose_solc.pinned_version()};\n"
SOURCES = {
    "Text": "library Text {\n"
    "    function show(uint256 a) internal view returns (uint256) { return a * block.number; }\n}",
    "Free": "function triple(uint256 a) view returns (uint256) { return 3 * a + gasleft(); }",
    "Again": 'import {triple} from "./Free.sol";',
    "Parent": 'import {Text} from "./Text.sol";\nimport {triple} from "./Again.sol";\n'
    "abstract contract Parent {\n"
    "    function read(uint256 a) external view returns (uint256) { return triple(Text.show(a)); }\n}",
    "Child": 'import {Parent} from "./Parent.sol";\ncontract Child is Parent {}',
}  # fmt: skip


def compile_project(folder: Path, *command: str) -> dict[str, Any]:
    """Compile SOURCES as a project of their own; returns Brownie's build of Child."""
    (folder / "contracts").mkdir(parents=True)
    for name, text in SOURCES.items():
        (folder / "contracts" / f"{name}.sol").write_text(f"{HEAD}{text}\n")
    version = choose_solc.pinned_version()
    (folder / "brownie-config.yaml").write_text(
        f"compiler:\n  evm_version: cancun\n  solc:\n    version: {version}\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(choose_solc.ROOT)}
    environment["SOLCX_BINARY_PATH"] = str(choose_solc.ROOT / "tools" / "solc")
    subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    build: dict[str, Any] = json.loads((folder / "build/contracts/Child.json").read_text())
    return build


def mapped(build: dict[str, Any]) -> set[str]:
    """The functions that the build's code is mapped to."""
    return {name for functions in build["coverageMap"]["statements"].values() for name in functions}


def test_full_maps_reach_what_a_parent_imports(tmp_path: Path) -> None:
    full = compile_project(tmp_path / "full", "-m", "tools.full_maps")
    plain = compile_project(tmp_path / "plain", "-c", "from brownie import project; project.load('.')")
    assert mapped(full) == {"Parent.read", "Text.show", "triple"}
    # what makes them necessary; once Brownie does it by itself, tools/full_maps.py can go
    assert mapped(plain) == {"Parent.read"}
    assert full["bytecode"] == plain["bytecode"]
