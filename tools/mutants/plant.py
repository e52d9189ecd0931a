"""A pytest plugin: the tests deploy a mutant's code, on the node and on the chain in their own process.
LARGESSE_MUTANT names a JSON file of contracts and their creation code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.stateful import evm

CODES: dict[str, str] = json.loads(Path(os.environ["LARGESSE_MUTANT"]).read_text())
_built = evm.bytecode


def _planted(contract: str) -> bytes:
    return bytes.fromhex(CODES[contract]) if contract in CODES else _built(contract)


# Before any test module takes it from there.
evm.bytecode = _planted  # type: ignore[assignment]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Once Brownie has loaded the project, before the first test."""
    from brownie.project import get_loaded_projects

    (project,) = get_loaded_projects()
    for name, code in CODES.items():
        container = project[name]
        container.bytecode = container._build["bytecode"] = code
