"""EIP-712 messages of CertificateSales."""

from __future__ import annotations

from dataclasses import dataclass

from largesse.eip712 import Message, solidity


@dataclass(frozen=True)
class Coupon(Message):
    """A promotion's coupon signer grants one purchase of at most ``max_face`` to ``buyer``, on the word of
    ``referrer`` (the zero address for none)."""

    promotion_id: int = solidity("uint256")
    coupon_id: int = solidity("uint256")
    buyer: str = solidity("address")
    referrer: str = solidity("address")
    max_face: int = solidity("uint96")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Receipt(Message):
    """The issuer took a payment outside of the chain: ``payer`` may issue ``amount`` to ``recipient`` for it,
    once."""

    series_id: int = solidity("uint256")
    recipient: str = solidity("address")
    amount: int = solidity("uint96")
    payer: str = solidity("address")
    payment_id: bytes = solidity("bytes32")
    deadline: int = solidity("uint40")
