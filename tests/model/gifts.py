"""The model of gifts: given, claimed, paid with, taken back."""

from __future__ import annotations

from collections.abc import Sequence

from tests.model.ids import SUM, batch_id, gift_id, leaf_id, path_of, root_of
from tests.model.ledger import operation
from tests.model.redemption import Redemptions, redemption_message, rows_of
from tests.model.words import (
    NEVER,
    ZERO,
    Authorization,
    Checks,
    Gift,
    GiftBatch,
    GiftLeaf,
    GiftOrder,
    Message,
    Payment,
    Portion,
    Redemption,
    Signature,
)

NO_FOLLOW_UP: Message = ()


class Gifts(Redemptions):
    """Face that waits, still outstanding, for whoever the one-time key names."""

    # ----------------------------------------------------------------------------------------- give

    @operation
    def give(self, caller: str, order: GiftOrder) -> bytes:
        return self._give(caller, order, Authorization(0, 0, None))

    @operation
    def give_signed(self, caller: str, giver: str, order: GiftOrder, authorization: Authorization) -> bytes:
        return self._give(giver, order, authorization)

    def _give(self, giver: str, order: GiftOrder, authorization: Authorization) -> bytes:
        check = Checks()
        message = (
            "GiftOrder",
            giver,
            order.series_id,
            order.amount,
            order.key,
            order.recipient,
            order.deliver_at,
            order.reclaim_at,
            order.message_hash,
        )
        self.check_authority(check, giver, order.series_id, message, authorization)
        check.need(order.key != ZERO or order.recipient != ZERO, "ZeroAddress")
        deliver_at = order.deliver_at or self.now
        gift = Gift(
            giver,
            order.key,
            order.recipient,
            order.series_id,
            order.amount,
            deliver_at,
            order.reclaim_at or NEVER,
            self.now,
            self._check_fund(check, giver, order.series_id, order.amount, deliver_at, order.reclaim_at),
            order.message_hash,
        )
        given = gift_id(gift)
        check.need(given not in self.books.gifts, "GiftExists", given)
        check.done()
        self.use_authority(giver, order.series_id, authorization)
        self._take_from(giver, order.series_id, order.amount)
        self.books.gifts[given] = gift
        dates = gift.limitation_at << 80 | gift.reclaim_at << 40 | deliver_at
        self.emit("GiftGiven", order.key, dates)
        if order.recipient != ZERO or order.message_hash != bytes(32):
            self.emit("GiftAddressed", order.recipient, order.message_hash)
        return given

    @operation
    def give_many(
        self,
        caller: str,
        giver: str,
        series_id: int,
        root: int,
        reclaim_at: int,
        authorization: Authorization,
    ) -> bytes:
        check = Checks()
        message = ("GiftBatch", giver, series_id, root, reclaim_at)
        self.check_authority(check, giver, series_id, message, authorization)
        total = root % SUM
        limitation = self._check_fund(check, giver, series_id, total, self.now, reclaim_at)
        batch = GiftBatch(giver, series_id, root, reclaim_at or NEVER, self.now, limitation)
        given = batch_id(batch)
        check.need(given not in self.books.batches, "GiftExists", given)
        check.done()
        self.use_authority(giver, series_id, authorization)
        self._take_from(giver, series_id, total)
        self.books.batches[given] = batch, total
        self.emit("GiftBatchGiven", given, root, batch.reclaim_at, limitation)
        return given

    def _check_fund(
        self, check: Checks, giver: str, series_id: int, amount: int, deliver_at: int, reclaim_at: int
    ) -> int:
        """now ≤ delivery < expiry, delivery < reclaim < limitation. Returns the limitation date."""
        series = self.books.series.get(series_id)
        if series is None:
            check.need(False, "UnknownSeries", series_id)
            return 0
        terms = series.terms
        reclaim = reclaim_at or NEVER
        fits = self.now <= deliver_at < terms.expires_at and deliver_at < reclaim
        fits = fits and (reclaim_at == 0 or reclaim_at < terms.limitation_at)
        check.need(fits, "GiftDates", deliver_at, reclaim, terms.expires_at, terms.limitation_at)
        balance = self.account(series_id, giver).balance
        check.need(amount != 0, "ZeroAmount", series_id)
        check.need(amount <= balance, "InsufficientBalance", balance, amount)
        return terms.limitation_at

    def _take_from(self, giver: str, series_id: int, amount: int) -> None:
        self.set_account(series_id, giver, balance=self.account(series_id, giver).balance - amount)
        self.emit("TransferSingle", self.caller, giver, ZERO, series_id, amount)

    # ---------------------------------------------------------------------------------------- claim

    @operation
    def claim(self, caller: str, gift: Gift, recipient: str, signature: Signature | None) -> None:
        check = Checks()
        self._check_gift(check, gift, recipient, signature, NO_FOLLOW_UP)
        self.check_accepts(check, recipient)
        check.done()
        self._deliver(gift, recipient)

    def _check_gift(
        self,
        check: Checks,
        gift: Gift,
        recipient: str,
        signature: Signature | None,
        follow_up: Message,
    ) -> None:
        given = gift_id(gift)
        check.need(given in self.books.gifts, "NoSuchGift", given)
        self.check_limitation(check, gift.series_id, gift.limitation_at)
        self._check_claim(
            check, given, gift.key, gift.recipient, gift.deliver_at, recipient, signature, follow_up
        )

    def _check_claim(
        self,
        check: Checks,
        given: bytes,
        key: str,
        named: str,
        deliver_at: int,
        recipient: str,
        signature: Signature | None,
        follow_up: Message,
    ) -> None:
        check.need(self.now >= deliver_at, "NotYetDelivered", deliver_at, self.now)
        check.need(recipient != ZERO, "ZeroAddress")
        check.need(named in (ZERO, recipient), "WrongRecipient", recipient, named)
        if follow_up != NO_FOLLOW_UP:
            check.need(recipient in (self.caller, key), "NotYourCard", recipient, self.caller)
        if key != ZERO:
            self.check_signature(check, key, ("Claim", given, recipient, follow_up), signature)
        else:
            check.need(named != ZERO, "NotYourCard", named, self.caller)

    def _deliver(self, gift: Gift, recipient: str) -> None:
        given = gift_id(gift)
        del self.books.gifts[given]
        self.credit(recipient, gift.series_id, gift.amount)
        self.emit("GiftClaimed", given)

    @operation
    def claim_and_pay(
        self, caller: str, gift: Gift, recipient: str, signature: Signature | None, payment: Payment
    ) -> None:
        check = Checks()
        card = Redemption(recipient, gift.series_id, gift.amount, payment.order, 0, 0, None)
        follow_up = redemption_message(card, payment.merchant, payment.payee, payment.data)
        self._check_gift(check, gift, recipient, signature, follow_up)
        self.check_request(check, payment, [card])
        self.check_payment(check, gift.series_id, payment.merchant, payment.payee)
        check.done()
        self._deliver(gift, recipient)
        self.check_spend(check, recipient, gift.series_id, gift.amount)
        check.done()
        payout = self.burn_card(card, payment.merchant, payment.payee)
        self.emit("RedeemedMany", rows_of([(payment.order, 0)]))
        self.complete(payment, payout, [Portion(recipient, gift.series_id, gift.amount)])

    @operation
    def claim_from_batch(
        self,
        caller: str,
        batch: GiftBatch,
        leaf: GiftLeaf,
        proof: Sequence[int],
        recipient: str,
        signature: Signature | None,
    ) -> None:
        check = Checks()
        given = self._check_leaf(check, batch, leaf, proof)
        self.check_limitation(check, batch.series_id, batch.limitation_at)
        gift = leaf_id(given, leaf.index)
        self._check_claim(
            check, gift, leaf.key, leaf.recipient, leaf.deliver_at, recipient, signature, NO_FOLLOW_UP
        )
        self.check_accepts(check, recipient)
        check.done()
        self._take_leaf(given, leaf, proof)
        self.credit(recipient, batch.series_id, leaf.amount)
        self.emit("GiftClaimedFromBatch", given, leaf.index)

    def _check_leaf(self, check: Checks, batch: GiftBatch, leaf: GiftLeaf, proof: Sequence[int]) -> bytes:
        given = batch_id(batch)
        check.need(given in self.books.batches, "NoSuchGift", given)
        taken = self.books.taken.get((given, path_of(leaf, proof)), False)
        check.need(not taken, "AlreadyClaimed", given, leaf.index)
        root = root_of(leaf, proof)
        check.need(root == batch.root, "MalformedProof", root, batch.root)
        return given

    def _take_leaf(self, given: bytes, leaf: GiftLeaf, proof: Sequence[int]) -> None:
        batch, remaining = self.books.batches[given]
        self.books.batches[given] = batch, remaining - leaf.amount
        self.books.taken[given, path_of(leaf, proof)] = True

    # ----------------------------------------------------------------------------------- taken back

    @operation
    def recall(self, caller: str, gift: Gift, authorization: Authorization) -> None:
        check = Checks()
        given = gift_id(gift)
        check.need(given in self.books.gifts, "NoSuchGift", given)
        self._check_recall(check, gift.giver, gift.series_id, gift.limitation_at, given, authorization)
        free = self.now < gift.deliver_at or self.now >= gift.reclaim_at
        check.need(free, "NotRecallable", gift.deliver_at, gift.reclaim_at, self.now)
        check.done()
        del self.books.gifts[given]
        self.use_authority(gift.giver, gift.series_id, authorization)
        self.emit("GiftRecalled", given)
        self.credit(gift.giver, gift.series_id, gift.amount)

    @operation
    def recall_from_batch(
        self,
        caller: str,
        batch: GiftBatch,
        leaf: GiftLeaf,
        proof: Sequence[int],
        authorization: Authorization,
    ) -> None:
        check = Checks()
        given = self._check_leaf(check, batch, leaf, proof)
        gift = leaf_id(given, leaf.index)
        self._check_recall(check, batch.giver, batch.series_id, batch.limitation_at, gift, authorization)
        check.need(self.now < leaf.deliver_at, "NotRecallable", leaf.deliver_at, batch.reclaim_at, self.now)
        check.done()
        self._take_leaf(given, leaf, proof)
        self.use_authority(batch.giver, batch.series_id, authorization)
        self.emit("GiftRecalledFromBatch", given, leaf.index)
        self.credit(batch.giver, batch.series_id, leaf.amount)

    @operation
    def reclaim_batch(self, caller: str, batch: GiftBatch, authorization: Authorization) -> None:
        check = Checks()
        given = batch_id(batch)
        _, remaining = self.books.batches.get(given, (batch, 0))
        check.need(remaining != 0, "NoSuchGift", given)
        self._check_recall(check, batch.giver, batch.series_id, batch.limitation_at, given, authorization)
        check.need(self.now >= batch.reclaim_at, "NotRecallable", 0, batch.reclaim_at, self.now)
        check.done()
        del self.books.batches[given]
        self.use_authority(batch.giver, batch.series_id, authorization)
        self.emit("GiftBatchReclaimed", given, remaining)
        self.credit(batch.giver, batch.series_id, remaining)

    def _check_recall(
        self,
        check: Checks,
        giver: str,
        series_id: int,
        limitation: int,
        gift: bytes,
        authorization: Authorization,
    ) -> None:
        self.check_authority(check, giver, series_id, ("Recall", giver, gift), authorization)
        self.check_limitation(check, series_id, limitation)
        self.check_accepts(check, giver)
