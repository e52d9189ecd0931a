"""EIP-712 messages of x402's batch settlement: channels, and what their payers sign. Sums are base units."""

from __future__ import annotations

from dataclasses import dataclass

from largesse.eip712 import Message, solidity


@dataclass(frozen=True)
class ChannelConfig(Message):
    """A channel, whose EIP-712 digest is its id."""

    payer: str = solidity("address")
    payer_authorizer: str = solidity("address")
    receiver: str = solidity("address")
    receiver_authorizer: str = solidity("address")
    token: str = solidity("address")
    withdraw_delay: int = solidity("uint40")
    salt: bytes = solidity("bytes32")


@dataclass(frozen=True)
class Voucher(Message):
    """The payer's word: up to this sum, in base units and in all, may be claimed from the channel."""

    channel_id: bytes = solidity("bytes32")
    max_claimable_amount: int = solidity("uint128")
