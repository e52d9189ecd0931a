"""A StreamingTipEscrow from Python: how it stands, and how a payer's act gets there.

A payer can send it, or sign it for somebody else to send: with money that it approved, with a permit, or with
the currency's own signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Final

from eth_abi.abi import encode
from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from largesse import jar_actions
from largesse.artifacts import jars_abi
from largesse.chain import Wallet
from largesse.chainlogs import Decoder, Event, read_logs
from largesse.clients.service import OWN_CALL, Service
from largesse.eip712 import Domain, jars_domain
from largesse.errors import LargesseError
from largesse.gifts.subscriptions import GiftSubscriptions
from largesse.jar_actions import Action, SignedAction
from largesse.jars import HandleTip, StreamKey
from largesse.signed.jars import Permit

_DAY: Final = 86_400


class TipsError(LargesseError):
    """Something that would fail, or be wrong, on this chain, found before anything was signed or sent."""


class Funding(Enum):
    """How the money comes."""

    ALLOWANCE = "by what the payer approved"
    PERMIT = "by a permit (EIP-2612) in the same transaction"
    SIGNATURE = "by one signature that consents and pays (EIP-3009)"


@dataclass(frozen=True)
class Stream:
    """A stream as it stands. `started_at` is 0 while it is paused, and `ends_at` the seconds that are left;
    `series_id` is 0 for plain money."""

    rate: int
    started_at: int
    ends_at: int
    series_id: int

    @property
    def is_paused(self) -> bool:
        return self.started_at == 0 and self.rate != 0


@dataclass(frozen=True)
class Tier:
    """What a tier costs, in scaled units a second (0: there is none), and the version of the jar it fills."""

    rate: int
    version: int


@dataclass(frozen=True)
class Membership:
    """Somebody's time in a tier; the payer is the zero address for a gift."""

    payer: str
    since: int
    until: int
    version: int


@dataclass(frozen=True)
class Cap:
    """A monthly cap; the limits are 2**96 − 1 for none."""

    limit: int
    used: int
    next_limit: int


@dataclass(frozen=True)
class Done:
    """What was done: its receipt, and the values of the event that says so."""

    receipt: TxReceipt
    event: Event

    def __getitem__(self, name: str) -> Any:
        return self.event[name]

    @property
    def gas(self) -> int:
        return int(self.receipt["gasUsed"])


class Escrow(Service):
    """The StreamingTipEscrow of one GiftCertificates: how it stands, and acting in it."""

    @cached_property
    def contract(self) -> Contract:
        """The contract as web3 knows it, with what both pieces of its code answer."""
        return self.node.contract(self.address, jars_abi())

    @cached_property
    def domain(self) -> Domain:
        """What consents for this contract on this chain are signed under."""
        return jars_domain(self.node.chain_id, self.address)

    # ------------------------------------------------------------------------------------------------- read

    def claimable(self, jar: int) -> int:
        """What `collect` would pay now."""
        return int(self._read("claimable", jar))

    def stream(self, key: StreamKey) -> Stream:
        """A stream; all zero where there is none."""
        return Stream(*self._read("stream", key.as_tuple()))

    def refundable(self, key: StreamKey) -> int:
        """What `cancel` would pay back now."""
        return int(self._read("refundable", key.as_tuple()))

    def tier(self, creator: str, tier: int) -> Tier:
        return Tier(*self._read("tierOf", creator, tier))

    def open_tier(self, creator: str, tier: int) -> Tier:
        """A tier that can be paid for. Raises TipsError no_such_tier."""
        found = self.tier(creator, tier)
        if found.rate == 0:
            raise TipsError("no_such_tier", f"{creator} has no tier {tier}")
        return found

    def membership(self, creator: str, account: str, tier: int) -> Membership:
        return Membership(*self._read("membership", creator, account, tier))

    def supporter_since(self, creator: str, account: str, tier: int) -> int:
        """Since when an account is in a tier without a break; 0 where it is not."""
        return int(self._read("isSupporter", creator, account, tier))

    def gifts_left(self, batch_id: bytes) -> int:
        return int(self._read("giftsLeft", batch_id))

    def cap(self, payer: str) -> Cap:
        """What `payer` allows itself this month, has used, and allows itself from next month on."""
        return Cap(*self._read("monthlyCap", payer))

    def owed(self, payee: str) -> int:
        """What `payee` can withdraw: shares of jars, and payouts that the currency refused."""
        return int(self._read("owed", payee))

    def free_index(self, payer: str, jar: int) -> int:
        """The lowest index under which the payer has neither a running nor a paused stream to the jar."""
        index, now = 0, self.node.now()
        while (one := self.stream(StreamKey(payer, jar, index))).is_paused or one.ends_at > now:
            index += 1
        return index

    def handle_tips(self, handle: bytes) -> list[HandleTip]:
        """All tips to a handle that nobody has claimed or taken back, by their logs."""
        tips = [_handle_tip(event["tip"]) for event in self._logs("HandleTipped", None, "0x" + handle.hex())]
        return [tip for tip in tips if self._read("isHandleTipOpen", tip.tip_id())]

    def open_batches(self, payer: str) -> list[GiftSubscriptions]:
        """All batches of gift subscriptions of a payer's with unclaimed gifts, by their logs."""
        batches = [_batch(event["gifts"]) for event in self._logs("SubscriptionsGiven")]
        return [one for one in batches if one.payer == payer and self.gifts_left(one.batch_id())]

    # ------------------------------------------------------------------------------------------- act and sign

    def act(
        self, action: Action, wallet: Wallet, relayer: Wallet | None = None,
        funding: Funding = Funding.ALLOWANCE,
    ) -> Done:  # fmt: skip
        """Do it: by the account itself, or signed by it and sent by a relayer.

        Raises TipsError wrong_account, not_enough_money, not_allowed; TokenError no_signatures.
        """
        if relayer is not None or funding is Funding.SIGNATURE:
            return self.submit(self.sign(action, wallet, funding), relayer or wallet)
        self._check_payer(action, wallet)
        permit = self._permit(wallet, action.amount) if funding is Funding.PERMIT else b""
        if not permit and action.amount and self._allowance(wallet) < action.amount:
            self.token.approve(wallet, self.address, action.amount)
        calls = [jar_actions.selector(action.function) + jar_actions.encode_arguments(action, OWN_CALL)]
        if permit:
            calls.insert(0, jar_actions.selector("permit") + permit)
        return self._done(self._send_calls(calls, wallet), action.function)

    def sign(
        self, action: Action, wallet: Wallet, funding: Funding = Funding.ALLOWANCE, *, seconds: int = _DAY
    ) -> SignedAction:
        """What `wallet` signs so that anybody can do it for it, within `seconds`.

        Raises TipsError wrong_account, not_enough_money, not_allowed (too little is approved), nothing_moves;
        TokenError no_signatures.
        """
        self._check_payer(action, wallet)
        deadline = self.node.now() + seconds
        permit = b""
        if funding is Funding.SIGNATURE:
            if not action.amount:
                raise TipsError(
                    "nothing_moves", f"{action.function} takes no money: its payer signs it alone"
                )
            consent = self.paying_consent(action.message, wallet, action.amount, deadline)
        else:
            if funding is Funding.PERMIT:
                permit = self._permit(wallet, action.amount)
            elif self._allowance(wallet) < action.amount:
                raise TipsError(
                    "not_allowed",
                    f"{wallet.name} has approved less than {self.token.show(action.amount)} here",
                )
            nonce = int(self._read("watermark", wallet.address)) + 1
            signature = action.message(nonce, deadline).sign(self.domain, wallet.key)
            consent = (nonce, deadline, False, signature)
        arguments = jar_actions.encode_arguments(action, consent)
        return SignedAction(self.node.chain_id, self.address, action.function, arguments, permit)

    def submit(self, signed: SignedAction, sender: Wallet) -> Done:
        """Send what somebody signed. Raises TipsError wrong_place."""
        self._check_place(signed.chain_id, signed.escrow, "what was signed")
        return self._done(self._send_calls(signed.calls(), sender), signed.function)

    # ---------------------------------------------------------------------------------------------- internal

    def _logs(self, event: str, *topics: str | None) -> list[Event]:
        """All logs of one event, `topics` its indexed values from the first on (None for any)."""
        decoder = Decoder(jars_abi())
        first, last = self.certificates.first_block, self.node.block_number()
        found = read_logs(self.node, self.address, first, last, topics=[decoder.topic(event), *topics])
        return [decoder.decode(log) for log in found]

    def _call(self, sender: Wallet, name: str, event: str, *values: Any) -> Done:
        receipt = self.node.send(self.contract.functions[name](*values), sender)
        return Done(receipt, self._find(receipt, (event,)))

    def _send_calls(self, calls: Sequence[bytes], sender: Wallet) -> TxReceipt:
        (data, *more) = calls
        if more:
            data = jar_actions.MULTICALL + encode(["bytes[]"], [list(calls)])
        return self.node.send_raw_call(sender, self.address, data)

    def _done(self, receipt: TxReceipt, function: str) -> Done:
        return Done(receipt, self._find(receipt, jar_actions.EVENTS[function]))

    def _find(self, receipt: TxReceipt, names: Sequence[str]) -> Event:
        decoder = Decoder(jars_abi())
        events = [decoder.decode(log) for log in receipt["logs"] if log["address"] == self.address]
        return next(event for event in events if event.name in names)

    def _check_place(self, chain_id: int, escrow: str, what: str) -> None:
        if (chain_id, escrow) != (self.node.chain_id, self.address):
            raise TipsError(
                "wrong_place",
                f"{what} is for {escrow} on chain {chain_id}, "
                f"this is {self.address} on chain {self.node.chain_id}",
            )

    def _check_payer(self, action: Action, wallet: Wallet) -> None:
        if action.account != wallet.address:
            raise TipsError(
                "wrong_account", f"this is {action.account}'s to do, {wallet.name} is {wallet.address}"
            )
        held = self.token.balance(wallet.address) if action.amount else 0
        if held < action.amount:
            needed = self.token.show(action.amount)
            raise TipsError(
                "not_enough_money", f"{wallet.name} needs {needed} and has {self.token.show(held)}"
            )

    def _allowance(self, wallet: Wallet) -> int:
        return self.token.allowance(wallet.address, self.address)

    def _permit(self, wallet: Wallet, amount: int) -> bytes:
        """The arguments of `permit`, signed."""
        domain, deadline = self.token_domain, self.node.now() + _DAY
        nonce = self.token.permit_nonce(wallet.address)
        signature = Permit(wallet.address, self.address, amount, nonce, deadline).sign(domain, wallet.key)
        values = (wallet.address, amount, deadline, signature[64], signature[:32], signature[32:64])
        return encode(jar_actions.PERMIT_KINDS, values)


def _handle_tip(values: Sequence[Any]) -> HandleTip:
    """A tip out of a log."""
    payer, handle, attestor, amount, reclaim_at, salt = values
    return HandleTip(_checksum(payer), handle, _checksum(attestor), amount, reclaim_at, salt)


def _batch(values: Sequence[Any]) -> GiftSubscriptions:
    """A batch out of a log."""
    payer, creator, *numbers = values
    return GiftSubscriptions(_checksum(payer), _checksum(creator), *numbers)


def _checksum(address: str) -> str:
    return str(Web3.to_checksum_address(address))
