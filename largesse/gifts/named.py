"""A batch of gift subscriptions that names its recipients, for a file: whoever is named claims out of it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from largesse.addresses import ZERO_ADDRESS, address_from_bytes, parse_address
from largesse.errors import LargesseError
from largesse.gifts.subscriptions import GiftSubscriptions, Place, Tree, build
from largesse.holdings import SignedPartError
from largesse.jars import JarError

_NUMBERS = ("tier", "version", "rate", "count", "amount_each", "reclaim_at", "salt")


@dataclass(frozen=True)
class NamedGifts:
    """A batch and its gifts, in their order. Raises JarError bad_gift (not this batch's).

    Each has a random key, which signs nothing: without it nobody finds out by trying whom the batch's root
    names, or starts a gift. Batches of before have none: theirs is the zero address.
    """

    gifts: GiftSubscriptions
    places: tuple[Place, ...]

    def __post_init__(self) -> None:
        if self.tree.root != self.gifts.root or len(self.places) != self.gifts.count:
            raise JarError("bad_gift", "these accounts are not the ones that the batch was paid for")

    @cached_property
    def tree(self) -> Tree:
        """What proves that an account is named."""
        return build(self.places)

    def place_of(self, account: str) -> Place:
        """An account's gift. Raises JarError no_such_gift."""
        for place in self.places:
            if place.account == account:
                return place
        raise JarError("no_such_gift", f"{account} is not among the {len(self.places)} named accounts")

    def to_json(self, symbol: str) -> str:
        """A text for a file, with the currency's symbol; numbers as texts. Whoever has it can start each of
        the gifts."""
        gifts = {name: str(value) for name, value in asdict(self.gifts).items() if name != "root"}
        accounts, keys = ([getattr(place, name) for place in self.places] for name in ("account", "key"))
        return json.dumps({"currency": symbol, "accounts": accounts, "keys": keys, **gifts}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> tuple[str, NamedGifts]:
        """The currency's symbol and the batch. Raises SignedPartError bad_batch."""
        try:
            content = json.loads(text)
            if not all(content[name].isascii() and content[name].isdigit() for name in _NUMBERS):
                raise ValueError("a number is not written in plain digits")
            accounts = [parse_address(account) for account in content["accounts"]]
            keys = content.get("keys", [ZERO_ADDRESS] * len(accounts))
            places = _places(accounts, [parse_address(key, allow_zero=True) for key in keys])
            numbers = {name: int(content[name]) for name in _NUMBERS}
            payer, creator = parse_address(content["payer"]), parse_address(content["creator"])
            gifts = GiftSubscriptions(payer=payer, creator=creator, root=build(places).root, **numbers)
            gifts.batch_id()
            return str(content["currency"]), cls(gifts, places)
        except (ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise SignedPartError("bad_batch", f"this is no batch of named gifts: {error}") from error


def name_gifts(gifts: GiftSubscriptions, accounts: Sequence[str]) -> NamedGifts:
    """The batch with one gift for each account, under a new key each. Raises JarError no_gifts,
    too_many_gifts, bad_gift."""
    if len(set(accounts)) != len(accounts):
        raise JarError("bad_gift", "an account is named twice: its second gift would wait for its first")
    places = _places(accounts, [address_from_bytes(secrets.token_bytes(20)) for _ in accounts])
    return NamedGifts(replace(gifts, count=len(places), root=build(places).root), places)


def _places(accounts: Sequence[str], keys: Sequence[str]) -> tuple[Place, ...]:
    """One gift for each account, under its key. Raises ValueError where there are more of one than of the
    other."""
    pairs = zip(keys, accounts, strict=True)
    return tuple(Place(index, key, account) for index, (key, account) in enumerate(pairs))
