"""A CertificateMarket from Python: offers signed, checked, ranked and filled. Amounts are base units."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from web3.contract import Contract
from web3.types import TxReceipt

from largesse import signing
from largesse.artifacts import market_abi
from largesse.chain import Wallet
from largesse.chainlogs import Decoder
from largesse.errors import LargesseError
from largesse.holdings import SignedCard
from largesse.market_messages import CancelAllOffers, CancelOffer, Offer, market_domain
from largesse.offer_book import SignedOffer
from largesse.service import Custodian
from largesse.signing import Domain, InvalidSignatureError

NOBODY: Final = "0x" + "00" * 20
CANCELLED: Final = 2**256 - 1
_DAY: Final = 86_400


class MarketError(LargesseError):
    """An offer that can't be made or filled; nothing was sent."""


@dataclass(frozen=True)
class Standing:
    """What an offer is worth now: `left` of it can be bought; where that is nothing, `why` says why."""

    signed: SignedOffer
    left: int
    why: str = ""

    @property
    def price_bps(self) -> int:
        """Of face, in hundredths of a per cent, rounded up, with the referrer's share."""
        return -(-self.signed.part(self.signed.offer.amount) * 10_000 // self.signed.offer.amount)


@dataclass(frozen=True)
class Bought:
    """What a purchase came to: face, and what was paid for it."""

    amount: int
    cost: int


class Market(Custodian):
    """The CertificateMarket of one GiftCertificates. It keeps nothing: what it needs is approved to it."""

    @cached_property
    def contract(self) -> Contract:
        return self.node.web3.eth.contract(address=self.address, abi=market_abi())

    @cached_property
    def domain(self) -> Domain:
        """What offers for this contract on this chain are signed under."""
        return market_domain(self.node.chain_id, self.address)

    @cached_property
    def decoder(self) -> Decoder:
        return Decoder(market_abi())

    # ---------------------------------------------------------------------------------------------- sellers

    def offer(
        self, seller: Wallet, series_id: int, amount: int, price: int, *, minimum: int = 1,
        seconds: int = _DAY,
        referrer: str = NOBODY, referrer_share: int = 0, nonce: int | None = None,
    ) -> SignedOffer:  # fmt: skip
        """Sign an offer, and let the market fetch what it sells.

        With the `nonce` of an older offer it takes that one's place: both together sell no more than either.
        Raises MarketError not_enough (more than the seller has), series_expired.
        """
        held = self.certificates.account(series_id, seller.address).balance
        if held < amount:
            raise MarketError(
                "not_enough", f"{seller.name} has {self.token.show(held)} of series {series_id}"
            )
        now, expiry = self.node.now(), self.certificates.terms(series_id).expires_at
        if expiry <= now:
            raise MarketError("series_expired", f"series {series_id} has expired: nobody buys it")
        functions = self.certificates.contract.functions
        if not self.node.call(functions.isApprovedForAll(seller.address, self.address)):
            self.node.send(functions.setApprovalForAll(self.address, True), seller)  # noqa: FBT003
        message = Offer(
            seller.address, series_id, amount, price, minimum, referrer, referrer_share,
            secrets.randbits(63) if nonce is None else nonce, self.epoch(seller.address),
            min(now + seconds, expiry),
        )  # fmt: skip
        signature = message.sign(self.domain, seller.key)
        return SignedOffer(self.node.chain_id, self.address, message, signature)

    def cancel(self, seller: Wallet, nonce: int) -> TxReceipt:
        """Void the offers with this nonce, for good."""
        return self._send(seller, "cancel", [nonce])

    def cancel_all(self, seller: Wallet) -> TxReceipt:
        """Void every offer that was signed so far."""
        return self._send(seller, "cancelAll")

    def sign_cancel(self, seller: Wallet, nonce: int, *, seconds: int = _DAY) -> bytes:
        """The call that voids the offers with this nonce, for anybody to send."""
        message = CancelOffer(seller.address, nonce, self.node.now() + seconds)
        signature = message.sign(self.domain, seller.key)
        return self._calldata("cancelSigned", seller.address, nonce, message.deadline, signature)

    def sign_cancel_all(self, seller: Wallet, *, seconds: int = _DAY) -> bytes:
        """The call that voids every offer that was signed so far, for anybody to send."""
        message = CancelAllOffers(seller.address, self.epoch(seller.address), self.node.now() + seconds)
        signature = message.sign(self.domain, seller.key)
        return self._calldata("cancelAllSigned", seller.address, message.epoch, message.deadline, signature)

    def submit(self, sender: Wallet, call: bytes) -> TxReceipt:
        """Send what somebody signed."""
        return self.node.send_raw_call(sender, self.address, call)

    # ------------------------------------------------------------------------------------------------- read

    def filled(self, seller: str, nonce: int) -> int:
        """Face that offers with this nonce have sold; CANCELLED where they are void."""
        return int(self.node.call(self.contract.functions.filled(seller, nonce)))

    def epoch(self, seller: str) -> int:
        """The epoch that the seller's offers must carry."""
        return int(self.node.call(self.contract.functions.epoch(seller)))

    def standing(self, signed: SignedOffer) -> Standing:
        """What an offer is worth now. Nothing is raised for a bad one: it says what is wrong with it."""
        offer, now = signed.offer, self.node.now()
        if (signed.chain_id, signed.contract) != (self.node.chain_id, self.address):
            return Standing(signed, 0, f"for chain {signed.chain_id}, {signed.contract}")
        if not self._is_signed(signed):
            return Standing(signed, 0, "not its seller's signature")
        if offer.expires_at <= now:
            return Standing(signed, 0, "expired")
        if offer.epoch != self.epoch(offer.seller):
            return Standing(signed, 0, "cancelled with all others")
        sold = self.filled(offer.seller, offer.nonce)
        if sold >= offer.amount:
            return Standing(signed, 0, "cancelled" if sold == CANCELLED else "sold")
        series = self.certificates.terms(offer.series_id)
        if series.expires_at <= now:
            return Standing(signed, 0, "the series has expired")
        functions = self.certificates.contract.functions
        if not self.node.call(functions.isApprovedForAll(offer.seller, self.address)):
            return Standing(signed, 0, "the seller took its approval back")
        held = self.certificates.account(offer.series_id, offer.seller).balance
        left = min(offer.amount - sold, held)
        if left < min(offer.minimum, offer.amount - sold):
            return Standing(signed, 0, f"the seller has {self.token.show(held)} left")
        return Standing(signed, left)

    def depth(self, offers: Iterable[SignedOffer], series_id: int) -> list[Standing]:
        """The offers of a series that can be filled now, best price first."""
        found = [self.standing(one) for one in offers if one.offer.series_id == series_id]
        return sorted(
            (one for one in found if one.left),
            key=lambda one: (one.signed.part(one.signed.offer.amount) / one.signed.offer.amount, -one.left),
        )

    # ----------------------------------------------------------------------------------------------- buyers

    def fill(self, buyer: Wallet, signed: SignedOffer, amount: int) -> Bought:
        """Buy `amount` out of one offer. Raises ServiceError not_enough_money."""
        self.allow(buyer, signed.part(amount))
        receipt = self._send(buyer, "fill", signed.offer.values(), amount, signed.signature)
        return self._bought(receipt)

    def buy(
        self, buyer: Wallet, offers: Sequence[SignedOffer], series_id: int, amount: int, most: int, *,
        least: int | None = None,
    ) -> Bought:  # fmt: skip
        """Buy `amount` out of offers, best first, for `most` at the most; all of it unless `least` is given.

        Raises MarketError no_offers, ServiceError not_enough_money.
        """
        self._check(offers)
        self.allow(buyer, most)
        purchase = (series_id, amount, amount if least is None else least, most, amount)
        call = self.contract.functions.fillMany([one.as_tuple() for one in offers], purchase)
        return self._bought(self.node.send(call, buyer))

    def buy_into(
        self, buyer: Wallet, offers: Sequence[SignedOffer], series_id: int, amount: int, most: int,
        service: str, payee: str, use: bytes, *, card: SignedCard | None = None,
    ) -> Bought:  # fmt: skip
        """Buy `amount` and pay with all of it into a service, in one transaction: what was bought below face
        counts in full. `card` is the buyer's own, signed by `sign_card`; by default it is signed here."""
        self._check(offers)
        self.allow(buyer, most)
        card = card or self.sign_card(buyer, series_id, amount, service, payee, use)
        purchase = (series_id, amount, amount, most, amount)
        payment = (service, payee, 0, 0, 0, use, b"")
        rows = [one.as_tuple() for one in offers]
        call = self.contract.functions.fillAndPay(rows, purchase, payment, [card.as_tuple()])
        return self._bought(self.node.send(call, buyer))

    def sign_card(
        self, buyer: Wallet, series_id: int, amount: int, service: str, payee: str, use: bytes
    ) -> SignedCard:
        """The buyer's card in such a payment, which it may sign before it has it."""
        nonce = self.certificates.account(series_id, buyer.address).nonce + 1
        deadline = self.node.now() + 600
        message = signing.Redemption(
            buyer.address, series_id, amount, service, payee, 0, use, nonce, deadline
        )
        signature = message.sign(self.certificates.domain, buyer.key)
        return SignedCard(buyer.address, series_id, amount, 0, nonce, deadline, signature)

    # ---------------------------------------------------------------------------------------------- private

    def _check(self, offers: Sequence[SignedOffer]) -> None:
        if not offers:
            raise MarketError("no_offers", "there is no offer to buy from")

    def _bought(self, receipt: TxReceipt) -> Bought:
        amount = cost = 0
        topic = self.decoder.topic("OfferFilled")
        for log in receipt["logs"]:
            if log["address"] == self.address and log["topics"][0].to_0x_hex() == topic:
                event = self.decoder.decode(log)
                amount, cost = amount + event["amount"], cost + event["cost"]
        return Bought(amount, cost)

    def _is_signed(self, signed: SignedOffer) -> bool:
        digest = signed.offer.digest(self.domain)
        try:
            if signing.recover(digest, signed.signature) == signed.offer.seller:
                return True
        except InvalidSignatureError:
            pass
        return self.node.has_code(signed.offer.seller) and self._wallet_accepts(signed, digest)

    def _wallet_accepts(self, signed: SignedOffer, digest: bytes) -> bool:
        """ERC-1271."""
        abi = [
            {
                "type": "function", "name": "isValidSignature", "stateMutability": "view",
                "inputs": [{"name": "", "type": "bytes32"}, {"name": "", "type": "bytes"}],
                "outputs": [{"name": "", "type": "bytes4"}],
            }
        ]  # fmt: skip
        wallet = self.node.web3.eth.contract(address=signed.offer.seller, abi=abi)  # type: ignore[call-overload]
        try:
            answer = self.node.call(wallet.functions.isValidSignature(digest, signed.signature))
        except LargesseError:
            return False
        return bytes(answer) == bytes.fromhex("1626ba7e")
