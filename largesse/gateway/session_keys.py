"""Session keys: what an agent or a device holds to spend one prepaid account, and nothing else.

A session is a file that only its owner can read: the account it pays from, its key, and how far the purse
may go. Who takes the file can spend what is in the account, for calls of the one seller it was opened for;
never more, and nothing of the owner's.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from largesse.addresses import parse_address
from largesse.eip712 import accounts_domain, address_of
from largesse.errors import LargesseError
from largesse.files import create_file
from largesse.gateway.purse import PaidAccount, Purse

_FORMAT: Final = "largesse/session"


class SessionKeyError(LargesseError):
    """A session file that can't be used."""


@dataclass(frozen=True)
class SessionKey:
    """An account and the key (32 bytes) that signs its vouchers; `decimals` are the currency's."""

    account: PaidAccount
    key: bytes = field(repr=False)
    symbol: str
    decimals: int

    @property
    def address(self) -> str:
        """What the account knows as its signer."""
        return address_of(self.key)

    def purse(
        self, *, budget: int, most_per_call: int | None = None, state: Path | None = None, begin: int = 0
    ) -> Purse:
        """A purse over it, with at most `budget` micro-units to spend in all, `begin` among them."""
        domain = accounts_domain(self.account.chain_id, self.account.contract)
        return Purse(
            self.account, self.key, domain,
            budget=budget, most_per_call=most_per_call, state=state, begin=begin,
        )  # fmt: skip

    def write(self, path: Path) -> None:
        """Put it where only the owner of the file can read it. Raises SessionKeyError exists."""
        kept = {
            "format": _FORMAT,
            **asdict(self.account),
            "index": str(self.account.index),
            "key": "0x" + self.key.hex(),
            "symbol": self.symbol,
            "decimals": self.decimals,
        }
        try:
            create_file(path, json.dumps(kept, indent=2).encode())
        except FileExistsError as error:
            raise SessionKeyError("exists", f"{path.name} is there already: take another name") from error

    @classmethod
    def read(cls, path: Path) -> SessionKey:
        """Raises SessionKeyError malformed."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["format"] != _FORMAT:
                raise ValueError(f"its format is {kept['format']!r}")
            account = PaidAccount(
                int(kept["chain_id"]),
                parse_address(kept["contract"]),
                parse_address(kept["currency"]),
                parse_address(kept["counterparty"]),
                int(kept["index"]),
            )
            key = bytes.fromhex(kept["key"].removeprefix("0x"))
            if len(key) != 32:
                raise ValueError(f"its key has {len(key)} bytes")
            return cls(account, key, str(kept["symbol"]), int(kept["decimals"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise SessionKeyError("malformed", f"{path} is no session: {error}") from error


def new_session_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(32)
