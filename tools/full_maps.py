"""`python -m tools.full_maps`: compile with maps that reach every source file. `make coverage` does it first.

Brownie maps a contract's code to the sources of the contracts it inherits from and of the libraries it names
itself, and forgets the libraries and file-level functions that those use. What is compiled is the same; only
the maps differ. And it compiles by the older of the compiler's two pipelines: the maps of the other one leave
out many branches.
"""

from collections.abc import Iterator
from typing import Any

import solcast.main
from brownie import project
from brownie.project import compiler as brownie_compiler

from tools.compiler import TRIAL


def main() -> None:
    """Compile whatever build/contracts does not hold, with full maps. What it makes is not for deployment."""
    original, compiled = solcast.main.set_dependencies, brownie_compiler.compile_from_input_json
    solcast.main.set_dependencies = lambda units: add_imports(original(units))

    def in_trial(asked: dict[str, Any], *rest: Any, **named: Any) -> Any:
        """What Brownie notes is what it was asked for: else it would compile all of it anew."""
        return compiled({**asked, "settings": {**asked["settings"], **TRIAL}}, *rest, **named)

    brownie_compiler.compile_from_input_json = in_trial
    project.load(".").close()


def add_imports(units: list[Any]) -> list[Any]:
    """Add to each contract's dependencies a definition of every file that its file imports, however deep."""
    by_path = {unit.absolutePath: unit for unit in units}
    for unit in units:
        files = [by_path[path] for path in _imported(unit.absolutePath, by_path)]
        for contract in unit:
            if contract.nodeType != "ContractDefinition":
                continue
            known = {node.contract_id for node in [contract, *contract.dependencies]}
            for file in files:
                named = [node for node in file.nodes if getattr(node, "name", None)]
                if named and file.contract_id not in known:
                    contract.dependencies.append(named[0])
    return units


def _imported(path: str, by_path: dict[str, Any]) -> list[str]:
    found: set[str] = set()
    pending = [path]
    while pending:
        new = set(_imports(by_path[pending.pop()])) - found - {path}
        found |= new
        pending += sorted(new)
    return sorted(found)


def _imports(unit: Any) -> Iterator[str]:
    yield from (node.absolutePath for node in unit.nodes if node.nodeType == "ImportDirective")


if __name__ == "__main__":
    main()
