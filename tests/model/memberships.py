"""The model of tiers, memberships, gift subscriptions, and tips to handles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace

from tests.model.custody import operation
from tests.model.jar_words import (
    MAX_RATE,
    MONTH_SECONDS,
    GiftSubscriptions,
    HandleTip,
    Membership,
    Subscription,
    Tier,
    gift_leaf,
    gifts_id,
    handle_tip_id,
    jar_of,
    membership_id,
    sorted_pair,
)
from tests.model.streams import Streams
from tests.model.words import MAX_AMOUNT, ZERO, Checks, Consent, Signature, refuse


class Memberships(Streams):
    """Who is in, who paid for it, and what waits for somebody."""

    # -------------------------------------------------------------------------------------- reading

    def tier_of(self, creator: str, tier: int) -> Tier:
        return self.books.tiers.get((creator, tier), Tier())

    def membership(self, creator: str, account: str, tier: int) -> Membership | None:
        """One that is not over."""
        member = self.books.members.get((creator, account, tier))
        return member if member and self.now < member.until else None

    def is_supporter(self, creator: str, account: str, tier: int) -> int:
        member = self.membership(creator, account, tier)
        return member.since if member else 0

    # ---------------------------------------------------------------------------------- memberships

    @operation
    def set_tier(self, caller: str, tier: int, price: int, version: int) -> None:
        check = Checks()
        rate = price * self.scale // MONTH_SECONDS
        check.need(price == 0 or 1 <= rate <= MAX_RATE, "Jar_RateOutOfRange", rate, MAX_RATE)
        self.check_jar(check, jar_of(caller, version))
        check.done()
        self.books.tiers[caller, tier] = Tier(rate, version)
        self.emit("TierSet", caller, tier, rate, version)

    @operation
    def subscribe(self, caller: str, subscription: Subscription, consent: Consent) -> int:
        check = Checks()
        said = subscription
        message = ("Subscribe", *astuple(said))
        self.check_paid(check, said.payer, said.amount, message, consent)
        self.check_subscribe(check, said, 0)
        check.done()
        self.use_paid(said.payer, said.amount, message, consent)
        return self.put_subscription(said, 0)

    def check_subscribe(self, check: Checks, said: Subscription, series_id: int) -> None:
        tier = self.tier_of(said.creator, said.tier)
        self._check_agreed(check, said.tier, tier, said.rate, said.version)
        check.need(said.account != ZERO, "Custody_ZeroAddress")
        member = self.membership(said.creator, said.account, said.tier)
        if member is None:
            jar_id = jar_of(said.creator, tier.version)
            self.check_flow(check, jar_id, said.rate, said.amount * self.scale, self.now, series_id)
            return
        flow = said.creator, said.account, said.tier
        check.need(member.payer == said.payer, "Jar_AlreadyMember", said.account, member.until)
        if member.payer != said.payer:
            return
        joined = Tier(self.stream(flow).rate, member.version)
        self._check_agreed(check, said.tier, joined, said.rate, said.version)
        jar_id = jar_of(said.creator, member.version)
        name = membership_id(said.payer, jar_id, said.tier, said.account)
        self.check_extension(check, name, flow, jar_id, said.amount, series_id)

    def _check_agreed(self, check: Checks, number: int, tier: Tier, rate: int, version: int) -> None:
        check.need(tier.rate == rate, "Jar_TierRateDiffers", number, tier.rate, rate)
        check.need(tier.version == version, "Jar_TierVersionDiffers", number, tier.version, version)

    def put_subscription(self, said: Subscription, series_id: int) -> int:
        """A membership begins or lasts longer. Its end."""
        key = said.creator, said.account, said.tier
        member = self.membership(*key)
        if member is not None:
            jar_id = jar_of(said.creator, member.version)
            until = self.extend(key, jar_id, said.amount)
            name = membership_id(said.payer, jar_id, said.tier, said.account)
            self.place(name, said.payer, series_id, said.amount)
            self.books.members[key] = replace(member, until=until)
            self.emit("SubscriptionExtended", *key, said.payer, said.amount, until)
            return until
        version = self.tier_of(said.creator, said.tier).version
        jar_id = jar_of(said.creator, version)
        name = membership_id(said.payer, jar_id, said.tier, said.account)
        self.count_placed(name, 0)
        until = self.begin(key, jar_id, said.rate, said.amount * self.scale, series_id)
        self.place(name, said.payer, series_id, said.amount)
        self.books.members[key] = Membership(said.payer, self.now, until, version)
        self.emit("Subscribed", *key, said.payer, jar_id, said.rate, said.amount, until)
        return until

    @operation
    def unsubscribe(self, caller: str, creator: str, tier: int, account: str, consent: Consent) -> int:
        member = self.membership(creator, account, tier)
        if member is None:
            raise refuse("Jar_NotMember", account, tier)
        check = Checks()
        self.check_consent(
            check, member.payer, ("Unsubscribe", member.payer, account, creator, tier), consent
        )
        check.done()
        self.use_consent(member.payer, consent)
        flow = creator, account, tier
        self.books.members[creator, account, tier] = replace(member, until=self.now)
        jar_id = jar_of(creator, member.version)
        refund = self.give_back(
            flow, jar_id, member.payer, membership_id(member.payer, jar_id, tier, account)
        )
        self.emit("Unsubscribed", creator, account, tier, member.payer, refund)
        return refund

    # -------------------------------------------------------------------------------- subscriptions

    @operation
    def give_subscriptions(self, caller: str, gifts: GiftSubscriptions, consent: Consent) -> bytes:
        check = Checks()
        batch, total = gifts_id(gifts), gifts.count * gifts.amount_each
        message = ("GiveSubscriptions", gifts.payer, batch)
        check.need(total <= MAX_AMOUNT, "Custody_AmountTooLarge", total, MAX_AMOUNT)
        self.check_paid(check, gifts.payer, total, message, consent)
        check.need(gifts.count != 0, "Jar_ZeroAmount")
        tier = self.tier_of(gifts.creator, gifts.tier)
        self._check_agreed(check, gifts.tier, tier, gifts.rate, gifts.version)
        self.check_lasting(check, gifts.rate, gifts.amount_each * self.scale, self.now)
        check.need(gifts.reclaim_at > self.now, "Jar_BadReclaimDate", gifts.reclaim_at, self.now)
        check.need(batch not in self.books.gifts, "Jar_BatchExists", batch)
        check.done()
        self.use_paid(gifts.payer, total, message, consent)
        self.books.gifts[batch] = gifts.count
        self.emit("SubscriptionsGiven", batch, gifts)
        return batch

    @operation
    def claim_subscription(
        self,
        caller: str,
        gifts: GiftSubscriptions,
        index: int,
        key: str,
        named: str,
        proof: Sequence[bytes],
        account: str,
        signature: Signature | None,
    ) -> int:
        check = Checks()
        batch = gifts_id(gifts)
        left = self.books.gifts.get(batch, 0)
        check.need(left != 0, "Jar_NothingLeft", batch)
        check.need(self.now < gifts.reclaim_at, "Jar_ClaimsOver", gifts.reclaim_at, self.now)
        check.need(index < gifts.count, "Jar_IndexOutOfRange", index, gifts.count)
        check.need(not self.books.claimed.get((batch, index), False), "Jar_GiftClaimed", batch, index)
        node = leaf = gift_leaf(index, key, named)
        for sibling in proof:
            node = sorted_pair(node, sibling)
        check.need(node == gifts.root, "Jar_NotInTree", batch, leaf)
        if named != ZERO:
            check.need(account == named, "Jar_WrongAccount", account, named)
        else:
            check.need(account != ZERO, "Custody_ZeroAddress")
            said = ("GiftSubscriptionClaim", batch, index, account)
            self.check_signature(check, key, said, signature)
        member = self.membership(gifts.creator, account, gifts.tier)
        check.need(member is None, "Jar_AlreadyMember", account, member.until if member else 0)
        jar_id = jar_of(gifts.creator, gifts.version)
        self.check_flow(check, jar_id, gifts.rate, gifts.amount_each * self.scale, self.now, 0)
        check.done()
        self.books.gifts[batch] = left - 1
        self.books.claimed[batch, index] = True
        flow = gifts.creator, account, gifts.tier
        until = self.begin(flow, jar_id, gifts.rate, gifts.amount_each * self.scale, 0)
        member = Membership(ZERO, self.now, until, gifts.version)
        self.books.members[gifts.creator, account, gifts.tier] = member
        self.emit("GiftSubscriptionClaimed", batch, gifts.creator, account, gifts.tier, index, until)
        return until

    @operation
    def reclaim_subscriptions(self, caller: str, gifts: GiftSubscriptions) -> int:
        check = Checks()
        batch = gifts_id(gifts)
        left = self.books.gifts.get(batch, 0)
        check.need(left != 0, "Jar_NothingLeft", batch)
        check.need(self.now >= gifts.reclaim_at, "Jar_NotReclaimable", gifts.reclaim_at, self.now)
        check.done()
        self.books.gifts[batch] = 0
        amount = left * gifts.amount_each
        self.emit("GiftSubscriptionsReclaimed", batch, gifts.payer, amount)
        self.pay_out(gifts.payer, amount)
        return amount

    # -------------------------------------------------------------------------------------- handles

    @operation
    def tip_handle(self, caller: str, tip: HandleTip, message: str, consent: Consent) -> bytes:
        check = Checks()
        name = handle_tip_id(tip)
        said = ("TipHandle", tip.payer, name, message)
        self.check_paid(check, tip.payer, tip.amount, said, consent)
        check.need(tip.amount != 0, "Jar_ZeroAmount")
        check.need(tip.attestor != ZERO, "Custody_ZeroAddress")
        check.need(tip.reclaim_at > self.now, "Jar_BadReclaimDate", tip.reclaim_at, self.now)
        check.need(not self.books.tips.get(name, False), "Jar_TipExists", name)
        check.done()
        self.use_paid(tip.payer, tip.amount, said, consent)
        self.books.tips[name] = True
        self.emit("HandleTipped", name, tip.handle, tip, message)
        return name

    @operation
    def claim_handle_tips(
        self,
        caller: str,
        tips: Sequence[HandleTip],
        recipient: str,
        deadline: int,
        attestation: Signature | None,
    ) -> int:
        check = Checks()
        names = tuple(map(handle_tip_id, tips))
        jar_id = jar_of(recipient)
        self.check_jar(check, jar_id)
        check.need(bool(tips), "Jar_ZeroAmount")
        self.check_deadline(check, deadline)
        if not tips:
            check.done()
        first = tips[0].attestor
        for tip in tips[1:]:
            check.need(tip.attestor == first, "Jar_AttestorDiffers", tip.attestor, first)
        self.check_signature(check, first, ("HandleClaim", names, recipient, deadline), attestation)
        amount = 0
        for name, tip in zip(names, tips, strict=True):
            if self.books.tips.get(name, False) and self.now < tip.reclaim_at:
                self.books.tips[name] = False
                amount += tip.amount
            else:
                self.emit("HandleTipSkipped", name)
        check.need(amount != 0, "Jar_NothingLeft", names[0])
        check.done()
        self.books.jars[jar_id] = self.jar(jar_id).add(amount * self.scale)
        self.emit("HandleTipsClaimed", names, recipient, amount)
        return amount

    @operation
    def reclaim_handle_tip(self, caller: str, tip: HandleTip) -> None:
        check = Checks()
        name = handle_tip_id(tip)
        check.need(self.books.tips.get(name, False), "Jar_NothingLeft", name)
        check.need(self.now >= tip.reclaim_at, "Jar_NotReclaimable", tip.reclaim_at, self.now)
        check.done()
        self.books.tips[name] = False
        self.emit("HandleTipReclaimed", name, tip.payer, tip.amount)
        self.pay_out(tip.payer, tip.amount)
