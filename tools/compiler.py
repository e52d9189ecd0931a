"""Compiles one contract, changed or not, with the project's own compiler and settings."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def compile_contract(
    name: str, changed: Mapping[str, str], *, metadata: bool = True, folder: str = "contracts"
) -> bytes:
    """Creation code of the contract `name` of a folder, `changed` replacing the sources of these paths;
    without the hash of the sources where `metadata` is False. Raises ValueError."""
    main = f"{folder}/{name}.sol"
    build = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    settings: dict[str, Any] = {
        "optimizer": {"enabled": build["optimizer"], "runs": build["optimizer_runs"]},
        "evmVersion": build["evm_version"],
        "remappings": [entry.replace("=", f"={ROOT}/", 1) for entry in build["remappings"]],
        "outputSelection": {main: {name: ["evm.bytecode.object"]}},
    }
    if not metadata:
        settings["metadata"] = {"bytecodeHash": "none"}
    # The compiler reads the rest as it is imported.
    sources = {main: {"content": (ROOT / main).read_text()}}
    sources |= {path: {"content": text} for path, text in changed.items()}
    request = json.dumps({"language": "Solidity", "sources": sources, "settings": settings})
    command = [str(ROOT / build["solc"]), "--standard-json"]
    command += ["--allow-paths", str(ROOT)]
    answer = subprocess.run(command, input=request, capture_output=True, text=True, check=True, cwd=ROOT)
    output = json.loads(answer.stdout)
    errors = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise ValueError("\n".join(errors))
    return bytes.fromhex(output["contracts"][main][name]["evm"]["bytecode"]["object"])
