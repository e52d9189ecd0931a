"""Compiled contracts: ABIs and creation code, as Brownie's build folder holds them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eth_utils.abi import abi_to_signature
from eth_utils.crypto import keccak

from largesse.errors import LargesseError

BUILD = Path(__file__).resolve().parents[1] / "build"


class ArtifactError(LargesseError):
    """A contract has not been compiled."""


@dataclass(frozen=True, eq=False)
class Artifact:
    """One compiled contract; `creation_code` is empty for an interface."""

    name: str
    abi: tuple[dict[str, Any], ...]
    creation_code: bytes


def artifact(name: str, build: Path = BUILD) -> Artifact:
    """The contract or interface called `name`. Raises ArtifactError not_compiled, unlinked."""
    for folder in ("contracts", "interfaces"):
        path = build / folder / f"{name}.json"
        if path.is_file():
            stat = path.stat()
            return _load(path, name, stat.st_mtime_ns)
    raise ArtifactError("not_compiled", f"{name} is not compiled: run `brownie compile` first")


@cache
def _load(path: Path, name: str, _written_at: int) -> Artifact:
    content = json.loads(path.read_text(encoding="utf-8"))
    code = content.get("bytecode") or ""
    if "_" in code:
        raise ArtifactError("unlinked", f"{name} needs a library's address in its code")
    return Artifact(name, tuple(content["abi"]), bytes.fromhex(code.removeprefix("0x")))


def certificates_abi() -> tuple[dict[str, Any], ...]:
    """All that a GiftCertificates' address answers: its code is in two pieces, both behind that address.

    Of the contracts, not of the interface: Brownie compiles an interface again only when its own file has
    changed, not when one that it inherits from has. Raises ArtifactError.
    """
    return _abi_of("GiftCertificates", "CertificateBackOffice")


def jars_abi() -> tuple[dict[str, Any], ...]:
    """All that a StreamingTipEscrow's address answers, as `certificates_abi`. Raises ArtifactError."""
    return _abi_of("StreamingTipEscrow", "JarBackOffice")


def prepaid_abi() -> tuple[dict[str, Any], ...]:
    """All that a PrepaidAccounts answers. Raises ArtifactError."""
    return _abi_of("PrepaidAccounts")


def orders_abi() -> tuple[dict[str, Any], ...]:
    """All that a HeldOrders answers. Raises ArtifactError."""
    return _abi_of("HeldOrders")


def swaps_abi() -> tuple[dict[str, Any], ...]:
    """All that an AtomicSwaps answers. Raises ArtifactError."""
    return _abi_of("AtomicSwaps")


def payout_abi() -> tuple[dict[str, Any], ...]:
    """All that a UniswapV2Payout answers. Raises ArtifactError."""
    return _abi_of("UniswapV2Payout")


def items_abi() -> tuple[dict[str, Any], ...]:
    """All that an ItemShop answers. Raises ArtifactError."""
    return _abi_of("ItemShop")


def rewards_abi() -> tuple[dict[str, Any], ...]:
    """All that a RewardPools answers. Raises ArtifactError."""
    return _abi_of("RewardPools")


def market_abi() -> tuple[dict[str, Any], ...]:
    """All that a CertificateMarket answers. Raises ArtifactError."""
    return _abi_of("CertificateMarket")


def _abi_of(*pieces: str) -> tuple[dict[str, Any], ...]:
    return _joined(*map(artifact, pieces))


@cache  # the same ABI each time, of which web3 makes a contract once
def _joined(*pieces: Artifact) -> tuple[dict[str, Any], ...]:
    found: dict[str, dict[str, Any]] = {}
    for piece in pieces:
        item: Any
        for item in piece.abi:
            if item["type"] in ("function", "event", "error"):
                found.setdefault(f"{item['type']} {abi_to_signature(item)}", item)
    return tuple(found.values())


@cache
def known_errors(build: Path = BUILD) -> dict[bytes, dict[str, Any]]:
    """Every custom error of the compiled interfaces and contracts, by its selector (4 bytes)."""
    found: dict[bytes, dict[str, Any]] = {}
    for path in sorted(build.glob("interfaces/*.json")) + sorted(build.glob("contracts/*.json")):
        for item in json.loads(path.read_text(encoding="utf-8"))["abi"]:
            if item.get("type") == "error":
                found[keccak(text=abi_to_signature(item))[:4]] = item
    return found
