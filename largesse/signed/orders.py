"""EIP-712 messages of HeldOrders. Amounts are base units of the currency."""

from __future__ import annotations

from dataclasses import dataclass

from largesse.eip712 import Message, solidity


@dataclass(frozen=True)
class OpenOrder(Message):
    """The buyer opens an order with ``amount``; at its end what is left is the seller's or comes back."""

    buyer: str = solidity("address")
    seller: str = solidity("address")
    number: int = solidity("uint64")
    ends_at: int = solidity("uint40")
    to_seller: bool = solidity("bool")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class ConfirmOrder(Message):
    """The buyer has what it was to have for ``amount``: the seller is paid."""

    buyer: str = solidity("address")
    seller: str = solidity("address")
    number: int = solidity("uint64")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class RefundOrder(Message):
    """The seller gives ``amount`` back."""

    buyer: str = solidity("address")
    seller: str = solidity("address")
    number: int = solidity("uint64")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")
