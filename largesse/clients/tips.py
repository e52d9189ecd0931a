"""Streams, tips, memberships, gift subscriptions, handles and caps: what people do in a StreamingTipEscrow.

Amounts are base units of the currency, rates scaled units per second (`largesse.jars`), times Unix seconds.
What a payer does can be sent by the payer, or signed by the payer and sent by a `relayer`. Every method that
sends waits for the receipt and raises `RefusedError` (with the contract's error and its values) where the
chain refuses, `TipsError` where that is known before.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final

from eth_abi.abi import encode
from web3.types import TxReceipt

from largesse import jar_actions
from largesse.addresses import ZERO_ADDRESS
from largesse.chain import Wallet
from largesse.clients.jars import Done, Escrow, Funding, Tier, TipsError
from largesse.gifts.subscriptions import GiftSubscriptions, Place, SubscriptionLink, Tree
from largesse.jar_actions import Subscription
from largesse.jars import HandleTip, StreamKey, lasting
from largesse.signed.handle_claims import SignedHandleClaim
from largesse.signed.jars import HandleClaim

PAGE_DAYS: Final = 400
"""How many days with ends one collection folds: about 1.1 M gas."""
_DAY: Final = 86_400


class Tips(Escrow):
    """The StreamingTipEscrow of one GiftCertificates."""

    # ------------------------------------------------------------------------------------------------ streams

    def open(
        self, payer: Wallet, jar: int, rate: int, amount: int, *, index: int = 0,
        relayer: Wallet | None = None, funding: Funding = Funding.ALLOWANCE,
    ) -> Done:  # fmt: skip
        """Open a stream that lasts `amount × scale / rate` seconds. Raises JarError below_one_second."""
        lasting(amount, rate, self.token.decimals)
        action = jar_actions.open_stream(StreamKey(payer.address, jar, index), rate, amount)
        return self.act(action, payer, relayer, funding)

    def top_up(
        self, from_: Wallet, key: StreamKey, amount: int, *,
        relayer: Wallet | None = None, funding: Funding = Funding.ALLOWANCE,
    ) -> Done:  # fmt: skip
        """Make a running stream last longer; what is not earned goes back to its payer."""
        return self.act(jar_actions.top_up(key, from_.address, amount), from_, relayer, funding)

    def cancel(self, payer: Wallet, key: StreamKey, *, relayer: Wallet | None = None) -> Done:
        """End a stream; `done["refund"]` goes back."""
        return self.act(jar_actions.cancel(key), payer, relayer)

    def change_rate(self, payer: Wallet, key: StreamKey, rate: int, *, relayer: Wallet | None = None) -> Done:
        """Give what is left another rate."""
        return self.act(jar_actions.change_rate(key, rate), payer, relayer)

    def pause(self, payer: Wallet, key: StreamKey, *, relayer: Wallet | None = None) -> Done:
        """Stop a stream and keep what is left."""
        return self.act(jar_actions.pause(key), payer, relayer)

    def resume(self, payer: Wallet, key: StreamKey, *, relayer: Wallet | None = None) -> Done:
        """Go on with a paused stream."""
        return self.act(jar_actions.resume(key), payer, relayer)

    def tip(
        self, from_: Wallet, jar: int, amount: int, message: str = "", *,
        relayer: Wallet | None = None, funding: Funding = Funding.ALLOWANCE,
    ) -> Done:  # fmt: skip
        """Give a jar `amount` at once."""
        return self.act(jar_actions.tip(from_.address, jar, amount, message), from_, relayer, funding)

    # ----------------------------------------------------------------------------------------------- creators

    def collect(self, sender: Wallet, jar: int, max_days: int = PAGE_DAYS) -> Done:
        """Have a jar's owner paid; `done["day"]` is today unless more days than `max_days` had ends."""
        return self._call(sender, "collect", "Collected", jar, max_days)

    def create_shared_jar(self, creator: Wallet, payees: Sequence[str], shares_bps: Sequence[int]) -> int:
        """Make a jar that is shared for good; its number."""
        done = self._call(creator, "createSharedJar", "SharedJarCreated", list(payees), list(shares_bps))
        return int(done["jarId"])

    def set_tier(self, creator: Wallet, tier: int, price_per_month: int, version: int = 0) -> Done:
        """What a tier costs from now on, for 30 days; 0 closes it."""
        return self._call(creator, "setTier", "TierSet", tier, price_per_month, version)

    # -------------------------------------------------------------------------------------------- memberships

    def subscribe(
        self, payer: Wallet, creator: str, tier: int, amount: int, *, account: str | None = None,
        relayer: Wallet | None = None, funding: Funding = Funding.ALLOWANCE,
    ) -> Done:  # fmt: skip
        """Make `account` (by default the payer) a member at the tier's price, or one for longer at the price
        it has. Raises TipsError no_such_tier."""
        agreed = self.subscription(payer.address, creator, tier, amount, account or payer.address)
        return self.act(jar_actions.subscribe(agreed), payer, relayer, funding)

    def subscription(self, payer: str, creator: str, tier: int, amount: int, account: str) -> Subscription:
        """What a payer agrees to at the tier's present price. Raises TipsError no_such_tier."""
        found = self.open_tier(creator, tier)
        return Subscription(payer, account, creator, tier, found.version, found.rate, amount)

    def unsubscribe(
        self, payer: Wallet, creator: str, tier: int, account: str | None = None, *,
        relayer: Wallet | None = None,
    ) -> Done:  # fmt: skip
        """End a membership; `done["refund"]` goes back."""
        action = jar_actions.unsubscribe(payer.address, creator, tier, account or payer.address)
        return self.act(action, payer, relayer)

    # ----------------------------------------------------------------------------------- gift subscriptions

    def give_subscriptions(
        self, payer: Wallet, gifts: GiftSubscriptions, *,
        relayer: Wallet | None = None, funding: Funding = Funding.ALLOWANCE,
    ) -> Done:  # fmt: skip
        """Pay for a batch; whoever loses its links before they are sent has lost the gifts until the reclaim
        date."""
        return self.act(jar_actions.give_subscriptions(gifts), payer, relayer, funding)

    def claim_subscription(self, link: SubscriptionLink, account: str, sender: Wallet) -> Done:
        """Start a link's gift for `account`. Raises TipsError wrong_place."""
        self._check_place(link.chain_id, link.escrow, "the link")
        signature = link.sign(self.domain, account)
        place = (link.index, link.place.key, ZERO_ADDRESS, list(link.proof))
        return self._claim(sender, link.gifts, *place, account, signature)

    def claim_named(self, gifts: GiftSubscriptions, tree: Tree, place: Place, sender: Wallet) -> Done:
        """Start a gift that names an account, for it."""
        proof, account = list(tree.proof(place.index)), place.account
        return self._claim(sender, gifts, place.index, place.key, account, proof, account, b"")

    def reclaim_subscriptions(self, gifts: GiftSubscriptions, sender: Wallet) -> Done:
        """From the reclaim date on, return to the payer what nobody claimed."""
        name = "reclaimSubscriptions"
        return self._call(sender, name, "GiftSubscriptionsReclaimed", gifts.as_tuple())

    # ------------------------------------------------------------------------------------------- named series

    def count_used(self, sender: Wallet, key: StreamKey) -> TxReceipt:
        """Have what a stream from a named series has earned so far count as used, for its payer's refund
        rights."""
        return self.node.send(self.contract.functions.countUsed([key.stream_id()]), sender)

    # ------------------------------------------------------------------------------------------------ handles

    def tip_handle(
        self,
        payer: Wallet,
        tip: HandleTip,
        message: str = "",
        *,
        relayer: Wallet | None = None,
        funding: Funding = Funding.ALLOWANCE,
    ) -> Done:
        """Tip whoever the tip's attestor says has its handle (`new_handle_tip`)."""
        return self.act(jar_actions.tip_handle(tip, message), payer, relayer, funding)

    def attest_handle(
        self, attestor: Wallet, tips: Sequence[HandleTip], recipient: str, deadline: int
    ) -> SignedHandleClaim:
        """The attestor's word that the handle of these tips is `recipient`'s, good before `deadline`.

        Raises TipsError other_attestor.
        """
        for tip in tips:
            if tip.attestor != attestor.address:
                raise TipsError(
                    "other_attestor", f"a tip names {tip.attestor}, {attestor.name} is {attestor.address}"
                )
        message = HandleClaim(tuple(tip.tip_id() for tip in tips), recipient, deadline)
        signature = message.sign(self.domain, attestor.key)
        return SignedHandleClaim(tuple(tips), recipient, deadline, signature)

    def claim_handle_tips(self, claim: SignedHandleClaim, sender: Wallet) -> Done:
        """Put tips to a handle into the recipient's own jar."""
        rows = [tip.as_tuple() for tip in claim.tips]
        values = (rows, claim.recipient, claim.deadline, claim.signature)
        return self._call(sender, "claimHandleTips", "HandleTipsClaimed", *values)

    def reclaim_handle_tip(self, tip: HandleTip, sender: Wallet) -> Done:
        """From its reclaim date on, return an unclaimed tip to its payer."""
        return self._call(sender, "reclaimHandleTip", "HandleTipReclaimed", tip.as_tuple())

    # ----------------------------------------------------------------------------------- caps, what is owed

    def set_monthly_cap(self, payer: Wallet, limit: int, *, relayer: Wallet | None = None) -> Done:
        """Limit what the payer can pay in here in a month; 2**96 − 1 for no limit."""
        return self.act(jar_actions.set_monthly_cap(payer.address, limit), payer, relayer)

    def withdraw_owed(self, payee: Wallet, to: str | None = None, *, relayer: Wallet | None = None) -> Done:
        """Pay out all that is owed to the payee, by default to itself."""
        return self.act(jar_actions.withdraw_owed(payee.address, to or payee.address), payee, relayer)

    def _claim(self, sender: Wallet, gifts: GiftSubscriptions, *values: Any) -> Done:
        return self._call(sender, "claimSubscription", "GiftSubscriptionClaimed", gifts.as_tuple(), *values)


def new_handle_tip(payer: str, handle: bytes, attestor: str, amount: int, reclaim_at: int) -> HandleTip:
    """A tip to the handle with this hash (`jars.handle_hash`), equal to no other."""
    return HandleTip(payer, handle, attestor, amount, reclaim_at, secrets.randbits(64))


def tip_use(message: str = "") -> bytes:
    """What a redemption says that tips: its data."""
    return encode(["uint8", "string"], [0, message])


def open_use(rate: int, index: int = 0) -> bytes:
    """What a redemption says that opens a stream to the creator's own jar."""
    return encode(["uint8", "uint256", "uint256"], [1, index, rate])


def top_up_use(index: int = 0) -> bytes:
    """What a redemption says that tops up the holder's own stream."""
    return encode(["uint8", "uint256"], [2, index])


def subscribe_use(account: str, tier: int, found: Tier) -> bytes:
    """What a redemption says that pays for a membership."""
    kinds = ["uint8", "address", "uint32", "uint16", "uint80"]
    return encode(kinds, [3, account, tier, found.version, found.rate])
