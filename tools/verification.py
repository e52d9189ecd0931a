"""What a block explorer asks for to show the sources of a deployment, written down and checked.

`python -m tools.verification --node URL` writes, for each contract of `deployments/<chain id>.json`, the
compiler's standard JSON input, and into `contracts.json` each one's address, name, compiler and constructor
arguments. It compiles what it has written with the project's compiler and compares the result with the code
on the chain, byte for byte, metadata included. What a constructor puts into the code (immutables) is compared
with what it must be. The exit code is 1 where anything differs, and the last lines name the contracts.
"""

from __future__ import annotations

import argparse
import json
import os
import posixpath
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from web3 import Web3

from largesse import deployment as deployments
from largesse.chain import Node
from largesse.deploying import factory_arguments
from largesse.deployment import CurrencyRecord, Deployment
from largesse.eip712 import Domain, keccak
from largesse.errors import LargesseError
from largesse.files import CHECKOUT, replace_file
from largesse.jars import scale_of
from largesse.parts import PARTS, first_created
from largesse.vouchers import MAX_DEPOSIT
from tools import compiler
from tools.compiler import ROOT

_IMPORT: Final = re.compile(r'^\s*import\b[^;"]*"([^"]+)"\s*;', re.MULTILINE)
_MICRO_DIGITS: Final = 6


class VerificationError(LargesseError):
    """Sources that do not compile, or a contract that this project does not have."""


@dataclass(frozen=True)
class Deployed:
    """One contract on a chain: its name, where it is, its constructor's arguments (ABI-encoded), and what its
    immutables must hold, by their names in the sources, as words of 32 bytes."""

    name: str
    address: str
    arguments: bytes
    words: Mapping[str, bytes]

    @property
    def path(self) -> str:
        """Its source."""
        return f"contracts/{self.name}.sol"


@dataclass(frozen=True)
class Compiled:
    """What the compiler makes of a written input. `holes`: for each immutable's name, where in the code its
    words of 32 bytes are."""

    code: bytes
    holes: Mapping[str, tuple[int, ...]]
    compiler: str


# ------------------------------------------------------------------------------------------------- deployment


def contracts_of(deployment: Deployment) -> tuple[Deployed, ...]:
    """Every contract of a deployment, those that were created by others included."""
    card_art, painter = _address(deployment.card_art), first_created(deployment.card_art)
    found = [
        Deployed("CardArt", deployment.card_art, b"", {"painter": _address(painter)}),
        Deployed("CardPainter", painter, b"", {}),
        Deployed("CertificateLens", deployment.lens, b"", {}),
        Deployed(
            "LargesseFactory", deployment.factory, factory_arguments(deployment.card_art),
            {"cardArt": card_art},
        ),
    ]  # fmt: skip
    for record in deployment.currencies:
        found += _of_currency(deployment, record)
    return tuple(found)


def _of_currency(deployment: Deployment, record: CurrencyRecord) -> Iterator[Deployed]:
    first = encode(["address", "address"], [record.token, deployment.card_art])
    common = {
        "_currency": _address(record.token),
        "_cardArt": _address(deployment.card_art),
        "_certificates": _address(record.certificates),
        "_CERTIFICATES": _address(record.certificates),
        "_scale": _word(scale_of(record.decimals)),
        **_micro_units(record.decimals),
    }

    def made(name: str, address: str, arguments: bytes, signs_as: str) -> Deployed:
        own = _own_words(deployment.chain_id, address, signs_as)
        return Deployed(name, address, arguments, common | own)

    yield made("GiftCertificates", record.certificates, first, "GiftCertificates")
    yield made("CertificateBackOffice", record.back_office, first, "GiftCertificates")
    then = encode(["address"], [record.certificates])
    for part in PARTS:
        address = record.part(part.name)
        yield made(part.contract, address, then, part.contract)
        if part.contract == "StreamingTipEscrow":
            yield made("JarBackOffice", first_created(address), then, part.contract)


def _own_words(chain_id: int, address: str, signs_as: str) -> dict[str, bytes]:
    domain = Domain(f"Largesse {signs_as}", "1", chain_id, address)
    own = _address(address)
    return {
        "backOffice": _address(first_created(address)),
        "_deployedAt": own,
        "_itself": own,
        "_cachedThis": own,
        "_cachedChainId": _word(chain_id),
        "_cachedNameHash": keccak(domain.name.encode()),
        "_cachedVersionHash": keccak(domain.version.encode()),
        "_cachedDomainSeparator": domain.separator,
    }


def _micro_units(decimals: int) -> dict[str, bytes]:
    """As PrepaidAccounts' constructor works them out."""
    unit = 10 ** max(0, decimals - _MICRO_DIGITS)
    return {"_unit": _word(unit), "_most": _word(min(MAX_DEPOSIT, (2**96 - 1) // unit))}


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _address(text: str) -> bytes:
    return bytes(12) + bytes.fromhex(text[2:])


# ------------------------------------------------------------------------------------------------------ input


def standard_input(name: str, root: Path = ROOT) -> dict[str, Any]:
    """The compiler's standard JSON input for one contract: its source, all that it imports, and the project's
    settings. Raises VerificationError no_source."""
    asked = compiler.settings()
    main = f"contracts/{name}.sol"
    asked["outputSelection"] = {
        main: {name: ["abi", "metadata", "evm.bytecode.object", "evm.deployedBytecode"]},
        "*": {"": ["ast"]},
    }
    return {
        "language": "Solidity",
        "sources": {
            path: {"content": text} for path, text in sorted(_sources(main, asked["remappings"], root))
        },
        "settings": asked,
    }


def _sources(main: str, remappings: Sequence[str], root: Path) -> Iterator[tuple[str, str]]:
    seen, open_paths = {main}, [main]
    while open_paths:
        path = open_paths.pop()
        try:
            text = (root / path).read_text(encoding="utf-8")
        except OSError as error:
            raise VerificationError("no_source", f"{path} can't be read: {error}") from error
        yield path, text
        for named in _IMPORT.findall(text):
            target = _resolved(named, path, remappings)
            if target not in seen:
                seen.add(target)
                open_paths.append(target)


def _resolved(named: str, importer: str, remappings: Sequence[str]) -> str:
    if named.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(importer), named))
    for entry in remappings:
        prefix, _, target = entry.partition("=")
        if named.startswith(prefix):
            return target + named[len(prefix) :]
    return named


# -------------------------------------------------------------------------------------------------- compiling


def compile_input(path: Path, name: str) -> Compiled:
    """Compile a written input. Raises VerificationError not_compiled, incomplete."""
    written = path.read_text(encoding="utf-8")
    try:
        output = compiler.run(written)
    except ValueError as error:
        raise VerificationError("not_compiled", f"{path.name}: {error}") from error
    contract = output["contracts"][f"contracts/{name}.sol"][name]
    deployed = contract["evm"]["deployedBytecode"]
    names = dict(_immutables(output["sources"]))
    holes: dict[str, tuple[int, ...]] = {}
    for number, places in deployed.get("immutableReferences", {}).items():
        name_of = names[int(number)]
        holes[name_of] = holes.get(name_of, ()) + tuple(place["start"] for place in places)
    metadata = json.loads(contract["metadata"])
    # What an input lacks the compiler may have found beside it; an explorer would not.
    if lacks := metadata["sources"].keys() - json.loads(written)["sources"].keys():
        raise VerificationError("incomplete", f"{path.name} lacks {', '.join(sorted(lacks))}")
    return Compiled(bytes.fromhex(deployed["object"]), holes, f"v{metadata['compiler']['version']}")


def _immutables(sources: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Number and name of each immutable of the syntax trees."""
    for source in sources.values():
        for unit in source["ast"]["nodes"]:
            for node in unit.get("nodes", ()):
                if node["nodeType"] == "VariableDeclaration" and node["mutability"] == "immutable":
                    yield node["id"], node["name"]


# -------------------------------------------------------------------------------------------------- comparing


def differences(deployed: Deployed, compiled: Compiled, found: bytes) -> tuple[str, ...]:
    """What is different in the code that was found on the chain, in words; nothing if it is the same."""
    if not found:
        return (f"there is no code at {deployed.address}",)
    expected = bytearray(compiled.code)
    told = []
    for name, places in compiled.holes.items():
        for place in places:
            word = found[place : place + 32]
            expected[place : place + 32] = word
            if name not in deployed.words:
                told.append(f"what {name} must be is not known here")
            elif word != deployed.words[name]:
                told.append(f"{name} is 0x{word.hex()}, and must be 0x{deployed.words[name].hex()}")
    if found != bytes(expected):
        told.append(_code_difference(bytes(expected), found))
    return tuple(dict.fromkeys(told))


def _code_difference(expected: bytes, found: bytes) -> str:
    if len(expected) != len(found):
        return f"{len(found)} bytes of code, and {len(expected)} were compiled"
    place = next(i for i, (one, other) in enumerate(zip(expected, found, strict=True)) if one != other)
    metadata = len(expected) - int.from_bytes(expected[-2:], "big") - 2
    where = "only in the metadata: names, comments or settings" if place >= metadata else "in the code"
    return f"other bytes from byte {place:,} on, {where}"


# ------------------------------------------------------------------------------------------------------- main


def verify(
    node: Node, deployment: Deployment, folder: Path, only: Sequence[str] = ()
) -> dict[str, list[str]]:
    """Write, compile and compare; what differs, by contract and address. `only`: these contracts (all).

    Raises VerificationError unknown_contract, no_source, not_compiled.
    """
    every = contracts_of(deployment)
    if unknown := set(only) - {one.name for one in every}:
        raise VerificationError("unknown_contract", f"not deployed: {', '.join(sorted(unknown))}")
    chosen = [one for one in every if not only or one.name in only]
    folder.mkdir(parents=True, exist_ok=True)
    compiled: dict[str, Compiled] = {}
    rows, wrong = [], {}
    for one in chosen:
        path = folder / f"{one.name}.json"
        if one.name not in compiled:
            replace_file(path, json.dumps(standard_input(one.name), indent=1).encode())
            compiled[one.name] = compile_input(path, one.name)
        found = bytes(node.web3.eth.get_code(Web3.to_checksum_address(one.address)))
        told = list(differences(one, compiled[one.name], found))
        rows.append(
            {
                "contract": f"{one.path}:{one.name}",
                "address": one.address,
                "input": path.name,
                "compiler": compiled[one.name].compiler,
                "constructor_arguments": one.arguments.hex(),
                "differs": told,
            }
        )
        print(f"{'differs' if told else 'same':<8}{one.address}  {one.path}:{one.name}", flush=True)
        if told:
            wrong[f"{one.name} at {one.address}"] = told
    replace_file(folder / "contracts.json", (json.dumps(rows, indent=1) + "\n").encode())
    return wrong


def main(given: Sequence[str] | None = None) -> int:
    """The exit code: 0, or 1 where a contract differs or can't be compared; the last lines say which."""
    parser = argparse.ArgumentParser("python -m tools.verification", description="For block explorers.")
    parser.add_argument("--node", required=True, metavar="URL", help="its HTTP address")
    parser.add_argument("--only", default="", metavar="NAMES", help="contracts, with commas (default: all)")
    told = parser.parse_args(given)
    state = Path(os.environ.get("LARGESSE_STATE", CHECKOUT))
    try:
        node = Node.at(told.node)
        deployment = deployments.load(state / "deployments", node)
        folder = state / "out" / "verification" / str(node.chain_id)
        wrong = verify(node, deployment, folder, [one for one in told.only.split(",") if one])
    except LargesseError as error:
        print(f"{error} [{error.reason}]", file=sys.stderr)
        return 1
    for name, problems in wrong.items():
        print(f"{name}: {'; '.join(problems)}", file=sys.stderr)
    if not wrong:
        print(f"written to {folder}: the code on chain {node.chain_id} is what these sources compile to")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
