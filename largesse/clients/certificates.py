"""A GiftCertificates contract from Python: read it, act on it, sign for it.

Amounts are base units of the contract's currency, times Unix seconds. Every method that sends waits for the
receipt and raises `RefusedError` (with the contract's error and its values) where the chain refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from largesse.addresses import ZERO_ADDRESS
from largesse.artifacts import certificates_abi
from largesse.chain import Node, Wallet
from largesse.chainlogs import Decoder, find_logs, topic_of
from largesse.eip712 import Domain, InvalidSignatureError, Message, certificates_domain, recover
from largesse.errors import LargesseError
from largesse.gifts.commitments import BatchPlace, Gift
from largesse.gifts.links import GiftLink, key_address, new_link_key
from largesse.gifts.messages import encrypt_message, message_hash
from largesse.holdings import Account, Refundable, SeriesState, SignedCard
from largesse.restoring import SignedRestoration
from largesse.signed.certificates import Claim, Redemption, Refund, Restoration
from largesse.signed.certificates import PaymentRequest as RequestMessage
from largesse.terms.fields import FULL_BPS, UINT40_MAX, Terms
from largesse.tills import PaymentRequest
from largesse.tokens import Token

NO_AUTHORIZATION: Final = (0, 0, b"")
CLAIM_PAGE: Final = "https://largesse.example/claim"
_DAY: Final = 86_400


class ClientError(LargesseError):
    """Something that would fail, or be wrong, on this chain, found before anything was signed or sent."""


@dataclass(frozen=True)
class Given:
    """A gift that was given: the link that claims it, and the receipt."""

    link: GiftLink
    gift_id: bytes
    receipt: TxReceipt


class Certificates:
    """One deployed GiftCertificates; `first_block` is where its logs begin."""

    def __init__(self, node: Node, address: str, first_block: int = 0) -> None:
        self.node = node
        self.address = Web3.to_checksum_address(address)
        self.first_block = first_block

    @cached_property
    def contract(self) -> Contract:
        """The contract as web3 knows it, with the whole ABI of IGiftCertificates."""
        return self.node.contract(self.address, certificates_abi())

    @cached_property
    def token(self) -> Token:
        """The currency."""
        return Token.at(self.node, self._read("currency"))

    @cached_property
    def domain(self) -> Domain:
        """What messages for this contract on this chain are signed under."""
        return certificates_domain(self.node.chain_id, self.address)

    # ------------------------------------------------------------------------------------------------- read

    def series_count(self) -> int:
        return int(self._read("seriesCount"))

    def terms(self, series_id: int, block: int | None = None) -> Terms:
        """The immutable terms. Raises RefusedError GiftCertificates_UnknownSeries."""
        return Terms(*self._read("terms", series_id, block=block))

    def state(self, series_id: int, block: int | None = None) -> SeriesState:
        """What of a series changes. Raises RefusedError GiftCertificates_UnknownSeries."""
        return SeriesState(*self._read("state", series_id, block=block))

    def account(self, series_id: int, holder: str, block: int | None = None) -> Account:
        """Balance, spent and nonce watermark of a holder."""
        return Account(*self._read("account", series_id, holder, block=block))

    def balances(self, series_id: int, holders: Sequence[str], block: int | None = None) -> list[int]:
        """Face that each holder has, in their order."""
        return list(self._read("balanceOfBatch", list(holders), [series_id] * len(holders), block=block))

    def refundable(self, series_id: int, holder: str) -> Refundable:
        """What the holder may have back now."""
        return Refundable(*self._read("refundable", series_id, holder))

    def is_merchant(self, series_id: int, account: str) -> bool:
        return bool(self._read("isMerchant", series_id, account))

    def is_order_used(self, merchant: str, order: int) -> bool:
        return bool(self._read("isOrderUsed", merchant, order))

    def is_gift_open(self, gift_id: bytes, block: int | None = None) -> bool:
        return bool(self._read("isGiftOpen", gift_id, block=block))

    def uri(self, series_id: int) -> str:
        """The series' metadata as the chain writes them: a data URI that `largesse.cards` takes apart."""
        return str(self._read("uri", series_id))

    # ------------------------------------------------------------------------------------ issue and transfer

    def create_series(self, issuer: Wallet, terms: Terms, merchants: Sequence[str], art: bytes) -> int:
        """Open a series; its id."""
        self._send(issuer, "createSeries", terms.as_tuple(), list(merchants), art)
        found = self.find_series(issuer.address, terms.terms_hash)
        if found is None:  # pragma: no cover - the transaction that logs it has just succeeded
            raise ClientError("no_series", "the series was created, but its log isn't there")
        return found

    def find_series(self, issuer: str, terms_hash: bytes) -> int | None:
        """The latest series of an issuer with these terms, found by its log. Raises LogError."""
        logs = find_logs(
            self.node,
            self.address,
            self.first_block,
            (_topic("SeriesCreated"), None, topic_of(issuer), "0x" + terms_hash.hex()),
        )
        return max((int.from_bytes(bytes(log["topics"][1]), "big") for log in logs), default=None)

    def issue(self, issuer: Wallet, series_id: int, to: str, amount: int) -> TxReceipt:
        """Create face for `to`; the issuer pays as much and must have approved it."""
        return self._send(issuer, "issue", series_id, to, amount)

    def allow_payment(self, payer: Wallet, amount: int) -> TxReceipt | None:
        """Approve `amount` of the currency if less is approved. Raises ClientError not_enough_money."""
        held = self.token.balance(payer.address)
        if held < amount:
            needed, shown = self.token.show(amount), self.token.show(held)
            raise ClientError("not_enough_money", f"{payer.name} needs {needed} and has {shown}")
        if self.token.allowance(payer.address, self.address) >= amount:
            return None
        return self.token.approve(payer, self.address, amount)

    def transfer(self, holder: Wallet, to: str, series_id: int, amount: int) -> TxReceipt:
        """Hand face over to another account."""
        return self._send(holder, "safeTransferFrom", holder.address, to, series_id, amount, b"")

    # ------------------------------------------------------------------------------------------------- gifts

    def draft_gift(
        self,
        giver: str,
        series_id: int,
        amount: int,
        *,
        recipient: str = ZERO_ADDRESS,
        deliver_at: int = 0,
        reclaim_at: int = 0,
        message: str = "",
        base_url: str = CLAIM_PAGE,
    ) -> GiftLink:
        """A link with a new one-time key to a gift that nobody has made yet; the message is encrypted to it.

        Keep it before `give_drafted` does: whoever loses the key after that has lost the gift. Raises
        LinkError and AmountError for what no link can hold.
        """
        secret = new_link_key()
        ciphertext = encrypt_message(secret, self.node.chain_id, self.address, message)
        gift = Gift(
            giver=giver,
            key=key_address(secret),
            recipient=recipient,
            series_id=series_id,
            amount=amount,
            deliver_at=deliver_at,
            reclaim_at=reclaim_at or UINT40_MAX,
            created_at=self.node.now(),
            limitation_at=self.terms(series_id).limitation_at,
            message_hash=message_hash(ciphertext),
        )
        return GiftLink(base_url, self.node.chain_id, self.address, secret, gift, ciphertext)

    def give_drafted(self, giver: Wallet, draft: GiftLink) -> Given:
        """Turn face into the gift of a draft. The link has the second of the gift's block in it, so it is
        there once that block is final. Raises RefusedError (nothing is given then), ChainError."""
        gift = draft.gift
        order = (
            gift.series_id, gift.amount, gift.key, gift.recipient, gift.deliver_at,
            0 if gift.reclaim_at == UINT40_MAX else gift.reclaim_at, gift.message_hash,
        )  # fmt: skip
        return self._given(draft, self.node.finalised(self._send(giver, "give", order)))

    def find_given(self, draft: GiftLink) -> Given | None:
        """The gift of a draft, or None where it was not made."""
        topics = _topic("GiftGiven"), topic_of(draft.gift.key)
        for log in find_logs(self.node, self.address, self.first_block, topics):
            given = self._given(draft, self.node.web3.eth.get_transaction_receipt(log["transactionHash"]))
            if self.is_gift_open(given.gift_id):  # and not somebody else's with the same key
                return given
        return None

    def give(self, giver: Wallet, series_id: int, amount: int, **how: Any) -> Given:
        """`draft_gift`, which says what more can be given, and `give_drafted` at once: for whoever needs the
        link no more where this fails half way."""
        return self.give_drafted(giver, self.draft_gift(giver.address, series_id, amount, **how))

    def _given(self, draft: GiftLink, receipt: TxReceipt) -> Given:
        made = draft.made_at(self.node.block_time(receipt["blockNumber"]))
        return Given(made, made.gift.gift_id(), receipt)

    def claim(self, link: GiftLink, recipient: str, sender: Wallet) -> TxReceipt:
        """Deliver a link's gift to `recipient`; `sender` pays the gas. Raises ClientError wrong_place."""
        if (link.chain_id, link.contract) != (self.node.chain_id, self.address):
            raise ClientError(
                "wrong_place",
                f"the link is for {link.contract} on chain {link.chain_id}, "
                f"this is {self.address} on chain {self.node.chain_id}",
            )
        gift, place = link.gift, link.gift.batch
        claim = Claim(gift.gift_id(), recipient, bytes(32))
        signature = claim.sign(self.domain, link.private_key)
        if place is None:
            return self._send(sender, "claim", gift_tuple(gift), recipient, signature)
        return self._send(sender, "claimFromBatch", *batch_tuples(gift, place), recipient, signature)

    def recall(self, giver: Wallet, gift: Gift) -> TxReceipt:
        """Take a gift back: before its delivery, or a single one from its reclaim date on."""
        if gift.batch is None:
            return self._send(giver, "recall", gift_tuple(gift), NO_AUTHORIZATION)
        batch, leaf, proof = batch_tuples(gift, gift.batch)
        return self._send(giver, "recallFromBatch", batch, leaf, proof, NO_AUTHORIZATION)

    def reclaim_batch(self, giver: Wallet, gift: Gift) -> TxReceipt:
        """From its reclaim date on, take back all that nobody claimed of the batch that a gift is in.

        Raises ClientError not_in_batch.
        """
        if gift.batch is None:
            raise ClientError("not_in_batch", "a single gift is in no batch: it is recalled")
        return self._send(giver, "reclaimBatch", batch_tuples(gift, gift.batch)[0], NO_AUTHORIZATION)

    # ------------------------------------------------------------------------------------------------ redeem

    def redeem(self, holder: Wallet, series_id: int, amount: int, merchant: str) -> TxReceipt:
        """The holder pays a merchant itself, without an order number."""
        return self._send(holder, "redeem", series_id, amount, merchant)

    def request_payment(
        self, merchant: Wallet, order: int, total: int, deadline: int, *, least: int | None = None
    ) -> PaymentRequest:
        """A till's request, signed by the merchant. `least` of `total` must arrive: by default all of it, so
        that no series with a fee pays. Raises PaymentRequestError for what no request can hold."""
        least = total if least is None else least
        unsigned = PaymentRequest(
            self.node.chain_id,
            self.address,
            self.token.address,
            merchant.address,
            order,
            total,
            least,
            deadline,
        )
        return replace(unsigned, signature=_message_of(unsigned).sign(self.domain, merchant.key))

    def check_request(self, request: PaymentRequest) -> None:
        """Raise ClientError unless this request can be paid here and now: wrong_place, wrong_currency,
        unsigned_request, not_the_merchant, request_expired, order_used.
        """
        if (request.chain_id, request.certificates) != (self.node.chain_id, self.address):
            raise ClientError(
                "wrong_place",
                f"the request is for {request.certificates} on chain {request.chain_id}, "
                f"this is {self.address} on chain {self.node.chain_id}",
            )
        if request.currency != self.token.address:
            raise ClientError("wrong_currency", f"{request.currency} is not this contract's currency")
        if request.signature is None:
            raise ClientError("unsigned_request", "the request bears no merchant's signature")
        if not self._is_signed_by(request.merchant, _message_of(request), request.signature):
            raise ClientError("not_the_merchant", f"{request.merchant} did not sign this request")
        if request.deadline <= self.node.now():
            raise ClientError("request_expired", f"the request ended at {request.deadline}")
        if self.is_order_used(request.merchant, request.order):
            raise ClientError(
                "order_used", f"order {request.order} is used up: a payment for it went through"
            )

    def sign_card(
        self, holder: Wallet, request: PaymentRequest, series_id: int, amount: int | None = None
    ) -> SignedCard:
        """The holder's part in paying a request: `amount`, or all of it, from one series.

        Raises ClientError as `check_request`, not_accepted, fee_too_high, not_enough.
        """
        self.check_request(request)
        amount = request.total if amount is None else amount
        if not self.is_merchant(series_id, request.merchant):
            raise ClientError(
                "not_accepted", f"{request.merchant} takes no certificates of series {series_id}"
            )
        fee_bps = self.terms(series_id).fee_bps
        fee, allowed = amount * fee_bps // FULL_BPS, request.total - request.least
        if fee > allowed:
            raise ClientError(
                "fee_too_high",
                f"series {series_id} takes a fee of {fee_bps / 100:g} %, {self.token.show(fee)} of this "
                f"payment, and {request.merchant} accepts no more than {self.token.show(allowed)}",
            )
        account = self.account(series_id, holder.address)
        if account.balance < amount:
            held, needed = self.token.show(account.balance), self.token.show(amount)
            raise ClientError("not_enough", f"{holder.name} has {held} of series {series_id}, not {needed}")
        nonce = account.nonce + 1
        message = Redemption(
            holder.address, series_id, amount, request.merchant, ZERO_ADDRESS, request.order, b"", nonce,
            request.deadline,
        )  # fmt: skip
        signature = message.sign(self.domain, holder.key)
        return SignedCard(
            holder.address, series_id, amount, request.order, nonce, request.deadline, signature
        )

    def pay(self, request: PaymentRequest, cards: Sequence[SignedCard], sender: Wallet) -> TxReceipt:
        """Pay a till's request with one or more signed cards; anybody may send it."""
        payment = (
            request.merchant, ZERO_ADDRESS, request.order, request.total, request.least, request.deadline,
            b"", request.signature or b"",
        )  # fmt: skip
        return self._send(sender, "pay", payment, [card.as_tuple() for card in cards])

    # ------------------------------------------------------------------------------- restore, refund, forfeit

    def sign_restoration(
        self, holder: Wallet, series_id: int, amount: int, merchant: str
    ) -> SignedRestoration:
        """The holder lets `merchant` put `amount` back on the card, within a day."""
        nonce, deadline = self._next_authorization(series_id, holder.address)
        message = Restoration(holder.address, series_id, amount, merchant, nonce, deadline)
        signature = message.sign(self.domain, holder.key)
        return SignedRestoration(holder.address, series_id, amount, merchant, nonce, deadline, signature)

    def restore_signed(self, merchant: Wallet, signed: SignedRestoration) -> TxReceipt:
        """The merchant pays a signed amount back onto the holder's card. Raises ClientError not_for_you."""
        if signed.merchant != merchant.address:
            raise ClientError(
                "not_for_you", f"this was signed for {signed.merchant}, {merchant.name} is {merchant.address}"
            )
        authorization = (signed.nonce, signed.deadline, signed.signature)
        return self._send(merchant, "restore", signed.holder, signed.series_id, signed.amount, authorization)

    def refund(
        self, holder: Wallet, series_id: int, amount: int, least: int, relayer: Wallet | None = None
    ) -> TxReceipt:
        """Have `amount` of face paid back, `least` at the least; a relayer may send it for the holder."""
        authorization: tuple[int, int, bytes] = NO_AUTHORIZATION
        if relayer is not None:
            nonce, deadline = self._next_authorization(series_id, holder.address)
            message = Refund(holder.address, series_id, amount, least, nonce, deadline)
            authorization = (nonce, deadline, message.sign(self.domain, holder.key))
        return self._send(
            relayer or holder, "refund", holder.address, series_id, amount, least, authorization
        )

    def convert_expired(self, holder: Wallet, series_id: int, into: int, amount: int) -> TxReceipt:
        """Between expiry and limitation, turn face into as much of a live series of the same issuer."""
        return self._send(holder, "convertExpired", holder.address, series_id, into, amount, NO_AUTHORIZATION)

    def forfeit(self, sender: Wallet, series_id: int) -> TxReceipt:
        """After limitation, pay what a series still holds to its beneficiary."""
        return self._send(sender, "forfeit", series_id)

    def wind_down(self, issuer: Wallet, series_id: int) -> TxReceipt:
        """Stop the sale for good and open full refunds."""
        return self._send(issuer, "windDown", series_id)

    def add_merchant(self, issuer: Wallet, series_id: int, merchant: str) -> TxReceipt:
        """Let a merchant redeem a named series, at once."""
        return self._send(issuer, "addMerchants", series_id, [merchant])

    def remove_merchant(self, issuer: Wallet, series_id: int, merchant: str) -> TxReceipt:
        """Give a merchant notice; when it is over every holder may have full face back."""
        return self._send(issuer, "removeMerchant", series_id, merchant)

    def set_operator(self, issuer: Wallet, series_id: int, operator: str, daily_limit: int) -> TxReceipt:
        """Let an account issue at full face, up to a limit each UTC day; 0 takes that away."""
        return self._send(issuer, "setOperator", series_id, operator, daily_limit)

    def collect_fees(self, sender: Wallet, series_id: int) -> TxReceipt:
        """Pay the accrued fees to the issuer, whoever sends."""
        return self._send(sender, "collectFees", series_id)

    def owed(self, payee: str) -> int:
        """What payouts that failed have left for a payee."""
        return int(self._read("owed", payee))

    def withdraw_owed(self, payee: Wallet, to: str) -> TxReceipt:
        """Have what is owed paid to any address."""
        return self._send(payee, "withdrawOwed", payee.address, to, NO_AUTHORIZATION)

    def cancel_authorizations(self, holder: Wallet, series_id: int, nonce: int) -> TxReceipt:
        """Void all that the holder has signed in a series with a nonce up to `nonce`; series 0 has what was
        signed about owed payouts."""
        return self._send(holder, "cancelAuthorizations", holder.address, series_id, (nonce, 0, b""))

    # ---------------------------------------------------------------------------------------------- internal

    def _read(self, name: str, *values: Any, block: int | None = None) -> Any:
        return self.node.call(self.contract.functions[name](*values), block=block)

    def _send(self, wallet: Wallet, name: str, *values: Any) -> TxReceipt:
        return self.node.send(self.contract.functions[name](*values), wallet)

    def _next_authorization(self, series_id: int, holder: str) -> tuple[int, int]:
        """A nonce just above the watermark, and a deadline a day from now."""
        return self.account(series_id, holder).nonce + 1, self.node.now() + _DAY

    def _is_signed_by(self, signer: str, message: Message, signature: bytes) -> bool:
        """By the account's key, or, of a contract account, as it says itself (ERC-1271)."""
        digest = message.digest(self.domain)
        try:
            if recover(digest, signature) == signer:
                return True
        except InvalidSignatureError:
            pass
        if not self.node.has_code(signer):
            return False
        wallet = self.node.contract(signer, _ERC1271)
        return bytes(self.node.call(wallet.functions.isValidSignature(digest, signature))) == _MAGIC


def _message_of(request: PaymentRequest) -> RequestMessage:
    """What the merchant signs of a till's request."""
    return RequestMessage(
        request.merchant,
        ZERO_ADDRESS,
        request.order,
        request.currency,
        request.total,
        request.least,
        request.deadline,
        b"",
    )


def gift_tuple(gift: Gift) -> tuple[Any, ...]:
    """A gift as the contract takes it."""
    return (
        gift.giver, gift.key, gift.recipient, gift.series_id, gift.amount, gift.deliver_at, gift.reclaim_at,
        gift.created_at, gift.limitation_at, gift.message_hash,
    )  # fmt: skip


def batch_tuples(gift: Gift, place: BatchPlace) -> tuple[tuple[Any, ...], tuple[Any, ...], list[int]]:
    """The batch of a gift, the gift as its leaf, and the proof, as the contract takes them."""
    batch = (gift.giver, gift.series_id, place.root, gift.reclaim_at, gift.created_at, gift.limitation_at)
    leaf = (place.index, gift.key, gift.recipient, gift.amount, gift.deliver_at, gift.message_hash)
    return batch, leaf, list(place.proof)


def _topic(event: str) -> str:
    return Decoder(certificates_abi()).topic(event)


_MAGIC: Final = bytes.fromhex("1626ba7e")
_ERC1271: Final = [
    {
        "type": "function",
        "name": "isValidSignature",
        "stateMutability": "view",
        "inputs": [{"name": "hash", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
        "outputs": [{"name": "", "type": "bytes4"}],
    }
]
