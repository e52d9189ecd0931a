"""A pytest plugin: the tests deploy a mutant's code. LARGESSE_MUTANT names a JSON file of contracts and their
creation code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Once Brownie has loaded the project, before the first test."""
    from brownie.project import get_loaded_projects

    (project,) = get_loaded_projects()
    for name, code in json.loads(Path(os.environ["LARGESSE_MUTANT"]).read_text()).items():
        container = project[name]
        container.bytecode = container._build["bytecode"] = code
