"""Our own scheme: cumulative vouchers for a deposit in PrepaidAccounts.

The payload of a payment is ``{"index": "…", "amount": "…", "signature": "0x…"}``: an account's index, the
micro-units that the counterparty may have taken from it in all, and its signer's signature over
`largesse.signed.accounts.Voucher`. A voucher pays for one call. It must cover what all calls of its account
have cost together; what it covers beyond that is the payer's, for the next call.

An Idempotency-Key that has paid for a call gets that call's answer again, for nothing, and so does a voucher
that has paid for one without such a key; a voucher under another Idempotency-Key is for another call,
whatever that call says, and is refused. Once a settlement is sent, everybody can read its vouchers: they pay
for nothing, and the Idempotency-Key alone gets the answer.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from largesse.chain import Wallet
from largesse.clients.accounts import Prepaid
from largesse.database import AWAY
from largesse.eip712 import InvalidSignatureError, recover, sign_digest
from largesse.gateway import receipts, wire
from largesse.gateway.accounts import AccountBook, BlindError, Standing
from largesse.gateway.charging import Charge, LedgerError, Line, Paid
from largesse.gateway.ledger import Ledger
from largesse.gateway.receipts import Receipt, ReceiptDigests, receipts_domain
from largesse.gateway.schemes import Answer, Call, Json, PaymentRefusedError, Proof, Settled
from largesse.signed.accounts import VoucherDigests
from largesse.signed.signers import KnownSigners, low_s
from largesse.vouchers import MAX_DEPOSIT, MAX_INDEX
from largesse.web.limits import Rates, too_often
from largesse.web.problems import ProblemError

SCHEME: Final = "largesse-voucher"
SETTLE_SECONDS: Final = 900
"""How long before an account's end no voucher is taken any more: the settler needs that time."""
_MOST_SIGNATURE: Final = 2_048  # of a contract wallet
_MOST_LINES: Final = 100_000
_OPEN: Final = "open an account for this counterparty, or name the one you have"
_OTHER: Final = "this voucher or Idempotency-Key has paid for another call"
_SIGN: Final = "sign a voucher over at least `needed` micro-units in all"


@dataclass
class _Desk:
    """An account in this process: its line as last seen, and what is being served against it."""

    line: Line
    reserved: int = 0
    amounts: set[int] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Details:
    index: int
    amount: int
    price: int
    signature: bytes
    by_contract: bool


class VoucherScheme:
    """Takes vouchers for `book`'s counterparty, keeps them in `ledger`; `signer` signs receipts."""

    name = SCHEME

    def __init__(
        self,
        book: AccountBook,
        ledger: Ledger,
        signer: Wallet,
        *,
        settle_seconds: int = SETTLE_SECONDS,
        rates: Rates | None = None,
        questions: Rates | None = None,
    ) -> None:
        self.book = book
        self.ledger = ledger
        self.signer = signer
        self.settle_seconds = settle_seconds
        self.rates = rates
        self.questions = questions
        prepaid = book.prepaid
        self._currency = prepaid.token.address
        self._digests = VoucherDigests(prepaid.domain, book.counterparty, self._currency)
        self._chain_id = prepaid.node.chain_id
        self._receipts = ReceiptDigests(
            receipts_domain(prepaid.node.chain_id, prepaid.address), book.counterparty, self._currency
        )
        self._signers = KnownSigners()
        self._desks: OrderedDict[int, _Desk] = OrderedDict()

    @property
    def prepaid(self) -> Prepaid:
        return self.book.prepaid

    def is_offered(self, _amount: int) -> bool:
        return True

    def requirements(self, amount: int) -> Json:
        """`amount` must be whole micro-units. Raises VoucherError dust."""
        return {
            "scheme": SCHEME,
            "network": f"eip155:{self._chain_id}",
            "asset": self._currency,
            "payTo": self.book.counterparty,
            "amount": str(amount),
            "maxTimeoutSeconds": 60,
            "extra": {
                "accounts": self.prepaid.address,
                "micros": str(self.prepaid.micros(amount)),
                "receiptSigner": self.signer.address,
                "settleSeconds": self.settle_seconds,
            },
        }

    # ---------------------------------------------------------------------------------------------- verify

    async def verify(self, payload: Json, requirements: Json, call: Call) -> Proof | tuple[Settled, Answer]:
        """Raises PaymentRefusedError unknown_account, account_closing, over_deposit, wrong_signer,
        stale_voucher, used (409), answer_gone (410), and 400 for what is malformed; ProblemError 429, 503."""
        index = wire.number(payload, "index", MAX_INDEX)
        amount = wire.number(payload, "amount", MAX_DEPOSIT)
        signature = wire.octets(payload, "signature", _MOST_SIGNATURE)
        standing = await self._standing(index, call.client)
        signature, by_contract = await self._check_signature(standing, index, amount, signature, call.client)
        _count(self.rates, str(index))
        desk = await self._desk(index, standing)
        price = int(requirements["extra"]["micros"])
        # A voucher above the best one was never seen, or by another process: then the charge finds that out.
        seen = amount if amount <= desk.line.best else None
        is_settled = amount <= standing.account.paid
        if (call.retry_key or seen is not None) and (paid := await self._paid(index, seen, call)) is not None:
            if is_settled and not call.retry_key:
                raise _used("this voucher is settled, and stands on the chain for everybody to read")
            if is_settled and not _is_its(paid, call):
                raise _used(_OTHER)
            return self._again(paid, standing.account.signer, index, call, desk.line)
        self._check_end(standing)
        if amount > standing.account.deposit:
            raise self._refused(
                "over_deposit",
                f"the voucher is over {amount} micro-units, and the account holds {standing.account.deposit}",
                "top the account up, or ask for less",
                desk,
            )
        if is_settled:
            # It may have paid for a call that is forgotten; and everybody can read it.
            raise self._refused(
                "stale_voucher",
                f"the chain has paid {standing.account.paid} micro-units of this account already",
                _SIGN,
                desk,
                max(standing.account.paid + 1, desk.line.charged + desk.reserved + price),
            )
        details = _Details(index, amount, price, signature, by_contract)
        key = f"{index:016x}:{amount}"
        return Proof(SCHEME, key, standing.account.signer, price, call, payload, requirements, details)

    async def reserve(self, proof: Proof) -> None:
        """Raises PaymentRefusedError in_use (409), not_covered."""
        details: _Details = proof.details
        desk = self._desks.get(details.index)
        if desk is None or not _covers(desk, details):
            # Another process may have charged or been paid meanwhile: what the database says counts.
            desk = self._seat(details.index, await self._line(details.index))
            # Or the request that was being served with the same voucher has just been charged.
            if details.amount <= desk.line.best and await self._paid(
                details.index, details.amount, proof.call
            ):
                raise _in_use()
        retry_key = proof.call.retry_key
        if details.amount in desk.amounts or (retry_key and retry_key in desk.keys):
            raise _in_use()
        if not _covers(desk, details):
            raise self._not_covered(desk, details)
        desk.reserved += details.price
        self.ledger.charges.coming += 1
        desk.amounts.add(details.amount)
        if retry_key:
            desk.keys.add(retry_key)

    async def commit(self, proof: Proof, answer: Answer) -> tuple[Settled, Answer]:
        """Raises PaymentRefusedError used (409), not_covered: another process was faster. Where it was the
        same call, its answer is this one's too."""
        details: _Details = proof.details
        receipt = self._receipt(details, proof.call, answer)
        charge = Charge(
            details.index,
            details.amount,
            details.price,
            details.signature,
            details.by_contract,
            proof.call,
            answer,
            receipt.encode(),
        )
        try:
            line = await self.ledger.charge(charge)
        except LedgerError as error:
            desk = self._seat(details.index, await self._line(details.index))
            paid = await self._paid(details.index, details.amount, proof.call)
            if paid is not None:
                return self._again(paid, proof.payer, details.index, proof.call, desk.line)
            raise self._not_covered(desk, details) from error
        except AWAY:
            # Whether it was charged is not known: who comes next, perhaps this call again, asks the database.
            self._stand_up(proof)
            if (idle := self._desks.get(details.index)) is not None and not idle.amounts:
                del self._desks[details.index]
            raise
        finally:
            self._stand_up(proof)
        self._seat(details.index, line)
        return self._settled(details.index, details.price, line, receipt, proof.payer), answer

    async def release(self, proof: Proof) -> None:
        self._stand_up(proof)

    # --------------------------------------------------------------------------------------------- private

    async def _standing(self, index: int, client: str) -> Standing:
        try:
            standing = self.book.kept(index)
            if standing is None:
                _count(self.questions, client)
                standing = await asyncio.to_thread(self.book.read, index)
        except BlindError as error:
            raise _blind(error) from error
        if standing is None:
            raise PaymentRefusedError(
                "unknown_account",
                f"{self.book.counterparty} has no account {index} at {self.prepaid.address}",
                _OPEN,
            )
        return standing

    async def _check_signature(
        self, standing: Standing, index: int, amount: int, signature: bytes, client: str
    ) -> tuple[bytes, bool]:
        """As it is kept, and whether it is a contract wallet's. Raises PaymentRefusedError wrong_signer,
        blind (503), ProblemError too_often (429)."""
        digest, signer = self._digests.of(index, amount), standing.account.signer
        if self._signers.signed(bytes.fromhex(signer[2:]), digest, signature):
            return low_s(signature), False
        if standing.is_wallet:
            _count(self.questions, client)
        try:
            if standing.is_wallet and await asyncio.to_thread(
                self.book.is_wallet_signature, signer, digest, signature
            ):
                return signature, True
        except BlindError as error:
            raise _blind(error) from error
        try:
            found = recover(digest, signature)
        except InvalidSignatureError as error:
            found = error.message
        raise PaymentRefusedError(
            "wrong_signer",
            f"the voucher's signer is {found}, and the account's is {signer}",
            "sign Voucher(counterparty,currency,index,amount) with the account's session key",
        )

    def _check_end(self, standing: Standing) -> None:
        now = self.book.now()
        until = standing.good_until(now)
        if until is not None and now >= until - self.settle_seconds:
            raise PaymentRefusedError(
                "account_closing",
                f"from {until} on vouchers of this account may be worthless, and settling takes "
                f"{self.settle_seconds} s",
                "cancel the withdrawal or the change of signer, or open another account",
            )

    async def _line(self, index: int) -> Line:
        return await asyncio.to_thread(self.ledger.line, index) or Line(0, 0, 0)

    async def _desk(self, index: int, standing: Standing) -> _Desk:
        desk = self._desks.get(index)
        if desk is None:
            line = await asyncio.to_thread(self.ledger.open_line, index, standing.account.paid)
            desk = self._seat(index, line)
        return desk

    def _seat(self, index: int, line: Line) -> _Desk:
        """The account's desk with this line; the least used ones that serve nobody are forgotten."""
        desk = self._desks.get(index)
        if desk is None:
            desk = self._desks[index] = _Desk(line)
            if len(self._desks) > _MOST_LINES:
                idle = next((i for i, one in self._desks.items() if not one.amounts), None)
                if idle is not None and idle != index:
                    del self._desks[idle]
        elif (line.charged, line.best) >= (desk.line.charged, desk.line.best):
            desk.line = line
        self._desks.move_to_end(index)
        return desk

    def _stand_up(self, proof: Proof) -> None:
        details: _Details = proof.details
        desk = self._desks.get(details.index)
        if desk is not None and details.amount in desk.amounts:
            desk.reserved -= details.price
            self.ledger.charges.coming -= 1
            desk.amounts.discard(details.amount)
            desk.keys.discard(proof.call.retry_key)

    async def _paid(self, index: int, amount: int | None, call: Call) -> Paid | None:
        """The call that this Idempotency-Key, or this voucher, has paid for."""
        return await self.ledger.find(index, amount, call.retry_key)

    def _again(self, paid: Paid, payer: str, index: int, call: Call, line: Line) -> tuple[Settled, Answer]:
        """Raises PaymentRefusedError used (409), answer_gone (410)."""
        if not _is_its(paid, call):
            raise _used(_OTHER, line)
        if paid.answer is None:
            raise PaymentRefusedError(
                "answer_gone",
                "this call was paid and answered, and its answer is not kept any more",
                "pay again to have it made anew",
                status=410,
            )
        settled = self._settled(index, paid.price, line, paid.receipt.decode(), payer)
        return settled, paid.answer

    def _receipt(self, details: _Details, call: Call, answer: Answer) -> str:
        receipt = Receipt(
            self.book.counterparty,
            self._currency,
            details.index,
            details.amount,
            details.price,
            call.digest,
            receipts.digest_of(answer),
            int(time.time()),
        )
        return receipts.to_header(receipt, sign_digest(self._receipts.of(receipt), self.signer.key))

    def _settled(self, index: int, price: int, line: Line, receipt: str, payer: str) -> Settled:
        response = {
            "success": True,
            "payer": payer,
            "transaction": "",  # settled later, with many others
            "network": f"eip155:{self._chain_id}",
            "amount": str(price * self.prepaid.unit),
            "extra": {"index": str(index), "charged": str(line.charged), "best": str(line.best)},
        }
        return Settled(response, {receipts.HEADER: receipt})

    def _not_covered(self, desk: _Desk, details: _Details) -> PaymentRefusedError:
        return self._refused(
            "not_covered",
            f"calls of this account have cost {desk.line.charged} micro-units, {desk.reserved} more are "
            f"being served, this one costs {details.price}, and the voucher is over {details.amount}",
            _SIGN,
            desk,
            desk.line.charged + desk.reserved + details.price,
        )

    def _refused(
        self, reason: str, message: str, advice: str, desk: _Desk, needed: int | None = None
    ) -> PaymentRefusedError:
        """With how the account stands: its signer has just proved to be who asks."""
        more = {"charged": str(desk.line.charged), "best": str(desk.line.best)}
        if needed is not None:
            more["needed"] = str(needed)
        return PaymentRefusedError(reason, message, advice, more=more)


def _count(rates: Rates | None, key: str) -> None:
    """Raises ProblemError too_often (429)."""
    if rates is not None and (seconds := rates.wait(key)):
        raise ProblemError(too_often(seconds))


def _blind(error: BlindError) -> PaymentRefusedError:
    return PaymentRefusedError(error.reason, error.message, "ask again in a minute", status=503)


def _is_its(paid: Paid, call: Call) -> bool:
    return paid.digest == call.digest and call.retry_key == paid.retry_key


def _used(why: str, line: Line | None = None) -> PaymentRefusedError:
    """With how the account stands, where its signer has just proved to be who asks."""
    return PaymentRefusedError(
        "used",
        why,
        "ask for the answer of its call under that call's Idempotency-Key; for another call sign a higher "
        "voucher, and take another Idempotency-Key",
        status=409,
        more=None if line is None else {"charged": str(line.charged), "best": str(line.best)},
    )


def _in_use() -> PaymentRefusedError:
    return PaymentRefusedError(
        "in_use",
        "this payment is being used by another request",
        "ask again in a moment: the same call is answered as the other request was, for nothing",
        status=409,
    )


def _covers(desk: _Desk, details: _Details) -> bool:
    # A higher voucher that is being served covers what a lower one, which was overtaken, does not.
    best = max(desk.line.best, details.amount, *desk.amounts)
    return desk.line.charged + desk.reserved + details.price <= best
