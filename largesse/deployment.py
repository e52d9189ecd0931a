"""What is deployed on one chain, and the record of it that the scripts keep.

`largesse.deploying` makes and checks it, `largesse.parts` says of what it consists.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from largesse.chain import Node
from largesse.errors import LargesseError
from largesse.files import lock_folder, replace_file

FORMAT: Final = "largesse/deployment"
VERSION: Final = 2
"""1 knew certificates and sales only, from another factory."""


class DeploymentError(LargesseError):
    """A deployment that is not there, not whole, or not what it should be."""


@dataclass(frozen=True)
class CurrencyRecord:
    """One currency: its token, the GiftCertificates over it, whose logs begin in `block`, and the addresses
    of the other parts by their names in the factory."""

    symbol: str
    token: str
    decimals: int
    certificates: str
    back_office: str
    block: int
    parts: dict[str, str]

    def part(self, name: str) -> str:
        """Address of the part called `name` ("sales"). Raises DeploymentError unknown_part."""
        if name not in self.parts:
            known = ", ".join(self.parts) or "none"
            raise DeploymentError(
                "unknown_part", f"{self.symbol} has no part {name!r} here; there are: {known}"
            )
        return self.parts[name]


@dataclass(frozen=True)
class SeriesRecord:
    """A series by the name its manifest gives it; `symbol` is its currency's."""

    name: str
    symbol: str
    series_id: int
    face: int


@dataclass(frozen=True)
class Deployment:
    """What is deployed on one chain. `genesis` is block 0's hash: development chains all have one id."""

    chain_id: int
    genesis: str
    card_art: str
    lens: str
    factory: str
    currencies: tuple[CurrencyRecord, ...] = ()
    series: tuple[SeriesRecord, ...] = ()

    def currency(self, symbol: str) -> CurrencyRecord:
        """The currency called `symbol`. Raises DeploymentError unknown_currency."""
        for one in self.currencies:
            if one.symbol == symbol:
                return one
        known = ", ".join(one.symbol for one in self.currencies) or "none"
        raise DeploymentError("unknown_currency", f"{symbol!r} is no currency here; there are: {known}")

    def with_all_of(self, other: Deployment) -> Deployment:
        """This one, and what another record of the same contracts has besides. Raises DeploymentError
        symbol_taken."""
        found = self
        for one in other.currencies:
            same = next((mine for mine in self.currencies if mine.symbol == one.symbol), None)
            if same is None:
                found = replace(found, currencies=(*found.currencies, one))
            elif same.token != one.token:
                raise DeploymentError(
                    "symbol_taken",
                    f"{one.token}, which calls itself {one.symbol} too, was written down meanwhile: give "
                    f"{same.token} a record of its own (LARGESSE_STATE=<folder>)",
                )
        for record in other.series:
            found = found.with_series(record)
        return found

    def with_series(self, record: SeriesRecord) -> Deployment:
        """This deployment with one more named series; one of the same name is replaced."""
        others = tuple(one for one in self.series if one.name != record.name)
        return replace(self, series=(*others, record))


def record_path(folder: Path, chain_id: int) -> Path:
    """Where a chain's deployment is written down."""
    return folder / f"{chain_id}.json"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Records in this folder are read and written anew by one command at a time; the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = lock_folder(folder, waits=True)
    try:
        yield
    finally:
        os.close(descriptor)


def add_series(folder: Path, node: Node, record: SeriesRecord) -> Deployment:
    """Write a series down beside all that is in the record by now. Raises as `load`."""
    with alone(folder):
        deployment = load(folder, node).with_series(record)
        save(folder, deployment)
    return deployment


def save(folder: Path, deployment: Deployment) -> Path:
    """Write the record in one step: a crash leaves the old one or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = record_path(folder, deployment.chain_id)
    document = {"format": FORMAT, "version": VERSION, **asdict(deployment)}
    replace_file(path, (json.dumps(document, indent=1) + "\n").encode("ascii"))
    return path


def load(folder: Path, node: Node) -> Deployment:
    """The record of the node's chain.

    Raises DeploymentError: not_deployed, bad_record, old_record (an older release's), other_chain (a
    development chain that is gone).
    """
    path = record_path(folder, node.chain_id)
    if not path.is_file():
        raise DeploymentError(
            "not_deployed",
            f"nothing is deployed on chain {node.chain_id} yet: `brownie run deploy` comes first",
        )
    try:
        document = json.loads(path.read_text(encoding="ascii"))
        written = document.pop("format"), document.pop("version")
        if written[0] == FORMAT and written[1] in range(1, VERSION):
            raise DeploymentError("old_record", _old(path, written[1]))
        if written != (FORMAT, VERSION):
            raise ValueError(f"another format or version, {written[0]!r} {written[1]!r}")
        document["currencies"] = tuple(_currency(one) for one in document["currencies"])
        document["series"] = tuple(SeriesRecord(**one) for one in document["series"])
        deployment = Deployment(**document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DeploymentError("bad_record", f"{path.name} is no record of a deployment: {error}") from error
    if deployment.genesis != node.genesis:
        raise DeploymentError(
            "other_chain",
            f"{path.name} is of another chain with the id {node.chain_id}. On a development chain the record "
            "is of a chain that is gone, and so is what lies in out/: `brownie run deploy` writes a new "
            "record; on a live chain keep this one under another name first",
        )
    return deployment


def _old(path: Path, version: int) -> str:
    return (
        f"{path.name} is an older release's (version {version}, this one's is {VERSION}), whose contracts "
        "have other addresses and work with that release: keep it under another name, then "
        "`brownie run deploy` writes a new one"
    )


def _currency(row: dict[str, Any]) -> CurrencyRecord:
    parts = row["parts"]
    if not (isinstance(parts, dict) and all(isinstance(where, str) for where in parts.values())):
        raise ValueError("the parts of a currency are addresses by name")
    return CurrencyRecord(**row)
