"""What a payer does in StreamingTipEscrow, as values: to be called, or signed and sent by somebody else.

An `Action` is a function with its arguments, and the message that says the same to a signer. A `SignedAction`
is what a relayer gets: it can submit that, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple

from largesse.addresses import parse_address
from largesse.artifacts import jars_abi
from largesse.eip712 import Message, keccak
from largesse.errors import LargesseError
from largesse.gifts.subscriptions import GiftSubscriptions
from largesse.holdings import SignedPartError
from largesse.jars import HandleTip, StreamKey
from largesse.signed.certificates import OwedWithdrawal
from largesse.signed.jars import (
    CancelStream,
    ChangeStreamRate,
    GiveSubscriptions,
    OpenStream,
    PauseStream,
    ResumeStream,
    SetMonthlyCap,
    Subscribe,
    Tip,
    TipHandle,
    TopUpStream,
    Unsubscribe,
)

NO_LIMIT: Final = 2**96 - 1
"""A monthly limit that is none."""
MULTICALL: Final = keccak(b"multicall(bytes[])")[:4]
PERMIT_KINDS: Final = ("address", "uint256", "uint256", "uint8", "bytes32", "bytes32")

_FORMAT: Final = "largesse/signed-action"


@dataclass(frozen=True)
class Action:
    """One function of the escrow on behalf of `account`, which pays `amount` base units for it.

    `message(nonce, deadline)` is what the account signs.
    """

    function: str
    values: tuple[Any, ...]
    account: str
    amount: int
    message: Callable[[int, int], Message]


def open_stream(key: StreamKey, rate: int, amount: int) -> Action:
    """A stream of `rate` scaled units a second."""
    message = partial(OpenStream, *key.as_tuple(), rate, amount)
    return Action("open", (key.as_tuple(), rate, amount), key.payer, amount, message)


def top_up(key: StreamKey, from_: str, amount: int) -> Action:
    """More money, of anybody, for a running stream."""
    message = partial(TopUpStream, from_, *key.as_tuple(), amount)
    return Action("topUp", (key.as_tuple(), from_, amount), from_, amount, message)


def cancel(key: StreamKey) -> Action:
    """The end of a stream."""
    message = partial(CancelStream, *key.as_tuple())
    return Action("cancel", (key.as_tuple(),), key.payer, 0, message)


def change_rate(key: StreamKey, rate: int) -> Action:
    """Another rate for what is left."""
    message = partial(ChangeStreamRate, *key.as_tuple(), rate)
    return Action("changeRate", (key.as_tuple(), rate), key.payer, 0, message)


def pause(key: StreamKey) -> Action:
    """A stop, what is left kept."""
    message = partial(PauseStream, *key.as_tuple())
    return Action("pause", (key.as_tuple(),), key.payer, 0, message)


def resume(key: StreamKey) -> Action:
    """The end of a pause."""
    message = partial(ResumeStream, *key.as_tuple())
    return Action("resume", (key.as_tuple(),), key.payer, 0, message)


def tip(from_: str, jar: int, amount: int, text: str) -> Action:
    """Money at once, with a message."""
    message = partial(Tip, from_, jar, amount, text)
    return Action("tip", (from_, jar, amount, text), from_, amount, message)


@dataclass(frozen=True)
class Subscription:
    """Who pays whom into which tier, at which rate (scaled units a second) and for how much (base units)."""

    payer: str
    account: str
    creator: str
    tier: int
    version: int
    rate: int
    amount: int

    def as_tuple(self) -> tuple[str, str, str, int, int, int, int]:
        """As the contract takes it."""
        return (
            self.payer, self.account, self.creator, self.tier, self.version, self.rate, self.amount
        )  # fmt: skip


def subscribe(subscription: Subscription) -> Action:
    """A membership, or more time for one."""
    message = partial(Subscribe, *subscription.as_tuple())
    values = (subscription.as_tuple(),)
    return Action("subscribe", values, subscription.payer, subscription.amount, message)


def unsubscribe(payer: str, creator: str, tier: int, account: str) -> Action:
    """The end of a membership."""
    message = partial(Unsubscribe, payer, account, creator, tier)
    return Action("unsubscribe", (creator, tier, account), payer, 0, message)


def give_subscriptions(gifts: GiftSubscriptions) -> Action:
    """A batch of gift subscriptions."""
    message = partial(GiveSubscriptions, gifts.payer, gifts.batch_id())
    total = gifts.amount_each * gifts.count
    values = (gifts.as_tuple(),)
    return Action("giveSubscriptions", values, gifts.payer, total, message)


def tip_handle(handle_tip: HandleTip, text: str) -> Action:
    """A tip to a handle, with a message."""
    message = partial(TipHandle, handle_tip.payer, handle_tip.tip_id(), text)
    values = (handle_tip.as_tuple(), text)
    return Action("tipHandle", values, handle_tip.payer, handle_tip.amount, message)


def set_monthly_cap(payer: str, limit: int) -> Action:
    """A limit in base units a month; 2**96 − 1 for none."""
    message = partial(SetMonthlyCap, payer, limit)
    return Action("setMonthlyCap", (payer, limit), payer, 0, message)


def withdraw_owed(payee: str, to: str) -> Action:
    """What a payout that the currency refused left to `payee`, paid to `to`."""
    message = partial(OwedWithdrawal, payee, to)
    return Action("withdrawOwed", (payee, to), payee, 0, message)


EVENTS: Final = {
    "open": ("StreamOpened",),
    "topUp": ("StreamToppedUp",),
    "cancel": ("StreamCancelled",),
    "changeRate": ("StreamRateChanged",),
    "pause": ("StreamPaused",),
    "resume": ("StreamResumed",),
    "tip": ("Tipped",),
    "subscribe": ("Subscribed", "SubscriptionExtended"),
    "unsubscribe": ("Unsubscribed",),
    "giveSubscriptions": ("SubscriptionsGiven",),
    "tipHandle": ("HandleTipped",),
    "setMonthlyCap": ("MonthlyCapSet",),
    "withdrawOwed": ("OwedPaid",),
}
"""The functions that take a consent, and what each logs when it has worked."""


@dataclass(frozen=True)
class SignedAction:
    """A function of the escrow at `escrow` on chain `chain_id` with ABI-encoded arguments, a signed consent
    the last of them, and the encoded arguments of a `permit` to be used before (b"" for none).

    Raises SignedPartError bad_signed_action: no such function, arguments that are not its, no signature.
    """

    chain_id: int
    escrow: str
    function: str
    arguments: bytes
    permit: bytes = b""

    def __post_init__(self) -> None:
        try:
            if self.function not in EVENTS:
                raise ValueError(f"{self.function!r} is nothing that a payer signs")
            # Without a signature it would be the submitter's own act, and the submitter's money.
            if not self.values[-1][3]:
                raise ValueError("it bears no signature")
            if self.permit and encode(PERMIT_KINDS, decode(PERMIT_KINDS, self.permit)) != self.permit:
                raise ValueError("its permit is spelt in an unusual way")
            if encode(_kinds(self.function), self.values) != self.arguments:
                raise ValueError("its arguments are spelt in an unusual way")
            parse_address(self.escrow)
        except (ValueError, DecodingError, LargesseError) as error:
            raise SignedPartError("bad_signed_action", f"this is no signed action: {error}") from error

    @property
    def values(self) -> tuple[Any, ...]:
        """The function's arguments, the consent the last."""
        return tuple(decode(_kinds(self.function), self.arguments))

    def calls(self) -> list[bytes]:
        """What is called, in this order."""
        calls = [selector(self.function) + self.arguments]
        return [selector("permit") + self.permit, *calls] if self.permit else calls

    def to_json(self) -> str:
        """A text for a file."""
        return json.dumps(
            {
                "format": _FORMAT,
                "chain": str(self.chain_id),
                "escrow": self.escrow,
                "function": self.function,
                "arguments": "0x" + self.arguments.hex(),
                "permit": "0x" + self.permit.hex(),
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> SignedAction:
        """The inverse of `to_json`. Raises SignedPartError bad_signed_action."""
        try:
            content = json.loads(text)
            if content["format"] != _FORMAT:
                raise ValueError(f"its format is {content['format']!r}")
            if not content["chain"].isascii() or not content["chain"].isdigit():
                raise ValueError(f"chain {content['chain']!r} is not in plain digits")
            parts = [content[name] for name in ("arguments", "permit")]
            if not all(part.startswith("0x") for part in parts):
                raise ValueError("bytes do not begin with 0x")
            arguments, permit = (bytes.fromhex(part[2:]) for part in parts)
            return cls(int(content["chain"]), content["escrow"], content["function"], arguments, permit)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SignedPartError("bad_signed_action", f"this is no signed action: {error}") from error


def encode_arguments(action: Action, consent: tuple[int, int, bool, bytes]) -> bytes:
    """The ABI encoding of an action's arguments and its consent."""
    return encode(_kinds(action.function), [*action.values, consent])


def selector(function: str) -> bytes:
    """The first four bytes of a call."""
    return keccak(f"{function}({','.join(_kinds(function))})".encode())[:4]


@cache
def _kinds(function: str) -> tuple[str, ...]:
    item = next(one for one in jars_abi() if one["type"] == "function" and one["name"] == function)
    return tuple(collapse_if_tuple(part) for part in item["inputs"])
