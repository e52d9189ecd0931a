"""EIP-712 messages of CertificateMarket. Amounts are base units of the currency."""

from __future__ import annotations

from dataclasses import dataclass

from largesse.signing import Message, solidity


@dataclass(frozen=True)
class Offer(Message):
    """The seller offers ``amount`` of face for ``price`` in all, in parts of ``minimum`` or more."""

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

    def as_tuple(self) -> tuple[str, int, int, int, int, str, int, int, int, int]:
        """As the contract takes it."""
        return (
            self.seller, self.series_id, self.amount, self.price, self.minimum, self.referrer,
            self.referrer_share, self.nonce, self.epoch, self.expires_at,
        )  # fmt: skip


@dataclass(frozen=True)
class CancelOffer(Message):
    """The seller voids its offers with this nonce."""

    seller: str = solidity("address")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class CancelAllOffers(Message):
    """The seller voids all offers of its present epoch."""

    seller: str = solidity("address")
    epoch: int = solidity("uint64")
    deadline: int = solidity("uint40")
