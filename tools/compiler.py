"""The project's own compiler, with the settings of `foundry.toml`."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@cache
def _build() -> Mapping[str, Any]:
    found: Mapping[str, Any] = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    return found


def settings() -> dict[str, Any]:
    """What a compiler input says under "settings", but what it is to answer with."""
    build = _build()
    return {
        "optimizer": {"enabled": build["optimizer"], "runs": build["optimizer_runs"]},
        "evmVersion": build["evm_version"],
        "remappings": list(build["remappings"]),
    }


def here(remappings: list[str]) -> list[str]:
    """The same, led into this checkout: what is imported is read from there."""
    return [entry.replace("=", f"={ROOT}/", 1) for entry in remappings]


def run(request: str) -> dict[str, Any]:
    """What the compiler answers to a standard JSON input. Raises ValueError with its errors."""
    command = [str(ROOT / _build()["solc"]), "--standard-json", "--allow-paths", str(ROOT)]
    answer = subprocess.run(command, input=request, capture_output=True, text=True, check=True, cwd=ROOT)
    output: dict[str, Any] = json.loads(answer.stdout)
    errors = [one["formattedMessage"] for one in output.get("errors", []) if one["severity"] == "error"]
    if errors:
        raise ValueError("\n".join(errors))
    return output


def compile_contract(
    name: str, changed: Mapping[str, str], *, metadata: bool = True, folder: str = "contracts"
) -> bytes:
    """Creation code of the contract `name` of a folder, `changed` replacing the sources of these paths;
    without the hash of the sources where `metadata` is False. Raises ValueError."""
    main = f"{folder}/{name}.sol"
    asked = settings()
    asked["remappings"] = here(asked["remappings"])
    asked["outputSelection"] = {main: {name: ["evm.bytecode.object"]}}
    if not metadata:
        asked["metadata"] = {"bytecodeHash": "none"}
    # The compiler reads the rest as it is imported.
    sources = {main: {"content": (ROOT / main).read_text()}}
    sources |= {path: {"content": text} for path, text in changed.items()}
    output = run(json.dumps({"language": "Solidity", "sources": sources, "settings": asked}))
    return bytes.fromhex(output["contracts"][main][name]["evm"]["bytecode"]["object"])
