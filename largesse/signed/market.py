"""EIP-712 messages of CertificateMarket: what sellers sign.

Amounts are base units of the currency: `amount` of face, `price` of money.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from largesse.eip712 import Domain, Message, solidity


def market_domain(chain_id: int, market: str) -> Domain:
    """Domain of the CertificateMarket at this address."""
    return Domain("Largesse CertificateMarket", "1", chain_id, market)


@dataclass(frozen=True)
class Offer(Message):
    """The seller sells ``amount`` of face for ``price``, in parts of at least ``minimum``; the buyer pays the
    ``referrer`` (the zero address for nobody) ``referrer_share`` on top."""

    seller: str = solidity("address")
    series_id: int = solidity("uint256")
    amount: int = solidity("uint96")
    price: int = solidity("uint96")
    minimum: int = solidity("uint96")
    referrer: str = solidity("address")
    referrer_share: int = solidity("uint96")
    nonce: int = solidity("uint64")
    epoch: int = solidity("uint64")
    expires_at: int = solidity("uint40")

    def values(self) -> tuple[Any, ...]:
        """As the contract takes it: `ICertificateMarket.Offer`."""
        return astuple(self)

    def cost(self, amount: int) -> tuple[int, int]:
        """What a buyer of ``amount`` pays the seller and the referrer: each part rounded up."""
        share = self.referrer_share if int(self.referrer, 16) else 0
        return -(-self.price * amount // self.amount), -(-share * amount // self.amount)


@dataclass(frozen=True)
class CancelOffer(Message):
    """The seller voids the offers with ``nonce``."""

    seller: str = solidity("address")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class CancelAllOffers(Message):
    """The seller voids every offer of ``epoch``, and begins the next."""

    seller: str = solidity("address")
    epoch: int = solidity("uint64")
    deadline: int = solidity("uint40")
