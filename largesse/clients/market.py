"""A CertificateMarket from Python: sign offers, say how they stand, fill and cancel.

Amounts are base units of the currency, times Unix seconds. What sends waits for the receipt and raises
`RefusedError` where the chain refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from web3.contract import Contract
from web3.types import LogReceipt, TxReceipt

from largesse.addresses import ZERO_ADDRESS
from largesse.artifacts import market_abi
from largesse.chain import RefusedError, Wallet
from largesse.chainlogs import Decoder
from largesse.clients.service import PartClient, Service
from largesse.eip712 import Domain, InvalidSignatureError, recover
from largesse.errors import LargesseError
from largesse.order_book import SignedOffer, Standing, best_first
from largesse.signed.market import Offer, market_domain
from largesse.tokens import TRANSFER

_SOLD, _CANCELLED = 2, 3
"""`ICertificateMarket.Status`."""
_DAY: Final = 86_400
_ERC1271: Final = [
    {
        "type": "function",
        "name": "isValidSignature",
        "stateMutability": "view",
        "inputs": [{"name": "hash", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
        "outputs": [{"name": "", "type": "bytes4"}],
    }
]
_MAGIC: Final = bytes.fromhex("1626ba7e")


MOST_ROWS: Final = 100
"""Offers in a purchase, 50 KB of them: nodes take no transaction of more than 128."""


class MarketError(LargesseError):
    """Something that would fail on this chain, found before anything was signed or sent."""


@dataclass(frozen=True)
class Bought:
    """What a fill did: face, what it cost, and the places of the rows that were passed over."""

    receipt: TxReceipt
    amount: int
    cost: int
    skipped: tuple[int, ...]


class Market(PartClient):
    """The CertificateMarket at `address`, of the certificates that are traded in it; prices are in their
    currency."""

    @cached_property
    def contract(self) -> Contract:
        return self.node.contract(self.address, market_abi())

    @cached_property
    def domain(self) -> Domain:
        """What offers are signed under."""
        return market_domain(self.node.chain_id, self.address)

    # ---------------------------------------------------------------------------------------------- sellers

    def offer(
        self, seller: Wallet, series_id: int, amount: int, price: int, *, minimum: int = 0,
        referrer: str = ZERO_ADDRESS, referrer_share: int = 0, nonce: int = 1, seconds: int = 30 * _DAY,
    ) -> SignedOffer:  # fmt: skip
        """Sign an offer; the market is approved for the seller's certificates where it isn't.

        Its number is the first from `nonce` on that nothing was sold of: pass one above the seller's open
        offers.

        Raises MarketError zero_price, bad_minimum, no_referrer, series_expired, not_enough.
        """
        if amount == 0 or price == 0:
            raise MarketError("zero_price", "an offer has an amount and a price")
        if minimum > amount:
            raise MarketError("bad_minimum", f"a minimum of {minimum} is more than the {amount} offered")
        if referrer_share and not int(referrer, 16):
            raise MarketError("no_referrer", "a referrer's share needs a referrer")
        expiry = self.certificates.terms(series_id).expires_at
        now = self.node.now()
        if expiry <= now:
            raise MarketError("series_expired", f"series {series_id} expired at {expiry}")
        held = self.certificates.account(series_id, seller.address).balance
        if held < amount:
            raise MarketError(
                "not_enough", f"{seller.name} has {self.token.show(held)}, not {self.token.show(amount)}"
            )
        if not self._approved(seller.address):
            functions = self.certificates.contract.functions
            self.node.send(functions.setApprovalForAll(self.address, approved=True), seller)
        offer = Offer(
            seller.address, series_id, amount, price, minimum, referrer, referrer_share,
            self._free_nonce(seller.address, nonce), self._read("epoch", seller.address),
            min(now + seconds, expiry),
        )  # fmt: skip
        signature = offer.sign(self.domain, seller.key)
        return SignedOffer(self.node.chain_id, self.address, offer, signature)

    def cancel(self, seller: Wallet, nonces: Sequence[int]) -> TxReceipt:
        """Void the seller's offers with these nonces."""
        return self._send(seller, "cancel", list(nonces))

    def cancel_all(self, seller: Wallet) -> TxReceipt:
        """Void every offer the seller has signed."""
        return self._send(seller, "cancelAll")

    def standing(self, signed: SignedOffer) -> Standing:
        """What can be bought of an offer now, or what is wrong with it: wrong_place, bad_signature, expired,
        series_expired, unknown_series, earlier_epoch, cancelled, sold, not_approved, not_enough_balance."""
        offer = signed.offer
        rest, problem = 0, self._problem(signed)
        if not problem:
            status, filled = self._read("status", offer.seller, offer.nonce)
            held = self.certificates.account(offer.series_id, offer.seller).balance
            rest = max(0, offer.amount - int(filled))
            if status == _CANCELLED:
                problem = "cancelled"
            elif status == _SOLD or rest == 0:
                problem = "sold"
            elif not self._approved(offer.seller):
                problem = "not_approved"
            elif held == 0 or held < min(rest, offer.minimum):
                problem = "not_enough_balance"
            rest = min(rest, held)
        return Standing(signed, 0 if problem else rest, problem)

    def _problem(self, signed: SignedOffer) -> str:
        """What is wrong with an offer whatever was filled of it."""
        offer, now = signed.offer, self.node.now()
        if (signed.chain_id, signed.market) != (self.node.chain_id, self.address):
            return "wrong_place"
        if not self._is_signed(signed):
            return "bad_signature"
        if offer.expires_at <= now:
            return "expired"
        if not 0 < offer.series_id <= self.certificates.series_count():
            return "unknown_series"
        if self.certificates.terms(offer.series_id).expires_at <= now:
            return "series_expired"
        if int(self._read("epoch", offer.seller)) != offer.epoch:
            return "earlier_epoch"
        return ""

    # ----------------------------------------------------------------------------------------------- buyers

    def fill(
        self,
        buyer: Wallet,
        standings: Sequence[Standing],
        series_id: int,
        amount: int,
        limit: tuple[int, int],
    ) -> Bought:
        """Buy `amount` of face, best offers first, for at most `limit` (money, face); all of it or nothing.

        Raises MarketError nothing_to_buy, not_enough_money.
        """
        rows = self._rows(buyer, standings, amount, limit)
        return self._bought(buyer, self._send(buyer, "fillMany", rows, (series_id, amount, amount, *limit)))

    def fill_into(
        self, buyer: Wallet, standings: Sequence[Standing], series_id: int, amount: int,
        limit: tuple[int, int], service: Service, payee: str, use: bytes,
    ) -> Bought:  # fmt: skip
        """The same, and redeem what is bought into `service`, for `payee`, in the same transaction.

        Raises MarketError as `fill`, ServiceError not_a_service.
        """
        card = service.sign_card(buyer, series_id, amount, payee, use)
        payment = (service.address, payee, 0, 0, 0, 0, use, b"")
        rows, purchase = self._rows(buyer, standings, amount, limit), (series_id, amount, amount, *limit)
        return self._bought(
            buyer, self._send(buyer, "fillAndPay", rows, purchase, payment, [card.as_tuple()])
        )

    def _rows(
        self, buyer: Wallet, standings: Sequence[Standing], amount: int, limit: tuple[int, int]
    ) -> list[tuple[tuple[Any, ...], bytes]]:
        """What somebody else offers, best first; the market is approved for what it may cost."""
        others = [one for one in best_first(standings) if one.signed.offer.seller != buyer.address]
        if not others:
            raise MarketError("nothing_to_buy", "there is no good offer")
        rows = [one.signed.as_tuple() for one in _that_fit(others, amount, Fraction(*limit))]
        most = -(-amount * limit[0] // limit[1])
        held = self.token.balance(buyer.address)
        if held < most:
            needed, shown = self.token.show(most), self.token.show(held)
            raise MarketError("not_enough_money", f"{buyer.name} may have to pay {needed} and has {shown}")
        if self.token.allowance(buyer.address, self.address) < most:
            self.token.approve(buyer, self.address, most)
        return rows

    def _bought(self, buyer: Wallet, receipt: TxReceipt) -> Bought:
        decoder = Decoder(market_abi())
        events = [decoder.decode(log) for log in receipt["logs"] if log["address"] == self.address]
        filled = [int(event["row"]) for event in events if event.name == "OfferFilled"]
        return Bought(
            receipt,
            sum(row >> 96 & 2**96 - 1 for row in filled),
            sum(self._paid(log, buyer.address) for log in receipt["logs"]),
            tuple(int(event["row"]) for event in events if event.name == "OfferSkipped"),
        )

    def _paid(self, log: LogReceipt, buyer: str) -> int:
        """What the buyer paid by a log of the currency, to sellers and referrers."""
        topics = [bytes(topic) for topic in log["topics"]]
        if log["address"] != self.token.address or len(topics) != 3 or topics[0] != TRANSFER:
            return 0
        return int.from_bytes(log["data"], "big") if topics[1][12:] == bytes.fromhex(buyer[2:]) else 0

    # -------------------------------------------------------------------------------------------- in common

    def _is_signed(self, signed: SignedOffer) -> bool:
        """By the seller's key, or as the seller's wallet says (ERC-1271)."""
        digest, seller = signed.offer.digest(self.domain), signed.offer.seller
        try:
            if recover(digest, signed.signature) == seller:
                return True
        except InvalidSignatureError:
            pass
        if not self.node.has_code(seller):
            return False
        wallet = self.node.contract(seller, _ERC1271)
        try:
            answer = self.node.call(wallet.functions.isValidSignature(digest, signed.signature))
        except RefusedError:
            return False
        return bytes(answer) == _MAGIC

    def _free_nonce(self, seller: str, nonce: int) -> int:
        while self._read("status", seller, nonce)[0] != 0:
            nonce += 1
        return nonce

    def _approved(self, seller: str) -> bool:
        functions = self.certificates.contract.functions
        return bool(self.node.call(functions.isApprovedForAll(seller, self.address)))


def _that_fit(offers: Sequence[Standing], amount: int, limit: Fraction) -> Sequence[Standing]:
    """As many of the best as a purchase of `amount` holds; where these are too small, the largest that do not
    cost more for a unit of face than `limit`."""
    best = offers[:MOST_ROWS]
    if len(offers) > MOST_ROWS and sum(one.available for one in best) < amount:
        cheap = [one for one in offers if one.signed.unit_cost <= limit]
        largest = sorted(cheap, key=lambda one: min(one.available, amount), reverse=True)
        best = best_first(largest[:MOST_ROWS])
    return best
