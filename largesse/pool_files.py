"""Where a pool is, for a file that sponsor, attester and readers share: nothing in it is secret."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from largesse.addresses import parse_address
from largesse.clients.rewards import Rewards
from largesse.errors import LargesseError
from largesse.files import create_file

_FORMAT: Final = "largesse/pool"


class PoolFileError(LargesseError):
    """A pool's file that can't be used."""


@dataclass(frozen=True)
class PoolFile:
    """A pool of the RewardPools at `contract`, whose currency is known as `symbol`."""

    chain_id: int
    contract: str
    symbol: str
    pool_id: bytes

    def write(self, path: Path) -> None:
        """Raises PoolFileError exists."""
        kept = {
            "format": _FORMAT,
            "chain_id": self.chain_id,
            "contract": self.contract,
            "currency": self.symbol,
            "pool": "0x" + self.pool_id.hex(),
        }
        try:
            create_file(path, json.dumps(kept, indent=1).encode())
        except FileExistsError as error:
            raise PoolFileError("exists", f"{path.name} is there already: take another name") from error

    @classmethod
    def read(cls, path: Path) -> PoolFile:
        """Raises PoolFileError malformed."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["format"] != _FORMAT:
                raise ValueError(f"its format is {kept['format']!r}")
            pool_id = bytes.fromhex(kept["pool"].removeprefix("0x"))
            if len(pool_id) != 32:
                raise ValueError(f"its pool's id has {len(pool_id)} bytes")
            return cls(int(kept["chain_id"]), parse_address(kept["contract"]), str(kept["currency"]), pool_id)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise PoolFileError("malformed", f"{path.name} is no pool's file: {error}") from error

    def check(self, rewards: Rewards) -> None:
        """Raise PoolFileError elsewhere where this is a pool of another chain or contract."""
        here = rewards.node.chain_id, rewards.address
        if (self.chain_id, self.contract) != here:
            raise PoolFileError(
                "elsewhere",
                f"the pool is on chain {self.chain_id} at {self.contract}, not on {here[0]} at {here[1]}",
            )
