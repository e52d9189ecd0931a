"""What is followed of a deployment: the factory, every part of every currency, and the currencies' transfers.

A row of `largesse.parts` is all that a new contract needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from largesse.artifacts import artifact
from largesse.deployment import Deployment
from largesse.errors import LargesseError
from largesse.parts import CERTIFICATES, PARTS
from largesse.tokens import TRANSFER as _TRANSFER

FACTORY: Final = "factory"
"""The part that belongs to no currency: its symbol is ""."""
CURRENCY: Final = "token"
"""A currency's ERC-20, of which only transfers from and to the currency's own parts are followed."""

TRANSFER: Final = "0x" + _TRANSFER.hex()
TRANSFER_ABI: Final[tuple[dict[str, Any], ...]] = (
    {
        "type": "event",
        "name": "Transfer",
        "anonymous": False,
        "inputs": [
            {"name": "from", "type": "address", "indexed": True},
            {"name": "to", "type": "address", "indexed": True},
            {"name": "value", "type": "uint256", "indexed": False},
        ],
    },
)

_CONTRACTS: Final = {FACTORY: "LargesseFactory", CERTIFICATES: "GiftCertificates"} | {
    part.name: part.contract for part in PARTS
}


class IndexerError(LargesseError):
    """Events that can't be followed, or not be read, as asked."""


@dataclass(frozen=True)
class Watched:
    """One contract whose events are followed, from block `first` on."""

    symbol: str
    part: str
    address: str
    first: int
    abi: Sequence[dict[str, Any]]


def watched(deployment: Deployment) -> tuple[Watched, ...]:
    """All of a deployment. Raises IndexerError unknown_part, ArtifactError not_compiled."""
    return tuple(_watched(deployment))


def abi_of(part: str) -> Sequence[dict[str, Any]]:
    """The ABI behind a part's address. Raises IndexerError unknown_part, ArtifactError not_compiled."""
    if part == CURRENCY:
        return TRANSFER_ABI
    if part not in _CONTRACTS:
        known = ", ".join(_CONTRACTS)
        raise IndexerError("unknown_part", f"this release knows no part {part!r}; it knows {known}")
    return artifact(_CONTRACTS[part]).abi


def _watched(deployment: Deployment) -> Iterator[Watched]:
    first = min((one.block for one in deployment.currencies), default=0)
    yield Watched("", FACTORY, deployment.factory, first, abi_of(FACTORY))
    for one in deployment.currencies:
        yield Watched(one.symbol, CURRENCY, one.token, one.block, TRANSFER_ABI)
        for part, address in {CERTIFICATES: one.certificates, **one.parts}.items():
            yield Watched(one.symbol, part, address, one.block, abi_of(part))
