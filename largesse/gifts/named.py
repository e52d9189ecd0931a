"""A batch of gift subscriptions that names its recipients, for a file: whoever is named claims out of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from largesse.addresses import ZERO_ADDRESS, parse_address
from largesse.errors import LargesseError
from largesse.gifts.subscriptions import GiftSubscriptions, Place, Tree, build
from largesse.holdings import SignedPartError
from largesse.jars import JarError

_NUMBERS = ("tier", "version", "rate", "count", "amount_each", "reclaim_at", "salt")


@dataclass(frozen=True)
class NamedGifts:
    """A batch and the accounts it is for, in their order. Raises JarError bad_gift (not this batch's)."""

    gifts: GiftSubscriptions
    accounts: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.tree.root != self.gifts.root or len(self.accounts) != self.gifts.count:
            raise JarError("bad_gift", "these accounts are not the ones that the batch was paid for")

    @cached_property
    def tree(self) -> Tree:
        """What proves that an account is named."""
        return _tree(self.accounts)

    def index_of(self, account: str) -> int:
        """The number of an account's gift. Raises JarError no_such_gift."""
        if account not in self.accounts:
            raise JarError("no_such_gift", f"{account} is not among the {len(self.accounts)} named accounts")
        return self.accounts.index(account)

    def to_json(self, symbol: str) -> str:
        """A text for a file, with the currency's symbol; numbers as texts."""
        gifts = {name: str(value) for name, value in asdict(self.gifts).items() if name != "root"}
        return json.dumps({"currency": symbol, "accounts": self.accounts, **gifts}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> tuple[str, NamedGifts]:
        """The currency's symbol and the batch. Raises SignedPartError bad_batch."""
        try:
            content = json.loads(text)
            if not all(content[name].isascii() and content[name].isdigit() for name in _NUMBERS):
                raise ValueError("a number is not written in plain digits")
            accounts = tuple(map(parse_address, content["accounts"]))
            numbers = {name: int(content[name]) for name in _NUMBERS}
            payer, creator = parse_address(content["payer"]), parse_address(content["creator"])
            gifts = GiftSubscriptions(payer=payer, creator=creator, root=_tree(accounts).root, **numbers)
            gifts.batch_id()
            return str(content["currency"]), cls(gifts, accounts)
        except (ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise SignedPartError("bad_batch", f"this is no batch of named gifts: {error}") from error


def name_gifts(gifts: GiftSubscriptions, accounts: Sequence[str]) -> NamedGifts:
    """The batch with one gift for each account. Raises JarError no_gifts, too_many_gifts, bad_gift."""
    if len(set(accounts)) != len(accounts):
        raise JarError("bad_gift", "an account is named twice: its second gift would wait for its first")
    return NamedGifts(replace(gifts, count=len(accounts), root=_tree(accounts).root), tuple(accounts))


def _tree(accounts: Sequence[str]) -> Tree:
    return build([Place(index, ZERO_ADDRESS, account) for index, account in enumerate(accounts)])
