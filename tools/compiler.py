"""The project's own compiler, with the settings of `foundry.toml`."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
TRIAL: Final = {"viaIR": False, "optimizer": {"enabled": True, "runs": 200}}
"""The compiler's older pipeline, for what is tried and thrown away: it takes a third of the time, and its
maps of code to source reach each branch. What a bug of the sources does, it does in either."""


@cache
def _build() -> Mapping[str, Any]:
    found: Mapping[str, Any] = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    return found


def settings() -> dict[str, Any]:
    """What a compiler input says under "settings", but what it is to answer with."""
    build = _build()
    return {
        "optimizer": {"enabled": build["optimizer"], "runs": build["optimizer_runs"]},
        "viaIR": build["via_ir"],
        "evmVersion": build["evm_version"],
        "remappings": list(build["remappings"]),
    }


def here(remappings: list[str]) -> list[str]:
    """The same, led into this checkout: what is imported is read from there."""
    return [entry.replace("=", f"={ROOT}/", 1) for entry in remappings]


def _path() -> Path:
    return ROOT / str(_build()["solc"])


def run(request: str) -> dict[str, Any]:
    """What the compiler answers to a standard JSON input. Raises ValueError with its errors."""
    command = [str(_path()), "--standard-json", "--allow-paths", str(ROOT)]
    answer = subprocess.run(command, input=request, capture_output=True, text=True, check=True, cwd=ROOT)
    return _answer(answer.stdout)


class Lines:
    """A process that answers each line with a line."""

    def __init__(self, command: list[str], **environ: str) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, **environ},
        )  # fmt: skip

    def ask(self, line: str) -> str:
        """The answer; empty where the process is gone."""
        if self._process.stdin is None or self._process.stdout is None:
            return ""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


class Compiler:
    """A compiler that stays for many inputs: npm's build takes seconds to become quick. The native one does
    not, and is started for each."""

    def __init__(self) -> None:
        native = (ROOT / ".solcx" / _path().name).exists()
        self._lines = None if native else Lines([str(_path()), "--lines"])

    def run(self, request: str) -> dict[str, Any]:
        """As the function `run`; `request` is one line."""
        return run(request) if self._lines is None else _answer(self._lines.ask(request))

    def close(self) -> None:
        """End it."""
        if self._lines is not None:
            self._lines.close()


def _answer(text: str) -> dict[str, Any]:
    output: dict[str, Any] = json.loads(text)
    errors = [one["formattedMessage"] for one in output.get("errors", []) if one["severity"] == "error"]
    if errors:
        raise ValueError("\n".join(errors))
    return output


def compile_contract(
    name: str,
    changed: Mapping[str, str],
    *,
    metadata: bool = True,
    folder: str = "contracts",
    trial: bool = False,
    ask: Callable[[str], dict[str, Any]] = run,
) -> bytes:
    """Creation code of the contract `name` of a folder, `changed` replacing the sources of these paths;
    without the hash of the sources where `metadata` is False; as TRIAL says where `trial` is True. `ask` is
    `run`, or a Compiler's. Raises ValueError."""
    main = f"{folder}/{name}.sol"
    asked = settings() | (TRIAL if trial else {})
    asked["remappings"] = here(asked["remappings"])
    asked["outputSelection"] = {main: {name: ["evm.bytecode.object"]}}
    if not metadata:
        asked["metadata"] = {"bytecodeHash": "none"}
    # The compiler reads the rest as it is imported.
    sources = {main: {"content": (ROOT / main).read_text()}}
    sources |= {path: {"content": text} for path, text in changed.items()}
    output = ask(json.dumps({"language": "Solidity", "sources": sources, "settings": asked}))
    return bytes.fromhex(output["contracts"][main][name]["evm"]["bytecode"]["object"])
