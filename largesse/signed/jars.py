"""EIP-712 messages of StreamingTipEscrow, and the currency's own that pay it by one signature.

An action that moves money can be consented to in two ways (`ICustodyTypes.Consent`): by signing the message
under the escrow's domain, with money from an allowance; or by signing the currency's
`ReceiveWithAuthorization` whose nonce is the message's digest, which pays too.

Sources: EIP-712, EIP-2612 (permit), EIP-3009 (payment by signature).
"""

from __future__ import annotations

from dataclasses import dataclass

from largesse.eip712 import Message, solidity


@dataclass(frozen=True)
class OpenStream(Message):
    """The payer opens a stream of ``rate`` scaled units per second with ``amount`` base units."""

    payer: str = solidity("address")
    jar_id: int = solidity("uint256")
    index: int = solidity("uint256")
    rate: int = solidity("uint80")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class TopUpStream(Message):
    """``from_`` adds ``amount`` to the payer's stream."""

    from_: str = solidity("address")
    payer: str = solidity("address")
    jar_id: int = solidity("uint256")
    index: int = solidity("uint256")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class CancelStream(Message):
    """The payer ends a stream and has back what was not earned."""

    payer: str = solidity("address")
    jar_id: int = solidity("uint256")
    index: int = solidity("uint256")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class ChangeStreamRate(Message):
    """The payer gives a running stream another rate."""

    payer: str = solidity("address")
    jar_id: int = solidity("uint256")
    index: int = solidity("uint256")
    rate: int = solidity("uint80")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class PauseStream(Message):
    """The payer stops a stream and keeps the rest for later."""

    payer: str = solidity("address")
    jar_id: int = solidity("uint256")
    index: int = solidity("uint256")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class ResumeStream(Message):
    """The payer goes on with a paused stream."""

    payer: str = solidity("address")
    jar_id: int = solidity("uint256")
    index: int = solidity("uint256")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Tip(Message):
    """``from_`` gives a jar ``amount`` at once, with a message."""

    from_: str = solidity("address")
    jar_id: int = solidity("uint256")
    amount: int = solidity("uint96")
    message: str = solidity("string")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Subscribe(Message):
    """The payer makes ``account`` a member of a tier: at this rate, into this version of the jar."""

    payer: str = solidity("address")
    account: str = solidity("address")
    creator: str = solidity("address")
    tier: int = solidity("uint32")
    version: int = solidity("uint16")
    rate: int = solidity("uint80")
    amount: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class Unsubscribe(Message):
    """The payer ends a membership and has back what was not earned."""

    payer: str = solidity("address")
    account: str = solidity("address")
    creator: str = solidity("address")
    tier: int = solidity("uint32")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class GiveSubscriptions(Message):
    """The payer pays for a batch of gift subscriptions."""

    payer: str = solidity("address")
    batch_id: bytes = solidity("bytes32")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class GiftSubscriptionClaim(Message):
    """A gift's one-time key names the account that becomes a member."""

    batch_id: bytes = solidity("bytes32")
    index: int = solidity("uint256")
    account: str = solidity("address")


@dataclass(frozen=True)
class TipHandle(Message):
    """The payer tips a handle."""

    payer: str = solidity("address")
    tip_id: bytes = solidity("bytes32")
    message: str = solidity("string")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class HandleClaim(Message):
    """The attestor says that the handle of these tips is ``recipient``'s."""

    tip_ids: tuple[bytes, ...] = solidity("bytes32[]")
    recipient: str = solidity("address")
    deadline: int = solidity("uint40")


@dataclass(frozen=True)
class SetMonthlyCap(Message):
    """The payer limits what it can pay into the escrow in a calendar month."""

    payer: str = solidity("address")
    limit: int = solidity("uint96")
    nonce: int = solidity("uint64")
    deadline: int = solidity("uint40")


# ---------------------------------------------------------------------------------------------- the currency


@dataclass(frozen=True)
class ReceiveWithAuthorization(Message):
    """EIP-3009, under the currency's domain: ``to``, and only ``to``, may take ``value``."""

    from_: str = solidity("address")
    to: str = solidity("address")
    value: int = solidity("uint256")
    valid_after: int = solidity("uint256")
    valid_before: int = solidity("uint256")
    nonce: bytes = solidity("bytes32")


@dataclass(frozen=True)
class Permit(Message):
    """EIP-2612, under the currency's domain: ``spender`` may take up to ``value``."""

    owner: str = solidity("address")
    spender: str = solidity("address")
    value: int = solidity("uint256")
    nonce: int = solidity("uint256")
    deadline: int = solidity("uint256")
