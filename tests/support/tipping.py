"""What whole stories about tips share: people who begin with nothing, batches of gift subscriptions, and
time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brownie.project import get_loaded_projects

from largesse.eip712 import keccak, sign_digest
from tests.fixtures.accounts import container
from tests.support.certificates import DAY, World
from tests.support.jars import Jars, Tree, gift_batch_id, gift_leaf

MONTH = 30 * DAY
"""What a tier's price is for."""
FOREVER = 2**40 - 1
"""A deadline that no story reaches."""


def deploy_jars(world: World) -> Jars:
    """The escrow of a world whose people have no money yet."""
    deployed = container("StreamingTipEscrow").deploy(world.certificates, {"from": world.deployer})
    # Registered, so that traces and coverage find its source.
    back_office = container("JarBackOffice").at(deployed.backOffice())
    escrow = get_loaded_projects()[0].interface.IStreamingTipEscrow(deployed.address)
    return Jars(world, escrow, deployed, back_office)


def rate_of(jars: Jars, price_per_month: int) -> int:
    """The rate of a tier at this price, rounded down."""
    return price_per_month * jars.scale // MONTH


@dataclass(frozen=True)
class Gifts:
    """A batch of gift subscriptions and its tree: `places[i]` is the (key, account) of index i."""

    payer: str
    creator: str
    tier: int
    version: int
    rate: int
    amount_each: int
    reclaim_at: int
    places: tuple[tuple[str, str], ...]
    salt: int = 0

    @property
    def leaves(self) -> list[bytes]:
        return [gift_leaf(index, key, account) for index, (key, account) in enumerate(self.places)]

    @property
    def struct(self) -> tuple[Any, ...]:
        """As the contract takes `GiftSubscriptions`."""
        return (
            self.payer,
            self.creator,
            self.tier,
            self.version,
            self.rate,
            len(self.places),
            self.amount_each,
            self.reclaim_at,
            Tree(self.leaves).root,
            self.salt,
        )

    @property
    def id(self) -> bytes:
        return gift_batch_id(self.struct)

    def claim(self, jars: Jars, index: int, account: object, secret: bytes | None = None) -> tuple[Any, ...]:
        """The arguments of `claimSubscription`; with the link's private key where the gift is by link."""
        key, named = self.places[index]
        signature = b""
        if secret is not None:
            digest = jars.digest("GiftSubscriptionClaim", self.id, index, str(account))
            signature = sign_digest(digest, secret)
        return (self.struct, index, key, named, Tree(self.leaves).proof(index), str(account), signature)


def handle_tip(
    payer: Any, handle: str, attestor: Any, amount: int, reclaim_at: int, salt: int = 0
) -> tuple[Any, ...]:
    """A `HandleTip`."""
    return (str(payer), keccak(handle.encode()), str(attestor), amount, reclaim_at, salt)
